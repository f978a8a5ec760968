"""Temporary folders that a killed process leaves behind for no longer than until the next one is opened."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from attrs import frozen

_PREFIX: Final = ".ece-planner-scratch-"
"""Hidden, so that no archive takes it where temporary files lie in a project."""


@frozen(eq=False, repr=False)
class Scratch:
    """A private folder until `close`.

    Who uses the folder holds a lock on it, and the system frees that with the process. So a folder whose lock
    is free has no owner, and is removed by whoever opens the next one, who holds its lock meanwhile.
    """

    folder: Path
    _lock: int

    @classmethod
    def open(cls) -> Scratch:
        """A new folder. OSError when none can be made."""
        _remove_abandoned()
        while True:
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
            descriptor = _entered(folder)
            if descriptor is None:
                continue  # somebody took it for abandoned before it was locked
            with suppress(OSError):  # a file system without locks: nobody can take it for abandoned then
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is_at(descriptor, folder):
                return cls(folder, descriptor)
            os.close(descriptor)

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)


def _remove_abandoned() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        descriptor = _entered(folder)
        if descriptor is None:
            continue
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def _entered(folder: Path) -> int | None:
    """A descriptor of a folder of this user; None when it is another's, or none any more."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    if os.fstat(descriptor).st_uid == os.geteuid():
        return descriptor
    os.close(descriptor)
    return None


def _is_at(descriptor: int, folder: Path) -> bool:
    with suppress(OSError):
        return os.path.samestat(os.fstat(descriptor), folder.stat(follow_symlinks=False))
    return False
