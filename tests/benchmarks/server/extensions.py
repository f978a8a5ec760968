"""One installation: the extensions of ECE's API in memory, each kept as the JSON that is sent of it."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from attrs import define, field

from .connection import Request

COLLECTION = b"/api/v1/deployments/extensions"
COUNTS = b"/requests"
"""Not the API's own: how many requests this installation got, this one not among them."""

FIRST_ID = 1_000_000_000

_STATUS = {200: b"200 OK", 201: b"201 Created", 400: b"400 Bad Request", 404: b"404 Not Found"}
_HEAD = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s"
_STAMP = (
    "x-cloud-resource-version: {}\r\nx-cloud-resource-created: {}\r\nx-cloud-resource-last-modified: {}\r\n"
)
_BOUNDARY = re.compile(rb'boundary="?([^";]+)')


@define(eq=False)
class Extension:
    """An extension as the server keeps it. fields: as the API shows them. shown: the same as JSON. stamp: the
    headers about its version.
    """

    fields: dict[str, Any]
    created: str
    version: int = 0
    shown: bytes = b""
    stamp: bytes = b""

    def written(self, now: str) -> None:
        """After each write: the next version."""
        self.version += 1
        self.shown = json.dumps(self.fields, separators=(",", ":")).encode()
        self.stamp = _STAMP.format(self.version, self.created, now).encode()

    def reply(self, status: int = 200) -> bytes:
        return _reply(self.shown, status, self.stamp)

    def reply_with_users(self) -> bytes:
        return _reply(self.shown[:-1] + b',"deployments":[]}', 200, self.stamp)


@define(eq=False)
class Installation:
    """The extensions of an installation that answers at once. requests: counted, but those for the count."""

    requests: int = 0
    _extensions: dict[bytes, Extension] = field(factory=dict)
    _listed: bytes = b""
    _ids: Iterator[int] = field(factory=lambda: itertools.count(FIRST_ID))

    def answer(self, request: Request, path: bytes) -> bytes:
        """The reply to a request for a path of this installation, with its query."""
        if path == COUNTS:
            return _reply(b'{"requests":%d}' % self.requests)
        self.requests += 1
        path, _, query = path.partition(b"?")
        if path == COLLECTION:
            return self._collection(request)
        extension = self._extensions.get(path[len(COLLECTION) + 1 :])
        if extension is None or not path.startswith(COLLECTION):
            return _failed(404, "extensions.not_found", f"There is no {path.decode('latin-1')}.")
        if request.method == b"GET":
            return extension.reply_with_users() if b"include_deployments=true" in query else extension.reply()
        write = self._writes().get(request.method)
        return write(request, extension) if write else _not_allowed()

    def _writes(self) -> dict[bytes, Callable[[Request, Extension], bytes]]:
        return {b"POST": self._update, b"PUT": self._upload, b"DELETE": self._delete}

    def _collection(self, request: Request) -> bytes:
        if request.method == b"POST":
            return self._create(request)
        if request.method != b"GET":
            return _not_allowed()
        if not self._listed:
            shown = b",".join(extension.shown for extension in self._extensions.values())
            self._listed = _reply(b'{"extensions":[%s]}' % shown)
        return self._listed

    def _create(self, request: Request) -> bytes:
        given, now, id_ = json.loads(request.body), _now(), str(next(self._ids))
        fields = {"id": id_, "name": given["name"], "url": f"repo://{id_}"}
        fields |= {key: given[key] for key in ("extension_type", "version")} | _optional(given)
        extension = self._extensions[id_.encode()] = Extension(fields, now)
        self._written(extension, now)
        return extension.reply(201)

    def _update(self, request: Request, extension: Extension) -> bytes:
        """The type stays, a description left out is cleared, the file stays."""
        given = json.loads(request.body)
        kept = {key: value for key, value in extension.fields.items() if key != "description"}
        extension.fields = kept | {key: given[key] for key in ("name", "version")} | _optional(given)
        self._written(extension, _now())
        return extension.reply()

    def _upload(self, request: Request, extension: Extension) -> bytes:
        size, now = _archive_size(request), _now()
        if size is None:
            return _failed(400, "extensions.request_execution_failed", "This is no upload.")
        url = f"http://files.invalid/{extension.fields['id']}"
        extension.fields["file_metadata"] = {"last_modified_date": now, "size": size, "url": url}
        self._written(extension, now)
        return extension.reply()

    def _delete(self, request: Request, extension: Extension) -> bytes:
        del self._extensions[extension.fields["id"].encode()]
        self._listed = b""
        return _reply(b"{}", 200, extension.stamp)

    def _written(self, extension: Extension, now: str) -> None:
        extension.written(now)
        self._listed = b""


@define(eq=False)
class Installations:
    """By the first part of the path; made when they are first asked."""

    _by_name: dict[bytes, Installation] = field(factory=dict)

    def answer(self, request: Request) -> bytes:
        end = request.target.find(b"/", 1)
        name, path = request.target[1:end], request.target[end:]
        installation = self._by_name.get(name)
        if installation is None:
            installation = self._by_name[name] = Installation()
        return installation.answer(request, path)


def _optional(given: dict[str, Any]) -> dict[str, Any]:
    return {key: given[key] for key in ("description", "download_url") if given.get(key) is not None}


def _archive_size(request: Request) -> int | None:
    """Bytes of the archive: all of the body, or of its one part (RFC 7578)."""
    if not request.content_type.startswith(b"multipart/form-data"):
        return request.size or None
    boundary = _BOUNDARY.search(request.content_type)
    head = request.body.find(b"\r\n\r\n")
    if boundary is None or head < 0:
        return None
    return request.size - (head + 4) - len(b"\r\n--" + boundary[1] + b"--\r\n")


def _reply(body: bytes, status: int = 200, headers: bytes = b"") -> bytes:
    return _HEAD % (_STATUS[status], len(body), headers, body)


def _failed(status: int, code: str, message: str) -> bytes:
    body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    return _reply(body, status, f"x-cloud-error-codes: {code}\r\n".encode())


def _not_allowed() -> bytes:
    return _failed(400, "root.method_not_allowed", "There is no such operation.")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
