from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock

from planner.errors import StateError
from planner.state.backend import Backend
from planner.state.local import LocalBackend
from planner.state.locks import this_process

HOLDER = this_process("apply", holder_id="one", since="2026-01-01T00:00:00Z")
WRITES: list[Callable[[Backend], None]] = [
    lambda backend: backend.append([b"two"]),
    lambda backend: backend.clear_journal(),
    lambda backend: backend.write_snapshot(b'{"serial": 1}', serial=1, expected_serial=None),
]


@pytest.mark.parametrize("write", WRITES, ids=["append", "clear", "snapshot"])
def test_who_loses_the_lock_while_it_waits_to_write_writes_nothing(
    tmp_path: Path, write: Callable[[Backend], None]
) -> None:
    """Somebody is in the middle of a write; it waits for its turn, and so does who breaks its lock."""
    path = tmp_path / "dev.json"
    backend = LocalBackend(path)
    with backend.lock(HOLDER, 0), ThreadPoolExecutor(1) as pool:
        backend.append([b"one"])
        with FileLock(tmp_path / "dev.history/.swap"):
            written = pool.submit(write, backend)
            (tmp_path / "dev.lock.json").unlink()  # what breaking it does first
        with pytest.raises(StateError, match="was broken while apply held it"):
            written.result()
    assert LocalBackend(path).read_journal() == [b"one"]
    assert LocalBackend(path).read_snapshot() is None


def test_a_lock_is_broken_between_two_writes(tmp_path: Path) -> None:
    path = tmp_path / "dev.json"
    backend = LocalBackend(path)
    with backend.lock(HOLDER, 0), ThreadPoolExecutor(1) as pool:
        backend.append([b"one"])
        with FileLock(tmp_path / "dev.history/.swap"):
            broken = pool.submit(LocalBackend(path).break_lock, HOLDER.id)
            assert LocalBackend(path).lock_holder() == HOLDER
        broken.result()
        assert LocalBackend(path).lock_holder() is None
