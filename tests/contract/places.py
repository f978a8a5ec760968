"""Where the contract suites of backends run. A new backend is one more place in `PLACES`."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import evolve, frozen

from planner.errors import LockHeld
from planner.state.backend import Backend
from planner.state.encryption import EncryptedBackend
from planner.state.keys import read_keys
from planner.state.lease import TERMS, Terms
from planner.state.locks import Holder
from planner.state.registry import open_backend

from . import http_state_server, postgres_server, s3_server

NOW = "2025-01-31T12:00:00Z"
ALICE = Holder("id-alice", "alice", "host-1", 1, "apply", NOW)
KEY = base64.urlsafe_b64encode(bytes(32)).decode()
BOB = Holder("id-bob", "bob", "host-2", 2, "destroy", NOW)

SHORT = Terms(duration=3.0, interval=0.3)
"""A lease that a test can wait for, and that a busy machine still renews in time."""


@frozen
class Place:
    """Where one state is. Each `open` is as another process would: nothing is shared but the place.

    terms: of its leases; None where the lock is no lease. freed_within: how many seconds after its holder was
    killed the lock is free at the latest; None: it stays until it is broken. server: host and port, as the
    URL has them, where there is one. turns_per_append: round trips. resends: whether what a lost connection
    leaves in doubt is found out. keys: what it keeps is encrypted with them.
    """

    url: str
    folder: Path
    terms: Terms | None = None
    freed_within: float | None = 0.0
    server: tuple[str, int] | None = None
    turns_per_append: int = 1
    resends: bool = True
    keys: Mapping[str, str] | None = None

    def open(self) -> Backend:
        terms = self.terms or TERMS
        found = open_backend(self.url, environment="dev", folder=self.folder, project="search", terms=terms)
        return found if self.keys is None else EncryptedBackend(found, read_keys("dev", self.keys))

    def free_dead_lock(self) -> None:
        """What a person does at a place where the lock of a killed process stays."""
        if self.freed_within is not None:
            return
        try:
            with self.open().lock(BOB, 0):
                pass
        except LockHeld as held:
            self.open().break_lock(held.advice.rpartition("lock break ")[2].partition("`")[0])

    def behind(self, port: int) -> Place:
        """The same place, reached by another port of this machine."""
        assert self.server is not None
        url = self.url.replace(f"{self.server[0]}:{self.server[1]}", f"127.0.0.1:{port}")
        return evolve(self, url=url)

    def with_terms(self, terms: Terms) -> Place:
        return evolve(self, terms=terms)


def _postgresql(folder: Path) -> Place:
    server = postgres_server.server()
    return Place(server.url(), folder, SHORT, SHORT.duration, ("127.0.0.1", server.port))


def _http(below: str) -> Callable[[Path], Place]:
    def place(folder: Path) -> Place:
        server = http_state_server.server()
        url = server.url(server.new_path(below))
        return Place(url, folder, None, None, ("127.0.0.1", server.port), turns_per_append=2)

    return place


def _s3(folder: Path) -> Place:
    server = s3_server.server()
    return Place(server.url(), folder, SHORT, 2 * SHORT.duration, ("127.0.0.1", server.port))


PLACES: dict[str, Callable[[Path], Place]] = {
    "local": lambda folder: Place("state", folder),
    "file-url": lambda folder: Place(f"file://{folder}/states/of%20all.json", folder),
    "postgresql": _postgresql,
    "s3": _s3,
    "http": _http(http_state_server.PLAIN),
    "gitlab": _http(http_state_server.GITLAB),
}

STORES: dict[str, Callable[[Path], Place]] = {
    **PLACES,
    "encrypted": lambda folder: Place("state", folder, keys={"PLANNER_STATE_KEY": KEY}),
}
"""Places and, around one of them, what is no place of its own, for the suite of stores."""

LEASED = [name for name in PLACES if name not in ("local", "file-url", "http", "gitlab")]
"""Those whose lock is a lease."""
