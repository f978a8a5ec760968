"""`planner lock`."""

from __future__ import annotations

import click
from attrs import asdict

from planner.cli.handed import Stored
from planner.cli.options import json_option, on_state
from planner.cli.verbs import Verbs


@click.group("lock", cls=Verbs)
def command() -> None:
    """Who works on an environment.

    \b
    planner lock show -e prod
    planner lock break 0f8e6c2a-... -e prod
    """


@command.command("show")
@on_state
@json_option
def show_command(here: Stored, /, as_json: bool) -> None:
    """Show who holds the lock, by the word of the place where the state is."""
    holder = here.store.backend.probe_lock()
    name = here.environment.name
    if as_json:
        from planner.render.reports import lock_document

        shown = here.console.redact.inside(holder)
        here.console.document(lock_document(name, asdict(shown) if shown else None))
    elif holder is None:
        here.console.out_words(f"{name} is free.")
    else:
        known_as = f"Lock id: {holder.id}" if holder.id else "The server does not tell the lock's id."
        here.console.out_words(f"{name} is held by {holder}. {known_as}")


@command.command("break")
@click.argument("lock_id")
@on_state
def break_command(here: Stored, /, lock_id: str) -> None:
    """Take the lock LOCK_ID from its holder, whose next write then fails. See lock show for the id."""
    here.store.backend.break_lock(lock_id)
    here.console.out_words(f"Broke the lock {lock_id} of {here.environment.name}.")
