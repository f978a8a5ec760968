"""`planner state`."""

from __future__ import annotations

import json
from collections.abc import Callable

import click

from planner.app.command_line import plain_command_line
from planner.app.opening import opened
from planner.cli.commands.state_places import migrate_command, pull_command, push_command, rotate_command
from planner.cli.commands.state_rename import rename_command
from planner.cli.options import (
    Stored,
    address_of,
    complete_addresses,
    edit_options,
    environment_option,
    make_console,
    make_request,
    stored,
)
from planner.engine.doubt import adopt, discard
from planner.engine.edits import at_addresses, matching, moved, removed
from planner.engine.workflow import look_at
from planner.errors import PlannerError
from planner.model.codec import encode
from planner.model.resource import Prior
from planner.model.state import LEFT_OVER, State, Whose, whose
from planner.render.escaping import escape, pad


@click.group("state")
def command() -> None:
    """Look at the state, and edit it. Every edit is a new serial; restore brings an older one back.

    \b
    planner state list 'extension.stopwords_*' --ids
    planner state mv extension.scripts extension.ranking --dry-run
    planner state rm extension.legacy
    planner state history
    planner state restore 7
    """


@command.command("list")
@click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
@environment_option
@click.option("--ids", is_flag=True, help="Print the ids too.")
@click.pass_context
def list_command(
    context: click.Context, /, patterns: tuple[str, ...], environment: str | None, ids: bool
) -> None:
    """List the addresses in the state, or those that a PATTERN matches, as 'extension.stopwords_*'.

    What is left over from a replacement has its line too, which says so.
    """
    here = stored(context, environment)
    state = here.store.load()
    wanted = matching(state, patterns) if patterns else {prior.address for prior in state.entries}
    entries = at_addresses(state, wanted)
    width = max((len(str(prior.address)) for prior in entries), default=0)
    for prior in entries:
        shown = f"{pad(str(prior.address), width)}  {escape(prior.id)}" if ids else str(prior.address)
        here.console.out(f"{shown} ({LEFT_OVER})" if prior in state.deposed else shown)


@command.command("show")
@click.argument("address", shell_complete=complete_addresses)
@environment_option
@click.pass_context
def show_command(context: click.Context, /, address: str, environment: str | None) -> None:
    """Print what the state holds of one resource, as JSON. What is left over from it comes last, marked."""
    here = stored(context, environment)
    state = here.store.load()
    for prior in at_addresses(state, matching(state, [address])):
        marks = {"deposed": True} if prior in state.deposed else {}
        here.console.out(json.dumps({**encode(prior), **marks}, indent=2, ensure_ascii=False))


@command.command("mv")
@click.argument("source", shell_complete=complete_addresses)
@click.argument("target")
@edit_options
@click.pass_context
def mv_command(
    context: click.Context,
    /,
    source: str,
    target: str,
    environment: str | None,
    lock_timeout: float,
    dry_run: bool,
) -> None:
    """Give the resource at SOURCE the address TARGET. A `moved` block does the same through a plan."""
    here = stored(context, environment)
    old, new = address_of(source), address_of(target)
    _edit(here, "state mv", lock_timeout, dry_run, lambda state: moved(state, old, new))
    here.console.out(f"{'Would move' if dry_run else 'Moved'} {old} to {new}.")


@command.command("rm")
@click.argument("patterns", nargs=-1, required=True, metavar="PATTERN...", shell_complete=complete_addresses)
@edit_options
@click.pass_context
def rm_command(
    context: click.Context,
    /,
    patterns: tuple[str, ...],
    environment: str | None,
    lock_timeout: float,
    dry_run: bool,
) -> None:
    """Forget resources, and what is left over from their replacements; in the installation they stay.

    A `removed` block does the same through a plan.
    """
    here = stored(context, environment)
    found: dict[Whose, str] = {}

    def edit(state: State) -> State:
        addresses = matching(state, patterns)
        found.update((whose(prior), _told(prior, state)) for prior in at_addresses(state, addresses))
        return removed(state, addresses)

    serial = _edit(here, "state rm", lock_timeout, dry_run, edit)
    for told in found.values():
        here.console.out(f"{'Would forget' if dry_run else 'Forgot'} {told}.")
    if not dry_run:
        words = ("state", "restore", str(serial))
        here.console.tell(f"To undo: {plain_command_line(here.folder, here.environment.name, *words)}")


