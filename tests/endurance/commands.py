"""Command lines of planner, in this process or in one of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from tests.acceptance.command import Done as Ended
from tests.acceptance.command import run_here

from .campaign import Broken

EXIT_CODES = frozenset({0, 1, 2, 3, 4, 5, 64, 130})
"""The documented ones (README, Reference)."""

PATIENCE = 120.0


@frozen
class Done(Ended):
    """A command that ended."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"planner {' '.join(self.words)} ended with {self.code}\n{self.out[-3000:]}{self.err[-3000:]}"


Run = Callable[..., Done]
"""(folder of the project, words...) -> Done. Broken when it ends as no command may."""


def call(folder: Path, *words: str) -> Done:
    """In this process, many times faster."""
    ended = run_here(["--no-color", "-C", str(folder), *words], Path.cwd(), dict(os.environ))
    return _decent(Done(ended.code, ended.out, ended.err, words))


def spawn(folder: Path, *words: str) -> Done:
    """In a process of its own. Broken too when it hangs."""
    command = [sys.executable, "-m", "planner", "--no-color", "-C", str(folder), *words]
    kept = ("PATH", "PYTHONPATH", "HOME", "COVERAGE_PROCESS_START", "COVERAGE_FILE")
    environ = {key: value for key, value in os.environ.items() if key in kept}
    try:
        ended = subprocess.run(
            command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Broken(f"planner {' '.join(words)} hangs") from error
    out, err = (stream.decode("utf-8", "replace") for stream in (ended.stdout, ended.stderr))
    return _decent(Done(ended.returncode, out, err, words))


def _decent(done: Done) -> Done:
    """done, unless its exit code is not documented, or it shows a traceback or calls itself defective."""
    if done.code not in EXIT_CODES:
        raise Broken(f"an exit code that is not documented: {done}")
    if "Traceback (most recent" in done.both or "a defect in planner" in done.both:
        raise Broken(f"a defect: {done}")
    if "This is a defect of planner" in done.both:
        raise Broken(f"a defect in a step: {done}")
    if done.code not in (0, 2) and not done.both.strip():
        raise Broken(f"it failed without a word: {done}")
    return done
