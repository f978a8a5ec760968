from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from queue import SimpleQueue

import pytest

from planner.cli.interrupt import SIGNALS, InFlight, Interrupt
from planner.model.address import Address
from planner.model.ledger import StepFinished, StepProgress, StepStarted
from planner.model.plan import Action

A, B = Address("extension", "a"), Address("extension", "b")
PATIENCE = 120


def nobody(_text: str) -> None:
    """Takes what is told."""


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_is_noted_and_told(number: signal.Signals) -> None:
    told: SimpleQueue[str] = SimpleQueue()
    with Interrupt(told.put, nobody, "extension.a (create)") as interrupt:
        assert not interrupt.asked()
        signal.raise_signal(number)
        notice = told.get(timeout=PATIENCE)
        assert interrupt.asked()
    assert notice == (
        "Interrupted: nothing new is started. Being finished: extension.a (create). Once more stops now."
    )


def test_without_a_signal_nothing_is_told() -> None:
    told: list[str] = []
    with Interrupt(told.append, told.append, ""):
        pass
    assert told == []


def test_the_second_one_ends_the_process() -> None:
    codes: SimpleQueue[int] = SimpleQueue()
    told: list[str] = []
    with Interrupt(nobody, told.append, "extension.a (create)", codes.put):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        assert codes.get(timeout=PATIENCE) == 130
    assert told == ["Stopped. The next command settles what was in flight: extension.a (create)."]


def test_it_ends_the_process_though_the_main_thread_waits_for_a_lock() -> None:
    """A handler in Python would run when the lock is free at the earliest."""
    left = threading.Event()
    with Interrupt(nobody, nobody, "", lambda _: left.set()):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Thread(target=lambda: left.wait(PATIENCE)).start()
        assert left.wait(PATIENCE)


def test_the_former_handlers_come_back() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with suppress(ValueError), Interrupt(nobody, nobody, ""):
        assert [signal.getsignal(number) for number in SIGNALS] != before
        raise ValueError
    assert [signal.getsignal(number) for number in SIGNALS] == before
    assert signal.set_wakeup_fd(-1) == -1


def test_another_thread_leaves_the_signals_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work() -> None:
        with Interrupt(nobody, nobody, ""):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


def test_what_is_in_flight() -> None:
    passed: list[object] = []
    in_flight = InFlight(passed.append)
    assert str(in_flight) == ""
    in_flight(StepStarted(1, A, Action.CREATE, "create"))
    in_flight(StepStarted(2, B, Action.UPDATE, "upload"))
    in_flight(StepProgress(2, B, 1, 2))
    assert str(in_flight) == "extension.a (create), extension.b (upload)"
    in_flight(StepFinished(1, A, Action.CREATE, "create", True, 0.1))
    assert str(in_flight) == "extension.b (upload)"
    assert len(passed) == 4
