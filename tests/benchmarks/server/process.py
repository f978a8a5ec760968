"""The server as a process of its own: started, asked for its counts, ended."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from attrs import field, frozen

from .extensions import COLLECTION, COUNTS, FIRST_ID

ROOT = Path(__file__).parents[3]
_OPENER = build_opener(ProxyHandler({}))
_PATIENCE = 60.0


@frozen
class Installation:
    """One of the server's, by its name."""

    port: int
    name: str

    @property
    def url(self) -> str:
        """An endpoint, as planner.yaml has it."""
        return f"http://127.0.0.1:{self.port}/{self.name}"

    @property
    def extensions(self) -> str:
        """The path of the extensions, as a request names it."""
        return f"/{self.name}{COLLECTION.decode()}"

    def item(self, number: int = 0) -> str:
        """The path of an extension, by how many were made before it."""
        return f"{self.extensions}/{FIRST_ID + number}"

    def requests(self) -> int:
        """How many it got so far."""
        with _OPENER.open(self.url + COUNTS.decode(), timeout=_PATIENCE) as reply:
            return int(json.load(reply)["requests"])


@frozen
class Server:
    port: int
    _numbers: Iterator[int] = field(factory=lambda: itertools.count(1), eq=False)

    def fresh(self) -> Installation:
        """An installation that is empty."""
        return Installation(self.port, f"ece-{next(self._numbers)}")


@contextmanager
def serving(latency: float = 0.0, rate: float = 0.0) -> Iterator[Server]:
    """latency: seconds that each reply waits. rate: requests in a second, 0 for any number."""
    command = [sys.executable, "-m", "tests.benchmarks.server", str(latency), str(rate)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Server(int(process.stdout.readline()))
        finally:
            process.stdin.close()
            process.wait(_PATIENCE)
