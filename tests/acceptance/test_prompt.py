"""Approval at a terminal."""

from __future__ import annotations

import os
import pty
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from .runner import PATIENCE, PROJECT, Project, small, wait_until

PROTECTED = PROJECT.replace("{endpoint: sandbox}", "{endpoint: sandbox, protected: true}")


def at_terminal(project: Project, answer: Callable[[int, int], None], *words: str) -> tuple[int, str]:
    """(exit code, what the terminal showed). answer: called with terminal and process id at the question."""
    ours, theirs = pty.openpty()
    try:
        with project.started(*words, stdin=theirs, stdout=theirs, stderr=theirs) as process:
            os.close(theirs)
            shown = _read(ours, "goes on: ")
            answer(ours, process.pid)
            shown += _read(ours, None)
            return process.wait(timeout=PATIENCE), shown
    finally:
        os.close(ours)


def _read(terminal: int, until: str | None) -> str:
    """What a terminal shows up to a text, or to the end of the process."""
    text = ""

    def done() -> bool:
        nonlocal text
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # the process has closed the other end
            return True
        text += piece.decode(errors="replace")
        return not piece or (until is not None and until in text)

    wait_until(done, f"{until!r} is shown")
    return text


def typing(text: str) -> Callable[[int, int], None]:
    return lambda terminal, _pid: (os.write(terminal, text.encode()), None)[1]


@pytest.mark.parametrize("words", [("apply",), ("apply", "--destroy"), ("destroy",)])
def test_yes_goes_on(applied: Project, words: tuple[str, ...]) -> None:
    applied.edit("templates/main.yaml", "name: beta", "name: gamma")
    code, shown = at_terminal(applied, typing("yes\n"), *words)
    assert code == 0, shown
    assert 'Apply this to dev? Only "yes" goes on' in shown
    assert "Applied:" in shown
    assert applied.state()["serial"] == 2


@pytest.mark.parametrize("answer", ["no\n", "\n", "y\n", "YES\n", "dev\n", "\x04"])
def test_anything_else_declines(applied: Project, answer: str) -> None:
    applied.edit("templates/main.yaml", "name: beta", "name: gamma")
    with applied.sandbox() as ece:
        ece.forget_requests()
        code, shown = at_terminal(applied, typing(answer), "apply")
        assert code == 3, shown
        assert "declined; nothing was changed" in shown
        assert ece.writes() == []
    assert applied.state()["serial"] == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_the_question(applied: Project, number: signal.Signals) -> None:
    applied.edit("templates/main.yaml", "name: beta", "name: gamma")
    code, shown = at_terminal(applied, lambda _terminal, pid: os.kill(pid, number), "apply")
    assert (code, "Interrupted." in shown) == (130, True), shown


@pytest.mark.parametrize(("answer", "code"), [("dev\n", 0), ("yes\n", 3)])
@pytest.mark.parametrize("saved", [False, True])
def test_a_protected_environment_wants_its_name(tmp_path: Path, answer: str, code: int, saved: bool) -> None:
    project = small(tmp_path / "small", project=PROTECTED)
    words = ["apply"]
    if saved:
        project.ok("plan", "--out", "plan.json")
        words.append("plan.json")
    found, shown = at_terminal(project, typing(answer), *words)
    assert found == code, shown
    assert 'Only "dev" goes on' in shown


def test_a_terminal_sees_colours_and_progress(applied: Project) -> None:
    applied.edit("templates/main.yaml", "name: beta", "name: gamma")
    _, shown = at_terminal(applied, typing("yes\n"), "apply")
    assert "\x1b[" in shown
    assert "extension.beta" in shown.rpartition("goes on")[2]


def test_no_color_on_a_terminal(applied: Project) -> None:
    applied.edit("templates/main.yaml", "name: beta", "name: gamma")
    applied.environ["NO_COLOR"] = "1"
    _, shown = at_terminal(applied, typing("no\n"), "apply")
    assert "\x1b[" not in shown
