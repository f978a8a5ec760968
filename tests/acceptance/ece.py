"""The sandbox from outside: what it was asked, what it holds, edits behind the planner's back."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen
from werkzeug.test import Client

from planner.sandbox import create_app

DEPLOYMENTS = "/api/v1/deployments"
EXTENSIONS = f"{DEPLOYMENTS}/extensions"
LOGIN = {"Authorization": "ApiKey tests"}


@frozen
class Ece:
    client: Client

    @classmethod
    @contextmanager
    def of(cls, data: Path) -> Iterator[Ece]:
        """The sandbox that keeps its data there; other processes may have it open too."""
        with create_app(data) as app:
            yield cls(Client(app))

    def requests(self, *methods: str) -> list[tuple[str, str]]:
        """(method, path below /deployments/extensions), in order; of these methods only, if any are given."""
        asked = [(item["method"], item["path"].partition("/extensions")[2]) for item in self._log()]
        return [item for item in asked if not methods or item[0] in methods]

    def _log(self) -> list[dict[str, str]]:
        log: list[dict[str, str]] = self.client.get("/sandbox/requests").get_json()["requests"]
        return log

    def writes(self) -> list[tuple[str, str]]:
        """The same of requests that write: a search does not."""
        searches = [item["path"].endswith("/_search") for item in self._log()]
        asked = zip(self.requests(), searches, strict=True)
        return [item for item, reads in asked if item[0] in ("POST", "PUT", "DELETE") and not reads]

    def forget_requests(self) -> None:
        self.client.delete("/sandbox/requests")

    def fault(self, *specs: str) -> None:
        reply = self.client.post("/sandbox/faults", json=list(specs))
        assert reply.status_code == 201, reply.text

    def holds(self) -> bool:
        """Whether a request waits for the faults to go."""
        faults = self.client.get("/sandbox/faults").get_json()["faults"]
        return any(item["fired"] for item in faults if "hold" in item["spec"].split())

    def no_faults(self) -> None:
        self.client.delete("/sandbox/faults")

    def extensions(self) -> dict[str, dict[str, Any]]:
        """By name."""
        listed = self.client.get(EXTENSIONS, headers=LOGIN).get_json()["extensions"]
        assert len({item["name"] for item in listed}) == len(listed), "two of the same name"
        return {item["name"]: item for item in listed}

    def version(self, id_: str) -> str:
        return self.client.get(f"{EXTENSIONS}/{id_}", headers=LOGIN).headers["x-cloud-resource-version"]

    def create(self, name: str, **given: str) -> str:
        """Makes a bundle behind the planner's back; its id."""
        body = {"name": name, "extension_type": "bundle", "version": "*"} | given
        reply = self.client.post(EXTENSIONS, json=body, headers=LOGIN)
        assert reply.status_code == 201, reply.text
        return str(reply.get_json()["id"])

    def update(self, name: str, /, **changed: str) -> None:
        found = self.extensions()[name]
        kept = ("name", "extension_type", "version", "description")
        body = {key: found[key] for key in kept if key in found} | changed
        reply = self.client.post(f"{EXTENSIONS}/{found['id']}", json=body, headers=LOGIN)
        assert reply.status_code == 200, reply.text

    def upload(self, name: str, archive: bytes) -> None:
        id_ = self.extensions()[name]["id"]
        sent = {"data": archive, "content_type": "application/zip", "headers": LOGIN}
        reply = self.client.put(f"{EXTENSIONS}/{id_}", **sent)
        assert reply.status_code == 200, reply.text

    def fill(self, name: str, path: str = "words.txt", text: str = "one\n") -> None:
        """Gives a bundle an archive: without one no node that is to load it starts."""
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w") as archive:
            archive.writestr(path, text)
        self.upload(name, written.getvalue())

    def stored(self, name: str) -> bytes:
        """The archive of an extension."""
        stored: bytes = self.client.get(self.extensions()[name]["file_metadata"]["url"]).data
        return stored

    def delete(self, name: str) -> None:
        id_ = self.extensions()[name]["id"]
        assert self.client.delete(f"{EXTENSIONS}/{id_}", headers=LOGIN).status_code == 200

    def deploy(self, name: str, extension: str, element: str = "") -> str:
        """Makes a deployment that loads a bundle, at an element where one is named; its id."""
        bundle = {
            "name": extension,
            "url": self.extensions()[extension]["url"],
            "elasticsearch_version": "8.15.3",
        }
        loads: dict[str, Any] = {"user_bundles": [bundle]}
        there = {"id": element, "size": {"resource": "memory", "value": 1024}, "elasticsearch": loads}
        plan = {
            "elasticsearch": {} if element else loads,
            "cluster_topology": [there] if element else [],
        }
        elasticsearch = {"ref_id": "main", "region": "r", "plan": plan}
        body = {"name": name, "resources": {"elasticsearch": [elasticsearch]}}
        reply = self.client.post(DEPLOYMENTS, json=body, headers=LOGIN)
        assert reply.status_code == 201, reply.text
        self.wait()
        return str(reply.get_json()["id"])

    def wait(self, seconds: float = 900) -> None:
        """Lets time pass in it, as long as any plan takes that nobody broke."""
        assert self.client.post("/sandbox/clock", json={"advance": seconds}).status_code == 200

    def lag(self, lags: bool = True) -> None:
        """Whether searches find only what there is now, from now on."""
        reply = self.client.post("/sandbox/index", json={"lags": lags})
        assert reply.status_code == 200, reply.text

    def of_deployments(self) -> list[str]:
        """What was asked about deployments and not about extensions, as "POST /_search"."""
        asked = [(item["method"], item["path"].partition("/deployments")[2]) for item in self._log()]
        return [f"{method} {path}" for method, path in asked if not path.startswith("/extensions")]

    def rename_deployment(self, id_: str, name: str) -> None:
        body = {"name": name, "prune_orphans": False, "resources": {}}
        reply = self.client.put(f"{DEPLOYMENTS}/{id_}", json=body, headers=LOGIN)
        assert reply.status_code == 200, reply.text
