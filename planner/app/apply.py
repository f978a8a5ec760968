"""An apply: lock, plan or a saved plan, approval, progress, ledger, and what the state remembers of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Final

from attrs import evolve, frozen

from planner.app.carrying import Applying, Outcome, Report, carried, kept_before
from planner.app.command_line import command_line, way_on
from planner.app.contents import known_contents
from planner.app.credentials import refuse_without_sink
from planner.app.linting import with_findings
from planner.app.opening import Opened
from planner.app.promotion.admission import Admission, admission, refuse_closed
from planner.app.redaction import without_secrets
from planner.app.stores import locked
from planner.engine.carrying import Provenance, known_first, without_given_up
from planner.engine.refresh import Asking
from planner.engine.stale import moved_since, refuse_other_state
from planner.engine.surroundings import Halting
from planner.engine.validation import validated
from planner.engine.workflow import Proposal, propose_from, recover
from planner.errors import PlannerError, Refused, StalePlan
from planner.model.codec import encode
from planner.model.ledger import Ledger
from planner.model.plan import DESTROY, NORMAL, Plan
from planner.model.rollout import Begun
from planner.model.state import State
from planner.model.value import Value
from planner.promote.log import Log, log_of, write_log
from planner.state.saved import plan_digest, refuse_other_digest
from planner.state.snapshot import FORMAT
from planner.vcs import commit_of

_IN_NO_COMMIT: Final = (
    "Note: its templates/ and files/ are in no commit as they are here, so that it cannot be promoted. "
    "Commit them, and apply again. Where git status shows no change, a filter that only this clone's own "
    "configuration names was not run: name it in yours (git config --global, git lfs install)."
)

_NAMED: Final = 12
"""Deployments that a note names."""

_NEWER_FORMAT: Final = (
    f"Note: the state has format_version {FORMAT.version} from now on, which earlier planners do not read."
)


def present(report: Report, here: Opened, proposal: Proposal) -> None:
    """A plan, then what is wrong with it."""
    report.plan(proposal.plan)
    report.diagnostics((*here.configuration.diagnostics, *proposal.diagnostics))


@frozen
class Approval:
    """How a plan is approved. auto: unasked. expected: the digest of the plan that was approved elsewhere."""

    auto: bool = False
    expected: str | None = None


def apply_now(applying: Applying, approval: Approval, lock_timeout: float) -> Outcome:
    """Plan, ask, carry out, with the lock held all the while."""
    here, caller, since = applying.here, applying.here.caller, applying.here.passing.timer()
    _refuse_blind_approval(here, approval)
    with holding(here, "destroy" if here.request.destroy else "apply", lock_timeout) as held:
        found = _without_void(here, held)
        if found.rollouts and here.session.goal.mode != NORMAL:
            from planner.app.begun import refuse_while_open  # noqa: PLC0415 - only where one has begun

            refuse_while_open(here, found)
        applying = halting(applying, found, since)
        state, ended = _gone_on(applying, found, approval.expected)
        if ended is not None:
            return ended
        if found.rollouts and approval.expected is not None:
            return _finish(applying, state, approval.expected)
        with caller.doing("Asking the installation") as counted:
            begun = here.passing.timer()
            proposal = propose_from(here.session.after_rollouts(found), state, counted)
        proposal = with_findings(here.request, here.configuration, proposal, here.stored)
        if here.request.retried:
            from planner.app.begun import refuse_not_held  # noqa: PLC0415 - only where one is asked for

            refuse_not_held(here, proposal.plan, state, [begun.rollout.name for begun in found.rollouts])
        present(applying.report, here, proposal)
        if proposal.forbidden:
            return Outcome(forbidden=True)
        if _applied_before(approval, proposal.plan, state):
            caller.tell("This plan was applied already: nothing of it is left to do.")
            applying.report.outputs(state.outputs)
            return Outcome()
        admitted = _admitted(applying, proposal.plan, state)
        if proposal.plan.is_empty and approval.expected is None and not _to_record(admitted, proposal.plan):
            applying.report.outputs(state.outputs)
            if (left := without_given_up(state, proposal.plan)) is not state:
                here.store.commit(left)
            return Outcome(held=proposal.plan.is_held)
        refuse_closed(admitted, applying=True)
        refuse_without_sink(here, proposal.plan, applying.credentials)
        asked = _approve(here, approval, proposal.plan)
        until = begun if asked else begun + here.environment.read_again_after
        return _carry_out(applying, proposal, admitted, until)


def apply_saved(applying: Applying, plan: Plan, approval: Approval, lock_timeout: float) -> Outcome:
    """Carry out a saved plan, unless it is stale. It was reviewed: only a protected environment asks."""
    here, caller, since = applying.here, applying.here.caller, applying.here.passing.timer()
    with holding(here, "destroy" if here.request.destroy else "apply", lock_timeout) as held:
        state = _without_void(here, held)
        applying = halting(applying, state, since)
        session, digest = here.session, plan_digest(plan, here.store.redact)
        if state.rollouts:
            after, ended = _gone_on(applying, state, digest)
            return ended or _finish(applying, after, digest)
        refuse_other_state(plan, digest, state, session.goal)
        with caller.doing("Asking the installation") as counted:
            asking = Asking(session.parallelism, counted)
            moved = moved_since(plan, state, session.drivers, session.goal.salt, asking)
        if moved:
            stale = Ledger(moved)
            applying.report.ledger(stale, way_on(here, plan, stale))
            raise StalePlan(
                f"the plan is stale: {len(moved)} of its resources moved since; nothing was changed",
                advice="Plan again and review the result.",
            )
        applying.report.plan(plan)
        admitted = _admitted(applying, plan, state)
        refuse_closed(admitted, applying=True)
        refuse_without_sink(here, plan, applying.credentials)
        if here.environment.protected and not approval.auto:
            _ask(here)
        return _carry_out(applying, Proposal(plan, state=state), admitted)


def _without_void(here: Opened, state: State) -> State:
    if not state.rollouts:
        return state
    from planner.app.rolling import without_void  # noqa: PLC0415 - only where one has begun

    return without_void(here, state)


def _gone_on(applying: Applying, state: State, approved: str | None) -> tuple[State, Outcome | None]:
    """See `go_on`."""
    if not state.rollouts:
        return state, None
    from planner.app.rolling import go_on  # noqa: PLC0415 - only where one has begun

    return go_on(applying, state, approved)


def _finish(applying: Applying, state: State, approved: str) -> Outcome:
    """The rest of a plan whose roll-outs an earlier run had begun. approved: its digest."""
    from planner.app.rolling import left_over  # noqa: PLC0415 - only where one had begun

    proposal = left_over(applying, state)
    admitted = _admitted(applying, proposal.plan, state)
    return _carry_out(applying, proposal, admitted, approved=approved)


def _admitted(applying: Applying, plan: Plan, state: State) -> Admission | None:
    """The release that the plan brings, and what the gates say; None when it brings none."""
    if plan.mode != NORMAL:
        return None
    here, now = applying.here, applying.here.store.clock()
    return admission(here.request, here.configuration, state, now, applying.forcing)


def _to_record(admitted: Admission | None, plan: Plan) -> bool:
    """Whether the state has to be told of a release, though nothing else changes."""
    return admitted is not None and admitted.is_new and not plan.left_out


def halting(applying: Applying, state: State, since: float) -> Applying:
    """applying, which ends between waves where it is to. since: when it began, by the timer."""

    @cache
    def made() -> Halting:
        from planner.app.halting import Halt  # noqa: PLC0415 - only where there are waves

        return Halt(applying.here, applying.reach, applying.forcing, state, since)

    def halt(begun: Begun, wave: int, ahead: float) -> str:
        return made()(begun, wave, ahead)

    return evolve(applying, halt=halt)


@contextmanager
def holding(here: Opened, operation: str, timeout: float) -> Iterator[State]:
    """Holds the environment's lock; gives the state after what a run that was cut off left is settled."""
    caller = here.caller
    with locked(here.store, operation, timeout, caller.tell):
        with caller.doing("Looking after what was cut off"):
            state, notes = recover(here.session)
        for note in notes:
            caller.tell(f"Note: {note}.")
        yield state


