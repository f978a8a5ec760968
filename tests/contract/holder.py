"""Another process that holds the lock of a place, and does what a test tells it on its standard input."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from planner.errors import StateError
from planner.state.locks import Terms, this_process
from planner.state.registry import Location, open_backend

from .places import TERMS, Place
from .timing import Time

TESTS = Path(__file__).parents[1]


@frozen
class Worker:
    process: subprocess.Popen[str]

    def append(self, line: str) -> str:
        """ "written", or why not."""
        self._tell(f"append {line}")
        return self._hear()

    def passes(self, seconds: float) -> None:
        """Its clock goes on, as soon as it can: the clock of a process that is stopped as well."""
        self._tell(f"passes {seconds}")

    def _tell(self, words: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{words}\n")
        self.process.stdin.flush()

    def _hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    @classmethod
    @contextmanager
    def at(cls, place: Place) -> Iterator[Worker]:
        """It holds the lock. Its time passes when it is told so, not with the place's."""
        terms = place.terms or TERMS
        numbers = (str(terms.duration), str(terms.interval))
        command = [sys.executable, "-m", __name__, place.url, str(place.folder), *numbers]
        with subprocess.Popen(
            command, cwd=TESTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                worker = cls(process)
                assert worker._hear() == "held"
                yield worker
            finally:
                process.kill()


def _work(url: str, folder: str, duration: str, interval: str) -> None:
    time, terms = Time(), Terms(float(duration), float(interval))
    place = {"environment": "dev", "folder": Path(folder), "project": "search"}
    backend = open_backend(Location(url, **place, terms=terms, timing=time.timing))  # type: ignore[arg-type]
    with backend.lock(this_process("apply", holder_id="other", since="2025-01-31T12:00:00Z"), 0):
        _say("held")
        for told in sys.stdin:
            word, _, value = told.strip().partition(" ")
            if word == "passes":
                time.passes(float(value))
                continue
            try:
                backend.append([value.encode()])
                _say("written")
            except StateError as error:
                _say(error.summary)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _work(*sys.argv[1:])
