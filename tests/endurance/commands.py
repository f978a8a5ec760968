"""Command lines of planner, in this process or in ones of their own, where they may be killed or meet."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from types import MappingProxyType
from typing import IO

from attrs import frozen

from tests.acceptance.command import Done as Ended
from tests.acceptance.command import run_here
from tests.acceptance.runner import ROOT, wait_until

from . import mortal
from .campaign import Broken

EXIT_CODES = frozenset({0, 1, 2, 3, 4, 5, 64, 130})
"""The documented ones (docs/reference/exit-codes.md)."""

KILLED = -9
PATIENCE = 600.0
KEPT = ("PATH", "HOME")
NO_MORE: Mapping[str, str] = MappingProxyType({})


@frozen
class Done(Ended):
    """A command that ended."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"planner {' '.join(self.words)} ended with {self.code}\n{self.out[-3000:]}{self.err[-3000:]}"


Run = Callable[..., Done]
"""(folder of the project, words..., environ=more of it) -> Done. Broken when it ends as no command may."""


def call(folder: Path, *words: str, environ: Mapping[str, str] = NO_MORE) -> Done:
    """In this process, many times faster."""
    ended = run_here(["--no-color", "-C", str(folder), *words], Path.cwd(), {**os.environ, **environ})
    return _decent(Done(ended.code, ended.out, ended.err, words))


def spawn(folder: Path, *words: str, environ: Mapping[str, str] = NO_MORE) -> Done:
    """In a process of its own. Broken too when it hangs."""
    with Command(words).started(folder, environ) as running:
        return running.ended()


@frozen
class Running:
    command: Command
    process: subprocess.Popen[bytes]
    streams: tuple[IO[bytes], IO[bytes]]

    def ended(self, patience: float = PATIENCE) -> Done:
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired as error:
            raise Broken(f"{self.command} hangs") from error
        return self.command.done(code, self.streams)


@frozen
class Command:
    """For a process of its own. where: the moment of its death, as `mortal` takes it; "" for none."""

    words: tuple[str, ...]
    where: str = ""

    def __str__(self) -> str:
        program = f"python -m tests.endurance.mortal {self.where}" if self.where else "planner"
        return f"{program} {' '.join(self.words)}"

    def forked(self, folder: Path, environ: Mapping[str, str]) -> Done:
        """In a copy of this process, which has everything loaded; in one of its own where threads run here,
        of which a copy would have none. Those of servers that tests share only wait for who calls them.
        """
        if not all(thread.daemon for thread in threading.enumerate() if thread != threading.main_thread()):
            with self.started(folder, environ) as running:
                return running.ended()
        with TemporaryFile() as out, TemporaryFile() as err:
            copy = multiprocessing.get_context("fork").Process(
                target=self._go, args=(folder, environ, out.fileno(), err.fileno())
            )
            with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of daemons
                copy.start()
            copy.join(PATIENCE)
            if copy.exitcode is None:
                copy.kill()
                raise Broken(f"{self} hangs")
            return self.done(copy.exitcode, (out, err))

    def _go(self, folder: Path, environ: Mapping[str, str], out: int, err: int) -> None:
        """In the copy, whose streams lead elsewhere, or into a test."""
        sys.stdout, sys.stderr = (open(file, "w", encoding="utf-8", closefd=False) for file in (out, err))  # noqa: SIM115
        os.environ.clear()
        os.environ.update(self._environ(environ))
        mortal.main(self.where, ["--no-color", "-C", str(folder), *self.words])

    @contextmanager
    def started(self, folder: Path, environ: Mapping[str, str]) -> Iterator[Running]:
        """While it runs; ended with the context at the latest."""
        program = ["tests.endurance.mortal", self.where] if self.where else ["planner"]
        with TemporaryFile() as out, TemporaryFile() as err:
            process = subprocess.Popen(
                [sys.executable, "-m", *program, "--no-color", "-C", str(folder), *self.words],
                env=self._environ(environ),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
            try:
                yield Running(self, process, (out, err))
            finally:
                process.kill()
                process.wait()

    def _environ(self, more: Mapping[str, str]) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if key in KEPT}
        return {**kept, "PYTHONPATH": str(ROOT), **more}

    def done(self, code: int, streams: tuple[IO[bytes], IO[bytes]]) -> Done:
        for stream in streams:
            stream.seek(0)
        out, err = (stream.read().decode("utf-8", "replace") for stream in streams)
        return _decent(Done(code, out, err, self.words))


def at_once(
    folder: Path, commands: tuple[Command, Command], environ: Mapping[str, str], after_lock: bool
) -> tuple[Done, Done]:
    """Both at once, on one environment. after_lock: the second starts when the first one holds the lock."""
    first, second = commands
    holder = folder / "state/dev.lock.json"
    holder.unlink(missing_ok=True)
    with first.started(folder, environ) as one:
        if after_lock:
            wait_until(lambda: holder.exists() or one.process.poll() is not None, "it holds the lock")
        with second.started(folder, environ) as other:
            return one.ended(), other.ended()


def _decent(done: Done) -> Done:
    """done, unless its exit code is not documented, or it shows a traceback or calls itself defective."""
    if done.code not in EXIT_CODES | {KILLED}:
        raise Broken(f"an exit code that is not documented: {done}")
    if "Traceback (most recent" in done.both or "a defect in planner" in done.both:
        raise Broken(f"a defect: {done}")
    if "This is a defect of planner" in done.both:
        raise Broken(f"a defect in a step: {done}")
    if done.code not in (0, 2, KILLED) and not done.both.strip():
        raise Broken(f"it failed without a word: {done}")
    return done
