"""What is in use may go in the plan that takes its last use away, and in no other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from attrs import evolve

from planner.engine.planning import make_plan
from planner.engine.refresh import Asking, examine, survey
from planner.engine.selection import Selection
from planner.engine.uses import Use, uses_of
from planner.model.address import Address
from planner.model.diagnostic import Diagnostics
from planner.model.facets import attributes_of
from planner.model.kind import Kind
from planner.model.resource import Desired, Lifecycle, Prior
from planner.model.value import Deferred

from .world import Installation, Planned, Scene, address, desired, goal_of, later, prior, ref, state_of

RULES = {
    "type": "object",
    "properties": {
        "on": {"type": "string"},
        "loads": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"url": {"type": "string", "x-reference": "thing.url"}},
            },
        },
        "first": {"type": "string", "x-reference": "thing.id"},
    },
}
BINDING = Kind("binding", "Binding", attributes_of(RULES), RULES, ("on",), user="on")
A, B = prior("a"), prior("b")
URL = str(A.attributes["url"])


def at(name: str) -> Address:
    return Address("binding", name)


def bound(name: str, on: str, *urls: Any, **more: Any) -> Prior:
    loads = [{"url": url} for url in urls]
    return Prior(at(name), f"id-{name}", {"on": on, "loads": loads, **more}, "1")


def wanting(entry: Prior, *urls: Any, **more: Any) -> Desired:
    attributes = {**entry.attributes, "loads": [{"url": url} for url in urls], **more}
    references = [r for url in urls if isinstance(url, Deferred) for r in url.references]
    return Desired(entry.address, attributes, tuple(references))


def plan_of(
    held: Sequence[Prior], resources: Sequence[Desired], used_by: dict[str, list[str]], **more: Any
) -> Planned:
    things = [entry for entry in held if entry.address.kind == "thing"]
    world, bindings = Installation.holding(*things), Installation(evolve(BINDING))
    for entry in held:
        if entry.address.kind == "binding":
            bindings.stored[entry.id] = Installation.holding(evolve(A, id=entry.id)).stored[entry.id]
            bindings.stored[entry.id].attributes = dict(entry.attributes)
    for name, users in used_by.items():
        world.stored[f"id-{name}"].used_by = users
    drivers = {"thing": world, "binding": bindings}
    state, goal, diagnostics = state_of(*held), goal_of(*resources, **more), Diagnostics()
    view = survey(state, goal.resources.values(), drivers, Asking(1))
    view = examine(view, state.resources.values(), drivers, Asking(1))
    return Planned(make_plan(goal, state, view, drivers, diagnostics), tuple(diagnostics))


def order(found: Planned) -> list[str]:
    return [f"{step.operation} {step.address.name}" for step in found.plan.steps]


def test_uses_are_found_at_every_depth() -> None:
    uses = uses_of(
        BINDING, {"on": "d1", "loads": [{"url": "u"}, {"url": later(ref("a", "url"))}], "first": "i"}
    )
    assert [*uses] == [Use("thing.url", "u", "d1"), Use("thing.id", "i", "d1")]
    assert [*uses_of(evolve(BINDING, user=""), {"on": "d1", "first": "i"})] == []
    assert [*uses_of(BINDING, {"first": "i"})] == []


X, Y = bound("x", "d1", URL), bound("y", "d1", first="id-a")


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        pytest.param([X], [wanting(X)], id="a change that leaves it"),
        pytest.param([X], [], id="a delete"),
        pytest.param([X, Y], [wanting(X)], id="one changes, one goes"),
        pytest.param([X], [wanting(X, "repo://other")], id="another in its place"),
    ],
)
def test_it_goes_after_the_changes_that_leave_it(held: list[Prior], wanted: list[Desired]) -> None:
    found = plan_of([A, *held], wanted, {"a": ["d1"]})
    assert found.errors == []
    assert order(found)[-1] == "delete a"
    last = found.plan.steps[-1]
    assert {found.plan.steps[n - 1].address.name for n in last.waits_for} == {e.address.name for e in held}


@pytest.mark.parametrize(
    ("held", "wanted", "used_by", "told"),
    [
        pytest.param([X], [wanting(X, URL)], ["d1"], "It is used by d1 (binding.x).", id="it stays"),
        pytest.param(
            [X, Y], [evolve(wanting(Y), attributes=Y.attributes)], ["d1"], "d1 (binding.y)", id="half"
        ),
        pytest.param([X], [], ["d1", "d2"], "It is used by d2.", id="somebody else uses it too"),
        pytest.param([], [], ["d1"], "It is used by d1.", id="nobody here knows why"),
        pytest.param([bound("x", "d2", URL)], [], ["d1"], "It is used by d1.", id="another's"),
    ],
)
def test_it_stays_while_somebody_keeps_it(
    held: list[Prior], wanted: list[Desired], used_by: list[str], told: str
) -> None:
    found = plan_of([A, *held], wanted, {"a": used_by})
    assert found.errors == ["thing.a cannot be deleted"]
    assert told in found.diagnostics[0].detail


def test_a_selection_takes_no_use_away() -> None:
    chosen = Selection(targets=("thing.a", "binding.x"))
    assert plan_of([A, X], [], {"a": ["d1"]}, selection=chosen).errors == ["thing.a cannot be deleted"]


NEXT = later(ref("a", "url"))


def test_a_replacement_made_first_leaves_nothing_behind() -> None:
    first = Lifecycle(create_before_destroy=True)
    wanted = [desired("a", tier="new", lifecycle=first), wanting(X, NEXT)]
    found = plan_of([evolve(A, attributes={**A.attributes, "tier": "old"}), X], wanted, {"a": ["d1"]})
    assert found.errors == []
    assert order(found) == ["create a", "update x", "delete a"]


def test_a_replacement_that_deletes_first_is_refused() -> None:
    wanted = [desired("a", tier="new"), wanting(X, NEXT)]
    found = plan_of([evolve(A, attributes={**A.attributes, "tier": "old"}), X], wanted, {"a": ["d1"]})
    assert found.errors == ["thing.a cannot be deleted"]
    assert "create_before_destroy" in found.diagnostics[0].advice


def test_what_uses_nothing_costs_nothing() -> None:
    assert Scene.of(A, B).apply(desired("a")).complete
    assert address("a").kind == "thing"
