"""Where the contract suites of backends run. A new backend is one more place in `PLACES`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from planner.state.backend import Backend
from planner.state.locks import Holder
from planner.state.registry import open_backend

NOW = "2025-01-31T12:00:00Z"
ALICE = Holder("id-alice", "alice", "host-1", 1, "apply", NOW)
BOB = Holder("id-bob", "bob", "host-2", 2, "destroy", NOW)


@frozen
class Place:
    """Where one state is. Each `open` is as another process would: nothing is shared but the place."""

    url: str
    folder: Path

    def open(self) -> Backend:
        return open_backend(self.url, environment="dev", folder=self.folder)


PLACES: dict[str, Callable[[Path], Place]] = {
    "local": lambda folder: Place("state", folder),
    "file-url": lambda folder: Place(f"file://{folder}/states/of%20all.json", folder),
}
