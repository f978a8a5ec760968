from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from planner.app.opening import Request
from planner.cli.options import lock_option, planning_options
from planner.cli.requests import make_request
from planner.cli.verbs import Invocation, folder_of, make_console


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "planner.yaml").write_text("project: p\nenvironments: {dev: {}}\n")
    monkeypatch.chdir(tmp_path)


def invoked(*words: str) -> tuple[Result, dict[str, Any]]:
    seen: dict[str, Any] = {}

    @click.command()
    @planning_options
    @lock_option
    @click.pass_context
    def command(
        context: click.Context, /, environment: str | None, lock_timeout: float, **given: Any
    ) -> None:
        seen["request"] = make_request(context, environment, **given)
        seen["timeout"] = lock_timeout
        seen["consoles"] = {id(make_console(context)), id(make_console(context))}
        seen["folder"] = folder_of(context)

    result = CliRunner().invoke(command, words, obj=Invocation(Path("here"), verbosity=1))
    return result, seen


def test_what_is_left_out() -> None:
    _, seen = invoked()
    request: Request = seen["request"]
    assert (request.folder, request.environment) == (Path("here"), None)
    assert (request.parallelism, request.refresh, request.destroy) == (10, True, False)
    assert (list(request.inputs.assignments), list(request.inputs.files)) == ([], [])
    assert seen["timeout"] == 0


def test_what_is_given() -> None:
    words = "-e dev --var a=1 --var b=x=y --var-file v.yaml --no-refresh --parallelism 3 --lock-timeout 1.5"
    _, seen = invoked(*words.split(), "--var", "c=")
    request: Request = seen["request"]
    assert request.environment == "dev"
    assert list(request.inputs.assignments) == [("a", "1"), ("b", "x=y"), ("c", "")]
    assert list(request.inputs.files) == ["v.yaml"]
    assert (request.parallelism, request.refresh) == (3, False)
    assert seen["timeout"] == 1.5


@pytest.mark.parametrize("words", ["--var a", "--parallelism 201", "--parallelism x", "--lock-timeout -1"])
def test_what_makes_no_sense(words: str) -> None:
    result, seen = invoked(*words.split())
    assert result.exit_code == 2
    assert words.split(maxsplit=1)[0] in result.output
    assert seen == {}


def test_there_is_one_console() -> None:
    assert len(invoked()[1]["consoles"]) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--lock-timeout 2m", "'2m' is not a valid number of seconds."),
        ("--lock-timeout soon", "'soon' is not a valid number of seconds."),
        ("--parallelism many", "'many' is not a valid number."),
        ("--parallelism 1.5", "'1.5' is not a valid number."),
    ],
)
def test_what_is_no_number(words: str, told: str) -> None:
    assert told in invoked(*words.split())[0].output
