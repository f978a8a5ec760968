"""`planner console`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from io import TextIOWrapper
from itertools import takewhile

import click

from planner.cli.handed import Console, Evaluation, Request
from planner.cli.options import on_request, variable_options
from planner.errors import PlannerError

_WAYS_OUT = ("exit", "quit")


@click.command("console")
@variable_options
@on_request
def command(request: Request, console: Console, /) -> int:
    """Show what an expression comes to where the templates of an environment have it, one a line.

    Writes nothing, and asks no installation. Without a terminal it reads a line and prints a result for each;
    an error is told with its line, and the exit code is 1 in the end. `var`, `local`, `env` or `resource`
    alone lists the names in it; `exit` ends it.

    \b
    planner console -e prod
    echo 'local.prefix ~ "-synonyms"' | planner console -e dev
    """
    from planner.app.evaluating import Evaluation

    evaluation = Evaluation.of(request)
    console.diagnostics(evaluation.configuration.diagnostics)
    if sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty():
        name = evaluation.configuration.environment.name
        console.tell(f"Expressions as the templates of {name} have them, one a line. Ctrl-D ends it.")
        for line in _typed(console, name):
            _answer(evaluation, console, line)
        return 0
    fine = [_answer(evaluation, console, line, f"line {n}: ") for n, line in _given() if line.strip()]
    return 0 if all(fine) and not evaluation.configuration.has_errors else 1


def _answer(evaluation: Evaluation, console: Console, line: str | bytes, where: str = "") -> bool:
    from planner.render.values import inline

    try:
        console.out(inline(evaluation.value(_text(line))))
    except PlannerError as error:
        error.summary = f"{where}{error.summary}"
        console.error(error)
        return False
    return True


def _text(line: str | bytes) -> str:
    try:
        return (line if isinstance(line, str) else line.decode()).strip()
    except UnicodeDecodeError:
        raise PlannerError("it is not UTF-8 text") from None


def _given() -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers, each as soon as it is there, until one that ends a session."""
    if sys.stdin is not None:
        lines = takewhile(
            lambda line: line.strip().decode(errors="replace") not in _WAYS_OUT, sys.stdin.buffer
        )
        yield from enumerate(lines, 1)


def _typed(console: Console, name: str) -> Iterator[str]:
    """Lines that somebody types, until the end of the input. Those before are at hand, and kept nowhere."""
    with suppress(ImportError):  # it is not in every Python
        import readline  # noqa: F401 - input() edits lines with it
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    with suppress(EOFError):
        while (line := input(f"{name}> ").strip()) not in _WAYS_OUT:
            if line:
                yield line
        return
    console.out("")
