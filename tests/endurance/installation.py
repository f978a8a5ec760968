"""The sandbox from outside: what it holds, what it was asked, faults, and edits behind planner's back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from attrs import frozen
from werkzeug.test import Client

from planner.sandbox import create_app

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


@frozen
class Installation:
    client: Client

    @classmethod
    @contextmanager
    def of(cls, data: Path) -> Iterator[Installation]:
        """The sandbox that keeps its data there; other processes may have it open too."""
        with create_app(data) as app:
            yield cls(Client(app))

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

    def take_faults(self) -> int:
        """No faults any more; how often they fired."""
        fired = sum(fault["fired"] for fault in self.client.get("/sandbox/faults").get_json()["faults"])
        self.client.delete("/sandbox/faults")
        return int(fired)

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
