"""`planner state`."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import wraps
from typing import Any

import click
from attrs import asdict, evolve, frozen

from planner.cli.commands.state_places import COMMANDS, told_size
from planner.cli.commands.state_rename import rename_command
from planner.cli.handed import Stored
from planner.cli.options import (
    Whole,
    address_of,
    complete_addresses,
    dry_run_option,
    json_option,
    lock_option,
    on_state,
)
from planner.cli.verbs import Verbs
from planner.engine.edits import adopt, at_addresses, discard, matching, moved, removed
from planner.errors import DamagedState, PlannerError
from planner.model.resource import Prior
from planner.model.state import LEFT_OVER, State, Whose, whose
from planner.render.escaping import escape, pad


@frozen
class _Edit:
    """An edit of a state as it was asked for. dry_run: tried on what is there, and not kept."""

    here: Stored
    lock_timeout: float
    dry_run: bool

    def make(
        self, operation: str, change: Callable[[State], State], settles: Callable[[State], bool] | None = None
    ) -> int:
        """Changes the state under its lock; the serial before. settles: whether it only settles what is in
        doubt, which a roll-out that has begun waits for as everything does.
        """
        store = self.here.store
        with nullcontext() if self.dry_run else store.lock(operation, self.lock_timeout):
            state = store.load() if self.dry_run else store.checkpoint()
            if not (settles and settles(state)):
                self.here.refuse_while_open(state)
            changed = change(state)
            if not self.dry_run:
                store.commit(changed)
            return state.serial

    def tell(self, would: str, done: str, what: str) -> None:
        self.here.console.out_words(f"{f'Would {would}' if self.dry_run else done} {what}.")


def _edits_state(command: Callable[..., Any]) -> Callable[..., Any]:
    """Takes what the edits share, and hands it to the command."""

    @on_state
    @lock_option
    @dry_run_option
    @wraps(command)
    def editing(here: Stored, /, lock_timeout: float, dry_run: bool, **given: Any) -> Any:
        return command(_Edit(here, lock_timeout, dry_run), **given)

    return editing


@click.group("state", cls=Verbs)
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
@on_state
@click.option("--ids", is_flag=True, help="Print the ids too.")
@json_option
def list_command(here: Stored, /, patterns: tuple[str, ...], ids: bool, as_json: bool) -> None:
    """List the addresses in the state, or those that a PATTERN matches, as 'extension.stopwords_*'.

    What is left over from a replacement has its line too, which says so.
    """
    state = here.store.load()
    wanted = matching(state, patterns) if patterns else {prior.address for prior in state.entries}
    entries = at_addresses(state, wanted)
    if as_json:
        from planner.render.reports import entries_document

        redacted = here.console.redact.inside((tuple(entries), state.deposed))
        here.console.document(entries_document(here.environment.name, *redacted))
        return
    width = max((len(str(prior.address)) for prior in entries), default=0)
    for prior in entries:
        shown = f"{pad(str(prior.address), width)}  {escape(prior.id)}" if ids else str(prior.address)
        here.console.out(f"{shown} ({LEFT_OVER})" if prior in state.deposed else shown)


@command.command("show")
@click.argument("address", shell_complete=complete_addresses)
@on_state
@click.option("--json", "as_list", is_flag=True, help="Print one JSON document, a list.")
def show_command(here: Stored, /, address: str, as_list: bool) -> None:
    """Print what the state holds of one resource, as JSON. What is left over from it comes last, marked."""
    from planner.model.codec import encode
    from planner.model.value_json import visible

    state = here.store.load()
    found = [
        {**encode(prior), **({"deposed": True} if prior in state.deposed else {})}
        for prior in at_addresses(state, matching(state, [address]))
    ]
    for document in [found] if as_list else found:
        here.console.out(visible(json.dumps(document, indent=2, ensure_ascii=False)))


@command.command("mv")
@click.argument("source", shell_complete=complete_addresses)
@click.argument("target")
@_edits_state
def mv_command(edit: _Edit, /, source: str, target: str) -> None:
    """Give the resource at SOURCE the address TARGET. A `moved` block does the same through a plan."""
    old, new = address_of(source), address_of(target)
    edit.make("state mv", lambda state: moved(state, old, new))
    edit.tell("move", "Moved", f"{old} to {new}")


@command.command("rm")
@click.argument("patterns", nargs=-1, required=True, metavar="PATTERN...", shell_complete=complete_addresses)
@_edits_state
def rm_command(edit: _Edit, /, patterns: tuple[str, ...]) -> None:
    """Forget resources, and what is left over from their replacements; in the installation they stay.

    A `removed` block does the same through a plan.
    """
    found: dict[Whose, str] = {}

    def forget(state: State) -> State:
        addresses = matching(state, patterns)
        found.update((whose(prior), _told(prior, state)) for prior in at_addresses(state, addresses))
        return removed(state, addresses)

    serial = edit.make("state rm", forget)
    for told in found.values():
        edit.tell("forget", "Forgot", told)
    if not edit.dry_run:
        edit.here.console.tell(f"To undo: {edit.here.command_line('state', 'restore', str(serial))}")


@command.command("adopt")
@click.argument("address", shell_complete=complete_addresses)
@click.argument("resource_id", metavar="ID")
@_edits_state
@click.pass_context
def adopt_command(context: click.Context, edit: _Edit, /, address: str, resource_id: str) -> None:
    """Take the resource ID into the state at ADDRESS, and settle a create in doubt there.

    Unlike import it needs no block in a template. When there is none for ADDRESS, the next plan wants to
    delete the resource.
    """
    from planner.app.opening import opened
    from planner.cli.requests import make_request
    from planner.engine.workflow import look_at

    target = address_of(address)
    request = make_request(context, edit.here.environment.name)
    with opened(request) as here:
        observed = look_at(here.session, target, resource_id)
        kind, salt = here.session.drivers[target.kind].kind, here.session.goal.salt
        edit = evolve(edit, here=evolve(edit.here, store=here.store))

        def in_doubt(state: State) -> bool:
            return any(intent.address == target for intent in state.in_doubt)

        edit.make("state adopt", lambda state: adopt(state, target, observed, kind, salt), in_doubt)
    edit.tell("adopt", "Adopted", f"{resource_id} as {target}")


@command.command("discard")
@click.argument("address")
@_edits_state
def discard_command(edit: _Edit, /, address: str) -> None:
    """Settle a create in doubt at ADDRESS: it made nothing. The next apply creates the resource anew.

    Only for a create that was cut off and that several resources could come from; the error of plan and
    apply shows them. None of them is touched.
    """
    target = address_of(address)
    edit.make("state discard", lambda state: discard(state, target), lambda _state: True)
    edit.tell("discard", "Discarded", f"the create of {target} that was cut off")


@command.command("history")
@on_state
@json_option
def history_command(here: Stored, /, as_json: bool) -> None:
    """List the snapshots that are kept, the newest first."""
    entries = here.store.history()
    if as_json:
        from planner.render.reports import history_document

        here.console.document(history_document(here.environment.name, map(asdict, entries)))
        return
    for entry in entries:
        here.console.out(f"{entry.serial:>6}  {entry.time}  {entry.size:>10,} bytes")
    if not entries:
        here.console.out_words("There is no state yet.")


@command.command("restore")
@click.argument("serial", type=Whole(min=1))
@_edits_state
def restore_command(edit: _Edit, /, serial: int) -> None:
    """Make the snapshot SERIAL the state again, as a new serial. Nothing in the installation changes."""
    console, store = edit.here.console, edit.here.store
    if serial not in [entry.serial for entry in store.history()]:
        raise PlannerError(f"there is no snapshot {serial}", advice="See planner state history.")
    if edit.dry_run:
        store.restorable(serial)
        console.out_words(f"Would restore serial {serial}.")
        return
    with store.lock("state restore", edit.lock_timeout):
        with suppress(DamagedState):  # of what can be read no more, nothing can go on
            edit.here.refuse_while_open(store.load())
        state = store.restore(serial)
    console.out_words(f"Restored serial {serial} as {told_size(state)}.")
    for begun in state.rollouts:
        name = console.redact(begun.rollout.name)
        console.tell(f"Note: the roll-out {name} had not ended then; the next apply goes on with it.")


def _told(prior: Prior, state: State) -> str:
    return f"{prior.address} ({prior.id}, {LEFT_OVER})" if prior in state.deposed else str(prior.address)


for other in (*COMMANDS, rename_command):
    command.add_command(other)
