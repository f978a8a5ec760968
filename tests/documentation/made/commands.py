"""The commands, of click."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from planner.cli.main import cli
from planner.cli.verbs import COMMANDS, TASKS

from .markdown import cell, code, table


def made() -> str:
    context = click.Context(cli, info_name="planner")
    parts = [_options(cli, context)]
    for task, names in TASKS.items():
        parts.append(f"## {task}\n")
        for name in names:
            found = cli.get_command(context, name)
            assert found is not None
            parts += _sections(found, name, context)
    return "\n".join(parts)


def _sections(command: click.Command, name: str, parent: click.Context) -> Iterator[str]:
    """Of a command, and of those below it."""
    context = click.Context(command, parent=parent, info_name=name)
    yield f"### {context.command_path}\n"
    yield f"```text\n{' '.join([context.command_path, *command.collect_usage_pieces(context)])}\n```\n"
    yield from _paragraphs(command.help or COMMANDS[name])
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None and not found.hidden:
                yield from _sections(found, below, context)
    elif options := _options(command, context):
        yield options


def _paragraphs(text: str) -> Iterator[str]:
    r"""Those of a help; one that begins with \b is shown as it stands."""
    for part in re.split(r"\n[ ]*\n", inspect.cleandoc(text)):
        yield f"```text\n{part[2:]}\n```\n" if part.startswith("\b") else f"{cell(part)}\n"


def _options(command: click.Command, context: click.Context) -> str:
    records = [param.get_help_record(context) for param in command.get_params(context)]
    rows = [(code(names), cell(text)) for names, text in filter(None, records)]
    own = [row for row in rows if "--help" not in row[0]]
    return table(["option", "meaning"], own) if own else ""