def _refuse_blind_approval(here: Opened, approval: Approval) -> None:
    if here.environment.protected and approval.auto and not approval.expected:
        raise Refused(
            f"{here.environment.name} is protected: --auto-approve needs a saved plan or --expect-digest",
            advice=f"Save a plan, review it, and apply it: {command_line(here, 'plan', '--out', 'FILE')}",
        )


def _applied_before(approval: Approval, plan: Plan, state: State) -> bool:
    """Whether the approved plan is what the last apply carried out to its end, and nothing of it is left."""
    last = state.applied
    approved = last is not None and last.complete and last.plan_digest == approval.expected
    return approved and not plan.has_changes


def _approve(here: Opened, approval: Approval, plan: Plan) -> bool:
    """Whether somebody was asked, who may have taken any time to answer."""
    digest = plan_digest(plan, here.store.redact)
    if approval.expected is not None:
        refuse_other_digest(approval.expected)
        if approval.expected != digest:
            raise StalePlan(
                f"the plan is not the approved one: its digest is {digest}, not {approval.expected}",
                advice="Review the plan above and approve its digest.",
            )
        return False
    asked = not approval.auto and plan.has_changes
    if asked:
        _ask(here)
    return asked


def _ask(here: Opened) -> None:
    environment = here.environment
    saved = "Save a plan, review it, and apply it with --auto-approve."
    way = saved if environment.protected else "Give --auto-approve."
    here.caller.ask_about(environment, f"Apply this to {environment.name}?", otherwise=way)


