"""Where the contract suites of backends run. A new backend is one more place in `PLACES`."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import evolve, field, frozen

from planner.errors import LockHeld
from planner.state.backend import Backend
from planner.state.encryption import EncryptedBackend
from planner.state.keys import read_keys
from planner.state.locks import Holder, Terms
from planner.state.registry import Location, open_backend

from . import http_state_server, postgres_server, s3_server
from .timing import Time

NOW = "2025-01-31T12:00:00Z"
ALICE = Holder("id-alice", "alice", "host-1", 1, "apply", NOW)
KEY = base64.urlsafe_b64encode(bytes(32)).decode()
BOB = Holder("id-bob", "bob", "host-2", 2, "destroy", NOW)

TERMS = Terms(duration=3600.0, interval=1200.0)
"""As what takes real time, such as a request, may take as long."""


@frozen
class Place:
    """Where one state is. Each `open` is as another process would: nothing is shared but place and time.

    time: passes when somebody sleeps. terms: of its leases; None where the lock is no lease. is_freed:
    whether the lock is free some time after its holder was killed; else it stays until it is broken. server:
    host and port, as the URL has them, where there is one. turns_per_append: round trips. resends: whether
    what a lost connection leaves in doubt is found out. keys: what it keeps is encrypted with them.
    """

    url: str
    folder: Path
    time: Time = field(factory=Time)
    terms: Terms | None = None
    is_freed: bool = True
    server: tuple[str, int] | None = None
    turns_per_append: int = 1
    resends: bool = True
    keys: Mapping[str, str] | None = None

    def open(self, sleep: Callable[[float], None] | None = None) -> Backend:
        """sleep: what it does instead."""
        timing = self.time.timing if sleep is None else evolve(self.time.timing, sleep=sleep)
        found = open_backend(
            Location(
                self.url,
                environment="dev",
                folder=self.folder,
                project="search",
                terms=self.terms or TERMS,
                timing=timing,
            )
        )
        return found if self.keys is None else EncryptedBackend(found, read_keys("dev", self.keys))

    def free_dead_lock(self) -> None:
        """Time passes, or where the lock of a killed process stays a person does what there is to do."""
        self.time.passes(2 * TERMS.duration)
        if self.is_freed:
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


def postgresql(folder: Path) -> Place:
    server = postgres_server.server()
    url = server.url()
    time = Time(lambda seconds: server.age(url, seconds))
    return Place(url, folder, time, TERMS, server=("127.0.0.1", server.port))


def _http(below: str) -> Callable[[Path], Place]:
    def place(folder: Path) -> Place:
        server = http_state_server.server()
        url = server.url(server.new_path(below))
        address = ("127.0.0.1", server.port)
        return Place(url, folder, is_freed=False, server=address, turns_per_append=2)

    return place


def _s3(folder: Path) -> Place:
    server = s3_server.server()
    url = server.url()
    time = Time(lambda seconds: server.age(url, seconds))
    return Place(url, folder, time, TERMS, server=("127.0.0.1", server.port))


PLACES: dict[str, Callable[[Path], Place]] = {
    "local": lambda folder: Place("state", folder),
    "file-url": lambda folder: Place(f"file://{folder}/states/of%20all.json", folder),
    "postgresql": postgresql,
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
