"""Moves, imports by natural key, and create_before_destroy through the graph."""

from __future__ import annotations

import pytest
from attrs import evolve

from planner.engine.edits import moved, replay
from planner.engine.evaluation import evaluate
from planner.engine.goal import Goal
from planner.engine.imports import imports_to_do
from planner.engine.refreshed import apply_moves
from planner.model.address import Address
from planner.model.declarations import Check, Declarations, Import, Move
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
    given = [Move(source, target, place=lambda: Position("t.yaml", 1)) for source, target in moves]
    state, done = apply_moves(STATE, given, diagnostics)
    assert {address: prior.id for address, prior in state.resources.items()} == ids
    assert [item.summary[: len(p)] for item, p in zip(diagnostics, problems, strict=True)] == problems
    assert replay(STATE, done) == state


SWAP = [
    "Remove these moved blocks, and move once, by hand:",
    "  planner state mv extension.b extension.b_aside -e dev",
    "  planner state mv extension.a extension.b -e dev",
    "  planner state mv extension.b_aside extension.a -e dev",
]
ROUND = [
    SWAP[0],
    "  planner state mv extension.c extension.c_aside -e dev",
    "  planner state mv extension.b extension.c -e dev",
    "  planner state mv extension.a extension.b -e dev",
    "  planner state mv extension.c_aside extension.a -e dev",
]
THREE = evolve(STATE, resources={**STATE.resources, C: Prior(C, "3", {})})
TAKEN = Address("extension", "b_aside")


@pytest.mark.parametrize(
    ("state", "moves", "told"),
    [
        (STATE, [(A, B), (B, A)], SWAP),
        (STATE, [(B, A), (A, B)], SWAP),
        (STATE, [(A, C), (C, B), (B, A)], SWAP),
        (THREE, [(A, B), (B, C), (C, A)], ROUND),
        (
            evolve(STATE, resources={**STATE.resources, TAKEN: Prior(TAKEN, "9", {})}),
            [(A, B), (B, A)],
            [line.replace("b_aside", "b_aside_aside") for line in SWAP],
        ),
        (STATE, [(A, A)], ["Remove the moved block that leads back to extension.a."]),
    ],
)
def test_a_swap_says_how(state: State, moves: list[tuple[Address, Address]], told: list[str]) -> None:
    """And the commands that it names do it."""
    diagnostics = Diagnostics()
    given = [Move(source, target, place=lambda: Position("t.yaml", 1)) for source, target in moves]
    assert apply_moves(state, given, diagnostics) == (state, ())
    (found,) = diagnostics
    assert found.advice.splitlines() == told
    swapped = state
    for line in told[1:]:
        source, target = (Address.parse(word) for word in line.split()[3:5])
        swapped = moved(swapped, source, target)
    assert swapped.resources.keys() == state.resources.keys()
    assert len(told) == 1 or all(swapped.resources[a].id != state.resources[a].id for a in (A, B))


@pytest.mark.parametrize(
    ("item", "wanted", "told"),
    [
        (Import(A, "1"), False, []),
        (Import(A), False, []),
        (Import(C, "7"), True, []),
        (Import(A, "7"), False, ["7 is not imported: extension.a is in the state already, with the id 1"]),
        (Import(B, "1"), False, ["1 is not imported: extension.b is in the state already, with the id 2"]),
    ],
)
def test_an_import_that_does_nothing_says_so(item: Import, wanted: bool, told: list[str]) -> None:
    diagnostics = Diagnostics()
    assert imports_to_do(STATE, [item], diagnostics) == ([item] if wanted else [])
    assert [(found.summary, found.is_error) for found in diagnostics] == [(text, False) for text in told]


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
    found = Goal("p", "dev", "", "", resources).creating_first().resources
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
    check = Check("c", "Not good.", severity, "true", place=lambda: Position("t.yaml", 2))
    declared = Declarations(checks=(check,), verdicts=lambda _checks, _lookup: [holds])
    (result,) = evaluate(declared, lambda _reference: None, diagnostics)
    assert result.status == status
    assert sum(item.is_error for item in diagnostics) == errors
    assert sum(not item.is_error for item in diagnostics) == warnings
