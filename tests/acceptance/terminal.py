"""A command on a terminal, and whoever sits there."""

from __future__ import annotations

import os
import select
import subprocess
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from attrs import define

from .runner import PATIENCE, Project, hear_interrupts


@define
class Sitting:
    """Its controlling terminal: Ctrl-C is typed as a key. shown: all that was written."""

    _terminal: int
    process: subprocess.Popen[str]
    _shown: bytes = b""

    @property
    def shown(self) -> str:
        return self._shown.decode(errors="replace")

    def keeps_output(self) -> bool:
        """Whether Ctrl-C leaves alone what was not read yet."""
        return bool(termios.tcgetattr(self._terminal)[3] & termios.NOFLSH)

    def type(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def forget(self) -> None:
        """What was shown so far is not waited for again."""
        self._shown = b""

    def wait_for(self, text: str) -> None:
        self.wait_until(lambda shown: text in shown)

    def wait_until(self, holds: Callable[[str], bool]) -> None:
        """Until it holds for what was shown."""
        while not holds(self.shown):
            assert self._read(), f"it ended with this shown: {self.shown}"

    def end(self) -> int:
        """Its exit code, when all was read that it wrote."""
        while self._read():
            pass
        return self.process.wait(timeout=PATIENCE)

    def _read(self) -> bool:
        """Whether there was more, and may be again."""
        ready, _, _ = select.select([self._terminal], [], [], PATIENCE)
        assert ready, f"waited in vain for more than {self.shown}"
        try:
            piece = os.read(self._terminal, 65536)
        except OSError:  # the process has closed the other end
            return False
        self._shown += piece
        return bool(piece)


@contextmanager
def at_terminal(project: Project, *words: str, columns: int = 80, rows: int = 24) -> Iterator[Sitting]:
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (rows, columns))
    try:
        with project.started(
            *words, env={"COLUMNS": ""}, stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=_sit_down
        ) as process:
            os.close(theirs)
            yield Sitting(ours, process)
    finally:
        os.close(ours)


def _sit_down() -> None:
    """In the new process: its input becomes its controlling terminal."""
    hear_interrupts()
    os.login_tty(0)
