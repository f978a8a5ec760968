from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress

import pytest

from planner.cli.interrupt import NOTICE, SIGNALS, Interrupt


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_is_noted_and_told(number: signal.Signals) -> None:
    told: list[str] = []
    with Interrupt(told.append) as interrupt:
        assert not interrupt.asked()
        signal.raise_signal(number)
        assert interrupt.asked()
    assert told == [NOTICE]


def test_without_a_signal_nothing_is_told() -> None:
    told: list[str] = []
    with Interrupt(told.append):
        pass
    assert told == []


def test_the_second_one_ends_the_process(capfd: pytest.CaptureFixture[str]) -> None:
    codes: list[int] = []
    with Interrupt(lambda _: None, codes.append):
        signal.raise_signal(signal.SIGINT)
        assert codes == []
        signal.raise_signal(signal.SIGTERM)
    assert codes == [130]
    assert "Stopped." in capfd.readouterr().err


def test_the_former_handlers_come_back() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with suppress(ValueError), Interrupt(lambda _: None):
        assert [signal.getsignal(number) for number in SIGNALS] != before
        raise ValueError
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_it_tells_while_the_main_thread_is_busy() -> None:
    told = threading.Event()
    with Interrupt(lambda _: told.set()):
        os.kill(os.getpid(), signal.SIGINT)
        assert told.wait(10)


def test_another_thread_leaves_the_signals_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work() -> None:
        with Interrupt(lambda _: None):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
