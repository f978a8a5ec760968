"""The sandbox as an installation: its app, a driver of its extensions, and requests to write down quickly."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import define, field
from werkzeug.test import Client as Caller

from planner.ece.auth import ApiKeyAuth
from planner.ece.client import Client
from planner.ece.operations import UploadForm
from planner.ece.wsgi import WSGITransport
from planner.kinds.binding import Conventions
from planner.kinds.extension import ExtensionDriver
from planner.kinds.registry import load_kinds
from planner.model.address import Address
from planner.model.resource import Content, Observed, Progress, Request, Result
from planner.model.value import Value
from planner.sandbox import Sandbox, create_app

ADDRESS = Address("extension", "synonyms")
BODY = {"name": "synonyms", "extension_type": "bundle", "version": "8.*"}
URL = "https://files.example/synonyms.zip"


def archive(folder: Path, text: str = "a, b") -> Content:
    """A bundle in folder, ready to be uploaded."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as files:
        files.writestr(zipfile.ZipInfo("dictionaries/synonyms.txt"), text)  # the same bytes at any time
    data = buffer.getvalue()
    sha256 = hashlib.sha256(data).hexdigest()
    path = folder / f"{sha256}.zip"
    path.write_bytes(data)
    return Content("files/synonyms", sha256, len(data), str(path))


def client_of(app: Any, sleeps: list[float] | None = None) -> Client:
    return Client(
        "http://sandbox.localhost",
        auth=ApiKeyAuth("a-key"),
        transport=WSGITransport(app),
        sleep=([] if sleeps is None else sleeps).append,
        random=lambda: 1.0,
    )


def recorded(app: Any, sent: list[tuple[str, Any]], forms: list[str]) -> Any:
    """app, with the JSON bodies that it is sent appended to sent, and the media types of uploads to forms."""

    def recorder(environ: dict[str, Any], start: Any) -> Any:
        if environ["REQUEST_METHOD"] == "PUT":
            forms.append(environ["CONTENT_TYPE"].partition(";")[0])
        if environ.get("CONTENT_TYPE") == "application/json":
            data = environ["wsgi.input"].read()
            sent.append((environ["REQUEST_METHOD"], json.loads(data)))
            environ["wsgi.input"] = io.BytesIO(data)
        return app(environ, start)

    return recorder


@define
class Ece:
    """An installation of one kind. sent: the JSON bodies of writes, by method. forms: the media types of
    uploads. sleeps: what the client waited.
    """

    app: Sandbox
    driver: ExtensionDriver
    sent: list[tuple[str, Any]]
    forms: list[str]
    sleeps: list[float] = field(factory=list)

    @classmethod
    def start(
        cls,
        *,
        faults: Sequence[str] = (),
        send_version: bool = False,
        upload: str = "auto",
        **switches: Any,
    ) -> Ece:
        app = create_app(":memory:", faults=faults, **switches)
        sent: list[tuple[str, Any]] = []
        forms: list[str] = []
        sleeps: list[float] = []
        found = load_kinds()["extension"]
        client = client_of(recorded(app, sent, forms), sleeps)
        conventions = Conventions(send_version, uploads=UploadForm(upload))
        return cls(app, ExtensionDriver(found.kind, found.binding, client, conventions), sent, forms, sleeps)

    def fail(self, *faults: str) -> None:
        """From now on; counted from here."""
        self._control("POST", "faults", json=list(faults))

    @property
    def requests(self) -> list[str]:
        """ "POST 201": method and status of each request so far, - for a broken connection."""
        entries = self._control("GET", "requests")["requests"]
        return [f"{entry['method']} {entry['status'] or '-'}" for entry in entries]

    @property
    def queries(self) -> list[str]:
        return [entry["query"] for entry in self._control("GET", "requests")["requests"]]

    @property
    def files(self) -> dict[str, str]:
        """id -> SHA-256 of the stored archive."""
        return {file["id"]: file["sha256"] for file in self._control("GET", "files")["files"]}

    def _control(self, method: str, what: str, **more: Any) -> Any:
        return Caller(self.app).open(f"/sandbox/{what}", method=method, **more).get_json()

    def call(self, method: str, path: str, **more: Any) -> Any:
        """A call of the API by somebody else."""
        headers = {"Authorization": "ApiKey theirs"}
        return Caller(self.app).open(f"/api/v1{path}", method=method, headers=headers, **more).get_json()

    def create(self, **attributes: Value) -> Result:
        return self.driver.perform(Request("create", ADDRESS, {**BODY, **attributes}))

    def made(self, **attributes: Value) -> Observed:
        found = self.create(**attributes).observed
        assert found is not None
        return found

    def write(
        self,
        operation: str,
        on: Observed,
        *,
        content: Content | None = None,
        progress: Progress | None = None,
        fresh: bool = False,
        **attributes: Value,
    ) -> Result:
        """A write that was planned from on."""
        desired = {} if operation == "delete" else {**BODY, **attributes}
        return self.driver.perform(
            Request(operation, ADDRESS, desired, on.attributes, on.id, on.version, content, progress, fresh)
        )

    def read(self, id_: str) -> Observed:
        found = self.driver.read(id_)
        assert found is not None
        return found
