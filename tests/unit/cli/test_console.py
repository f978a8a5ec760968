from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Callable

import pytest
from attrs import evolve

from planner.cli.console import Console, RedactedStream
from planner.cli.main import run
from planner.errors import ApiError, InvalidConfiguration, PlannerError, Refused
from planner.model.diagnostic import Diagnostic, Position
from planner.model.retry import Retry
from tests.unit.render import terminal


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def at_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """All streams are one terminal. Called within a test: pytest sets its own streams after fixtures."""
    made = Terminal()
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, made)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return made


def on_paper(written: Terminal) -> list[str]:
    """The lines that a terminal shows."""
    shown = terminal.Terminal(80, 24)
    shown.write(written.getvalue())
    return shown.lines()


def secretive(secret: str) -> Console:
    console = Console()
    console.redact.watch(lambda: [secret])
    return console


@pytest.mark.parametrize(
    ("colour", "no_color", "term", "expected"),
    [
        (None, "", "xterm", True),
        (None, "1", "xterm", False),
        (None, "", "dumb", False),
        (False, "", "xterm", False),
    ],
)
def test_colours(
    monkeypatch: pytest.MonkeyPatch,
    colour: bool | None,
    no_color: str,
    term: str,
    expected: bool,
) -> None:
    terminal = at_terminal(monkeypatch)
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("TERM", term)
    assert Console(colour=colour).style(terminal).colours is expected


def test_pipes_get_no_colours(capsys: pytest.CaptureFixture[str]) -> None:
    assert Console().style(sys.stdout).colours is False


@pytest.mark.parametrize(("columns", "expected"), [("200", 200), ("20", 40), ("50", 50)])
def test_width(monkeypatch: pytest.MonkeyPatch, columns: str, expected: int) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert Console().width() == expected


def test_results_and_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    console = secretive("mysecret")
    console.out("result mysecret")
    console.tell("told mysecret\n")
    console.tell("")
    console.out_document(b'{"a": "mysecret"}')
    found = capsys.readouterr()
    assert found.out == 'result (sensitive)\n{"a": "mysecret"}\n'
    assert found.err == "told (sensitive)\n"


def test_a_secret_that_wrapping_would_break_is_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    secret = "correct horse battery staple " * 3
    console = secretive(secret.strip())
    console.error(PlannerError(f"cannot log in with {secret}", advice=f"Do not use {secret}"))
    console.error(ApiError(f"no {secret}", operation="create", status=400, codes=["a.b"]))
    console.diagnostics((Diagnostic("error", f"no {secret}", secret, Position("f", 1, f"x: {secret}")),))
    console.error(InvalidConfiguration([Diagnostic("error", f"no {secret}")]))
    found = capsys.readouterr().err
    assert "horse" not in found
    assert found.count("(sensitive)") == 7
    assert "create, HTTP 400, a.b" in found


@pytest.mark.parametrize("answer", ["yes\n", "  yes  \n"])
def test_the_wanted_answer_goes_on(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    terminal = at_terminal(monkeypatch)
    monkeypatch.setattr(terminal, "readline", lambda: answer)
    Console().ask("Apply", "yes", otherwise="")
    assert terminal.getvalue() == "Apply: "


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("", "the input ended"),
        ("\n", "nothing was answered"),
        ("y\n", '"y" was answered'),
        ("Yes\n", '"Yes" was answered'),
        (" prdo \n", '"prdo" was answered'),
        ("horse battery\n", '"(sensitive)" was answered'),
        ("\x1b[2J\n", '"\\x1b[2J" was answered'),
        ("x" * 31 + "\n", "31 characters were answered"),
    ],
)
def test_any_other_answer_declines(monkeypatch: pytest.MonkeyPatch, answer: str, told: str) -> None:
    terminal = at_terminal(monkeypatch)
    monkeypatch.setattr(terminal, "readline", lambda: answer)
    console = secretive("horse battery")
    with pytest.raises(Refused) as refused:
        console.ask("Apply", "yes", otherwise="")
    console.error(refused.value)
    assert on_paper(terminal)[:1] == [f'Apply: Error: declined: {told}, not "yes"; nothing was changed'[:80]]


@pytest.mark.parametrize(
    ("say", "shown"),
    [
        (
            lambda console: console.tell("Interrupted: nothing new is started. Once more stops now."),
            ["Interrupted: nothing new is started.", "Once more stops now."],
        ),
        (
            lambda console: console.tell("To go on where it stopped: planner apply -e dev"),
            ["To go on where it stopped:", "planner apply -e dev"],
        ),
        (
            lambda console: console.last_words("Stopped. The next command settles what was in flight."),
            ["Stopped. The next command settles what", "was in flight."],
        ),
        (
            lambda console: console.tell("A secret of two words, a long one, is horse battery."),
            ["A secret of two words, a long one, is", "(sensitive)."],
        ),
        (
            lambda console: console.out_words("It says so already; nothing was written there."),
            ["It says so already; nothing was written", "there."],
        ),
    ],
)
def test_a_terminal_has_whole_words(
    monkeypatch: pytest.MonkeyPatch, say: Callable[[Console], None], shown: list[str]
) -> None:
    written = at_terminal(monkeypatch)
    console = secretive("horse battery")
    monkeypatch.setenv("COLUMNS", "40")
    say(console)
    assert on_paper(written) == shown


def test_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    with pytest.raises(Refused, match="not a terminal") as error:
        Console().ask("Apply", "yes", otherwise="Do that.")
    assert error.value.advice == "Do that."