@command.command("adopt")
@click.argument("address", shell_complete=complete_addresses)
@click.argument("resource_id", metavar="ID")
@edit_options
@click.pass_context
def adopt_command(
    context: click.Context,
    /,
    address: str,
    resource_id: str,
    environment: str | None,
    lock_timeout: float,
    dry_run: bool,
) -> None:
    """Take the resource ID into the state at ADDRESS, and settle a create in doubt there.

    Unlike import it needs no block in a template. When there is none for ADDRESS, the next plan wants to
    delete the resource.
    """
    target = address_of(address)
    request = make_request(context, environment)
    console = make_console(context)
    with opened(request, console) as here:
        observed = look_at(here.session, target, resource_id)
        kind, salt = here.session.drivers[target.kind].kind, here.session.goal.salt
        found = Stored(here.request.folder, console, here.environment, here.store)
        _edit(found, "state adopt", lock_timeout, dry_run, lambda s: adopt(s, target, observed, kind, salt))
    console.out(f"{'Would adopt' if dry_run else 'Adopted'} {resource_id} as {target}.")


@command.command("discard")
@click.argument("address")
@edit_options
@click.pass_context
def discard_command(
    context: click.Context, /, address: str, environment: str | None, lock_timeout: float, dry_run: bool
) -> None:
    """Settle a create in doubt at ADDRESS: it made nothing. The next apply creates the resource anew.

    Only for a create that was cut off and that several resources could come from; the error of plan and
    apply shows them. None of them is touched.
    """
    here = stored(context, environment)
    target = address_of(address)
    _edit(here, "state discard", lock_timeout, dry_run, lambda state: discard(state, target))
    here.console.out(
        f"{'Would discard' if dry_run else 'Discarded'} the create of {target} that was cut off."
    )


@command.command("history")
@environment_option
@click.pass_context
def history_command(context: click.Context, /, environment: str | None) -> None:
    """List the snapshots that are kept, the newest first."""
    here = stored(context, environment)
    entries = here.store.history()
    for entry in entries:
        here.console.out(f"{entry.serial:>6}  {entry.time}  {entry.size:>10,} bytes")
    if not entries:
        here.console.out("There is no state yet.")


@command.command("restore")
@click.argument("serial", type=click.IntRange(min=1))
@edit_options
@click.pass_context
def restore_command(
    context: click.Context, /, serial: int, environment: str | None, lock_timeout: float, dry_run: bool
) -> None:
    """Make the snapshot SERIAL the state again, as a new serial. Nothing in the installation changes."""
    here = stored(context, environment)
    if serial not in [entry.serial for entry in here.store.history()]:
        raise PlannerError(f"there is no snapshot {serial}", advice="See planner state history.")
    if dry_run:
        here.store.restorable(serial)
        here.console.out(f"Would restore serial {serial}.")
        return
    with here.store.lock("state restore", lock_timeout):
        state = here.store.restore(serial)
    count = len(state.resources)
    here.console.out(
        f"Restored serial {serial} as serial {state.serial}, with {count} resource{'s' * (count != 1)}."
    )


def _edit(
    here: Stored, operation: str, timeout: float, dry_run: bool, change: Callable[[State], State]
) -> int:
    """Changes the state under its lock; the serial before."""
    if dry_run:
        state = here.store.load()
        change(state)
        return state.serial
    with here.store.lock(operation, timeout):
        state = here.store.checkpoint()
        here.store.commit(change(state))
        return state.serial


def _told(prior: Prior, state: State) -> str:
    return f"{prior.address} ({prior.id}, {LEFT_OVER})" if prior in state.deposed else str(prior.address)


for other in (pull_command, push_command, migrate_command, rotate_command, rename_command):
    command.add_command(other)
