"""The `planner` command: one line is run, and errors become exit codes."""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
import threading
from io import TextIOWrapper
from types import FrameType
from typing import Any, NoReturn

import click

from planner import __version__
from planner.cli.verbs import INTERRUPTED, USAGE, Commands, Invocation, global_options

ONE_DASH = re.compile("-[a-z][a-z-]")
_BEFORE = "Error: "
"""What click puts before a message."""
OBJECTS_BETWEEN_COLLECTIONS = 100_000


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="planner", message="%(prog)s %(version)s")
def cli() -> None:
    """Plan and apply Elastic Cloud Enterprise and Elastic Cloud resources as code.

    \b
    planner plan -e dev                  show what would change
    planner apply -e dev                 change it, after asking
    planner plan -e prod --out p.json    save a plan ...
    planner apply -e prod p.json         ... and apply exactly that

    These options may also stand behind the command.
    """


cli.params = [*global_options(hidden=False), *cli.params]


def main(arguments: list[str] | None = None, *, system: str = os.name) -> NoReturn:
    """Runs the command line and exits with the code of design: see planner.errors. system: as os.name is."""
    if system != "posix":
        sys.exit("planner runs on Linux and macOS. On Windows, run it in WSL, which is Linux.")
    _prepare_process()
    code = run(arguments)
    if code == INTERRUPTED:
        _leave_threads_behind()
    gc.freeze()  # all that is left goes with the process: the interpreter would look for garbage in it first
    sys.exit(code)


def run(arguments: list[str] | None) -> int:
    """One command line; its exit code, 0 of a command that gives none."""
    invocation = Invocation()
    try:
        code = _invoked(sys.argv[1:] if arguments is None else arguments, invocation)
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        _show(error, invocation)
        return USAGE if isinstance(error, click.UsageError) else 1
    except (KeyboardInterrupt, click.Abort) as error:
        if isinstance(error.__cause__, EOFError):  # click takes the end of any file for a Ctrl-D
            return _defect(error.__cause__, invocation)
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort: users see no traceback
        return _defect(error, invocation)


def _invoked(words: list[str], invocation: Invocation) -> Any:
    """What the command gives back. Nothing is run of Terraform's words: to click, `-env` is `-e nv`."""
    if any(map(ONE_DASH.match, words)):
        _refuse_habits(words, None)
    try:
        return cli.main(words, prog_name="planner", standalone_mode=False, obj=invocation)
    except click.UsageError as error:
        _refuse_habits(words, error)
        raise


def _refuse_habits(words: list[str], error: click.UsageError | None) -> None:
    from planner.cli.habits import refuse_habits  # noqa: PLC0415 - only where something may be one

    refuse_habits(words, cli, error)


def _defect(error: Exception, invocation: Invocation) -> int:
    from planner.cli.console import report  # noqa: PLC0415 - only on errors

    return report(error, invocation.console())


def _show(error: click.ClickException, invocation: Invocation) -> None:
    """As click does, but what was typed may come from a script, or be a secret in the wrong place."""
    from planner.render.escaping import escape  # noqa: PLC0415 - only on this error

    console = invocation.console()
    said = console.redact(error.format_message())
    whole = "\n".join(map(escape, f"{_BEFORE}{said}".split("\n")))
    text = console.in_words(whole).removeprefix(_BEFORE)
    if isinstance(error, click.UsageError):
        click.UsageError(text, error.ctx).show()
    else:
        click.ClickException(text).show()


def _prepare_process() -> None:
    # What a command allocates lives until it ends: looking for garbage as usual takes a sixth of its time.
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    signal.signal(signal.SIGTERM, _as_interrupt)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # the caller closed it: `planner plan >&-`
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - until the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may know ASCII only


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _leave_threads_behind() -> None:
    """Exits at once if a thread still waits for a reply; the interpreter would wait for that thread."""
    if any(not t.daemon for t in threading.enumerate() if t is not threading.main_thread()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(INTERRUPTED)
