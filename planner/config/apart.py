"""Jobs done apart: in a process that is ended when one takes too much, also inside one long call of Python's.

This process goes on whatever becomes of a job; its caller gets an Ended. The other process (workshop.py) is
started once, with the first job or before. Where this process has one thread it is a fork of this one, which
costs next to nothing. Else it is an interpreter of its own: what other threads hold at the moment of a fork
would be held in the copy for ever. macOS keeps no bound of memory; there, what is counted bounds it.
"""

from __future__ import annotations

import atexit
import os
import pickle
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache, partial
from io import BufferedRWPair
from pathlib import Path
from typing import IO, Any, Final, NoReturn

from attrs import define, field, frozen

from planner.config.effort import TooMuchWork
from planner.config.jobs import Answer, Bounds, Ended, Job, Lines, Runner, unasked
from planner.config.workshop import ASKED, COMPILED, DONE, NEWS, PLACE, RAISED, serve
from planner.errors import PlannerError

_FRAME: Final = re.compile(r'^  File "(.*)", line (\d+) in ', re.MULTILINE)
"""A line of what faulthandler writes; the innermost is first."""
_SERVE: Final = "import planner.config.load; from planner.config.workshop import serve; serve(0)"
"""With all that jobs need imported once, for each is a fork."""
_NO_MEMORY: Final = ("it needs more memory than there is", "")
_FROM_OUTSIDE: Final = (
    "the process that worked on it was ended from outside",
    "Perhaps the machine has too little memory. Run it again.",
)


def apart(bounds: Bounds = Bounds()) -> Runner:  # noqa: B008 - frozen
    """Call it before threads start: see above."""
    _workshop(os.getpid())
    return partial(_apart, bounds)


def _apart(bounds: Bounds, job: Job, answer: Answer = unasked, /) -> Iterator[Any]:
    with _ordered(bounds, job) as work:
        while True:
            about, content = work.told()
            if about == NEWS:
                yield content
            elif about == ASKED:
                work.reply(answer, content)
            elif about == DONE:
                return


@frozen
class _Workshop:
    process: int
    orders: socket.socket

    def close(self) -> None:
        """It ends what it has under way."""
        if self.orders.fileno() >= 0:
            with suppress(OSError):
                self.orders.shutdown(socket.SHUT_RDWR)
            self.orders.close()
            with suppress(ChildProcessError):  # somebody here waits for all processes
                os.waitpid(self.process, 0)


@lru_cache(maxsize=1)
def _workshop(_this_process: int) -> _Workshop:
    """One for each process: a fork of this one has no use for its parent's."""
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            started = _Workshop(_forked(theirs) if _has_one_thread() else _spawned(theirs), ours)
    except OSError as error:
        ours.close()
        raise PlannerError(
            f"no process can be started to work on templates: {error.strerror}",
            advice="Templates are rendered where they can be ended. Allow this user one more process.",
        ) from None
    atexit.register(started.close)
    return started


def _has_one_thread() -> bool:
    """Also none that Python knows nothing of. False where nobody says."""
    try:
        return len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208 - names are all there is to count
    except OSError:
        return False


def _forked(control: socket.socket) -> int:
    return os.fork() or serve(control.detach())


def _spawned(control: socket.socket) -> int:
    path = [str(Path(entry).absolute()) for entry in sys.path]
    code = f"import sys; sys.path[:] = {path!r}; {_SERVE}"
    streams: list[tuple[Any, ...]] = [(os.POSIX_SPAWN_DUP2, control.fileno(), 0)]
    streams += [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)]
    return os.posix_spawn(
        sys.executable, [sys.executable, "-I", "-c", code], os.environ, file_actions=streams
    )


@contextmanager
def _ordered(bounds: Bounds, job: Job) -> Iterator[_Work]:
    """job, begun."""
    ours, theirs = socket.socketpair()
    read, write = os.pipe()
    with ours, ours.makefile("rwb") as stream, open(read, "rb") as trace:  # noqa: PTH123 - descriptors
        with theirs, open(write, "wb"):  # noqa: PTH123
            _order(theirs.fileno(), write)
        work = _Work(stream, trace)
        work.send((_folder(), bounds, job))
        yield work


def _folder() -> str:
    """The one that relative names are below, "" where it is gone."""
    try:
        return os.getcwd()  # noqa: PTH109 - a text is what is sent
    except OSError:
        return ""


def _order(*descriptors: int) -> None:
    """Also where the process that does jobs was ended: there is a new one then."""
    try:
        socket.send_fds(_workshop(os.getpid()).orders, [b"+"], descriptors)
    except OSError:
        _workshop.cache_clear()
        socket.send_fds(_workshop(os.getpid()).orders, [b"+"], descriptors)


@define
class _Work:
    """A job under way. trace: what is written where it was, when it is ended."""

    stream: BufferedRWPair
    trace: IO[bytes]
    place: Any = None
    lines: dict[str, Lines] = field(factory=dict)

    def send(self, content: Any) -> None:
        try:
            self.stream.write(pickle.dumps(content, pickle.HIGHEST_PROTOCOL))
            self.stream.flush()
        except OSError:
            self._end()

    def reply(self, answer: Answer, question: Any) -> None:
        try:
            found = (True, answer(question))
        except PlannerError as error:
            found = (False, error)
        self.send(found)

    def told(self) -> tuple[int, Any]:
        """The next message that is not only for the case of its end."""
        while True:
            try:
                about, content = pickle.load(self.stream)  # noqa: S301 - from a process of this program
            except (EOFError, OSError, pickle.UnpicklingError):
                self._end()
            if about == PLACE:
                self.place = content
            elif about == COMPILED:
                self.lines.update([content])
            elif about == RAISED:
                raise Ended(*_NO_MEMORY, self.place) if isinstance(content, MemoryError) else content
            else:
                return about, content

    def _end(self) -> NoReturn:
        said = self.trace.read().decode("ascii", "replace")
        if not said:
            raise Ended(*_FROM_OUTSIDE, self.place) from None
        summary, _, advice = str(TooMuchWork()).partition("\n")
        if said.startswith("Fatal"):
            summary, advice = "Python itself fails on it", "Make it simpler."
        raise Ended(summary, advice, self.place, *self._innermost(said)) from None

    def _innermost(self, said: str) -> tuple[str, int]:
        """File and line of the template that was at work."""
        names = {name.encode("ascii", "backslashreplace").decode(): name for name in self.lines}
        for written, line in _FRAME.findall(said):
            if written in names:
                name = names[written]
                return name, _line_of(self.lines[name], int(line))
        return "", 0


def _line_of(lines: Lines, compiled: int) -> int:
    return next((line for line, first in reversed(lines) if first <= compiled), 1)
