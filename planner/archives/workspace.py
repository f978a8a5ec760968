"""Where a command keeps the archives it makes."""

from __future__ import annotations

import threading
from pathlib import Path

from attrs import define, field

from planner.archives.prepare import Archives
from planner.scratch import Scratch


@define
class Workspace:
    """A scratch folder, from the first use until `close`. For any number of threads.

    Environments share the archives of a project: each folder is archived once, whoever uses it.
    """

    _scratch: Scratch | None = field(default=None, init=False)
    _archives: dict[tuple[Path, Path | None], Archives] = field(factory=dict, init=False)
    _one_at_a_time: threading.Lock = field(factory=threading.Lock, init=False)

    def archives(self, root: Path, pinned: Path | None) -> Archives:
        """Those of the project in root; pinned: as of Archives."""
        key = root.resolve(), pinned
        with self._one_at_a_time:
            if key not in self._archives:
                self._archives[key] = Archives(root, self._new_folder(), pinned=pinned)
            return self._archives[key]

    def _new_folder(self) -> Path:
        if self._scratch is None:
            self._scratch = Scratch.open()
        made = self._scratch.folder / str(len(self._archives))
        made.mkdir(mode=0o700)
        return made

    def close(self) -> None:
        self._archives.clear()
        if self._scratch is not None:
            self._scratch.close()
            self._scratch = None
