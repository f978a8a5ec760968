"""Commands that work on the state alone, without calling any API."""

from __future__ import annotations

import os
from pathlib import Path

import click
from attrs import frozen

from planner.app.discretion import given_values
from planner.app.stores import States
from planner.cli.console import Console
from planner.cli.options import folder_of, make_console
from planner.config.load import choose_environment, open_project
from planner.model.project import Environment
from planner.state.store import Store


@frozen
class Stored:
    """folder: the project's, as -C named it."""

    folder: Path
    console: Console
    environment: Environment
    store: Store

    def states(self, project: str) -> States:
        """Those of a project by that name."""
        return States(self.folder, project, os.environ, self.console.redact)


def stored(context: click.Context, environment: str | None) -> Stored:
    """The state of the named environment, or of the only one."""
    folder = folder_of(context)
    console = make_console(context)
    project = open_project(folder)
    console.redact.watch(lambda: given_values(project, os.environ))
    chosen = choose_environment(project, environment)
    states = States(folder, project.name, os.environ, console.redact)
    store = states.open(chosen, tell=lambda note: console.tell(f"Note: {note}."))
    return Stored(folder, console, chosen, store)
