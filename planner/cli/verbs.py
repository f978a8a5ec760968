"""What may be typed: the commands by task, groups of them, and the options that stand anywhere on a line."""

from __future__ import annotations

import keyword
import os
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import click
from attrs import define

if TYPE_CHECKING:
    from planner.cli.console import Console

TASKS = {
    "Write it": {
        "init": "Write a starter project.",
        "validate": "Check project, variables and templates.",
        "lint": "Check bundles and plugins before they leave here.",
        "render": "Print what the templates become.",
        "console": "Show what expressions come to in templates.",
        "kinds": "List and describe the kinds of resources.",
        "schemas": "Renew the schemas by which editors check the files.",
    },
    "Change an installation": {
        "plan": "Show what apply would change.",
        "apply": "Make the installation what the templates say.",
        "destroy": "Delete everything the state holds.",
        "rollout": "Show roll-outs that have begun; go on, or back.",
        "import": "Take an existing resource into the state.",
        "export": "Write templates for what the installation holds.",
    },
    "Look at it": {
        "drift": "Show what changed outside of planner.",
        "who-uses": "Show which deployments load an extension.",
        "show": "Show the state, or a saved plan.",
        "output": "Print the outputs of the last apply.",
        "graph": "Print what depends on what.",
    },
    "From one environment to the next": {
        "env": "Show the environments, what each runs, how they differ.",
        "preview": "Show what a change in git does to each environment.",
        "promote": "Pin an environment to the release that runs in another one.",
        "release": "Show releases, approve one, reject one.",
        "verify": "Record what a check found of what an environment runs.",
    },
    "The state": {
        "state": "Look at the state, edit it, go back.",
        "lock": "Show or break the lock.",
    },
    "More": {
        "sandbox": "Run or reset the embedded Elastic Cloud Enterprise.",
        "completion": "Print a completion script for bash, zsh or fish.",
        "version": "Print the version.",
        "help": "Show how a command is used.",
    },
}
COMMANDS = {name: text for commands in TASKS.values() for name, text in commands.items()}
EXIT_CODES = {
    "0": "done; with plan --detailed-exitcode: no changes",
    "1": "error, nothing was changed",
    "2": "plan --detailed-exitcode, drift: there are changes",
    "3": "refused: stale plan, conflict, gate, prevent_destroy, held back",
    "4": "the lock is held",
    "5": "partly applied, a roll-out that ended early, or a failed check",
    "64": "wrong usage",
    "130": "interrupted",
}


def module_of(command: str) -> str:
    """The module of a command in planner.cli.commands; `import` and `who-uses` are no names in Python."""
    return f"{command}_" if keyword.iskeyword(command) else command.replace("-", "_")


USAGE, INTERRUPTED = 64, 130
MAX_SENTENCE = 1_000


@define(eq=False, repr=False)
class Invocation:
    """One run of the program: the global options, and the console that they ask for. environment: what -e
    named, "" for nothing.
    """

    folder: Path = Path()
    environment: str = ""
    verbosity: int = 0
    colour: bool | None = None
    _console: Console | None = None

    def console(self) -> Console:
        """The same one for the command and for the error that ends it, as it knows the secrets."""
        from planner.app.redaction import given_credentials  # noqa: PLC0415 - `--version` needs none
        from planner.cli.console import Console  # noqa: PLC0415 - as above

        if self._console is None:
            credentials = given_credentials(os.environ)
            self._console = Console(colour=self.colour, verbosity=self.verbosity, located=self._located)
            self._console.redact.watch(lambda: credentials)
        return self._console

    def _located(self, text: str) -> str:
        """text with what was given in its commands, so that they work from where the user stands."""
        from planner.app.command_line import with_environment, with_folder  # noqa: PLC0415 - as above

        return with_folder(with_environment(text, self.environment), self.folder, COMMANDS)

    def end_drawing(self) -> None:
        if self._console is not None:
            self._console.screen.end()


def make_console(context: click.Context) -> Console:
    """The console as the global options want it."""
    return context.ensure_object(Invocation).console()


def folder_of(context: click.Context) -> Path:
    """The project's, as -C names it, also while a shell completes."""
    return context.ensure_object(Invocation).folder


