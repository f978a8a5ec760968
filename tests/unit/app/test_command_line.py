from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from planner.app.command_line import command_line, with_folder
from planner.app.opening import Opened, Request
from planner.config.load import Configuration
from planner.config.variables import Inputs
from planner.engine.goal import Goal
from planner.engine.workflow import Session
from planner.model.project import Environment, Project, Variable
from planner.state.local import LocalBackend
from planner.state.store import Store

VARIABLES = {"open": Variable("open", {}), "token": Variable("token", {}, sensitive=True)}


def opened(folder: Path, inputs: Inputs) -> Opened:
    store = Store(LocalBackend(folder / "dev.json", shown="dev.json"), "p", "dev")
    session = Session(Goal("p", "dev", "", ""), {}, store, lambda: "")
    configuration = Configuration(Project("p", VARIABLES), Environment("dev"))
    return Opened(Request(folder, None, inputs), configuration, session, store, store.load())


def test_folder_environment_and_variables_are_named() -> None:
    inputs = Inputs([("open", "a b"), ("token", "abc")], ["v.yaml"], {"PLANNER_VAR_open": "x"})
    line = command_line(opened(Path("my project"), inputs), "apply", "plan.json")
    words = ["--var-file", "v.yaml", "--var", "open=a b", "plan.json"]
    assert shlex.split(line) == ["planner", "-C", "my project", "apply", "-e", "dev", *words]


@pytest.mark.parametrize("verb", ["plan", "destroy"])
def test_here_needs_no_folder(verb: str) -> None:
    assert command_line(opened(Path(), Inputs()), verb) == f"planner {verb} -e dev"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Run: planner plan -e dev", "Run: planner -C 'a b' plan -e dev"),
        ("`planner state list`; planner plan.", "`planner -C 'a b' state list`; planner -C 'a b' plan."),
        ("planner -C elsewhere plan", "planner -C elsewhere plan"),
        ("a defect in planner: plan", "a defect in planner: plan"),
        ("planner planned it", "planner planned it"),
        ("myplanner plan", "myplanner plan"),
    ],
)
def test_the_folder_is_put_into_commands(text: str, found: str) -> None:
    assert with_folder(text, Path("a b"), ["plan", "state"]) == found
    assert with_folder(text, Path(), ["plan", "state"]) == text
