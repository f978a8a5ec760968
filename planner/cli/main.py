"""The `planner` command: global options, commands loaded when called, errors into exit codes."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click
from attrs import define

from planner import __version__

COMMANDS = {
    "plan": "Show what apply would change.",
    "apply": "Make the installation what the templates say.",
    "destroy": "Delete everything the state holds.",
    "drift": "Show what changed outside of planner.",
    "output": "Print the outputs of the last apply.",
    "validate": "Check project, variables and templates.",
    "sandbox": "Run or reset the embedded Elastic Cloud Enterprise.",
}

USAGE, INTERRUPTED = 64, 130


@define
class Settings:
    """The global options."""

    folder: Path
    verbosity: int
    colour: bool | None


class Commands(click.Group):
    """Knows the commands by name; imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"planner.cli.commands.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101 - each module of commands/ has one
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from planner.model.diagnostic import did_you_mean  # noqa: PLC0415 - only on this error

            near = did_you_mean(args[0], COMMANDS)
            raise click.UsageError(f"{error.message} {near}".strip(), ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="planner", message="%(prog)s %(version)s")
@click.option(
    "-C",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    default=Path(),
    help="The project's folder.",
)
@click.option("-v", "verbosity", count=True, help="Log requests and replies; -vv also their bodies.")
@click.option("--no-color", is_flag=True, help="No colours, as with NO_COLOR=1.")
@click.pass_context
def cli(context: click.Context, folder: Path, verbosity: int, no_color: bool) -> None:
    """Plan and apply Elastic Cloud Enterprise and Elastic Cloud resources as code.

    \b
    planner plan -e dev                  show what would change
    planner apply -e dev                 change it, after asking
    planner plan -e prod --out p.json    save a plan ...
    planner apply -e prod p.json         ... and apply exactly that
    """
    context.obj = Settings(folder, verbosity, False if no_color else None)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Runs the command line and exits with the code of design: see planner.errors."""
    try:
        code = cli.main(args=arguments, prog_name="planner", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.UsageError as error:
        error.show()
        code = USAGE
    except click.ClickException as error:
        error.show()
        code = 1
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        code = INTERRUPTED
    except BrokenPipeError:
        _close_stdout()
        code = 1
    except Exception as error:  # noqa: BLE001 - the last resort: users see no traceback
        code = _report(error)
    sys.exit(code if isinstance(code, int) else 0)


def _close_stdout() -> None:
    # the reader of a pipe went away: nothing more can be written, not even by the interpreter as it exits
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _report(error: Exception) -> int:
    from planner.cli.failure import report  # noqa: PLC0415 - only on errors

    return report(error)
