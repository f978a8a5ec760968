"""Options that several commands share, and how a shell completes them.

What a command is handed for them is made when it runs, by modules that a shell that completes does not load.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from planner.cli.verbs import Invocation, default_of, folder_of, make_console
from planner.errors import PlannerError, WrongUsage
from planner.forge import LISTED
from planner.model import SHOWN
from planner.model.address import Address
from planner.promote import GATES

if TYPE_CHECKING:
    from planner.model.project import Project

F = TypeVar("F", bound=Callable[..., Any])


def _assignment(
    _context: click.Context, _option: click.Parameter, values: tuple[str, ...]
) -> list[tuple[str, str]]:
    for text in values:
        if "=" not in text:
            raise click.BadParameter(f"{text!r} is not of the form NAME=VALUE")
    split = (text.partition("=") for text in values)
    return [(name.strip(), value) for name, _, value in split]


class Whole(click.IntRange):
    name = "number"


class Seconds(click.FloatRange):
    name = "number of seconds"


Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def _of_project(pick: Callable[[Project], Iterable[str]]) -> Complete:
    """Completes what planner.yaml names. Never an error, at worst nothing."""

    def complete(context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
        from planner.config.project import open_project  # noqa: PLC0415 - while a shell completes

        try:
            names = pick(open_project(folder_of(context)))
        except PlannerError:
            return []
        return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]

    return complete


complete_environments = _of_project(lambda project: project.environments)
complete_checks = _of_project(
    lambda project: (check for one in project.environments.values() for check in one.gates.checks)
)
complete_promotables = _of_project(
    lambda project: (*project.promoted_variables, *["templates"] * project.promotes_templates)
)
_complete_assignments = _of_project(
    lambda project: (f"{name}=" for name, found in project.variables.items() if not found.sensitive)
)
"""Not of sensitive ones: who lists the processes would see them."""


def complete_kinds(context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
    """By the names of their files, and what the project's .schemas/ knows of other packages' kinds."""
    from planner.resources import kind_files  # noqa: PLC0415 - while a shell completes

    names = {path.stem for path in kind_files()} | _kinds_for_editors(folder_of(context))
    return sorted(name for name in names if name.startswith(incomplete))


def _kinds_for_editors(folder: Path) -> set[str]:
    try:
        rules = json.loads((folder / ".schemas" / "template.schema.json").read_bytes())
        return set(rules["properties"]["resource"]["properties"])
    except (OSError, ValueError, LookupError, TypeError):
        return set()


def complete_addresses(context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
    """Addresses in the state of the environment that the command line names so far, or nothing.

    Not those that hold a known secret: with a mark in its place they would be no addresses.
    """
    from planner.cli.stored import stored  # noqa: PLC0415 - while a shell completes

    try:
        here = stored(context, context.params.get("environment"))
        held = sorted({str(prior.address) for prior in here.store.load().entries})
    except (PlannerError, OSError):
        return []
    known = here.console.redact.known()
    return [text for text in held if text.startswith(incomplete) and known.redact_key(text) == text]


def complete_rollouts(context: click.Context, _option: click.Parameter, incomplete: str) -> list[str]:
    """The roll-outs that have begun in the environment that the command line names so far, or nothing."""
    from planner.cli.stored import stored  # noqa: PLC0415 - while a shell completes

    try:
        begun = stored(context, context.params.get("environment")).store.load().rollouts
    except (PlannerError, OSError):
        return []
    return [item.rollout.name for item in begun if item.rollout.name.startswith(incomplete)]


def _noted(context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """value; what is told to be run next names it too."""
    context.ensure_object(Invocation).environment = value or ""
    return value


class _EnvironmentOption(click.Option):
    """Its help says what the command takes without it."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        return record and (record[0], f"{record[1]} [default: {default_of(ctx)}]")


environment_option = click.option(
    "-e",
    "--environment",
    cls=_EnvironmentOption,
    metavar="ENV",
    callback=_noted,
    shell_complete=complete_environments,
    help="The environment.",
)
_VARIABLES = [
    click.option(
        "--var",
        "assignments",
        metavar="NAME=VALUE",
        multiple=True,
        callback=_assignment,
        shell_complete=_complete_assignments,
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
    at_once = Whole(1, 200)
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
events_option = click.option(
    "--json", "as_events", is_flag=True, help="Print events, one JSON object a line."
)
lock_option = click.option(
    "--lock-timeout",
    type=Seconds(min=0),
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


content_option = click.option(
    "--content",
    type=click.Choice(SHOWN),
    help="What to show of changed archives: nothing, names of files, some of their lines, all. Where git "
    "does not have what was applied, lines and full ask the installation. [default: lines, from git]",
)
ANNOTATIONS: Final = ("sarif", "github")
"""Forms in which other programs show what is wrong beside the lines of files."""
json_form_option = click.option("--json", "form", flag_value="json", help="The same as --format json.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


input_options = _together(*_VARIABLES, _PLANNING)
variable_options = _together(environment_option, *_VARIABLES)
planning_options = _together(environment_option, *_VARIABLES, _PLANNING)
destroying_options = _together(environment_option, *_VARIABLES, *_SELECTION[:2], _PLANNING, events_option)
changing_options = _together(environment_option, *_VARIABLES, *_SELECTION, _PLANNING, *_MODE, events_option)
retry_option = click.option(
    "--retry-rollout",
    "retried",
    metavar="NAME",
    multiple=True,
    help="Begin this roll-out though it failed before; may be repeated.",
)
reach_options = _together(
    click.option(
        "--until",
        metavar="WHEN",
        help="End between two waves of a roll-out: after the next one (wave), or where no time is left, as "
        "600 (seconds) or 10m.",
    ),
    click.option("--wave", type=Whole(1), metavar="N", help="End after wave N of a roll-out."),
)
force_options = _together(
    click.option(
        "--force",
        "forces",
        type=click.Choice(GATES),
        multiple=True,
        metavar="GATE",
        help="Set a gate aside; recorded, with --reason. May be repeated.",
    ),
    click.option("--reason", default="", metavar="TEXT", help="Why --force is given."),
)


credentials_options = _together(
    click.option(
        "--credentials",
        "credentials_file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Add what is shown once, as an API key, to the end of this file, as a line of JSON.",
    ),
    click.option(
        "--credentials-command",
        metavar="CMD",
        help="Give it to this command instead, on its standard input. It has to end with 0.",
    ),
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


def on_request(command: Callable[..., Any]) -> Callable[..., Any]:
    """Hands the command a request, made of those options that it does not take itself, and the console."""
    own = signature(command).parameters

    @click.pass_context
    @wraps(command)
    def asking(context: click.Context, /, **given: Any) -> Any:
        from planner.cli.requests import AS_ONE, make_request  # noqa: PLC0415 - when it runs

        console = make_console(context)
        console.events = given.pop("as_events", False)  # before anything can be wrong: errors are events too
        for name in own.keys() & AS_ONE.keys():
            options, made = AS_ONE[name]
            given[name] = made(*(given.pop(option) for option in options))
        asked = {name: given.pop(name) for name in given.keys() - own.keys()}
        return command(make_request(context, asked.pop("environment", None), **asked), console, **given)

    return asking


def on_state(command: Callable[..., Any]) -> Callable[..., Any]:
    """Takes -e, and hands the command the state of that environment."""

    @environment_option
    @click.pass_context
    @wraps(command)
    def opening(context: click.Context, /, environment: str | None, **given: Any) -> Any:
        from planner.cli.stored import stored  # noqa: PLC0415 - when it runs

        return command(stored(context, environment), **given)

    return opening
