"""git as a program: started here only, read within bounds, and quoted where it refuses."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Final

from attrs import frozen

from planner.errors import PlannerError

SECONDS: Final = 120.0
_MOST: Final = 64 * 1024 * 1024
"""Bytes of what git prints that are held at once."""
_WORDS: Final = 64 * 1024
_SHOWN: Final = 10
"""Lines of what git says."""
_SEVERITY: Final = re.compile(r"(?:fatal|error): ")
_CREDENTIALS: Final = re.compile(r"(?<=://)[^/?#\s]*@")


class GitError(PlannerError):
    """git ran and failed. status: as it ended. said: the last lines that it printed for people."""

    def __init__(self, what: str, status: int, said: Sequence[str]) -> None:
        first, more = _first(said)
        super().__init__(f"{what}: {first}" if first else what, advice="\n".join(more[-_SHOWN:]))
        self.status = status
        self.said = tuple(said[-_SHOWN:])


def _first(said: Sequence[str]) -> tuple[str, list[str]]:
    """The line that says what is wrong, and the others. One that ends in a colon goes on in the next."""
    lines = list(said)
    at = next((number for number, line in enumerate(lines) if _SEVERITY.match(line)), 0)
    if not lines:
        return "", []
    first = _SEVERITY.sub("", lines.pop(at), count=1)
    if first.endswith(":") and at < len(lines):
        first = f"{first} {lines.pop(at)}"
    return first, lines


@contextmanager
def _ended_after(process: subprocess.Popen[bytes], seconds: float) -> Iterator[threading.Event]:
    """Ends a process that does not end by itself in time; set when it was late."""
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        with process:
            yield late
    finally:
        timer.cancel()


@frozen
class Run:
    """git with words as its arguments. what: failed, for messages. data: what it reads."""

    words: Sequence[str]
    environ: Mapping[str, str]
    what: str
    data: bytes = b""
    seconds: float = SECONDS

    @contextmanager
    def reading(self) -> Iterator[IO[bytes]]:
        """What git prints, as it comes.

        GitError, once all is read, when git fails; PlannerError when it cannot be started, or does not end.
        """
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as told:
            given.write(self.data)
            given.seek(0)
            process = self._started(given, told)
            with _ended_after(process, self.seconds) as late:
                assert process.stdout is not None  # noqa: S101 - a pipe, as it was started
                try:
                    yield process.stdout
                except BaseException:
                    process.kill()
                    raise
            if late.is_set():
                raise PlannerError(f"{self.what}: git did not end within {self.seconds:.0f} seconds")
            if process.returncode:
                told.seek(0)
                raise GitError(self.what, process.returncode, _said(told.read(_WORDS)))

    def output(self) -> bytes:
        """All that git prints; as `reading`, and PlannerError for more than memory should hold."""
        found = b""
        try:
            with self.reading() as stream:
                found = stream.read(_MOST + 1)
                if len(found) > _MOST:
                    raise PlannerError(f"{self.what}: git prints more than {_MOST // 1024**2} MiB")
        except GitError as error:
            if error.said:
                raise
            raise GitError(self.what, error.status, _said(found[-_WORDS:])) from error  # commit says it there
        return found

    def _started(self, given: IO[bytes], told: IO[bytes]) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603 - no shell, and names come behind options
                ["git", *self.words],  # noqa: S607 - the user's git
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=told,
                env=self.environ,
            )
        except FileNotFoundError as error:
            raise PlannerError(
                "git is not installed here, or not on PATH",
                advice="Install git: the project lies in a git repository, whose commits are asked for.",
            ) from error
        except OSError as error:
            raise PlannerError(f"git cannot be started: {error.strerror or error}") from error


def _said(told: bytes) -> list[str]:
    """What git said, without credentials in addresses, and without blank lines."""
    text = _CREDENTIALS.sub("", told.decode(errors="replace"))
    return [line.strip() for line in text.splitlines() if line.strip()]


def environment(*begins: str, **more: str) -> dict[str, str]:
    """The variables that git gets: the user's whose names begin so, and more."""
    return {name: value for name, value in os.environ.items() if name.startswith(begins)} | more
