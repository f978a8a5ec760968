"""Options that several commands share, and what is made of them: the console, the request, the state."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import click
from attrs import frozen
from click.core import ParameterSource

from planner.app.command_line import Typed, given, plain_command_line
from planner.app.disclosure import given_values
from planner.app.opening import Request
from planner.app.promotion.admission import Forcing
from planner.app.stores import States
from planner.cli.console import Console
from planner.cli.main import Invocation
from planner.config.load import choose_environment, open_project
from planner.config.variables import Inputs
from planner.engine.selection import Selection
from planner.errors import PlannerError, WrongUsage
from planner.forge.locating import Wanted
from planner.forge.registry import LISTED
from planner.model.address import Address
from planner.model.project import Environment
from planner.promote.gates import NAMES
from planner.state.store import Store

F = TypeVar("F", bound=Callable[..., Any])


def _assignment(
    _context: click.Context, _option: click.Parameter, values: tuple[str, ...]
) -> list[tuple[str, str]]:
    for text in values:
        if "=" not in text:
            raise click.BadParameter(f"{text!r} is not of the form NAME=VALUE")
    split = (text.partition("=") for text in values)
    return [(name.strip(), value) for name, _, value in split]


def complete_environments(context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
    """Never an error, at worst nothing."""
    try:
        names = open_project(folder_of(context)).environments
    except PlannerError:
        return []
    return [name for name in names if name.startswith(incomplete)]


def complete_addresses(context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
    """Addresses in the state of the environment that the command line names so far, or nothing.

    Not those that hold a known secret: with a mark in its place they would be no addresses.
    """
    try:
        here = stored(context, context.params.get("environment"))
        held = sorted({str(prior.address) for prior in here.store.load().entries})
    except (PlannerError, OSError):
        return []
    known = here.console.redact.known()
    return [text for text in held if text.startswith(incomplete) and known.redact_key(text) == text]


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


def _together(*options: Callable[[F], F]) -> Callable[[F], F]:
    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def asking_options(refresh: str, parallelism: str) -> Callable[[F], F]:
    """--refresh and --parallelism, by what they mean to the command."""
    at_once = click.IntRange(1, 200)
    return _together(
        click.option("--refresh/--no-refresh", default=True, help=refresh),
        click.option("--parallelism", type=at_once, default=10, show_default=True, help=parallelism),
    )


_PLANNING = asking_options(
    "Ask the installation first (default), or trust the state.", "How many calls may run at once."
)
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
_EVENTS = click.option("--json", "as_events", is_flag=True, help="Print events, one JSON object a line.")
lock_option = click.option(
    "--lock-timeout",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="How long to wait for the environment's lock.",
)


def format_option(*forms: str) -> Callable[[F], F]:
    """--format, of which the first one is what is taken else."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(forms),
        default=forms[0],
        show_default=True,
        help="How to print it.",
    )


dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


input_options = _together(*_VARIABLES, _PLANNING)
variable_options = _together(environment_option, *_VARIABLES)
planning_options = _together(environment_option, *_VARIABLES, _PLANNING)
changing_options = _together(environment_option, *_VARIABLES, *_SELECTION, _PLANNING, *_MODE, _EVENTS)
force_options = _together(
    click.option(
        "--force",
        "forces",
        type=click.Choice(NAMES),
        multiple=True,
        metavar="GATE",
        help="Set a gate aside; recorded, with --reason. May be repeated.",
    ),
    click.option("--reason", default="", metavar="TEXT", help="Why --force is given."),
)


def forge_options(otherwise: str) -> Callable[[F], F]:
    """--forge, --repo and --api-url. otherwise: whose forge it is when none is named."""
    return _together(
        click.option("--forge", default="", metavar="F", help=f"{LISTED}. [default: {otherwise}]"),
        click.option("--repo", default="", metavar="R", help="The repository, as the forge names it."),
        click.option(
            "--api-url", default="", metavar="URL", help="The forge's API, where it is not the usual one."
        ),
    )


def address_of(text: str) -> Address:
    """The address that an argument names."""
    try:
        return Address.parse(text.removeprefix("resource."))
    except ValueError as error:
        raise WrongUsage(str(error)) from None


def make_console(context: click.Context) -> Console:
    """The console as the global options want it."""
    return context.ensure_object(Invocation).console()


def folder_of(context: click.Context) -> Path:
    """The project's: -C, which stands before the command, also while a shell completes."""
    named = context.find_root().params.get("folder")
    return named if isinstance(named, Path) else context.ensure_object(Invocation).folder


