"""Roll-outs that have begun: an apply goes on with them before it plans, and takes back what failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial

from attrs import evolve

from planner.app.begun import open_refusal
from planner.app.carrying import Applying, Outcome, carried, run
from planner.app.command_line import way_on
from planner.app.opening import Opened, configure_files
from planner.engine.carrying import Provenance
from planner.engine.rollouts.again import owed, plan_again
from planner.engine.workflow import Proposal, propose_from
from planner.errors import PartlyApplied, PlannerError, Refused, StalePlan
from planner.model.plan import Action, Change, Plan
from planner.model.resource import Content
from planner.model.rollout import BACK, GOING, STOPPED, Begun
from planner.model.state import State


def go_on(applying: Applying, state: State, approved: str | None) -> tuple[State, Outcome | None]:
    """The state once what has begun is done, and what became of it where that ends the apply. approved: the
    digest of a plan that somebody approved. Refused where it is another one than began, or somebody has to
    say first how it goes on.
    """
    here = applying.here
    state = without_void(here, state)
    records = state.rollouts
    if not records:
        return state, None
    _refuse_stopped(here, records)
    if approved is not None and approved not in {begun.plan_digest for begun in records}:
        raise _open(here, records[0], "another plan was approved than the one that began it")
    for address in sorted(here.session.after_rollouts(state).goal.selection.replaced):
        here.caller.tell(f"{address} is replaced already by what has begun: --replace is not done once more.")
    after, outcome = followed(applying, state, records)
    whole = outcome.ledger is not None and outcome.ledger.complete and not outcome.back
    return after, None if whole else outcome


def followed(applying: Applying, state: State, records: Sequence[Begun]) -> tuple[State, Outcome]:
    """The state after what is left of these records, on their way or back, and what became of it. What fails
    on its way goes back then, where it is to.
    """
    here = applying.here
    for begun in records:
        here.caller.tell(_going_on(begun))
    back = any(begun.status == BACK for begun in records)
    plan, provenance = _again_or_stopped(here, records, state)
    after, outcome = carried(applying, plan, state, provenance)
    if back and outcome.ledger is not None:  # something had been done, by whichever run
        if outcome.goes_back(after):
            applying.report.ledger(outcome.ledger, way_on(here, plan, outcome.ledger))
        outcome = evolve(outcome, back=True, ledger=evolve(outcome.ledger, changed=True))
    return after, went_back(applying, plan, after, outcome)


def planned_again(here: Opened, records: Sequence[Begun], state: State) -> tuple[Plan, Provenance]:
    """What is left of these records. Refused where what one of them puts in place is not at hand."""
    goal, drivers, digest = here.session.goal, here.session.drivers, records[0].plan_digest
    if not any(owed(begun, state) for begun in records):
        return plan_again(records, state, goal, drivers), Provenance(digest)
    from planner.app.way_back import at_hand, what_is_known  # noqa: PLC0415 - only where one is to be sent

    found = at_hand(here, records, state, partial(_declared, here))
    plan = plan_again(records, state, goal, drivers, found)
    return plan, Provenance(digest, contents=what_is_known(here, records, found))


def _declared(here: Opened) -> list[Content]:
    """The files that templates name now, which may not have been read yet; none where a variable is missing
    that an apply was given."""
    resources = here.configuration.resources
    if not resources:
        with suppress(PlannerError):
            resources = configure_files(here.request)[0].resources
    return [item.content for item in resources.values() if item.content]


def _again_or_stopped(here: Opened, records: Sequence[Begun], state: State) -> tuple[Plan, Provenance]:
    """As `planned_again`. What cannot go on, or back, waits from now on for somebody to say how it ends."""
    try:
        return planned_again(here, records, state)
    except Refused as error:
        why = error.summary
        left = {begun.id for begun in records if owed(begun, state)}
        rollouts = (
            evolve(b, status=STOPPED, reason="; ".join(filter(None, (b.reason, why)))) if b.id in left else b
            for b in state.rollouts
        )
        here.store.commit(evolve(state, rollouts=tuple(rollouts)))
        raise


def without_void(here: Opened, state: State) -> State:
    """Without what was to restart users of a content that was never put in place: it is planned anew."""
    waiting = [begun for begun in state.rollouts if begun.status == GOING and begun.is_untouched]
    if any(owed(begun, state) for begun in waiting):
        from planner.app.way_back import looked_up  # noqa: PLC0415 - only where a run was cut off

        state = looked_up(here, waiting, state)
    void = [begun for begun in waiting if len(owed(begun, state)) == len(begun.contents) > 0]
    for begun in void:
        here.caller.tell(f"The roll-out {begun.rollout.name} ({begun.id}) had not done anything, and ends.")
    left = tuple(begun for begun in state.rollouts if begun not in void)
    return here.store.commit(evolve(state, rollouts=left)) if void else state


def went_back(applying: Applying, plan: Plan, state: State, outcome: Outcome) -> Outcome:
    """What became of an apply of a plan, once the roll-outs that failed in it have gone back; all of it is
    reported then.
    """
    here, forward = applying.here, outcome.ledger
    if forward is None or outcome.back or not outcome.goes_back(state):
        return outcome
    records = [begun for begun in state.rollouts if begun.status == BACK]
    try:
        again, provenance = _again_or_stopped(here, records, state)
    except Refused as error:
        applying.report.ledger(forward, "")
        raise PartlyApplied(error.summary, advice=error.advice) from error
    after, came, _ = run(applying, again, state, provenance)
    back = came.ledger or forward
    told = {rolled.id: rolled for rolled in (*forward.rollouts, *back.rollouts)}
    ledger = evolve(forward, interrupted=back.interrupted, changed=True, rollouts=tuple(told.values()))
    applying.report.ledger(ledger, way_on(here, plan, ledger) if after.rollouts else "")
    return evolve(outcome, ledger=ledger, back=True)


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
    return open_refusal(here.request.folder, here.environment.name, begun, f"waits: {why}")


def _going_on(begun: Begun) -> str:
    name = begun.rollout.name
    if begun.status == BACK:
        return f"The roll-out {name} ({begun.id}) goes back: {begun.reason}."
    return f"The roll-out {name} ({begun.id}) goes on: {begun.where}."
