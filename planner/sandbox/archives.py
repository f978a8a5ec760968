"""Archives of extensions: how they arrive, as uploads and downloads, and where they live.

They are hashed on their way to disk, renamed into place, and served by a token. An archive never is in memory
as a whole. `Incoming` is a file that nobody sees until it is kept; left alone it goes away again.

Uploads come in either encoding (ECE API, upload-extension). Multipart: the part named `file`, with any
filename or none; other parts are read over. Raw: application/zip or application/octet-stream. A body without
Content-Length is read to its end where the server marks the end itself (`wsgi.input_terminated`), as waitress
does for chunked requests.

A `download_url` is accepted as fetched, or fetched (ECE API, create-extension, usage A). Both refuse what ECE
refuses: a URL that is not http or https, and a download that fails. Hosts under `.invalid` (RFC 2606) always
fail, so that a failure can be had without a network. Redirects are refused, and nothing but a token in the
URL authenticates.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import requests
from attrs import define, field, frozen
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData
from werkzeug.wrappers import Request

from planner.sandbox.http import ApiError, api_error

CHUNK = 256 * 1024
INCOMING = ".incoming-"
# A zip archive without entries: stands for the content of a download_url that was accepted as fetched.
EMPTY_ZIP = b"PK\x05\x06" + bytes(18)
DESCRIPTORS = ("plugin-descriptor.properties", "elasticsearch/plugin-descriptor.properties")
# What zipfile raises for what is no archive, is damaged, encrypted, or written by a newer program.
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OverflowError, RuntimeError)
RAW_TYPES = ("application/zip", "application/octet-stream", "application/x-zip-compressed")
DOWNLOAD_SECONDS = 60


def refused(message: str, field: str) -> ApiError:
    return api_error(400, "extensions.request_execution_failed", message, field)


def _unacceptable(why: str) -> ApiError:
    return refused(f"Could not accept the extensions file: {why}", "file")


@frozen
class FileFacts:
    """What the database keeps of an archive; `token` opens the temporary URL and changes with the file."""

    size: int
    sha256: str
    modified: str
    token: str


@define(eq=False, repr=False)
class Incoming:
    """An archive on its way in. Raises ApiError 400 past `limit` bytes or when it is no zip archive."""

    path: Path
    _sink: IO[bytes]
    _limit: int
    size: int = 0
    _digest: hashlib._Hash = field(factory=hashlib.sha256)

    def write(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self.check_size(self.size)
        self._digest.update(chunk)
        self._sink.write(chunk)

    def check_size(self, size: int) -> None:
        if size > self._limit:
            raise refused(f"The extension file is larger than {self._limit} bytes.", "file")

    def facts(self, now: str, plugin_version: str | None = None) -> FileFacts:
        """`plugin_version` is what the descriptor of a plugin has to name, where there is one."""
        self._sink.flush()
        try:
            with zipfile.ZipFile(self.path) as archive:
                named = _named_version(archive) if plugin_version else None
        except UNREADABLE as error:
            raise _unacceptable("not a valid zip archive.") from error
        if named and named != plugin_version:
            raise _unacceptable(
                f"its descriptor is for Elasticsearch [{named}], and the version of the extension is"
                f" [{plugin_version}]."
            )
        return FileFacts(self.size, self._digest.hexdigest(), now, _token())


def _named_version(archive: zipfile.ZipFile) -> str | None:
    """`elasticsearch.version` of the descriptor of a classic plugin."""
    name = next((name for name in DESCRIPTORS if name in archive.namelist()), None)
    if name is None:
        return None
    with archive.open(name) as file:
        text = file.read(CHUNK).decode(errors="replace")
    found = re.search(r"^[ \t]*elasticsearch\.version[ \t]*[=:][ \t]*(\S+)", text, re.MULTILINE)
    return found[1] if found else None


class Archives:
    """The archives of one data file. What killed processes left on its way in is removed first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for path in folder.glob(f"{INCOMING}*"):
            _remove_if_abandoned(path)

    @contextmanager
    def incoming(self, limit: int) -> Iterator[Incoming]:
        path = self._folder / f"{INCOMING}{secrets.token_hex(8)}"
        new = path.with_name(f".new{path.name}")
        try:
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as sink:
                # The system frees the lock with the process. Until it is held nobody knows the name.
                fcntl.flock(sink, fcntl.LOCK_EX)
                new.rename(path)
                yield Incoming(path, sink, limit)
        finally:
            for left in (new, path):
                left.unlink(missing_ok=True)

    def path(self, extension_id: str) -> Path:
        """Ids come from the database, never from a URL: they hold digits only."""
        return self._folder / extension_id

    def content(self, extension_id: str) -> Iterator[bytes]:
        try:
            with self.path(extension_id).open("rb") as file:
                while chunk := file.read(CHUNK):
                    yield chunk
        except FileNotFoundError:
            yield EMPTY_ZIP

    def keep(self, incoming: Incoming | None, extension_id: str) -> None:
        """Keep an archive in the place of an earlier one. Where nobody fetched one, nothing is kept."""
        if incoming:
            incoming.path.replace(self.path(extension_id))
        else:
            self.remove(extension_id)

    def remove(self, extension_id: str) -> None:
        self.path(extension_id).unlink(missing_ok=True)

    def pin(self, extension_id: str, sha256: str) -> Path | None:
        """The archive as it is now, kept for what loaded it, whatever takes its place; None where nobody
        fetched it. The same content is kept once."""
        pinned = self.pinned(sha256)
        try:
            os.link(self.path(extension_id), pinned)
        except FileExistsError:
            return pinned
        except FileNotFoundError:
            return None
        except OSError:  # a file system without links
            with self.incoming(0) as copy:
                shutil.copyfile(self.path(extension_id), copy.path)
                copy.path.rename(pinned)
        return pinned

    def pinned(self, sha256: str) -> Path:
        return self._folder / f"loaded-{sha256}"


