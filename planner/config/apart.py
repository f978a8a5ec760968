"""Jobs done in another process, which is ended when one takes too much, even in the middle of a long call.

This process goes on whatever becomes of a job; its caller gets an Ended. The other process (workshop.py) is
started once, with the first job or before; forks of it do the jobs. One that has done a job, and took little
time for it, does the next. Where this process has one thread the other is a fork of this one, which costs
next to nothing. Else it is an interpreter of its own: what other threads hold at the moment of a fork would
be held in the copy for ever. macOS keeps no bound of memory; there, what is counted bounds it.
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

from planner.config.jobs import Answer, Bounds, Ended, Job, Lines, Runner, TooMuchWork, unasked
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
    with _worker() as worker:
        worker.send((_folder(), bounds, job))
        while True:
            about, content = worker.told()
            if about == NEWS:
                yield content
            elif about == ASKED:
                worker.reply(answer, content)
            elif about == DONE:
                worker.takes_another = content
                return


@define(eq=False, repr=False)
class _Worker:
    """A process that does one job after the other. trace: what is written where it was, when it is ended.

    place, lines: what the job under way tells for the case of its end.
    """

    connection: socket.socket
    stream: BufferedRWPair
    trace: IO[bytes]
    takes_another: bool = False
    place: Any = None
    lines: dict[str, Lines] = field(factory=dict)

    def is_there(self) -> bool:
        """Nobody ended it while it had nothing to do."""
        try:
            self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except OSError as error:
            return isinstance(error, BlockingIOError)
        return False

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
                name, lines = names[written], self.lines[names[written]]
                return name, next((of for of, first in reversed(lines) if first <= int(line)), 1)
        return "", 0

    def close(self) -> None:
        for part in (self.trace, self.stream, self.connection):
            with suppress(OSError):  # what was not sent goes nowhere
                part.close()


@contextmanager
def _worker() -> Iterator[_Worker]:
    """One that does nothing yet. Unless it takes another job, it is not heard any more afterwards."""
    found = _idle() or _ordered()
    found.takes_another, found.place, found.lines = False, None, {}
    try:
        yield found
    finally:
        if found.takes_another:
            _workshop(os.getpid()).idle.append(found)
        else:
            found.close()


def _idle() -> _Worker | None:
    idle = _workshop(os.getpid()).idle
    with suppress(IndexError):  # of any number of threads, each takes another
        while not (found := idle.pop()).is_there():
            found.close()
        return found
    return None


@frozen(eq=False, repr=False)
class _Workshop:
    process: int
    orders: socket.socket
    idle: list[_Worker] = field(factory=list, eq=False)

    def close(self) -> None:
        """End the process, and what it has under way."""
        while self.idle:
            self.idle.pop().close()
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
    """Whether this process has one thread, counting those that Python knows nothing of. False where nobody
    says.
    """
    try:
        return len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208 - names are all there is to count
    except OSError:
        return False


def _forked(control: socket.socket) -> int:
    return os.fork() or serve(control.detach())


def _spawned(control: socket.socket) -> int:
    path = [str(Path(entry).absolute()) for entry in sys.path]
    code = f"import sys; sys.path[:] = {path!r}; {_SERVE}"
    files: list[tuple[Any, ...]] = [(os.POSIX_SPAWN_DUP2, control.fileno(), 0)]
    files += [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)]
    return os.posix_spawn(sys.executable, [sys.executable, "-I", "-c", code], os.environ, file_actions=files)


def _ordered() -> _Worker:
    """A new one."""
    ours, theirs = socket.socketpair()
    read, write = os.pipe()
    worker = _Worker(ours, ours.makefile("rwb"), open(read, "rb"))  # noqa: PTH123, SIM115 - closed with it
    try:
        with theirs, open(write, "wb"):  # noqa: PTH123 - a descriptor
            _order(theirs.fileno(), write)
    except BaseException:
        worker.close()
        raise
    return worker


def _folder() -> str:
    """The one that relative names are below, "" where it is gone."""
    try:
        return os.getcwd()  # noqa: PTH109 - a text is what is sent
    except OSError:
        return ""


def _order(*descriptors: int) -> None:
    """Hand descriptors to the process that does jobs, also where that was ended: there is a new one then."""
    try:
        socket.send_fds(_workshop(os.getpid()).orders, [b"+"], descriptors)
    except OSError:
        _workshop.cache_clear()
        socket.send_fds(_workshop(os.getpid()).orders, [b"+"], descriptors)