def _in_folder(context: click.Context, _option: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.ensure_object(Invocation).folder = value


def _with_verbosity(context: click.Context, _option: click.Parameter, value: int) -> None:
    context.ensure_object(Invocation).verbosity += value


def _with_colour(context: click.Context, _option: click.Parameter, value: str | None) -> None:
    if value:
        context.ensure_object(Invocation).colour = {"always": True, "never": False}.get(value)


VARIABLE: Final = "PLANNER_ENVIRONMENT"
IN_FILE: Final = "default_environment in planner.yaml"

NAMED_ALWAYS: Final = frozenset(
    {
        *("apply --destroy", "destroy", "lock break"),
        *(f"state {edit}" for edit in ("adopt", "discard", "push", "restore", "rm")),
    }
)
"""What deletes, decides or cannot be looked at before: nobody wants it done where they did not look."""
_OWN: Final = frozenset({"sandbox reset", "sandbox serve"})
"""Without -e they are about no environment."""
ABOUT_ALL: Final = frozenset({"init", "validate"})
"""Without -e they are about every environment."""


def command_of(context: click.Context) -> str:
    """`state rm`; an apply that destroys is one of its own."""
    command = context.command_path.partition(" ")[2]
    return f"{command} --destroy" if command == "apply" and context.params.get("destroy") else command


def default_of(context: click.Context) -> str:
    """What a command's help says of it without -e."""
    command = command_of(context)
    if command in _OWN:
        return "none: a sandbox of its own"
    if command in ABOUT_ALL:
        return "each of them"
    if command in NAMED_ALWAYS:
        return "the only one"
    none = "; with --destroy the only one" if f"{command} --destroy" in NAMED_ALWAYS else ""
    return f"{VARIABLE}, {IN_FILE}, the only one{none}"


def global_options(*, hidden: bool) -> list[click.Option]:
    """What is taken before a command and, hidden from its own help, behind it."""
    anywhere = partial(click.Option, expose_value=False, hidden=hidden)
    folder = click.Path(path_type=Path)
    when = click.Choice(["auto", "always", "never"])
    return [
        anywhere(["-C"], metavar="DIR", type=folder, callback=_in_folder, help="The project's folder."),
        anywhere(
            ["-v", "verbosity"],
            count=True,
            callback=_with_verbosity,
            help="Log requests and replies; -vv also their bodies.",
        ),
        anywhere(
            ["--color"], type=when, callback=_with_colour, help="When to use colours; auto heeds NO_COLOR."
        ),
        anywhere(
            ["--no-color"],
            flag_value="never",
            is_flag=True,
            callback=_with_colour,
            help="The same as --color never.",
        ),
    ]


class Verbs(click.Group):
    """A command of commands. Without one it shows its help; each takes the global options too."""

    behind: ClassVar = global_options(hidden=True)

    def __init__(self, **given: Any) -> None:
        super().__init__(invoke_without_command=True, **given)

    def invoke(self, ctx: click.Context) -> Any:
        found = super().invoke(ctx)
        if ctx.invoked_subcommand is None:
            click.echo(ctx.get_help())
        return found

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command = self.found(ctx, cmd_name)
        if command is not None and self.behind[0] not in command.params:
            command.params = [*command.params, *self.behind]
        return command

    def found(self, ctx: click.Context, name: str) -> click.Command | None:
        return super().get_command(ctx, name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The first sentence of each, whole: click would cut it to a line."""
        listed = [(name, self.found(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, found.get_short_help_str(MAX_SENTENCE)) for name, found in listed if found]
            )

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        known = self.list_commands(ctx)
        if args and args[0] not in known and not ctx.resilient_parsing:
            from planner.model.diagnostic import did_you_mean  # noqa: PLC0415 - only on this error

            where = ctx.command_path.partition(" ")[2]
            name = f"{where} {args[0]}".strip()
            raise click.UsageError(
                f'there is no command "{name}". {did_you_mean(args[0], known)}'.strip(), ctx
            )
        return super().resolve_command(ctx, args)


class Commands(Verbs):
    """Knows the commands by name; imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def found(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        if name not in COMMANDS:
            return None
        command = import_module(f"planner.cli.commands.{module_of(name)}").command
        assert isinstance(command, click.Command)  # noqa: S101 - each module of commands/ has one
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        finally:  # before click begins a line of its own, and before the error that ended it is shown
            ctx.ensure_object(Invocation).end_drawing()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        width = max(map(len, COMMANDS))
        for task, commands in {**TASKS, "Exit codes": EXIT_CODES}.items():
            with formatter.section(task):
                formatter.write_dl([(name.ljust(width), text) for name, text in commands.items()])