def _carry_out(
    applying: Applying,
    proposal: Proposal,
    admitted: Admission | None,
    fresh_until: float = 0.0,
    approved: str = "",
) -> Outcome:
    """fresh_until: until then the reads of what the plan was made from stand for those before a write.
    approved: the digest of the plan that this is the rest of."""
    here, plan, state = applying.here, proposal.plan, proposal.state
    if _refused(applying, plan, state):
        return Outcome(forbidden=True)
    variables = {name: assigned.value for name, assigned in here.configuration.variables.items()}
    digest = approved or plan_digest(plan, here.store.redact)
    promotions = _promotions(here, plan, state, admitted, digest)
    release, run = _brought(here, admitted, digest)
    contents = known_contents(here, state)
    former = kept_before(here, plan, state)
    provenance = Provenance(digest, variables, _commit(here), promotions, release, run, former, contents)
    plan, state = known_first(here.store, plan, state)
    after, outcome = carried(applying, plan, state, provenance, proposal.view, fresh_until)
    if after.contents and state.lineage and not state.contents:
        here.caller.tell(_NEWER_FORMAT)
    if outcome.ledger and outcome.ledger.complete and _to_record(admitted, plan):
        _tell_release(here, after)
        _tell_who_keeps(here, plan)
    outcome = evolve(outcome, held=plan.is_held)
    if not outcome.goes_back(after):
        return outcome
    from planner.app.rolling import went_back  # noqa: PLC0415 - only where one goes back

    return went_back(applying, plan, after, outcome)


def _tell_release(here: Opened, after: State) -> None:
    if run := log_of(after).present:
        here.caller.tell(f"{here.environment.name} runs {run.id} now.")
        if here.configuration.project.promotes_templates and not run.release.templates:
            here.caller.tell(_IN_NO_COMMIT)


def _tell_who_keeps(here: Opened, plan: Plan) -> None:
    """A release runs without those that use what it replaced, and that no binding brings it to."""
    names = sorted({name for rollout in plan.rollouts for name in rollout.keeping})
    if len(names) == 1:
        here.caller.tell(f"Note: {names[0]} keeps what was before: no binding here is for it.")
    elif names:
        told = ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
        here.caller.tell(f"Note: {len(names)} keep what was before: no binding here is for them: {told}.")


def _refused(applying: Applying, plan: Plan, state: State) -> bool:
    """Whether the installation would refuse a write of the plan, which it is asked before the first one."""
    here = applying.here
    with here.caller.doing("Asking whether it would be taken") as counted:
        asked = validated(here.session, Proposal(plan, state=state), counted)
    for note in asked.plan.notes[len(plan.notes) :]:
        here.caller.tell(f"Note: {note}.")
    applying.report.diagnostics(asked.diagnostics)
    return asked.forbidden


def _commit(here: Opened) -> str | None:
    """What the state remembers of where an apply was made from. Nothing but that depends on it."""
    try:
        return commit_of(here.request.folder)
    except PlannerError as error:
        here.caller.tell(f"Note: the state does not learn from which commit this is: {error.summary}")
        return None


def _promotions(
    here: Opened, plan: Plan, state: State, admitted: Admission | None, digest: str
) -> Callable[[State, bool], tuple[Mapping[str, Value], ...]] | None:
    """What the state remembers of releases afterwards, from what it is then and whether the apply was whole.

    A release of which a roll-out has not ended, or is held back, was not run.
    """
    clock = here.store.clock
    if admitted is not None:

        def after(reached: State, whole: bool) -> Log:
            if reached.rollouts:
                return admitted.log
            if plan.is_held:
                return admitted.log.mixed(clock()) if plan.changes else admitted.log
            return admitted.after(digest, clock(), whole=whole and not plan.left_out)

        return lambda reached, whole: write_log(after(reached, whole))
    if not state.promotions:
        return None
    log = log_of(state)
    ends = plan.mode in (DESTROY, NORMAL)  # or nothing is promoted in this project any more
    return lambda _reached, _whole: write_log(log.ended(clock()) if ends else log)


def _brought(here: Opened, admitted: Admission | None, digest: str) -> tuple[str, Mapping[str, Value]]:
    """The id of the release that comes, and the run of it, as the record of a roll-out has them."""
    if admitted is None:
        return "", {}
    run = without_secrets(admitted.begun(digest, here.store.clock()), here.caller.redact.known())
    return run.id, encode(run)
