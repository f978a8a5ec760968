"""One command line in this process, through the entry point, as if it had a process of its own.

Streams, folder, environment and what else of a process a command can see or change are its own, and are put
back afterwards. Loaded modules and what they keep for good are shared.
"""

from __future__ import annotations

import gc
import io
import logging
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import frozen

from planner.cli import main

SIGNALS = (signal.SIGINT, signal.SIGTERM)
PATIENCE = 120.0


@frozen
class Done:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def both(self) -> str:
        return self.out + self.err


def run_here(words: Sequence[str], folder: Path, environment: Mapping[str, str], given: bytes = b"") -> Done:
    """The command in this process, which is to be in its main thread: signal handlers are set there. given:
    what it can read.
    """
    with _streams(given) as (out, err), _place(folder, environment), _process():
        code = _exit_code(words)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        return Done(code, _text(out), _text(err))


def _exit_code(words: Sequence[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert isinstance(ended.value.code, int)
    return ended.value.code


def _text(written: io.BytesIO) -> str:
    """As subprocess reads a stream as text."""
    return written.getvalue().decode().replace("\r\n", "\n").replace("\r", "\n")


@contextmanager
def _streams(given: bytes) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    """What was given to read, and two files to write to."""
    names = ("stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__")
    former = {name: getattr(sys, name) for name in names}
    out, err = io.BytesIO(), io.BytesIO()
    texts = [io.TextIOWrapper(stream, encoding="utf-8") for stream in (io.BytesIO(given), out, err)]
    for name, stream in zip(names, texts * 2, strict=True):
        setattr(sys, name, stream)
    try:
        yield out, err
    finally:
        for name, stream in former.items():
            setattr(sys, name, stream)
        for text in texts:
            text.detach()


@contextmanager
def _place(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    former_folder, former = Path.cwd(), dict(os.environ)
    os.chdir(folder)
    _set_environment(environment)
    try:
        yield
    finally:
        os.chdir(former_folder)
        _set_environment(former)


def _set_environment(variables: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(variables)
    tempfile.tempdir = None  # what TMPDIR said is remembered there


@contextmanager
def _process() -> Iterator[None]:
    """Signals, garbage collection and logging are as before afterwards, and no thread is left."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    threshold, logger = gc.get_threshold(), logging.getLogger("planner")
    log = (list(logger.handlers), logger.level, logger.propagate)
    before = set(threading.enumerate())
    former = signal.signal(signal.SIGALRM, _goes_on)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
        _end_threads(before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        gc.set_threshold(*threshold)
        gc.unfreeze()
        logger.handlers[:], logger.propagate = log[0], log[2]
        logger.setLevel(log[1])


def _goes_on(_number: int, _frame: object) -> None:
    """For a command that does not end by itself. What it raises no command catches."""
    pytest.fail(f"the command goes on after {PATIENCE:.0f} s")


def _end_threads(before: set[threading.Thread]) -> None:
    """Waits for the command's own threads, as a process that ends waits for those that are no daemons."""
    own = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    for thread in own:
        thread.join(PATIENCE)
    assert not (left := [thread.name for thread in own if thread.is_alive()]), f"threads go on: {left}"
