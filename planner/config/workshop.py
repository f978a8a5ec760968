"""The process that does jobs: in forks, each with bounds of processor time and memory.

It has one thread and nothing of ours open but the socket that jobs come by, so that forking it is safe. Its
end is the end of the jobs it has under way; it ends when the process it works for does.
"""

from __future__ import annotations

import faulthandler
import gc
import math
import os
import pickle
import resource
import signal
import socket
import time
import traceback
from contextlib import suppress
from io import BufferedRWPair
from pathlib import Path
from typing import Any, Final, NoReturn

from attrs import define

from planner.config.jobs import Bounds, Lines
from planner.config.rendering import prepare

_PER_SECOND: Final = 20_000_000
"""Units of effort that allow a second more: a fifth of what they are meant to take, for slow machines."""

NEWS, ASKED, PLACE, COMPILED, RAISED, DONE = range(6)
"""What a message is about: yields of the job, its link, its end."""

_IGNORED: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""Signals for the whole group are the other process's to hear; that ends this one."""


@define(eq=False, repr=False)
class _Wire:
    """The link of a job that is done in this process for another."""

    stream: BufferedRWPair
    seconds: float = 0

    def bound(self, bounds: Bounds) -> None:
        self.seconds = bounds.seconds + time.process_time()
        _limit(resource.RLIMIT_CPU, int(self.seconds))
        with suppress(OSError):  # there is no /proc, as on macOS, which keeps to no bound of memory anyway
            pages = int(Path("/proc/self/statm").read_bytes().split()[0])
            _limit(resource.RLIMIT_AS, pages * resource.getpagesize() + bounds.memory)

    def send(self, about: int, content: Any = None) -> None:
        self.stream.write(pickle.dumps((about, content), pickle.HIGHEST_PROTOCOL))
        self.stream.flush()

    def ask(self, question: Any) -> Any:
        self.send(ASKED, question)
        fine, answer = pickle.load(self.stream)  # noqa: S301 - from the process that this one is a part of
        if not fine:
            raise answer
        return answer

    def at(self, place: Any) -> None:
        self.send(PLACE, place)

    def allow(self, units: int) -> None:
        self.seconds += units / _PER_SECOND
        _limit(resource.RLIMIT_CPU, math.ceil(self.seconds))

    def compiled(self, name: str, lines: Lines) -> None:
        self.send(COMPILED, (name, lines))


def serve(control: int) -> NoReturn:
    """Takes jobs from a socket until its other end is closed. Never returns, and raises nothing."""
    jobs: set[int] = set()
    try:
        _settle(control)
        with socket.socket(fileno=control) as orders:
            while _next(orders, jobs):
                pass
    finally:
        for process in jobs:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
        os._exit(0)


def _settle(control: int) -> None:
    """Leaves alone what belongs to the process that this one may be a fork of."""
    signal.set_wakeup_fd(-1)
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    _close_all_but(control)
    prepare()
    gc.freeze()


def _close_all_but(*kept: int) -> None:
    """Close all but those kept, also what stays open and is shared otherwise: a lock would outlive its
    holder, a pipe have no end.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in {0, 1, 2} - set(kept):
        os.dup2(nothing, standard)
    edges = sorted({2, *kept})
    for before, after in zip(edges, [*edges[1:], os.sysconf("SC_OPEN_MAX")], strict=True):
        os.closerange(before + 1, after)


def _next(orders: socket.socket, jobs: set[int]) -> bool:
    """Starts the next job; False when there will be none."""
    said, descriptors, *_ = socket.recv_fds(orders, 1, 2)
    with suppress(OSError):  # no more processes: the job's descriptors are closed, and that ends it
        if said and (process := os.fork()):
            jobs.add(process)
        elif said:
            _work(*descriptors)
    for descriptor in descriptors:
        os.close(descriptor)
    for process in list(jobs):
        if os.waitpid(process, os.WNOHANG) != (0, 0):
            jobs.remove(process)
    return bool(said)


def _work(channel: int, trace: int) -> NoReturn:
    """Does the jobs that come by channel. trace: for where it was, if it is ended."""
    try:
        _close_all_but(channel, trace)
        _leave_trace(trace)
        with socket.socket(fileno=channel) as connection, connection.makefile("rwb") as stream:
            while stream.peek(1) and _do(_Wire(stream)):
                pass
    finally:
        os._exit(0)


def _do(wire: _Wire) -> bool:
    """Do one job; whether it takes another one."""
    try:
        folder, bounds, job = pickle.load(wire.stream)  # noqa: S301 - as in ask
        with suppress(OSError):
            os.chdir(folder)
        wire.bound(bounds)
        for message in job(wire):
            wire.send(NEWS, message)
    except OSError:
        raise  # nobody listens any more
    except MemoryError:
        wire.send(RAISED, MemoryError())
    except Exception:  # noqa: BLE001 - a job tells by its messages what it expects
        wire.send(RAISED, RuntimeError(traceback.format_exc()))
    else:
        goes_on: bool = time.process_time() < bounds.little
        wire.send(DONE, goes_on)
        return goes_on
    return False


def _leave_trace(trace: int) -> None:
    """Where the job was when it was ended. What it holds stays out of files."""
    faulthandler.enable(trace, all_threads=False)
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    faulthandler.register(signal.SIGXCPU, trace, all_threads=False, chain=True)
    _limit(resource.RLIMIT_CORE, 0)


def _limit(what: int, most: int) -> None:
    """Limit the process, as far as whoever started it lets it have so much."""
    hard = resource.getrlimit(what)[1]
    resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
