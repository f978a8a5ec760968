"""Ctrl-C and SIGTERM while an apply runs: once to finish what is in flight, twice to stop now."""

from __future__ import annotations

import os
import signal
import socket
import termios
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

from attrs import define, field

from planner.cli.verbs import INTERRUPTED
from planner.model.ledger import Event, Sink, StepFinished, StepStarted, StepWaiting

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@define
class InFlight:
    """A sink that knows which steps are begun and not ended. sink: takes the events too."""

    _sink: Sink = lambda _: None
    _steps: dict[int, str] = field(factory=dict, init=False)

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepStarted):
            self._steps[event.step] = f"{event.address} ({event.operation})"
        elif isinstance(event, StepFinished | StepWaiting):
            self._steps.pop(event.step, None)
        self._sink(event)

    def __str__(self) -> str:
        """ "extension.a (create), extension.b (upload)", or ""."""
        return ", ".join(list(self._steps.values()))


@define(eq=False)
class Interrupt:
    """While entered, the first signal is only noted; the second ends the process at once.

    That is safe: intents and outcomes are durable before anything depends on them, and the next command
    settles what was in flight. Signals reach a thread through the wakeup descriptor, not through a handler
    in the main thread: a handler waits until the main thread's lock gives way, if the signal comes just
    before it is taken.

    tell: takes what is said at the first signal, last_words at the second. hurry: called at the first one.
    leave: ends the process.
    """

    _tell: Callable[[str], None]
    _last_words: Callable[[str], None]
    _in_flight: object
    _leave: Callable[[int], object] = os._exit
    _hurry: Callable[[], object] = lambda: None
    _signalled: bool = field(default=False, init=False)
    _reader: socket.socket = field(init=False)
    _writer: socket.socket = field(init=False)
    _watcher: threading.Thread = field(init=False)
    _former: dict[int, Any] = field(factory=dict, init=False)
    _former_descriptor: int = field(default=-1, init=False)
    _kept: bool = field(default=True, init=False)

    def asked(self) -> bool:
        return self._signalled

    def __enter__(self) -> Self:
        self._reader, self._writer = socket.socketpair()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        if threading.current_thread() is threading.main_thread():
            self._writer.setblocking(False)
            self._former_descriptor = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
            self._former = {number: signal.signal(number, _nothing_more) for number in SIGNALS}
            self._kept = keep_output(True)
        self._watcher.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        if self._former:
            keep_output(self._kept)
            for number, handler in self._former.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(self._former_descriptor)
        self._writer.close()
        self._watcher.join()
        self._reader.close()

    def _watch(self) -> None:
        """Watch, in a thread of its own, until the other end is closed."""
        while numbers := self._reader.recv(16):
            for number in numbers:
                if number in SIGNALS:
                    self._take()

    def _take(self) -> None:
        if not self._signalled:
            self._signalled = True
            finishing = f" Being finished: {names}." if (names := str(self._in_flight)) else ""
            self._tell(f"Interrupted: nothing new is started.{finishing} Once more stops now.")
            self._hurry()
            return
        which = f": {names}" if (names := str(self._in_flight)) else ""
        keep_output(self._kept)
        self._last_words(f"Stopped. The next command settles what was in flight{which}.")
        self._leave(INTERRUPTED)


def keep_output(keep: bool, terminal: int = 2) -> bool:
    """Whether Ctrl-C leaves alone what the terminal has not shown yet; what was so before.

    Else it is thrown away, in the middle of a line or of a control sequence.
    """
    try:
        settings = termios.tcgetattr(terminal)
        kept = bool(settings[3] & termios.NOFLSH)
        if kept != keep and os.tcgetpgrp(terminal) == os.getpgrp():  # in the background one would be stopped
            settings[3] ^= termios.NOFLSH
            termios.tcsetattr(terminal, termios.TCSANOW, settings)
    except (OSError, termios.error):  # no terminal
        return keep
    return kept


def _nothing_more(_number: int, _frame: FrameType | None) -> None:
    """The wakeup descriptor has told already; without a handler the signal would end the process."""
