"""The sandbox from outside: what it holds, what it was asked, faults, clocks, edits behind planner's back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from attrs import define, field, frozen
from werkzeug.test import Client

from planner.sandbox import create_app
from tests.acceptance.serving import listening

from .campaign import Broken

EXTENSIONS = "/api/v1/deployments/extensions"
LOGIN = {"Authorization": "ApiKey tests"}
KEPT = ("name", "extension_type", "version", "description")


@frozen
class Held:
    """An extension as the API shows it. sha256: of its file, "" without one."""

    id: str
    body: Mapping[str, Any]
    version: str
    sha256: str


@define
class Clock:
    """A server's: so far ahead of the one here, or behind."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def turn_on(self) -> None:
        """So far that nothing can be under way any more which was asked for before."""
        self.ahead += timedelta(seconds=2 * TIMEOUT)


HOURS = (0, 1, -1)
"""What a server's clock may be ahead."""

TIMEOUT = 4.0
"""Seconds for a reply of a server, and so for what a client that is gone had asked for."""


@frozen
class Installation:
    """An installation for a round. environ: what leads planner there; nothing for the one that it embeds.
    clock: of the server.
    """

    client: Client
    environ: Mapping[str, str] = field(factory=dict)
    clock: Clock = field(factory=Clock)

    @classmethod
    @contextmanager
    def of(cls, data: Path) -> Iterator[Installation]:
        """The sandbox that keeps its data there; other processes may have it open too."""
        with create_app(data) as app:
            yield cls(Client(app))

    @classmethod
    @contextmanager
    def served(cls, data: Path, hours: int = 0) -> Iterator[Installation]:
        """A server of it, which outlives its clients; its clock is so many hours ahead."""
        clock = Clock(timedelta(hours=hours))
        with listening(data, clock=clock) as served:
            environ = {"EC_ENDPOINT_DEV": served.url, "EC_API_KEY": "tests", "EC_TIMEOUT": str(TIMEOUT)}
            yield cls(served.ece.client, environ, clock)

    def held(self) -> dict[str, Held]:
        """By id, in the order of their creation."""
        listed = self.client.get(EXTENSIONS, headers=LOGIN).get_json()["extensions"]
        files = {f["id"]: f["sha256"] for f in self.client.get("/sandbox/files").get_json()["files"]}
        return {
            item["id"]: Held(item["id"], item, self._version(item["id"]), files.get(item["id"], ""))
            for item in listed
        }

    def _version(self, id_: str) -> str:
        return self.client.get(f"{EXTENSIONS}/{id_}", headers=LOGIN).headers["x-cloud-resource-version"]

    def members(self, held: Held) -> dict[str, str]:
        """The files in the archive that it holds."""
        reply = self.client.get(held.body["file_metadata"]["url"].partition("localhost")[2])
        with ZipFile(BytesIO(reply.get_data())) as archive:
            return {name: archive.read(name).decode() for name in archive.namelist()}

    def requests(self) -> list[dict[str, Any]]:
        """See planner.sandbox.control."""
        found: list[dict[str, Any]] = self.client.get("/sandbox/requests").get_json()["requests"]
        return found

    def forget_requests(self) -> None:
        self.client.delete("/sandbox/requests")

    def set_faults(self, specs: Sequence[str]) -> None:
        if not specs:
            return
        reply = self.client.post("/sandbox/faults", json=list(specs))
        if reply.status_code != 201:
            raise Broken(f"a fault that the sandbox does not know: {reply.text}")

    def take_faults(self) -> Counter[str]:
        """No faults any more; how often they fired: all of them, and the replies about another."""
        fired: Counter[str] = Counter()
        for fault in self.client.get("/sandbox/faults").get_json()["faults"]:
            fired["faults"] += fault["fired"]
            fired["replies about another"] += fault["fired"] * (" another" in fault["spec"])
        self.client.delete("/sandbox/faults")
        return fired

    def create(self, name: str) -> str:
        """A bundle that planner knows nothing of; its id."""
        body = {"name": name, "extension_type": "bundle", "version": "*", "description": "somebody else's"}
        reply = self.client.post(EXTENSIONS, json=body, headers=LOGIN)
        return str(reply.get_json()["id"])

    def update(self, held: Held, **changed: str) -> None:
        body = {key: held.body[key] for key in KEPT if key in held.body} | changed
        self.client.post(f"{EXTENSIONS}/{held.id}", json=body, headers=LOGIN)

    def upload(self, held: Held, archive: bytes) -> None:
        headers = {**LOGIN, "Content-Type": "application/zip"}
        self.client.put(f"{EXTENSIONS}/{held.id}", data=archive, headers=headers)

    def delete(self, held: Held) -> None:
        self.client.delete(f"{EXTENSIONS}/{held.id}", headers=LOGIN)
