"""Manual pages: `python -m planner.cli.man FOLDER` writes planner.1, and one for each command."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from planner import __version__
from planner.cli.main import cli

Page = tuple[str, str]
WIDTH: Final = 78


def pages(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[Page]:
    """Name of the file and text, of a command and of those below it."""
    settings = {**command.context_settings, "terminal_width": WIDTH}
    context = click.Context(command, parent=parent, info_name=name, **settings)
    title = context.command_path.replace(" ", "-")
    yield f"{title}.1", _page(context, title)
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None and not found.hidden:
                yield from pages(found, below, context)


def _page(context: click.Context, title: str) -> str:
    command = context.command
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    formatter = context.make_formatter()
    command.format_help_text(context, formatter)
    command.format_options(context, formatter)
    lines = [
        f'.TH "{title.upper()}" 1 "" "planner {__version__}" "planner"',
        ".SH NAME",
        rf"{_escaped(title)} \- {_escaped(command.get_short_help_str(limit=200))}",
        ".SH SYNOPSIS",
        _escaped(usage),
        ".SH DESCRIPTION",
        ".nf",
        *(_escaped(line) for line in formatter.getvalue().rstrip().splitlines()),
        ".fi",
    ]
    return "\n".join(lines) + "\n"


def _escaped(line: str) -> str:
    r"""A line as roff prints it. `\&`: what begins with a dot or an apostrophe is no request."""
    text = line.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{text}" if text.startswith((".", "'")) else text


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages(cli, "planner"):
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
