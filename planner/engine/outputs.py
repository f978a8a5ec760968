"""Outputs: what a plan makes of them, and what they are after its apply. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from planner.engine.decisions import Decisions, refuse_reference
from planner.engine.goal import Goal
from planner.engine.outcome import Values
from planner.engine.taking import Taken
from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.compare import same
from planner.model.plan import DESTROY, NORMAL, Action, OutputChange, Plan
from planner.model.resource import Prior
from planner.model.state import State
from planner.model.value import Reference, Value, conceal, is_deferred, is_sensitive, references, resolve

Priors = Mapping[Address, Prior]


def planned_outputs(decisions: Decisions, taken: Taken) -> tuple[OutputChange, ...]:
    """Those that the plan changes: to what they will be, or, where it makes nothing, to what they are now."""
    goal, refreshed = decisions.goal, decisions.refreshed
    before = refreshed.state.outputs
    if goal.mode == DESTROY and not taken.left_out:
        return _changed(goal, before, dict.fromkeys(before))
    if goal.mode == NORMAL:
        names = {*before, *goal.outputs}
        return _changed(goal, before, {name: _planned(name, decisions, taken) for name in names})
    left = {c.address for c in taken.changes if c.action in (Action.DELETE, Action.FORGET) and not c.deposed}
    stays = {address: prior for address, prior in refreshed.priors.items() if address not in left}
    return _changed(goal, before, _followed(goal, before, stays))


def _planned(name: str, decisions: Decisions, taken: Taken) -> Value:
    """As it will be; what is left out is looked at as it is."""
    goal, refreshed = decisions.goal, decisions.refreshed
    value = goal.outputs.get(name)
    if _lost(value, taken.skipped, refreshed.priors):
        return None

    def lookup(reference: Reference) -> Value:
        if reference.address in taken.skipped:
            return Values(refreshed.priors, goal.resources).lookup(reference)
        return decisions.lookup(reference)

    try:
        return resolve(value, lookup)
    except PlannerError:  # a secret of what is left out
        return refreshed.state.outputs.get(name)
    except ValueError as error:
        refuse_reference(f"output.{name}", value, error, decisions.diagnostics)
        return None


def _changed(goal: Goal, before: Mapping[str, Value], after: Mapping[str, Value]) -> tuple[OutputChange, ...]:
    """The outputs whose value is not the same. after: of those that a plan is about, null for none."""
    found = []
    for name, planned in sorted(after.items()):
        if not same(before.get(name), planned):
            shown = conceal(planned, goal.salt)
            sensitive = is_sensitive([goal.outputs.get(name), before.get(name), shown])
            found.append(OutputChange(name, before.get(name), shown, sensitive))
    return tuple(found)


def _followed(goal: Goal, before: Mapping[str, Value], priors: Priors) -> dict[str, Value]:
    """The outputs that there were, as priors have their values now; null where a resource is not there."""
    return {name: _value(goal, name, before, priors) for name in before if name in goal.outputs}


def _lost(value: Value, left_out: Collection[Address], priors: Priors) -> bool:
    """Whether a declared output has no value until what is left out is made."""
    return any(r.address in left_out and r.address not in priors for r in references(value))


def after_apply(goal: Goal, plan: Plan, state: State) -> dict[str, Value]:
    """The outputs of state, which an apply of the plan reached."""
    before = state.outputs
    if plan.mode == NORMAL:
        found = {name: _value(goal, name, before, state.resources) for name in goal.outputs}
    elif plan.mode == DESTROY and not plan.left_out:
        found = {}
    else:
        found = {**before, **_followed(goal, before, state.resources)}
    return {name: value for name, value in found.items() if value is not None}


def _value(goal: Goal, name: str, before: Mapping[str, Value], priors: Priors) -> Value:
    """What cannot be told though all of its resources are there, as a secret, keeps the value it has."""
    value = goal.outputs[name]
    if any(reference.address not in priors for reference in references(value)):
        return None
    try:
        value = resolve(value, Values(priors, goal.resources).lookup)
    except (PlannerError, ValueError):
        return before.get(name)
    return before.get(name) if is_deferred(value) else conceal(value, goal.salt)
