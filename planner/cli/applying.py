"""Carrying out a plan from the command line: lock, approval, progress, ledger, exit code."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from attrs import frozen

from planner.cli.console import Console
from planner.cli.interrupt import Interrupt
from planner.cli.present import present, show_ledger, show_outputs, show_plan
from planner.cli.wiring import Opened, commit_of
from planner.engine.apply import Surroundings
from planner.engine.stale import moved_since, refuse_other_state
from planner.engine.workflow import Provenance, carry_out, propose_from, recover
from planner.errors import Refused, StalePlan
from planner.model.ledger import Ledger
from planner.model.plan import Plan
from planner.model.state import State
from planner.render import live_progress, plain_progress
from planner.state.saved_plan import plan_digest, read_plan

DONE, FAILED, REFUSED, PARTLY, INTERRUPTED = 0, 1, 3, 5, 130


@frozen
class Approval:
    """auto: do not ask. expected: the digest of the plan that was approved elsewhere."""

    auto: bool = False
    expected: str | None = None


def apply_now(console: Console, here: Opened, approval: Approval, lock_timeout: float) -> int:
    """Plan, ask, carry out, with the lock held all the while."""
    _refuse_blind_approval(here, approval)
    with here.store.lock("destroy" if here.session.wish.mode == "destroy" else "apply", lock_timeout):
        state, notes = recover(here.session)
        for note in notes:
            console.tell(f"Note: {note}.")
        proposal = propose_from(here.session, state)
        present(console, here, proposal)
        if proposal.forbidden:
            return REFUSED
        if proposal.plan.is_empty:
            show_outputs(console, state.outputs)
            return DONE
        _approve(console, here, approval, proposal.plan)
        return _carry_out(console, here, proposal.plan, state)


def apply_saved(console: Console, here: Opened, path: Path, lock_timeout: float) -> int:
    """Carry out a saved plan, unless it is stale."""
    plan = read_plan(path)
    with here.store.lock("apply", lock_timeout):
        state, notes = recover(here.session)
        for note in notes:
            console.tell(f"Note: {note}.")
        wish = here.session.wish
        refuse_other_state(plan, state, wish)
        session = here.session
        moved = moved_since(plan, state, session.drivers, wish.salt, session.parallelism)
        if moved:
            show_ledger(console, Ledger(moved), here)
            raise StalePlan(
                f"the plan is stale: {len(moved)} of its resources moved since; nothing was changed",
                advice="Plan again and review the result.",
            )
        show_plan(console, plan)
        return _carry_out(console, here, plan, state)


def _refuse_blind_approval(here: Opened, approval: Approval) -> None:
    if here.environment.protected and approval.auto and not approval.expected:
        raise Refused(
            f"{here.environment.name} is protected: --auto-approve needs a saved plan or --expect-digest",
            advice=f"Save a plan, review it, and apply it: planner plan -e {here.environment.name} --out FILE",
        )


def _approve(console: Console, here: Opened, approval: Approval, plan: Plan) -> None:
    digest = plan_digest(plan)
    if approval.expected is not None:
        if approval.expected != digest:
            raise StalePlan(
                f"the plan is not the approved one: its digest is {digest}, not {approval.expected}",
                advice="Review the plan above and approve its digest.",
            )
        return
    if approval.auto or not plan.has_changes:
        return
    name = here.environment.name
    wanted = name if here.environment.protected else "yes"
    console.ask(f'Apply this to {name}? Only "{wanted}" goes on', wanted)


def _carry_out(console: Console, here: Opened, plan: Plan, state: State) -> int:
    stream = console.stderr
    style = console.style(sys.stderr)
    progress = (live_progress if sys.stderr.isatty() else plain_progress)(stream, style=style)
    variables = {name: assigned.value for name, assigned in here.configuration.variables.items()}
    provenance = Provenance(plan_digest(plan), variables, commit_of(here.folder))
    with Interrupt(console.tell) as interrupt, progress:
        surroundings = Surroundings(
            drivers=here.session.drivers,
            journal=here.store.open_journal(state, "apply"),
            sink=progress,
            now=here.store.clock,
            timer=time.monotonic,
            stop=interrupt.asked,
            parallelism=here.session.parallelism,
        )
        after, ledger = carry_out(here.session, plan, state, surroundings, provenance)
    show_ledger(console, ledger, here)
    if ledger.complete:
        show_outputs(console, after.outputs)
    return _exit_code(ledger)


def _exit_code(ledger: Ledger) -> int:
    if ledger.interrupted:
        return INTERRUPTED
    if ledger.complete:
        return DONE
    if ledger.changed:
        return PARTLY
    return REFUSED if any(entry.conflict for entry in ledger.entries) else FAILED
