"""Approval at a terminal."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from .runner import PROJECT, Project, small
from .terminal import Sitting, at_terminal

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
PROTECTED = PROJECT.replace("{endpoint: sandbox}", "{endpoint: sandbox, protected: true}")


def answered(project: Project, answer: Callable[[Sitting], None], *words: str) -> tuple[int, str]:
    """(exit code, what the terminal showed)."""
    with at_terminal(project, *words) as sitting:
        sitting.wait_for("goes on: ")
        answer(sitting)
        return sitting.end(), sitting.shown


def typing(text: str) -> Callable[[Sitting], None]:
    return lambda sitting: sitting.type(text)


@pytest.mark.seldom(words=[("apply", "--destroy"), ("destroy",)])
@pytest.mark.parametrize("words", [("apply",), ("apply", "--destroy"), ("destroy",)])
def test_yes_goes_on(applied: Project, words: tuple[str, ...]) -> None:
    applied.edit("templates/main.yaml", "name: beta", "name: gamma")
    code, shown = answered(applied, typing("yes\n"), *words)
    assert code == 0, shown
    assert 'Apply this to dev? Only "yes" goes on' in shown
    assert "Applied:" in shown
    assert applied.state()["serial"] == 2


@pytest.mark.seldom(answer=["no\n", "\n", "YES\n", "dev\n"])
@pytest.mark.parametrize("answer", ["no\n", "\n", "y\n", "YES\n", "dev\n", "\x04"])
def test_anything_else_declines(applied: Project, answer: str) -> None:
    applied.edit("templates/main.yaml", "name: beta", "name: gamma")
    with applied.sandbox() as ece:
        ece.forget_requests()
        code, shown = answered(applied, typing(answer), "apply")
        assert code == 3, shown
        assert "declined: " in shown
        assert "nothing was changed" in shown
        assert ece.writes() == []
    assert applied.state()["serial"] == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_the_question(applied: Project, number: signal.Signals) -> None:
    applied.edit("templates/main.yaml", "name: beta", "name: gamma")
    code, shown = answered(applied, lambda sitting: os.kill(sitting.process.pid, number), "apply")
    assert (code, "Interrupted." in shown) == (130, True), shown


@pytest.mark.parametrize(
    ("answer", "code", "saved"),
    [
        ("dev\n", 0, True),
        ("yes\n", 3, False),
        pytest.param("dev\n", 0, False, marks=pytest.mark.long),
        pytest.param("yes\n", 3, True, marks=pytest.mark.long),
    ],
)
def test_a_protected_environment_wants_its_name(tmp_path: Path, answer: str, code: int, saved: bool) -> None:
    project = small(tmp_path / "small", project=PROTECTED)
    words = ["apply"]
    if saved:
        project.ok("plan", "--out", "plan.json")
        words.append("plan.json")
    found, shown = answered(project, typing(answer), *words)
    assert found == code, shown
    assert 'Only "dev" goes on' in shown


def test_a_terminal_sees_colours_and_progress(applied: Project) -> None:
    applied.edit("templates/main.yaml", "name: beta", "name: gamma")
    _, shown = answered(applied, typing("yes\n"), "apply")
    assert COLOUR.search(shown)
    assert "extension.beta" in shown.rpartition("goes on")[2]


def test_no_color_on_a_terminal(applied: Project) -> None:
    applied.edit("templates/main.yaml", "name: beta", "name: gamma")
    applied.environ["NO_COLOR"] = "1"
    _, shown = answered(applied, typing("yes\n"), "apply")
    assert not COLOUR.search(shown)
