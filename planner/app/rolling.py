"""Roll-outs that have begun: an apply goes on with them before it plans, and takes back what failed."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from planner.app.carrying import Applying, Outcome, carried
from planner.app.command_line import plain_command_line
from planner.app.opening import Opened
from planner.engine.rollouts.again import plan_again
from planner.engine.workflow import Proposal, Provenance, propose_from
from planner.errors import Refused, StalePlan
from planner.model.plan import Action, Change, Plan
from planner.model.rollout import BACK, STOPPED, Begun
from planner.model.state import State


def is_held(plan: Plan) -> bool:
    return any(rollout.held for rollout in plan.rollouts)


def go_on(applying: Applying, state: State, approved: str | None) -> tuple[State, Outcome | None]:
    """The state once what has begun is done, and what became of it where that ends the apply. approved: the
    digest of a plan that somebody approved. Refused where it is another one than began, or somebody has to
    say first how it goes on.
    """
    here, records = applying.here, state.rollouts
    if not records:
        return state, None
    _refuse_stopped(here, records)
    if approved is not None and approved not in {begun.plan_digest for begun in records}:
        raise _open(here, records[0], "another plan was approved than the one that began it")
    back = any(begun.status == BACK for begun in records)
    for begun in records:
        here.caller.tell(_going_on(begun))
    plan = plan_again(records, state, here.session.goal, here.session.drivers)
    after, outcome = carried(applying, plan, state, Provenance(records[0].plan_digest))
    outcome = went_back(applying, after, evolve(outcome, back=back))
    whole = outcome.ledger is not None and outcome.ledger.complete and not outcome.back
    return after, None if whole else outcome


def went_back(applying: Applying, state: State, outcome: Outcome) -> Outcome:
    """What became of an apply, once the roll-outs that failed in it have gone back."""
    here, records = applying.here, [begun for begun in state.rollouts if begun.status == BACK]
    if not records or outcome.back or (outcome.ledger and outcome.ledger.interrupted):
        return outcome
    for begun in records:
        here.caller.tell(_going_on(begun))
    plan = plan_again(records, state, here.session.goal, here.session.drivers)
    _, back = carried(applying, plan, state, Provenance(records[0].plan_digest))
    interrupted = bool(back.ledger and back.ledger.interrupted)
    return evolve(back, back=True) if interrupted else evolve(outcome, back=True)


def left_over(applying: Applying, state: State) -> Proposal:
    """What is left of an approved plan once its roll-outs are done: what they replaced is deleted. StalePlan
    where more is to be done by now.
    """
    here = applying.here
    with here.caller.doing("Asking the installation") as counted:
        proposal = propose_from(here.session, state, counted)
    if proposal.forbidden or any(not _is_left_over(change) for change in proposal.plan.changes):
        raise StalePlan(
            "its roll-outs are done, and what is left to do is not what the approved plan says",
            advice="Plan again and review the result.",
        )
    return proposal


def _is_left_over(change: Change) -> bool:
    return change.deposed and change.action is Action.DELETE


def _refuse_stopped(here: Opened, records: Iterable[Begun]) -> None:
    for begun in records:
        if begun.status == STOPPED:
            raise _open(here, begun, begun.reason)


def _open(here: Opened, begun: Begun, why: str) -> Refused:
    name, environment = begun.rollout.name, here.environment.name
    words = ("continue", "back", "abandon")
    ways = [plain_command_line(here.request.folder, environment, "rollout", word, name) for word in words]
    return Refused(
        f"the roll-out {name} ({begun.id}) has begun, and waits: {why}",
        advice="\n".join(["Say how it ends; nothing else is applied before:", *(f"  {way}" for way in ways)]),
    )


def _going_on(begun: Begun) -> str:
    name, rollout = begun.rollout.name, begun.rollout
    if begun.status == BACK:
        return f"The roll-out {name} ({begun.id}) goes back: {begun.reason}."
    return f"The roll-out {name} ({begun.id}) goes on: wave {begun.wave} of {len(rollout.waves)}."
