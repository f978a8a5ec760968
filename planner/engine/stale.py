"""Staleness: whether a saved plan still says what would happen."""

from __future__ import annotations

from planner.engine.conflict import three_way
from planner.engine.diff import take_over
from planner.engine.edits import replay
from planner.engine.goal import Goal
from planner.engine.ports import Drivers
from planner.engine.refresh import read_held
from planner.errors import StalePlan
from planner.model.ledger import FAILED, Entry
from planner.model.plan import Action, Change, Plan
from planner.model.resource import Observed
from planner.model.state import Applied, State


def refuse_other_state(plan: Plan, digest: str, state: State, goal: Goal) -> None:
    """StalePlan when the plan is another environment's, or was made from another state or configuration.

    digest: the plan's. One that was applied already is stale by its own doing, and that is told.
    """
    expected, found = (goal.project, goal.environment), (plan.project, plan.environment)
    if expected != found:
        raise StalePlan(f"the plan is for {'/'.join(found)}, not for {'/'.join(expected)}")
    if state.applied is not None and state.applied.plan_digest == digest:
        raise _applied_already(state.applied)
    if (plan.lineage, plan.serial) != (state.lineage, state.serial):
        raise StalePlan(_of_another_state(plan, state), advice="Plan again and review the result.")
    if plan.config_digest != goal.config_digest:
        raise StalePlan(
            "the plan is stale: templates, files or variables are not those it was made from",
            advice="Give the same --var and --var-file, or plan again and review the result.",
        )


def _applied_already(applied: Applied) -> StalePlan:
    if applied.complete:
        return StalePlan(
            f"the plan is stale: it was applied already, at {applied.at}",
            advice="Plan again to see whether anything is left to do.",
        )
    return StalePlan(
        f"the plan is stale: it was applied already, in part, at {applied.at}",
        advice="Plan again for what is left.",
    )


def _of_another_state(plan: Plan, state: State) -> str:
    by = f", the last one applied at {state.applied.at}" if state.applied else ""
    if not plan.lineage:
        return f"the plan is stale: it was made when there was no state, now at serial {state.serial}{by}"
    if plan.lineage != state.lineage:
        return "the plan was made from another state"
    return f"the plan is stale: it was made from serial {plan.serial} of the state, now at {state.serial}{by}"


def moved_since(plan: Plan, state: State, drivers: Drivers, salt: str, parallelism: int) -> tuple[Entry, ...]:
    """The changes whose resource moved since the plan, each with its three-way diff; nothing is written."""
    state = replay(state, plan.moves)
    built_on = [
        c for c in plan.changes if c.id is not None and not c.deposed and c.action is not Action.CREATE
    ]
    priors = [state.resources[change.address] for change in built_on if change.address in state.resources]
    reads, _ = read_held(priors, state, drivers, parallelism)
    found = {prior.address: observed for prior, observed in zip(priors, reads, strict=True)}
    entries = []
    for change in built_on:
        if change.address not in found:
            continue
        entry = _entry(change, found[change.address], state, drivers, salt)
        if entry is not None:
            entries.append(entry)
    return tuple(entries)


def _entry(
    change: Change, observed: Observed | None, state: State, drivers: Drivers, salt: str
) -> Entry | None:
    if observed is None:
        reason = "it is gone from the installation since the plan was made"
        return (
            None if change.action is Action.DELETE else Entry(change.address, change.action, FAILED, reason)
        )
    if change.version is not None and observed.version == change.version:
        return None
    kind = drivers[change.address.kind].kind
    now = take_over(state.resources[change.address], observed, kind, salt)
    desired = {} if change.action is Action.DELETE else dict(change.after)
    rows = three_way(kind, desired, change.before, now.attributes)
    if not rows:
        return None
    versions = f": planned from version {change.version}, now {observed.version}" if change.version else ""
    reason = f"it was changed by somebody else{versions}"
    return Entry(change.address, change.action, FAILED, reason, "Plan again and review the result.", rows)