def _remove_if_abandoned(path: Path) -> None:
    with suppress(OSError), path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()


def assumed_facts(now: str) -> FileFacts:
    """The archive of a download_url that nobody fetched."""
    return FileFacts(len(EMPTY_ZIP), hashlib.sha256(EMPTY_ZIP).hexdigest(), now, _token())


def _token() -> str:
    return secrets.token_urlsafe(12)


def receive(request: Request, incoming: Incoming) -> None:
    """Write the archive of an upload to `incoming`. Raises ApiError 400 for none or half of one, and before
    anything is read for one that says it is too large."""
    if request.mimetype in RAW_TYPES:
        incoming.check_size(request.content_length or 0)
    found = False
    try:
        for chunk in _archive_chunks(request):
            found = True
            incoming.write(chunk)
    except (ValueError, ClientDisconnected, RequestEntityTooLarge) as error:
        raise _unacceptable("the request body is incomplete.") from error
    if not found:
        raise _unacceptable("no part named [file] in the request.")


def _archive_chunks(request: Request) -> Iterator[bytes]:
    if request.mimetype == "multipart/form-data":
        return _file_part(request, request.mimetype_params.get("boundary", ""))
    if request.mimetype in RAW_TYPES:
        return _body_chunks(request)
    raise _unacceptable(f"unsupported content type [{request.mimetype}].")


def _body_chunks(request: Request) -> Iterator[bytes]:
    while chunk := request.stream.read(CHUNK):
        yield chunk


def _file_part(request: Request, boundary: str) -> Iterator[bytes]:
    if not boundary:
        raise ValueError("no boundary")
    decoder = MultipartDecoder(boundary.encode())
    wanted = False
    for chunk in _uncut(_body_chunks(request), len(boundary)):
        decoder.receive_data(chunk)
        while not isinstance(event := decoder.next_event(), NeedData):
            if isinstance(event, Epilogue):
                return
            if isinstance(event, File | Field):
                wanted = event.name == "file"
            elif isinstance(event, Data) and wanted:
                yield event.data


def _uncut(chunks: Iterator[bytes], boundary: int) -> Iterator[bytes | None]:
    """chunks, cut anew so that no end of a part lies across two, and None for the end.

    Where a chunk ends within a boundary, some versions of werkzeug (3.1.7 to 3.1.9, perhaps later ones) take
    the line end before it for content: the archive would have a byte too many.
    """
    kept, longest = b"", len("\r\n----\r\n") + boundary
    for chunk in chunks:
        data = kept + chunk
        cut = data.find(b"\r", max(0, len(data) - longest))
        kept = data[cut:] if cut >= 0 else b""
        yield data[: len(data) - len(kept)]
    yield kept
    yield None


Fetch = Callable[[str, Incoming], None]
"""Writes the archive behind a URL to the incoming file. Raises ApiError 400."""


def _unfetched(why: str) -> ApiError:
    return refused(f"Could not download the extension from the specified URL: {why}", "download_url")


def check_url(url: str) -> None:
    """Raises ApiError 400 for a URL that no server could fetch."""
    try:
        parts = urlsplit(url)
        host, scheme = parts.hostname or "", parts.scheme
        parts.port  # noqa: B018 - reading it checks it
    except ValueError as error:
        raise _unfetched("not a URL.") from error
    if scheme not in ("http", "https") or not host:
        raise _unfetched("only http and https are supported.")
    if f".{host.rstrip('.')}".endswith(".invalid"):
        raise _unfetched(f"unknown host [{host}].")


def fetch_url(url: str, incoming: Incoming) -> None:
    try:
        with requests.get(url, stream=True, allow_redirects=False, timeout=DOWNLOAD_SECONDS) as answer:
            if answer.status_code != 200:
                raise _unfetched(f"the host answered {answer.status_code}.")
            for chunk in answer.iter_content(CHUNK):
                incoming.write(chunk)
    except requests.RequestException as error:
        raise _unfetched(f"{type(error).__name__}.") from error
