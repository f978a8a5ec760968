"""Outputs and checks: evaluated with the values that a plan leads to, or that an apply left. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from operator import attrgetter

from planner.engine.decisions import Decisions
from planner.engine.goal import Goal
from planner.engine.outcome import Values
from planner.engine.refusals import refuse_reference
from planner.engine.taking import Taken
from planner.errors import PlannerError
from planner.model.compare import same
from planner.model.declarations import Declarations
from planner.model.diagnostic import Diagnostics, did_you_mean
from planner.model.plan import DESTROY, NORMAL, Action, CheckResult, OutputChange, Plan
from planner.model.state import State
from planner.model.value import (
    UNKNOWN,
    Lookup,
    Reference,
    Value,
    conceal,
    conceal_as,
    is_deferred,
    is_sensitive,
    references,
    resolve,
)

PASSED, FAILED, UNKNOWN_YET = "passed", "failed", "unknown"


def check_planned(decisions: Decisions, taken: Taken) -> tuple[CheckResult, ...]:
    """The checks with the values that there will be after the plan."""
    if decisions.goal.mode != NORMAL:
        return ()

    def lookup(reference: Reference) -> Value:
        _refuse_undeclared(reference, decisions)
        return UNKNOWN if reference.address in taken.skipped else decisions.lookup(reference)

    return evaluate(decisions.goal.declarations, lookup, decisions.diagnostics)


def _refuse_undeclared(reference: Reference, decisions: Decisions) -> None:
    if reference.address not in decisions.goal.resources:
        raise PlannerError(f"{reference} cannot be checked: {reference.address} is not declared")
    kind = decisions.drivers[reference.address.kind].kind
    if kind.at(reference.path).holds_once:
        raise PlannerError(f"{reference} cannot be checked: only the reply that makes it shows it")
    if name := kind.without_value(reference.path):
        near = did_you_mean(name, kind.kept)
        raise PlannerError(f'{kind.name} has no attribute "{name}" to check', advice=near)


def evaluate(
    declared: Declarations, lookup: Lookup, diagnostics: Diagnostics, names: Container[str] | None = None
) -> tuple[CheckResult, ...]:
    """Each check's result, or those of these names; a failed one is reported as its severity says, one that
    has none as an error.
    """
    checks = [check for check in declared.checks if names is None or check.name in names]
    checks.sort(key=attrgetter("name"))  # files are read in any order
    results = []
    for check, holds in zip(checks, declared.verdicts(checks, lookup), strict=True):
        if isinstance(holds, PlannerError):
            diagnostics.error(holds.summary, position=check.position, advice=holds.advice)
            continue
        status = UNKNOWN_YET if holds is None else PASSED if holds else FAILED
        results.append(CheckResult(check.name, status, check.message, check.severity))
        if status == FAILED:
            summary = f"check {check.name} failed"
            diagnostics.add(check.severity, summary, detail=check.message, position=check.position)
    return tuple(results)


def planned_outputs(decisions: Decisions, taken: Taken) -> Iterator[OutputChange]:
    """The outputs that the plan changes: to what they will be, or, where it makes nothing, to what they are
    now.
    """
    goal, before = decisions.goal, decisions.refreshed.state.outputs
    for name, planned in sorted(_after_plan(decisions, taken).items()):
        if not same(before.get(name), planned):
            shown = conceal(planned, goal.salt)
            once = any(map(decisions.is_shown_once, references(goal.outputs.get(name))))
            sensitive = once or is_sensitive([goal.outputs.get(name), before.get(name), shown])
            yield OutputChange(name, before.get(name), shown, sensitive, once)


def _after_plan(decisions: Decisions, taken: Taken) -> Mapping[str, Value]:
    """The outputs that the plan is about, as they will be; null for none."""
    goal, before = decisions.goal, decisions.refreshed.state.outputs
    if goal.mode == DESTROY and not taken.left_out:
        return dict.fromkeys(before)
    if goal.mode == NORMAL:
        return {name: _planned(name, decisions, taken) for name in {*before, *goal.outputs}}
    left = {c.address for c in taken.changes if c.action in (Action.DELETE, Action.FORGET) and not c.deposed}
    stays = {address: prior for address, prior in decisions.refreshed.priors.items() if address not in left}
    return _followed(goal, before, Values(stays, goal.resources, decisions.drivers))


def _planned(name: str, decisions: Decisions, taken: Taken) -> Value:
    """A value as it will be; what is left out is looked at as it is."""
    goal, refreshed = decisions.goal, decisions.refreshed
    value = goal.outputs.get(name)
    if any(r.address in taken.skipped and r.address not in refreshed.priors for r in references(value)):
        return None  # until what is left out is made

    def lookup(reference: Reference) -> Value:
        if reference.address in taken.skipped:
            return Values(refreshed.priors, goal.resources, decisions.drivers).lookup(reference)
        return decisions.lookup(reference)

    try:
        return resolve(value, lookup)
    except PlannerError:  # a secret of what is left out
        return refreshed.state.outputs.get(name)
    except ValueError as error:
        refuse_reference(f"output.{name}", value, error, decisions.diagnostics)
        return None


def _followed(goal: Goal, before: Mapping[str, Value], now: Values) -> dict[str, Value]:
    """The outputs that there were, with the values of now; null where a resource is not there."""
    there = [name for name in before if name in goal.outputs]
    return {name: conceal_as(_value(goal, name, before, now), before[name], goal.salt) for name in there}


def after_apply(goal: Goal, plan: Plan, state: State, now: Values) -> dict[str, Value]:
    """The outputs of state, which an apply of the plan reached. now: the values of its resources."""
    before = state.outputs
    if plan.mode == NORMAL:
        found = {name: conceal(_value(goal, name, before, now), goal.salt) for name in goal.outputs}
    elif plan.mode == DESTROY and not plan.left_out:
        found = {}
    else:
        found = {**before, **_followed(goal, before, now)}
    return {name: value for name, value in found.items() if value is not None}


def _value(goal: Goal, name: str, before: Mapping[str, Value], now: Values) -> Value:
    """What cannot be told though all of its resources are there, as a text around a secret, keeps the value
    it has.
    """
    value = goal.outputs[name]
    if any(reference.address not in now.priors for reference in references(value)):
        return None
    try:
        value = resolve(value, now.kept)
    except (PlannerError, ValueError):
        return before.get(name)
    return before.get(name) if is_deferred(value) else value
