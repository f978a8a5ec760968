from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import planner
from planner.app.command_line import command_line, with_environment, with_folder
from planner.app.opening import Opened, Request
from planner.cli.main import cli
from planner.config.load import Configuration
from planner.config.variables import Inputs
from planner.engine.goal import Goal
from planner.engine.workflow import Session
from planner.model.project import Environment, Project, Variable
from planner.state.local import LocalBackend
from planner.state.store import Store

PACKAGE = Path(planner.__file__).parent
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


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See planner state list.", "See planner state list -e prod."),
        (
            "Run planner plan to see it, or:\n  planner apply",
            "Run planner plan -e prod to see it, or:\n  planner apply -e prod",
        ),
        ("`planner state rm extension.a`", "`planner state rm -e prod extension.a`"),
        ("planner plan -e dev", "planner plan -e dev"),
        ("planner state restore 1 -e dev", "planner state restore 1 -e dev"),
        ("planner promote dev prod", "planner promote dev prod"),
        ("planner planned it", "planner planned it"),
    ],
)
def test_the_environment_is_put_into_commands(text: str, found: str) -> None:
    assert with_environment(text, "prod") == found
    assert with_environment(text, "") == text


def leaves(command: click.Command, name: str = "planner") -> Iterator[tuple[str, click.Command]]:
    """Each command that does something, with the words that call it."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for below in command.list_commands(context):
        found = command.get_command(context, below)
        assert found is not None
        yield from leaves(found, f"{name} {below}")


COMMANDS = dict(leaves(cli))
"""By the words that call them."""


@pytest.mark.parametrize("words", COMMANDS)
def test_each_command_that_takes_an_environment_gets_it(words: str) -> None:
    takes = any("-e" in option.opts and not option.multiple for option in options(COMMANDS[words]))
    assert with_environment(words, "x") == (f"{words} -e x" if takes and words != "planner init" else words)


def options(command: click.Command) -> list[click.Option]:
    return [parameter for parameter in command.params if isinstance(parameter, click.Option)]


def texts(tree: ast.AST) -> Iterator[str]:
    """The texts that a program may say, without docstrings; X in place of values."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = ""
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(v.value) if isinstance(v, ast.Constant) else "X" for v in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


_SAID = re.compile(r"\bplanner (?:-C \S+ )?([a-z-]+)( [a-z-]+)?([^\n`;,.]*)")


def test_what_is_advised_can_be_run() -> None:
    """Its flags too. Where the word after `planner` is no command, it is the subject of a sentence."""
    first, seen = {words.split()[1] for words in COMMANDS}, 0
    for path in PACKAGE.rglob("*.py"):
        for text in texts(ast.parse(path.read_text())):
            for verb, below, rest in (found for found in _SAID.findall(text) if found[0] in first):
                alone = f"planner {verb}"
                command = COMMANDS.get(alone) or COMMANDS.get(f"{alone}{below}")
                assert command is not None, (path, text)
                known = {
                    "--help",
                    *(w for option in options(command) for w in option.opts + option.secondary_opts),
                }
                assert known.issuperset(re.findall(r" (--[a-z-]+)", f"{below} {rest}")), (path, text)
                seen += 1
    assert seen > 50