def make_request(context: click.Context, environment: str | None, **given: Any) -> Request:
    """What the options of a command ask for."""
    inputs = Inputs(given.pop("assignments", ()), given.pop("files", ()), os.environ)
    selection = Selection(given.pop("targets", ()), given.pop("excludes", ()), given.pop("replaces", ()))
    if given.get("refresh_only") and (given.get("destroy") or not given.get("refresh", True)):
        raise WrongUsage("--refresh-only does not go with --destroy or --no-refresh")
    if selection.replaces and (given.get("destroy") or given.get("refresh_only")):
        raise WrongUsage("--replace does not go with --destroy or --refresh-only")
    folder = folder_of(context)
    console = make_console(context)
    request = Request(
        folder, environment, inputs, console, selection=selection, typed=typed(context), **given
    )
    console.redact.watch(request.given_secrets)
    context.call_on_close(request.trees.close)
    context.call_on_close(request.workspace.close)
    return request


def _forcing(forces: tuple[str, ...], reason: str) -> Forcing:
    if forces and not reason.strip():
        raise WrongUsage("--force needs --reason TEXT: it is kept in the state, and shown")
    if reason and not forces:
        raise WrongUsage("--reason goes with --force GATE")
    return Forcing(forces, reason.strip())


def _wanted(forge: str, repo: str, api_url: str) -> Wanted:
    return Wanted(forge, repo, api_url=api_url)


_AS_ONE: Final[Mapping[str, tuple[tuple[str, ...], Callable[..., Any]]]] = {
    "forcing": (("forces", "reason"), _forcing),
    "wanted": (("forge", "repo", "api_url"), _wanted),
}
"""Options that a command takes as one value: its parameter, the options, what makes it of them."""


def on_request(command: Callable[..., Any]) -> Callable[..., Any]:
    """Hands the command a request, made of those options that it does not take itself, and the console."""
    own = signature(command).parameters

    @click.pass_context
    @wraps(command)
    def asking(context: click.Context, /, **given: Any) -> Any:
        console = make_console(context)
        console.events = bool(given.get("as_events"))  # before anything can be wrong: errors are events too
        for name in own.keys() & _AS_ONE.keys():
            options, made = _AS_ONE[name]
            given[name] = made(*(given.pop(option) for option in options))
        asked = {name: given.pop(name) for name in given.keys() - own.keys()}
        return command(make_request(context, asked.pop("environment", None), **asked), console, **given)

    return asking


def typed(context: click.Context) -> Typed:
    there = {
        str(item.name): item
        for item in context.command.params
        if context.get_parameter_source(str(item.name)) is ParameterSource.COMMANDLINE
    }
    root, values = context.find_root(), context.params
    return Typed(
        str(context.info_name),
        {n: _words(item, values[n]) for n, item in there.items() if isinstance(item, click.Option)},
        tuple(str(values[n]) for n, item in there.items() if isinstance(item, click.Argument)),
        "planfile" in there,
        lambda verb: _taken(root, verb),
    )


def _taken(root: click.Context, verb: str) -> frozenset[str]:
    command = cast("click.Group", root.command).get_command(root, verb)
    return frozenset(str(parameter.name) for parameter in command.params) if command else frozenset()


def _words(option: click.Option, value: Any) -> tuple[str, ...]:
    if option.is_flag:
        return ((option.opts if value else option.secondary_opts)[0],)
    values = value if option.multiple else (value,)
    return given(option.opts[0], (f"{item:g}" if isinstance(item, float) else str(item) for item in values))


@frozen
class Stored:
    """The state of an environment, for commands that need nothing else of it. folder: the project's, as -C
    named it.
    """

    folder: Path
    console: Console
    environment: Environment
    store: Store

    def command_line(self, *words: str) -> str:
        """planner WORDS for this environment."""
        return plain_command_line(self.folder, self.environment.name, *words)

    def at(self, url: str, project: str = "", called: str = "") -> Store:
        """The state as it is at url, under the names of now if it is called nothing else; see
        `States.either`.
        """
        states = States(self.folder, project or self.store.project, os.environ, self.console.redact)
        return states.either(self.environment, url, called=called)


def stored(context: click.Context, environment: str | None) -> Stored:
    """The state of the named environment, or of the only one. While a shell completes, nothing is told, and
    nothing but the state is asked.
    """
    folder, console, completing = folder_of(context), make_console(context), context.resilient_parsing
    project = open_project(folder)
    console.redact.watch(lambda: given_values(project, os.environ))
    chosen = choose_environment(project, environment)
    states = States(folder, project.name, os.environ, console.redact)

    def tell(note: str) -> None:
        if not completing:
            console.tell(f"Note: {note}.")

    return Stored(folder, console, chosen, states.open(chosen, tell, alone=completing))


def on_state(command: Callable[..., Any]) -> Callable[..., Any]:
    """Takes -e, and hands the command the state of that environment."""

    @environment_option
    @click.pass_context
    @wraps(command)
    def opening(context: click.Context, /, environment: str | None, **given: Any) -> Any:
        return command(stored(context, environment), **given)

    return opening
