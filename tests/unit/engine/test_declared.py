"""Moves, imports by natural key, and create_before_destroy through the graph."""

from __future__ import annotations

import pytest

from planner.engine.checking import evaluate
from planner.engine.declared import apply_moves, creating_first, replay
from planner.model.address import Address
from planner.model.declarations import Check, Move
from planner.model.diagnostic import Diagnostics, Position
from planner.model.plan import Moved
from planner.model.resource import Desired, Lifecycle, Prior
from planner.model.state import State

A, B, C, D = (Address("extension", name) for name in "abcd")
STATE = State("p", "dev", "lineage", 1, {A: Prior(A, "1", {}), B: Prior(B, "2", {}, dependencies=(A,))})


@pytest.mark.parametrize(
    ("moves", "ids", "problems"),
    [
        ([], {A: "1", B: "2"}, []),
        ([(A, C)], {C: "1", B: "2"}, []),
        ([(A, C), (C, D)], {D: "1", B: "2"}, []),
        ([(C, D), (A, C)], {D: "1", B: "2"}, []),
        ([(C, D)], {A: "1", B: "2"}, []),
        ([(B, C), (A, B)], {B: "1", C: "2"}, []),
        ([(A, B)], {A: "1", B: "2"}, ["the state holds extension.b already"]),
        ([(A, C), (C, A)], {A: "1", B: "2"}, ["moves go in a circle"]),
    ],
)
def test_moves(moves: list[tuple[Address, Address]], ids: dict[Address, str], problems: list[str]) -> None:
    diagnostics = Diagnostics()
    given = [Move(source, target, Position("t.yaml", 1)) for source, target in moves]
    state, done = apply_moves(STATE, given, diagnostics)
    assert {address: prior.id for address, prior in state.resources.items()} == ids
    assert [item.summary[: len(p)] for item, p in zip(diagnostics, problems, strict=True)] == problems
    assert replay(STATE, done) == state


def test_dependents_follow_a_move() -> None:
    state, done = apply_moves(STATE, [Move(A, C)], Diagnostics())
    assert done == (Moved(A, C),)
    assert state.resources[B].dependencies == (C,)


def test_what_a_create_before_destroy_resource_needs_is_one_too() -> None:
    first = Lifecycle(create_before_destroy=True)
    resources = {
        A: Desired(A, {}),
        B: Desired(B, {}, depends_on=(A,)),
        C: Desired(C, {}, depends_on=(B,), lifecycle=first),
        D: Desired(D, {}, depends_on=(C,)),
    }
    found = creating_first(resources)
    assert [found[address].lifecycle.create_before_destroy for address in (A, B, C, D)] == [
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("holds", "severity", "status", "errors", "warnings"),
    [
        (True, "error", "passed", 0, 0),
        (False, "error", "failed", 1, 0),
        (False, "warning", "failed", 0, 1),
        (None, "error", "unknown", 0, 0),
    ],
)
def test_checks(holds: bool | None, severity: str, status: str, errors: int, warnings: int) -> None:
    diagnostics = Diagnostics()
    check = Check("c", "Not good.", severity, lambda _lookup: holds, "true", Position("t.yaml", 2))
    (result,) = evaluate([check], lambda _reference: None, diagnostics)
    assert result.status == status
    assert sum(item.is_error for item in diagnostics) == errors
    assert sum(not item.is_error for item in diagnostics) == warnings
