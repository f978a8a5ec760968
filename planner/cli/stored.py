"""The state of an environment, for commands that need nothing else of it."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

import click
from attrs import frozen

from planner.app.command_line import plain_command_line
from planner.app.redaction import given_values
from planner.app.stores import States
from planner.cli.console import Console
from planner.cli.environments import environment_of
from planner.cli.verbs import folder_of, make_console
from planner.config.project import choose_environment, open_project
from planner.model.project import Environment
from planner.model.state import State
from planner.state.store import Store


@frozen(eq=False, repr=False)
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

    def refuse_while_open(self, state: State) -> None:
        """Refused where a roll-out has begun and not ended: an edit would take away what it goes on from."""
        if state.rollouts:
            from planner.app.begun import open_refusal  # noqa: PLC0415 - only then

            raise open_refusal(self.folder, self.environment.name, state.rollouts[0])

    def at(self, url: str, project: str = "", called: str = "") -> Store:
        """The state as it is at url, under the names of now if it is called nothing else; see
        `States.either`.
        """
        console = self.console
        project = project or self.store.project
        states = States(self.folder, project, os.environ, console.redact, console.retrying)
        return states.either(self.environment, url, called=called)


def stored(context: click.Context, environment: str | None) -> Stored:
    """The state of the named environment, of the default or of the only one. While a shell completes,
    nothing is told, and nothing but the state is asked.
    """
    folder, console, completing = folder_of(context), make_console(context), context.resilient_parsing
    project = open_project(folder)
    console.redact.watch(lambda: given_values(project, os.environ))
    retrying = nullcontext if completing else console.retrying
    states = States(folder, project.name, os.environ, console.redact, retrying)

    def tell(text: str) -> None:
        if not completing:
            console.tell(text)

    name = environment_of(context, environment, lambda: project, tell)
    chosen = choose_environment(project, name)
    opened = states.open(chosen, lambda note: tell(f"Note: {note}."), alone=completing)
    return Stored(folder, console, chosen, opened)