@pytest.mark.parametrize(("term", "drawn"), [("xterm", True), ("dumb", False)])
def test_what_goes_on_is_said_within_a_second_and_taken_back(
    monkeypatch: pytest.MonkeyPatch, term: str, drawn: bool
) -> None:
    written, seconds = at_terminal(monkeypatch), [0.0]
    monkeypatch.setenv("TERM", term)
    console = Console(clock=lambda: seconds[-1])
    shown = []
    with console.doing("Asking 装置"):
        for seconds[-1] in (0.0, 0.4, 0.5, 2.4):
            console.screen.draw()
            shown.append(on_paper(written))
    line = "Asking 装置 … 0:0{}"
    assert shown == ([[], [], [line.format(0)], [line.format(2)]] if drawn else [[]] * 4)
    assert on_paper(written) == []


def test_what_is_told_meanwhile_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """By whichever way it comes to the terminal."""
    written, seconds = at_terminal(monkeypatch), [0.0]
    console = Console(clock=lambda: seconds[-1])
    with console.doing("Asking"):
        seconds[-1] = 5.0
        console.screen.draw()
        console.tell("a note")
        console.out("a result")
        logging.getLogger("planner.ece").warning("a warning")
        console.out_document(b"{}")
        console.error(PlannerError("an error"))
        *lines, drawn = on_paper(written)
    assert [line.rpartition(":")[2][-9:] for line in lines] == [
        "a note",
        "a result",
        "a warning"[-9:],
        "{}",
        " an error",
    ]
    assert drawn == "Asking … 0:05"
    assert on_paper(written) == lines


def test_each_counts_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    written, seconds = at_terminal(monkeypatch), [0.0]
    console = Console(clock=lambda: seconds[-1])

    def shown() -> list[str]:
        console.screen.draw()
        return on_paper(written)

    with console.doing("Comparing") as compared:
        seconds[-1] = 5.0
        compared(2, 200)
        assert shown() == ["Comparing … 2/200 · 0:05 · about 8 min left"]
        with console.doing("Asking") as asked:
            seconds[-1] = 6.0
            asked(0, 7)
            assert shown() == ["Comparing … 2/200 · 0:06 · about 10 min left", "Asking … 0/7 · 0:01"]
        compared(0, 200)
        assert shown() == ["Comparing … 0/200 · 0:06"]


GONE = Retry("ece:12443", "the connection was refused", 3.0, 2, 5)


def test_what_is_sent_again_is_drawn_while_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, below what goes on, once for all who wait; in a command that says nothing else, too."""
    written, seconds = at_terminal(monkeypatch), [0.0]
    console = Console(clock=lambda: seconds[-1])
    with console.doing("Asking"):
        seconds[-1] = 5.0
        with console.retrying(GONE), console.retrying(GONE):
            console.screen.draw()
            two = on_paper(written)
        one_after = on_paper(written)
    with console.retrying(GONE):
        alone = on_paper(written)
    line = "ece:12443: the connection was refused; attempt 2 of 5 in 3 s"
    assert (two, one_after) == (["Asking … 0:05", f"{line}, 2 wait"], ["Asking … 0:05"])
    assert alone == [line]
    assert on_paper(written) == []


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_log_hears_of_what_is_sent_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], term: str
) -> None:
    """Once of each; also on a terminal where nothing can be drawn."""
    monkeypatch.setenv("TERM", term)
    console = secretive("mysecret")
    for _ in range(3):
        for reason in ("the connection was refused", "", "mysecret"):
            with console.retrying(evolve(GONE, reason=reason)):
                pass
    assert capsys.readouterr().err.splitlines() == [
        "ece:12443: the connection was refused; attempt 2 of 5 in 3 s",
        "ece:12443 limits the rate of calls; again in 3 s",
        "ece:12443: (sensitive); attempt 2 of 5 in 3 s",
    ]


def test_a_pipe_gets_what_is_told_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    seconds = [0.0]
    console = Console(clock=lambda: seconds[-1])
    with console.doing("Asking"):
        seconds[-1] = 5.0
        console.screen.draw()
        console.tell("a note")
    console.last_words("the end")
    assert capsys.readouterr().err == "a note\nthe end\n"


class Broken(io.StringIO):
    def __init__(self, error: OSError, descriptor: int) -> None:
        super().__init__()
        self._error, self._descriptor = error, descriptor

    def write(self, text: str, /) -> int:
        raise self._error

    def fileno(self) -> int:
        return self._descriptor


@pytest.fixture
def broken() -> Callable[[OSError], Broken]:
    descriptor = os.open(os.devnull, os.O_WRONLY)
    return lambda error: Broken(error, descriptor)


@pytest.mark.parametrize("vital", [True, False])
def test_a_reader_who_went_away_is_no_error(broken: Callable[[OSError], Broken], vital: bool) -> None:
    assert RedactedStream(broken(BrokenPipeError()), str, vital=vital).write("text") == 4


def test_a_vital_stream_must_be_written(broken: Callable[[OSError], Broken]) -> None:
    error = OSError(28, "No space left on device")
    RedactedStream(broken(error), str).write("progress")
    with pytest.raises(PlannerError, match="cannot be written: No space left"):
        RedactedStream(broken(error), str, vital=True).write("result")


def test_a_stream_redacts_what_is_written() -> None:
    target = io.StringIO()
    stream = RedactedStream(target, secretive("mysecret").redact)
    assert stream.write("a mysecret b") == len("a mysecret b")
    assert target.getvalue() == "a (sensitive) b"
    assert stream.writable()
    assert not stream.isatty()


def test_wrong_usage_is_told_in_whole_words(monkeypatch: pytest.MonkeyPatch) -> None:
    written = at_terminal(monkeypatch)
    monkeypatch.setenv("COLUMNS", "50")
    assert run(["apply", "-autoapprove"]) == 64
    assert on_paper(written)[-3:] == [
        "Error: No such option '-autoapprove'. Those of",
        "planner have two dashes. Did you mean",
        "'--auto-approve'?",
    ]
