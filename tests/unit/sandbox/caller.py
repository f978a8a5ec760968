"""A small client of the sandbox: werkzeug's test client with ECE's prefix and an API key."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.test import Client, TestResponse

from planner.sandbox import Sandbox

EXTENSIONS = "/deployments/extensions"
KEY = "ApiKey some-key"
WORDS = "https://words.example/a.zip"
"""Where a bundle is that every instance can load."""
REQUIRED = {"name": "synonyms", "extension_type": "bundle", "version": "8.*"}


class Reply(TestResponse):
    @property
    def json(self) -> Any:
        return self.get_json()


class Caller:
    def __init__(self, app: Sandbox) -> None:
        self._client = Client(app, response_wrapper=Reply)

    def __call__(self, method: str, path: str, **kwargs: Any) -> Reply:
        headers = {"Authorization": KEY} | kwargs.pop("headers", {})
        return self.raw(method, "/api/v1" + path, headers=headers, **kwargs)

    def raw(self, method: str, path: str, **kwargs: Any) -> Reply:
        reply = self._client.open(path, method=method, **kwargs)
        assert isinstance(reply, Reply)
        return reply

    def create(self, **fields: Any) -> str:
        """The id of a new extension."""
        return str(self.json("POST", EXTENSIONS, json=REQUIRED | fields)["id"])

    def stored(self, **fields: Any) -> str:
        """The id of a new extension that has content, which instances can load."""
        extension_id = self.create(**fields)
        assert self.upload(extension_id, archive()).status_code == 200
        return extension_id

    def upload(self, extension_id: str, content: bytes) -> Reply:
        return self(
            "PUT", f"{EXTENSIONS}/{extension_id}", data=content, headers={"Content-Type": "application/zip"}
        )

    def deploy(self, url: str, key: str = "user_bundles", name: str = "prod") -> str:
        """The id of a new deployment whose plan names an extension's url, once that plan is over."""
        made = str(self.json("POST", "/deployments", json=deployment(url, key, name))["id"])
        self.wait()
        return made

    def wait(self, seconds: float = 900) -> None:
        """Lets time pass in the sandbox, as long as any plan takes that nobody broke."""
        assert self.raw("POST", "/sandbox/clock", json={"advance": seconds}).status_code == 200

    def json(self, method: str, path: str, **kwargs: Any) -> Any:
        response = self(method, path, **kwargs)
        assert response.status_code < 300, response.text
        return response.json


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2024, 5, 1, 10, 20, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def move(self, **units: float) -> None:
        self.moment += timedelta(**units)


def archive(text: str = "a, b", **more: str) -> bytes:
    """The same bytes at any time; `more` are files by their names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as files:
        for name, content in {"dictionaries/synonyms.txt": text, **more}.items():
            files.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def deployment(url: str, key: str = "user_bundles", name: str = "prod") -> dict[str, Any]:
    version = "8.15.0" if key == "user_plugins" else "8.*"
    entry = {"name": "synonyms", "url": url, "elasticsearch_version": version}
    plan = {"cluster_topology": [], "elasticsearch": {"version": "8.15.0", key: [entry]}}
    payload = {"ref_id": "main-elasticsearch", "region": "ece-region", "plan": plan}
    return {"name": name, "resources": {"elasticsearch": [payload]}}


def codes(response: Reply) -> list[str]:
    """The error codes of a failed reply, after checking that the header says the same."""
    found = [error["code"] for error in response.json["errors"]]
    assert response.headers["x-cloud-error-codes"] == ",".join(dict.fromkeys(found))
    return found
