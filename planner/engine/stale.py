"""Staleness: whether a saved plan still says what would happen, and how resources moved away from it."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from planner.engine.edits import replay
from planner.engine.entry import take_over
from planner.engine.goal import Goal
from planner.engine.ports import Drivers
from planner.engine.refresh import Asking, read_held
from planner.errors import StalePlan
from planner.model.agreement import of_server, unlike
from planner.model.compare import is_unset
from planner.model.facets import Attribute
from planner.model.kept import Wanted
from planner.model.kind import Kind
from planner.model.ledger import FAILED, Entry, ThreeWay
from planner.model.plan import Action, Change, Plan
from planner.model.resource import Observed, Prior
from planner.model.state import Applied, State
from planner.model.value import CONCEALED, UNKNOWN, Value, is_sensitive


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


def moved_since(plan: Plan, state: State, drivers: Drivers, salt: str, asking: Asking) -> tuple[Entry, ...]:
    """The changes whose resource moved since the plan, each with its three-way diff; nothing is written. Who
    only starts anew cannot have moved: nothing of it is to be another.
    """
    state = replay(state, plan.moves)
    changes = (c for c in plan.changes if c.id is not None and not c.deposed)
    held = (c for c in changes if c.action not in (Action.CREATE, Action.RESTART))
    built_on = [c for c in held if c.imported or c.address in state.resources]
    priors = [state.resources.get(c.address) or Prior(c.address, c.id or "", c.before) for c in built_on]
    reads, _ = read_held(priors, state, drivers, asking)
    found = (
        _entry(change, prior, observed, drivers[change.address.kind].kind, salt)
        for change, prior, observed in zip(built_on, priors, reads, strict=True)
    )
    return tuple(entry for entry in found if entry is not None)


def _entry(change: Change, prior: Prior, observed: Observed | None, kind: Kind, salt: str) -> Entry | None:
    entry = Entry(change.address, change.action, FAILED)
    if observed is None:
        reason = "it is gone from the installation since the plan was made"
        return None if change.action is Action.DELETE else evolve(entry, reason=reason)
    if change.version is not None and observed.version == change.version:
        return None
    conflict = tuple(three_way(change, prior, observed, kind, salt))
    if not conflict:
        return None
    versions = f": planned from version {change.version}, now {observed.version}" if change.version else ""
    reason = f"it was changed by somebody else{versions}"
    return evolve(entry, reason=reason, advice="Plan again and review the result.", conflict=conflict)


def three_way(change: Change, prior: Prior, observed: Observed, kind: Kind, salt: str) -> Iterator[ThreeWay]:
    """Where the resource of a change is not as it was planned from, with what the change wants there.

    prior: its entry, which tells what of observed is secret. What the change leaves out is to stay.
    """
    now = take_over(prior, observed, kind, salt, wanted=Wanted(change.before)).attributes
    for name, attribute in kind.attributes.items():
        before, there = change.before.get(name), now.get(name)
        nothing = attribute.partial and before is None
        if nothing or (is_unset(before) and is_unset(there)):
            continue
        desired = change.after.get(name, before if change.after else None)
        for place in unlike(attribute, before, there, _unseen):
            wanted = attribute.find(desired, place.path)
            sides = None if wanted is UNKNOWN else wanted, place.known, place.there
            sensitive = place.attribute.write_only or is_sensitive(sides)
            yield ThreeWay((name, *place.path), *((CONCEALED,) * 3 if sensitive else sides), sensitive)


def _unseen(attribute: Attribute, known: Value, there: Value) -> bool:
    return of_server(attribute, known, there) or (there is None and not attribute.echoed)
