"""The request log: one JSON line per API request, appended to a file beside the data.

A file and not a table: an append is a few microseconds, whole lines from several processes do not mix, and it
is there after a kill. Headers and bodies are never written, so no credential is.
"""

from __future__ import annotations

import os
import threading
import weakref
from pathlib import Path
from typing import Any

import orjson

LOG_NAME = "requests.log"
# Past this the log starts over when a sandbox is opened.
MAX_BYTES = 32 * 1024 * 1024


class RequestLog:
    def __init__(self, folder: Path) -> None:
        self._path = folder / LOG_NAME
        self._fd = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
        self._lock = threading.Lock()
        self._finalizer = weakref.finalize(self, os.close, self._fd)
        if os.fstat(self._fd).st_size > MAX_BYTES:
            self.clear()

    def append(self, entry: dict[str, Any]) -> None:
        """Nothing once it is closed: the number of its file may be another file's by then."""
        line = orjson.dumps(entry) + b"\n"
        with self._lock:
            if self._finalizer.alive:
                os.write(self._fd, line)

    def entries(self) -> list[dict[str, Any]]:
        with self._path.open("rb") as lines:
            # A line without its end is still being written.
            return [orjson.loads(line) for line in lines if line.endswith(b"\n")]

    def clear(self) -> None:
        os.ftruncate(self._fd, 0)

    def close(self) -> None:
        with self._lock:
            self._finalizer()
