from __future__ import annotations

import io
import sys
from contextlib import nullcontext

import pytest

from planner.cli.activity import Activity
from planner.cli.console import Console
from planner.errors import ApiError, InvalidConfiguration, PlannerError, Refused
from planner.model.diagnostic import Diagnostic, Position


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


@pytest.mark.parametrize(("columns", "expected"), [("200", 200), ("20", 60)])
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


@pytest.mark.parametrize("answer", ["", "\n", "y\n", "Yes\n"])
def test_any_other_answer_declines(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    terminal = at_terminal(monkeypatch)
    monkeypatch.setattr(terminal, "readline", lambda: answer)
    with pytest.raises(Refused, match="declined"):
        Console().ask("Apply", "yes", otherwise="")


def test_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    with pytest.raises(Refused, match="not a terminal") as error:
        Console().ask("Apply", "yes", otherwise="Do that.")
    assert error.value.advice == "Do that."


def test_only_a_terminal_without_a_log_is_drawn_on(monkeypatch: pytest.MonkeyPatch) -> None:
    at_terminal(monkeypatch)
    assert Console().animated
    assert isinstance(Console().doing("Waiting"), Activity)
    assert not Console(verbosity=1).animated
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(Console().doing("Waiting"), nullcontext)


def test_an_activity_is_silent_at_first() -> None:
    stream = io.StringIO()
    with Activity(stream, "Asking", silent=60):
        pass
    assert stream.getvalue() == ""


def test_an_activity_says_what_goes_on_and_takes_it_back() -> None:
    stream = io.StringIO()
    seconds = iter([0.0, 1.0, 2.0])

    def clock() -> float:
        return next(seconds, 3.0)

    with Activity(stream, "Asking", silent=0, tick=0.001, clock=clock):
        while "3 s" not in stream.getvalue():
            pass
    line = "Asking ... 1 s"
    assert stream.getvalue().startswith(f"\r{line}\rAsking ... 2 s\rAsking ... 3 s")
    assert stream.getvalue().endswith("\r" + " " * len(line) + "\r")
