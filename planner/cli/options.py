"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from planner.app.opening import Request
from planner.cli.console import Console
from planner.cli.main import Invocation
from planner.cli.typed import typed
from planner.config.variables import Inputs
from planner.engine.selection import Selection
from planner.errors import WrongUsage

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


def complete_environments(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from planner.cli.completing import environments  # noqa: PLC0415 - only when a shell completes

    return environments(context, parameter, incomplete)


def complete_addresses(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """For arguments and options that take an address."""
    from planner.cli.completing import addresses  # noqa: PLC0415 - only when a shell completes

    return addresses(context, parameter, incomplete)


environment_option = click.option(
    "-e",
    "--environment",
    metavar="ENV",
    shell_complete=complete_environments,
    help="The environment; may be left out when there is only one.",
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
_SELECTION = [
    click.option(
        f"--{name}",
        f"{name}s",
        metavar="ADDRESS",
        multiple=True,
        shell_complete=complete_addresses,
        help=text,
    )
    for name, text in (
        ("target", "Take only this, and what it needs; a glob, may be repeated."),
        ("exclude", "Leave this out, and what needs it; a glob, may be repeated."),
        ("replace", "Replace this; a glob, may be repeated."),
    )
]
_MODE = [
    click.option("--destroy", is_flag=True, help="Delete everything."),
    click.option("--refresh-only", is_flag=True, help="Only bring the state up to date."),
]
_JSON = [click.option("--json", "as_json", is_flag=True, help="Print events, one JSON object a line.")]
lock_option = click.option(
    "--lock-timeout",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="How long to wait for the environment's lock.",
)


def input_options(command: F) -> F:
    return _with(command, [*_VARIABLES, *_PLANNING])


def variable_options(command: F) -> F:
    return _with(command, [environment_option, *_VARIABLES])


def planning_options(command: F) -> F:
    return _with(command, [environment_option, *_VARIABLES, *_PLANNING])


def changing_options(command: F) -> F:
    """What plan and apply share."""
    return _with(command, [environment_option, *_VARIABLES, *_SELECTION, *_PLANNING, *_MODE, *_JSON])


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
    selection = Selection(given.pop("targets", ()), given.pop("excludes", ()), given.pop("replaces", ()))
    if given.get("refresh_only") and (given.get("destroy") or not given.get("refresh", True)):
        raise WrongUsage("--refresh-only does not go with --destroy or --no-refresh")
    if selection.replaces and (given.get("destroy") or given.get("refresh_only")):
        raise WrongUsage("--replace does not go with --destroy or --refresh-only")
    folder = folder_of(context)
    request = Request(folder, environment, inputs, selection=selection, typed=typed(context), **given)
    make_console(context).redact.watch(request.given_secrets)
    context.call_on_close(request.trees.close)
    context.call_on_close(request.workspace.close)
    return request
