"""A deployment that runs in a sandbox, what others do with it, and the driver of its binding."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable
from typing import Any

from attrs import evolve, frozen
from werkzeug.test import Client as Caller

from planner.kinds.binding import Conventions
from planner.kinds.extension_binding import ExtensionBindingDriver
from planner.kinds.registry import load_kinds
from planner.model.address import Address
from planner.model.resource import Health, Reading, Request, Result
from planner.model.rollout import CHECK, LOOK, RESTARTED
from planner.sandbox import create_app

from .installation import client_of

ADDRESS = Address("extension_binding", "shop")
KIND = load_kinds()["extension_binding"]
App = Callable[[dict[str, Any], Any], Iterable[bytes]]


def bundles(*urls: str) -> list[dict[str, str]]:
    return [
        {"name": f"words-{number}", "url": url, "elasticsearch_version": "*"}
        for number, url in enumerate(urls)
    ]


def archive(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as written:
        for name, text in files.items():
            written.writestr(name, text)
    return buffer.getvalue()


@frozen
class Deployed:
    """It has two instances of Elasticsearch, and resources of other kinds where they are named."""

    app: App
    id: str
    cloud: str = ""

    @classmethod
    def made(cls, *others: str, platform: str = "ece", **lists: Any) -> Deployed:
        app = create_app(":memory:", platform=platform)
        made = cls(app, "", "Elastic Cloud" if platform == "cloud" else "")
        resources = {kind: [{"plan": {kind: {}}}] for kind in others} | _search(lists)
        id_ = made.call("POST", "/deployments", json={"name": "shop", "resources": resources})["id"]
        made.wait()
        return cls(app, id_, made.cloud)

    @property
    def path(self) -> str:
        return f"/deployments/{self.id}"

    def call(self, method: str, path: str, **more: Any) -> Any:
        """A call by somebody else."""
        headers = {"Authorization": "ApiKey theirs", **more.pop("headers", {})}
        reply = Caller(self.app).open(f"/api/v1{path}", method=method, headers=headers, **more)
        assert reply.status_code < 300, reply.text
        return reply.get_json()

    def control(self, method: str, what: str, **more: Any) -> Any:
        return Caller(self.app).open(f"/sandbox/{what}", method=method, **more).get_json()

    def wait(self, seconds: float = 900) -> None:
        """As long as any plan takes."""
        self.control("POST", "clock", json={"advance": seconds})

    def fault(self, spec: str) -> None:
        assert "faults" in self.control("POST", "faults", json=spec)

    def change(self, *urls: str, **lists: Any) -> None:
        """Somebody else has it load bundles."""
        resources = _search({"user_bundles": bundles(*urls), **lists})
        self.call("PUT", self.path, json={"prune_orphans": False, "resources": resources})

    def stop(self) -> None:
        self.call("POST", f"{self.path}/_shutdown")

    def index(self, **filters: Any) -> None:
        """An index, products, with the analyzer words, which has these filters."""
        words = {"words": {"tokenizer": "standard", "filter": [*filters]}}
        body = {"settings": {"analysis": {"analyzer": words, "filter": filters}}}
        path = f"{self.path}/elasticsearch/_main/proxy/products"
        self.call("PUT", path, json=body, headers={"X-Management-Request": "true"})

    def stored(self, data: bytes, type_: str = "bundle") -> str:
        """The address of an extension with this archive."""
        body = {"name": "words", "extension_type": type_, "version": "8.15.3"}
        id_ = self.call("POST", "/deployments/extensions", json=body)["id"]
        self.call("PUT", f"/deployments/extensions/{id_}", data=data, content_type="application/zip")
        return f"repo://{id_}"

    @property
    def restarts(self) -> list[Any]:
        """One for each attempt that had instances start anew."""
        return list(self.control("GET", "restarts")["restarts"])

    @property
    def driver(self) -> ExtensionBindingDriver:
        found = KIND.at(client_of(self.app), Conventions(cloud=self.cloud))
        assert isinstance(found, ExtensionBindingDriver)
        return found

    def look(self) -> Reading:
        found = self.driver.looked(self._asked(LOOK))
        assert found.observed is None
        assert found.reading is not None
        return found.reading

    def note(self) -> Reading:
        """A look that judges nothing."""
        found = self.driver.looked(evolve(self._asked(LOOK), health=None)).reading
        assert found is not None
        return found

    def check(self, reading: Reading | None, health: Health | None = None) -> Result:
        return self.driver.checked(self._asked(CHECK, reading, health))

    def checked(self, reading: Reading | None, health: Health | None = None) -> tuple[str, str]:
        """How it stands, and why."""
        settling = self.check(reading, health).settling
        return settling.status, settling.reason

    def restart(self, reading: Reading) -> Result:
        return self.driver.perform(self._asked(RESTARTED, reading))

    def _asked(self, operation: str, reading: Reading | None = None, health: Health | None = None) -> Request:
        return Request(operation, ADDRESS, id=self.id, health=health or Health(), reading=reading)


def _search(lists: dict[str, Any]) -> dict[str, Any]:
    element = {"id": "hot_content", "zone_count": 2, "size": {"resource": "memory", "value": 1024}}
    plan = {"cluster_topology": [element], "elasticsearch": {"version": "8.15.3", **lists}}
    return {"elasticsearch": [{"plan": plan}]}
