"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from planner.cli.console import Console
from planner.cli.main import Invocation
from planner.cli.wiring import Request
from planner.config.variables import Inputs

F = TypeVar("F", bound=Callable[..., Any])


def _assignment(
    _context: click.Context, _option: click.Parameter, values: tuple[str, ...]
) -> list[tuple[str, str]]:
    found = []
    for text in values:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.BadParameter(f"{text!r} is not of the form NAME=VALUE")
        found.append((name.strip(), value))
    return found


environment_option = click.option(
    "-e", "--environment", metavar="ENV", help="The environment; may be left out when there is only one."
)
_VARIABLES = [
    click.option(
        "--var",
        "assignments",
        metavar="NAME=VALUE",
        multiple=True,
        callback=_assignment,
        help="Set a variable; may be repeated.",
    ),
    click.option(
        "--var-file", "files", metavar="FILE", multiple=True, help="A YAML file with values of variables."
    ),
]
_PLANNING = [
    click.option(
        "--refresh/--no-refresh",
        default=True,
        help="Ask the installation first (default), or trust the state.",
    ),
    click.option(
        "--parallelism",
        type=click.IntRange(1, 200),
        default=10,
        show_default=True,
        help="How many calls may run at once.",
    ),
]
lock_option = click.option(
    "--lock-timeout",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="How long to wait for the environment's lock.",
)


def variable_options(command: F) -> F:
    return _with(command, [environment_option, *_VARIABLES])


def planning_options(command: F) -> F:
    return _with(command, [environment_option, *_VARIABLES, *_PLANNING])


def _with(command: F, options: list[Callable[[F], F]]) -> F:
    for option in reversed(options):
        command = option(command)
    return command


def make_console(context: click.Context) -> Console:
    """The console as the global options want it."""
    return _invocation(context).console()


def folder_of(context: click.Context) -> Path:
    return _invocation(context).folder


def _invocation(context: click.Context) -> Invocation:
    found = context.find_object(Invocation)
    assert found is not None  # noqa: S101 - the group always has one
    return found


def make_request(context: click.Context, environment: str | None, **given: Any) -> Request:
    """What the options of a command ask for."""
    inputs = Inputs(given.pop("assignments", ()), given.pop("files", ()), os.environ)
    return Request(folder_of(context), environment, inputs, **given)
