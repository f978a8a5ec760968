"""`planner state pull`, `push`, `migrate` and `rotate`: a state on its way from place to place."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from attrs import evolve

from planner.cli.handed import Store, Stored
from planner.cli.options import lock_option, on_state
from planner.errors import OthersState, PlannerError, WrongUsage
from planner.model.state import State


@click.command("pull")
@on_state
@click.option("--out", "file", type=click.Path(path_type=Path), help="Write it to this file, for push.")
def pull_command(here: Stored, /, file: Path | None) -> None:
    """Print the state as one JSON document, never encrypted. Takes no lock and changes nothing.

    What the journal of a run that was cut off adds is in it.
    """
    from planner.state import snapshot
    from planner.state.files import explained_file, write_private

    state = here.store.load()
    if not state.lineage:
        raise PlannerError(f"there is no state of {here.environment.name} yet", advice="Apply makes one.")
    data = snapshot.dump(state, here.store.redact)
    if file is None:
        here.console.out_document(data)
        return
    with explained_file(file, "written"):
        write_private(file, data)
    here.console.tell(f"Wrote serial {state.serial} to {file}. Only you may read it.")


@click.command("push")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@on_state
@lock_option
def push_command(here: Stored, /, file: Path, lock_timeout: float) -> None:
    """Make FILE, as pull wrote it, the state; - reads it from the standard input.

    Refused: another lineage, an older serial than the present one, a file that was edited.
    """
    from planner.state import snapshot

    with _pulled(), _other_names_in(here, "" if str(file) == "-" else str(file)):
        state = snapshot.parse(
            _read(file),
            shown="the standard input" if str(file) == "-" else str(file),
            project=here.store.project,
            environment=here.store.environment,
        )
    store = evolve(here.store, missed=lambda: None)  # who pushes knows where it comes from
    with store.lock("state push", lock_timeout):
        present = store.checkpoint()
        if present != state:
            here.refuse_while_open(present)
        written = store.take_over(state)
    _tell_written(here, written, store)


@contextmanager
def _other_names_in(here: Stored, place: str) -> Iterator[None]:
    """OthersState leads to the command that takes a state from a place and gives it the names of now."""
    from planner.state import snapshot

    try:
        yield
    except OthersState as error:
        wanted = here.store.project, here.store.environment
        error.advice = snapshot.advice_on_names((error.project, error.environment), wanted, place)
        raise


@contextmanager
def _pulled() -> Iterator[None]:
    """Where nothing else is to be done about what cannot be pushed, that says what can be."""
    try:
        yield
    except PlannerError as error:
        error.advice = error.advice or "Name a file that holds what `planner state pull` printed."
        raise


def _read(file: Path) -> bytes:
    from planner.state.files import explained_file, read_bounded, read_named

    if str(file) != "-":
        return read_named(file)
    with explained_file(file, "read"):
        return read_bounded(sys.stdin.buffer, file)


@click.command("migrate")
@click.option("--from", "source", metavar="PLACE", help="Where the state is. [default: as planner.yaml says]")
@click.option("--to", "target", metavar="PLACE", help="Where it goes. [default: as planner.yaml says]")
@on_state
@lock_option
def migrate_command(here: Stored, /, source: str | None, target: str | None, lock_timeout: float) -> None:
    """Copy the state from one place to another: a path, or a URL as `state` in planner.yaml takes.

    Both places are locked. The copy is one write, so that it is there whole or not at all, and the former
    place keeps what it has. Refused when the other place has a state of another lineage, or a later one.

    \b
    planner state migrate -e prod --to postgresql://db.example/planner
    planner state migrate -e prod --from state/prod.json

    With --to, edit planner.yaml afterwards; with --from, before.
    """
    if source is None and target is None:
        raise WrongUsage("say where the state comes from or goes to: --from PLACE, --to PLACE")
    former, later = (here.at(place or here.environment.state) for place in (source, target))
    if former.backend.describe() == later.backend.describe():
        raise WrongUsage(f"both places are {later.backend.describe()}")
    with former.lock("state migrate", lock_timeout), later.lock("state migrate", lock_timeout):
        with _other_names_in(here, source or ""):
            state = former.checkpoint()
        if not state.lineage:
            raise PlannerError(f"there is no state at {former.backend.describe()}")
        here.refuse_while_open(state)
        here.refuse_while_open(later.load())
        written = later.take_over(state)
    _tell_written(here, written, later)
    shown = former.backend.describe()
    if target is None or target == here.environment.state:
        here.console.tell(f"{shown} stays as it is; nothing looks at it any more.")
    else:
        name = here.environment.name
        here.console.tell(f"Now set `state: {target}` for {name} in planner.yaml; until then it is {shown}.")


@click.command("rotate")
@on_state
@lock_option
def rotate_command(here: Stored, /, lock_timeout: float) -> None:
    """Write the state anew, encrypted with the present key or passphrase.

    Set the new one as PLANNER_STATE_KEY or PLANNER_STATE_PASSPHRASE and the former one with _OLD behind its
    name. Also encrypts a state that is not yet, and decrypts it once `encrypted: true` is gone from
    planner.yaml. Snapshots in the history stay as they were written, until 20 newer ones have replaced them.
    """
    store = here.at(here.environment.state)
    with store.lock("state rotate", lock_timeout):
        state = store.checkpoint()
        if not state.lineage:
            raise PlannerError(f"there is no state of {here.environment.name} yet", advice="Apply makes one.")
        written = store.commit(state)
    form = "encrypted" if here.environment.encrypted else "not encrypted"
    here.console.out_words(f"Wrote serial {written.serial} to {store.backend.describe()}, {form}.")
    here.console.tell(f"Older snapshots are as they were written: {here.command_line('state', 'history')}")


def _tell_written(here: Stored, state: State, store: Store) -> None:
    here.console.out_words(f"Wrote {told_size(state)}, to {store.backend.describe()}.")


def told_size(state: State) -> str:
    count = len(state.resources)
    return f"serial {state.serial}, with {count} resource{'s' * (count != 1)}"


COMMANDS = (pull_command, push_command, migrate_command, rotate_command)
