"""The owner of a terminal: what is written stays, once and in full; of what is drawn nothing does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count, product
from pathlib import Path
from typing import IO, cast

import pytest

from planner.render.screen import Lines, Screen

from .terminal import Terminal

PATIENCE = 10
THREADS, WRITES = 6, 40


def on(terminal: Terminal, redact: Callable[[str], str] = str) -> Screen:
    """Draws when it is asked to, never by itself."""
    stream = cast(IO[str], terminal)
    return Screen(stream, size=lambda: terminal.size, redact=redact, tick=threading.Event.wait)


def drawing(*lines: str) -> Lines:
    return lambda _columns: lines


def said(thread: int, left: int) -> str:
    """Some take two or three rows; without blanks, since a row does not keep those at its end."""
    return f"thread-{thread}-says-{left}," + "and-more-" * (left % 7) + "."


def test_writes_and_drawings_of_many_threads() -> None:
    """How many lines each of them draws changes with each write."""
    terminal = Terminal(40, 12)
    screen = on(terminal)
    begin = threading.Barrier(THREADS)

    def work(thread: int) -> None:
        left = WRITES
        with screen.showing(lambda columns: ["~" * (columns + 9)] * (left % 4)):
            begin.wait(PATIENCE)
            while left:
                screen.write(said(thread, left) + "\n")
                left -= 1
                screen.draw()

    threads = [threading.Thread(target=work, args=[number]) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shown = "".join(terminal.lines())
    for told in (said(*each) for each in product(range(THREADS), range(1, WRITES + 1))):
        assert shown.count(told) == 1, told
        shown = shown.replace(told, "")
    assert shown == ""


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        pytest.param(["short", "x" * 19], ["short", "x" * 19], id="they fit"),
        pytest.param(["x" * 20, "y" * 90], ["x" * 9 + "…" + "x" * 9, "y" * 9 + "…" + "y" * 9], id="too long"),
        pytest.param(["漢字" * 20], ["漢字漢字…漢字漢字"], id="wide ones"),
        pytest.param(
            ["\U0001f1e8\U0001f1ed" * 9],
            ["\U0001f1e8\U0001f1ed" * 4 + "\U0001f1e8" + "\U0001f1ed"],
            id="flags",
        ),
        pytest.param(["a\nb\x1b[9A"], ["a\\nb\\x1b[9A"], id="what could steer"),
        pytest.param(["at my_secret now, for long"], ["at (sensi… for long"], id="a secret"),
        pytest.param(list("abcde"), list("abcde"), id="half of the rows"),
        pytest.param(list("abcdef"), ["a", "... and 2 more", *"def"], id="more"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_what_is_drawn_takes_a_row_a_line_and_goes_again(lines: list[str], shown: list[str]) -> None:
    terminal = Terminal(20, 10)
    screen = on(terminal, lambda text: text.replace("my_secret", "(sensitive)"))
    screen.write("before\n")
    with screen.showing(drawing(*lines)):
        assert terminal.lines() == ["before", *shown]
        screen.write("meanwhile\n")
        assert terminal.lines() == ["before", "meanwhile", *shown]
        assert terminal.cursor_shown
    screen.write("after\n")
    assert terminal.lines() == ["before", "meanwhile", "after"]


@pytest.mark.parametrize("widths", [[20], [90], [8, 100, 50, 51]])
def test_another_width(widths: list[int]) -> None:
    """The terminal of this test cuts lines off when it gets narrower."""
    terminal = Terminal(60, 24)
    screen = on(terminal)
    with screen.showing(lambda columns: ["." * columns, "-" * columns]):
        for number, columns in enumerate(widths):
            screen.write(f"{number}\n")
            terminal.resize(columns, 24)
            screen.draw()
            *_, first, second = terminal.lines()
            assert (first, second) == ("." * (columns - 1), "-" * (columns - 1))
    assert terminal.lines() == [str(number) for number in range(len(widths))]


def test_another_height() -> None:
    """What is left out is not at the end, where lines are about all of it."""
    rows, terminal = 24, Terminal(60, 24)
    screen = Screen(cast(IO[str], terminal), size=lambda: (60, rows), tick=threading.Event.wait)
    with screen.showing(drawing(*"abcdef")):
        for rows, shown in (
            (24, "abcdef"),
            (12, "abcdef"),
            (11, "a2def"),
            (9, "3def"),
            (6, "4ef"),
            (5, "5f"),
            (3, "f"),
            (1, "f"),
            (24, "abcdef"),
        ):
            screen.draw()
            lines = "".join(terminal.lines())
            assert lines.replace("... and ", "").replace(" more", "") == shown, rows


def test_what_looks_the_same_is_not_drawn_again() -> None:
    terminal = Terminal()
    screen = on(terminal)
    lines = ["one"]
    with screen.showing(lambda _: lines):
        terminal.write("typed")
        screen.draw()
        assert terminal.lines() == ["one", "typed"]
        lines = ["two"]
        screen.draw()
        assert terminal.lines() == ["two"]


def test_it_is_drawn_again_and_again() -> None:
    terminal, drawn_often, drawings = Terminal(), threading.Event(), count(1)

    def lines(_columns: int) -> list[str]:
        if next(drawings) == 5:
            drawn_often.set()
        return []

    def tick(over: threading.Event) -> bool:
        return over.wait(PATIENCE) if drawn_often.is_set() else False

    with Screen(cast(IO[str], terminal), size=lambda: terminal.size, tick=tick).showing(lines):
        assert drawn_often.wait(PATIENCE)


def test_one_below_the_other() -> None:
    terminal = Terminal()
    screen = on(terminal)
    with screen.showing(drawing("outer")):
        with screen.showing(drawing("inner")):
            assert terminal.lines() == ["outer", "inner"]
        assert terminal.lines() == ["outer"]


def test_what_is_shown_more_than_once_is_drawn_once() -> None:
    """As long as anybody shows it; and what was there before stays above it."""
    terminal = Terminal()
    screen = on(terminal)
    shared = drawing("shared")
    with screen.showing(drawing("outer")), screen.showing(shared):
        with screen.showing(shared), screen.showing(drawing("inner")):
            assert terminal.lines() == ["outer", "shared", "inner"]
        assert terminal.lines() == ["outer", "shared"]
    assert terminal.lines() == []


def test_one_thread_draws_for_all() -> None:
    """And none is left behind."""
    ticks, over = list[threading.Event](), threading.Event()

    def tick(ended: threading.Event) -> bool:
        ticks.append(ended)
        over.set()
        return ended.wait(PATIENCE)

    terminal = Terminal()
    screen = Screen(cast(IO[str], terminal), size=lambda: terminal.size, tick=tick)
    before = threading.enumerate()
    for _ in range(2):
        with screen.showing(drawing("outer")), screen.showing(drawing("inner")):
            assert over.wait(PATIENCE)
            assert len(set(threading.enumerate()).difference(before)) == 1
        over.clear()
    assert set(threading.enumerate()) <= set(before)
    assert len(ticks) == 2


def test_a_line_break_that_is_missing() -> None:
    """It is added only where something is drawn: a question keeps its answer on its line."""
    terminal = Terminal()
    screen = on(terminal)
    screen.write("Go on: ")
    screen.write("yes\n")
    with screen.showing(drawing("drawn")):
        screen.write("a piece")
        screen.write("another\n")
    assert terminal.lines() == ["Go on: yes", "a piece", "another"]


def test_what_another_stream_writes() -> None:
    terminal = Terminal()
    screen = on(terminal)
    with screen.showing(drawing("drawn")):
        with screen.beside():
            terminal.write("a result\n")
        assert terminal.lines() == ["a result", "drawn"]
    assert terminal.lines() == ["a result"]


def test_an_error_leaves_nothing_drawn() -> None:
    terminal = Terminal()
    with pytest.raises(KeyboardInterrupt), on(terminal).showing(drawing("drawn")):
        raise KeyboardInterrupt
    assert terminal.lines() == []


def test_after_the_last_words_nothing_is_drawn() -> None:
    terminal = Terminal()
    screen = on(terminal)
    with screen.showing(drawing("drawn")):
        terminal.write("^C")
        screen.last_words("Stopped.\n")
        screen.draw()
        screen.write("done\n")
        assert terminal.lines() == ["Stopped.", "done"]


def test_after_its_end_nothing_is_drawn() -> None:
    """Also for those who are in a context still, or come into one."""
    terminal = Terminal()
    screen = on(terminal)
    with screen.showing(drawing("drawn")):
        screen.end()
        assert terminal.lines() == []
        with screen.showing(drawing("later")):
            terminal.write("Interrupted.\n")
            screen.draw()
        screen.write("an error\n")
        assert terminal.lines() == ["Interrupted.", "an error"]


class Stuck(Terminal):
    """A terminal that takes nothing until it is let go, with a file behind it."""

    def __init__(self, file: IO[str]) -> None:
        super().__init__()
        self._file = file
        self.tried, self.free = threading.Event(), threading.Event()

    def write(self, text: str, /) -> int:
        self.tried.set()
        assert self.free.wait(PATIENCE)
        return super().write(text)

    def fileno(self) -> int:
        return self._file.fileno()


def test_the_last_words_do_not_wait_for_a_thread_that_is_stuck(tmp_path: Path) -> None:
    with (tmp_path / "terminal").open("w") as file:
        stuck = Stuck(file)
        screen = Screen(cast(IO[str], stuck), size=lambda: stuck.size, patience=0)
        thread = threading.Thread(target=screen.write, args=["begun\n"])
        thread.start()
        assert stuck.tried.wait(PATIENCE)
        screen.last_words("Stopped.\n")
        assert (tmp_path / "terminal").read_text() == "\nStopped.\n"
        stuck.free.set()
        thread.join()
