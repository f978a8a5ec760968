"""Where the archives of extensions live: hashed on their way to disk, renamed into place, served by a token.

An archive never is in memory as a whole. `Incoming` is a file that nobody sees until it is kept; left alone
it goes away again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from attrs import frozen

from planner.sandbox.replies import ApiError, api_error

CHUNK = 256 * 1024
INCOMING = ".incoming-"
# A zip archive without entries: stands for the content of a download_url that was accepted as fetched.
EMPTY_ZIP = b"PK\x05\x06" + bytes(18)
DESCRIPTORS = ("plugin-descriptor.properties", "elasticsearch/plugin-descriptor.properties")
# What zipfile raises for what is no archive, is damaged, encrypted, or written by a newer program.
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OverflowError, RuntimeError)


def refused(message: str, *fields: str) -> ApiError:
    return api_error(400, "extensions.request_execution_failed", message, *fields)


@frozen
class FileFacts:
    """What the database keeps of an archive; `token` opens the temporary URL and changes with the file."""

    size: int
    sha256: str
    modified: str
    token: str


class Incoming:
    """An archive on its way in. Raises ApiError 400 past `limit` bytes or when it is no zip archive."""

    def __init__(self, path: Path, sink: IO[bytes], limit: int) -> None:
        self.path = path
        self.size = 0
        self._sink = sink
        self._limit = limit
        self._digest = hashlib.sha256()

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
            raise refused("Could not accept the extensions file: not a valid zip archive.", "file") from error
        if named and named != plugin_version:
            raise refused(
                f"Could not accept the extensions file: its descriptor is for Elasticsearch [{named}], and"
                f" the version of the extension is [{plugin_version}].",
                "file",
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
    """Of one data file. What killed processes left on its way in is removed first."""

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

    def keep(self, incoming: Incoming, extension_id: str) -> None:
        incoming.path.replace(self.path(extension_id))

    def remove(self, extension_id: str) -> None:
        self.path(extension_id).unlink(missing_ok=True)


def _remove_if_abandoned(path: Path) -> None:
    with suppress(OSError), path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()


def assumed_facts(now: str) -> FileFacts:
    """The archive of a download_url that nobody fetched."""
    return FileFacts(len(EMPTY_ZIP), hashlib.sha256(EMPTY_ZIP).hexdigest(), now, _token())


def _token() -> str:
    return secrets.token_urlsafe(12)
