from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from planner.engine.steps import make_steps
from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.plan import Action, Change, Step

from .world import address

KINDS = {
    "+": Action.CREATE,
    "~": Action.UPDATE,
    "-": Action.DELETE,
    "-/+": Action.REPLACE,
    "+/-": Action.REPLACE,
    "left": Action.DELETE,
}


def change(name: str, symbol: str, id_: str = "") -> Change:
    return Change(
        address(name),
        KINDS[symbol],
        "",
        id=id_ or f"id-{name}",
        create_before_destroy=symbol == "+/-",
        deposed=symbol == "left",
    )


def graph(edges: dict[str, str]) -> dict[Address, tuple[Address, ...]]:
    return {address(name): tuple(map(address, others)) for name, others in edges.items()}


DELETIONS = {"thing": ["delete"]}


def steps_of(
    changes: dict[str, str], wants: dict[str, str], had: dict[str, str], **more: Any
) -> tuple[Step, ...]:
    made = [change(name, symbol) for name, symbol in changes.items()]
    first = {"~": ["update"]}
    writes = {c.address: first.get(changes[c.address.name], ["create"]) for c in made}
    return make_steps(made, writes, DELETIONS, graph(wants), graph(had), **more)


def told(steps: tuple[Step, ...]) -> str:
    """ "1 create a; 2 create b <1": number, operation, name, and what it waits for."""
    return "; ".join(
        f"{s.number} {s.operation} {s.address.name}"
        + (f" <{','.join(map(str, s.waits_for))}" * bool(s.waits_for))
        for s in steps
    )


@pytest.mark.parametrize(
    ("changes", "wants", "had", "found"),
    [
        pytest.param({}, {}, {}, "", id="nothing"),
        pytest.param({"b": "+", "a": "+"}, {}, {}, "1 create a; 2 create b", id="by name"),
        pytest.param(
            {"a": "+", "b": "+"}, {"a": "b"}, {}, "1 create b; 2 create a <1", id="dependency first"
        ),
        pytest.param({"a": "~", "b": "~"}, {"a": "b"}, {"a": "b"}, "1 update b; 2 update a <1", id="updates"),
        pytest.param(
            {"a": "-", "b": "-"}, {}, {"a": "b"}, "1 delete a; 2 delete b <1", id="deletes in reverse"
        ),
        pytest.param(
            {"a": "~", "b": "-"},
            {},
            {"a": "b"},
            "1 update a; 2 delete b <1",
            id="delete after its user",
        ),
        pytest.param({"a": "+", "b": "-"}, {}, {}, "1 create a; 2 delete b", id="apart"),
        pytest.param({"a": "-/+"}, {}, {}, "1 delete a; 2 create a <1", id="replace"),
        pytest.param({"a": "+/-"}, {}, {}, "1 create a; 2 delete a <1", id="create before destroy"),
        pytest.param(
            {"a": "~", "b": "-/+"},
            {"a": "b"},
            {"a": "b"},
            "1 delete b; 2 create b <1; 3 update a <2",
            id="replace, then its user",
        ),
        pytest.param(
            {"a": "~", "b": "+/-"},
            {"a": "b"},
            {"a": "b"},
            "1 create b; 2 update a <1; 3 delete b <1,2",
            id="create, its user, then delete",
        ),
        pytest.param(
            {"a": "-/+", "b": "-/+"},
            {"a": "b"},
            {"a": "b"},
            "1 delete a; 2 delete b <1; 3 create b <2; 4 create a <1,3",
            id="both replaced",
        ),
        pytest.param(
            {"a": "+/-", "b": "+/-"},
            {"a": "b"},
            {"a": "b"},
            "1 create b; 2 create a <1; 3 delete a <2; 4 delete b <1,2,3",
            id="both replaced, new ones first",
        ),
        pytest.param({"a": "+"}, {"a": "b"}, {}, "1 create a", id="unchanged"),
        pytest.param({"a": "left"}, {}, {}, "1 delete a", id="left over"),
        pytest.param(
            {"a": "left", "b": "~"},
            {},
            {"b": "a"},
            "1 update b; 2 delete a <1",
            id="left over after its users",
        ),
    ],
)
def test_order(changes: Any, wants: Any, had: Any, found: str) -> None:
    assert told(steps_of(changes, wants, had)) == found


def test_several_operations_follow_each_other_and_are_waited_for() -> None:
    changes = [change("a", "+"), change("b", "+")]
    writes = {address("a"): ["create", "upload"], address("b"): ["create"]}
    found = make_steps(changes, writes, DELETIONS, graph({"b": "a"}), {})
    assert told(found) == "1 create a; 2 upload a <1; 3 create b <2"


def test_a_delete_of_several_calls_is_waited_for_to_its_end() -> None:
    changes = [change("a", "-"), change("b", "-")]
    found = make_steps(changes, {}, {"thing": ["stop", "drain", "delete"]}, {}, graph({"b": "a"}))
    assert told(found) == "1 stop b; 2 drain b <1; 3 delete b <2; 4 stop a <3; 5 drain a <4; 6 delete a <5"


def test_left_overs_keep_apart_from_each_other_and_from_the_resource() -> None:
    changes = [change("a", "-/+"), change("a", "left", "1"), change("a", "left", "2")]
    found = make_steps(changes, {address("a"): ["create"]}, DELETIONS, {}, {})
    assert [(s.operation, s.deposed, s.id) for s in found] == [
        ("delete", False, None),
        ("delete", True, "1"),
        ("delete", True, "2"),
        ("create", False, None),
    ]


@pytest.mark.parametrize(
    ("what", "needed", "found"),
    [
        pytest.param({"a": "left", "b": "left"}, {"b": "a"}, ["b", "a"], id="left-overs in reverse"),
        pytest.param({"a": "-", "b": "left"}, {"b": "a"}, ["b", "a"], id="gone after what is left over"),
        pytest.param({"a": "left", "b": "left"}, {"a": "b"}, ["a", "b"], id="as by name"),
        pytest.param({"a": "left", "b": "left"}, {"a": "b", "b": "a"}, ["a", "b"], id="of several runs"),
    ],
)
def test_what_a_left_over_needed_goes_after_it(
    what: dict[str, str], needed: dict[str, str], found: list[str]
) -> None:
    changes = [
        evolve(change(name, symbol), dependencies=tuple(map(address, needed.get(name, ""))))
        for name, symbol in what.items()
    ]
    assert [step.address.name for step in make_steps(changes, {}, DELETIONS, {}, {})] == found


def test_the_left_over_of_this_very_plan_is_named_by_its_id() -> None:
    create, delete = steps_of({"a": "+/-"}, {}, {})
    assert (create.deposed, create.id) == (False, None)
    assert (delete.deposed, delete.id) == (True, "id-a")


def test_a_postponed_deletion_has_no_step() -> None:
    assert told(steps_of({"a": "+/-"}, {}, {}, postponed={address("a")})) == "1 create a"


def test_a_circle_is_told() -> None:
    with pytest.raises(PlannerError, match="circle") as caught:
        steps_of({"a": "+/-", "b": "-/+"}, {"a": "b"}, {"a": "b"})
    assert "delete thing.a" in caught.value.summary
    assert "write thing.b" in caught.value.summary
    assert "create_before_destroy" in caught.value.advice
