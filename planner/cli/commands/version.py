"""`planner version`."""

from __future__ import annotations

import platform

import click

from planner import __version__
from planner.cli.options import json_option
from planner.cli.verbs import make_console


@click.command("version")
@json_option
@click.pass_context
def command(context: click.Context, /, as_json: bool) -> None:
    """Print the version, as --version does. With --json also what it runs on."""
    from planner.render.reports import version_document

    if not as_json:
        click.echo(f"planner {__version__}")
        return
    told = version_document(__version__, platform.python_version(), platform.platform())
    make_console(context).document(told)
