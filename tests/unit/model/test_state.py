from __future__ import annotations

from typing import Any

import pytest

from planner.model.address import Address
from planner.model.resource import Prior
from planner.model.state import Intent, Outcome, Record, State, Working

A, B = Address("extension", "a"), Address("extension", "b")


def prior(address: Address = A, id_: str = "1") -> Prior:
    return Prior(address, id_, {"name": address.name})


def intent(step: int = 1, operation: str = "create", **more: Any) -> Intent:
    return Intent(step, A, operation, "2025-01-01T00:00:00Z", **more)


def done(entry: Prior | None, step: int = 1, **more: Any) -> Outcome:
    return Outcome(step, entry.address if entry else A, "done", entry, **more)


HAS = State("p", "dev", "l", 1, {A: prior()})
NEW = prior(id_="2")


@pytest.mark.parametrize(
    ("start", "records", "resources", "deposed", "doubts"),
    [
        pytest.param(HAS, [], {"a": "1"}, [], [], id="nothing"),
        pytest.param(State("p", "dev"), [intent()], {}, [], [1], id="an intent alone is in doubt"),
        pytest.param(State("p", "dev"), [intent(), done(NEW)], {"a": "2"}, [], [], id="created"),
        pytest.param(HAS, [intent(), done(None)], {}, [], [], id="deleted"),
        pytest.param(HAS, [intent(), Outcome(1, A, "failed")], {"a": "1"}, [], [], id="failed"),
        pytest.param(
            HAS, [intent(), Outcome(1, A, "deposed")], {}, ["1"], [1], id="left over, create in doubt"
        ),
        pytest.param(
            HAS, [intent(), Outcome(1, A, "deposed"), done(NEW)], {"a": "2"}, ["1"], [], id="left over"
        ),
        pytest.param(
            HAS,
            [intent(), Outcome(1, A, "deposed"), done(NEW), intent(2), done(None, 2, id="1", deposed=True)],
            {"a": "2"},
            [],
            [],
            id="left over and deleted",
        ),
        pytest.param(State("p", "dev"), [Outcome(1, A, "deposed")], {}, [], [], id="nothing to leave over"),
        pytest.param(
            HAS, [done(prior(B, "9"), 7)], {"a": "1", "b": "9"}, [], [], id="an outcome alone counts"
        ),
    ],
)
def test_fold(start: State, records: Any, resources: Any, deposed: Any, doubts: Any) -> None:
    found = start.fold(records)
    assert {a.name: p.id for a, p in found.resources.items()} == resources
    assert [p.id for p in found.deposed] == deposed
    assert [i.step for i in found.in_doubt] == doubts
    assert (found.lineage, found.serial) == (start.lineage, start.serial)


def test_only_the_left_over_with_that_id_goes() -> None:
    start = State("p", "dev", deposed=(prior(id_="1"), prior(id_="2"), prior(B, "1")))
    found = start.fold([done(None, id="1", deposed=True)])
    assert [(p.address.name, p.id) for p in found.deposed] == [("a", "2"), ("b", "1")]


def test_folding_in_pieces_is_folding_at_once() -> None:
    records: list[Record] = [intent(), Outcome(1, A, "deposed"), done(NEW), intent(2, "delete")]
    records.append(done(prior(B), 3))
    for cut in range(len(records) + 1):
        assert HAS.fold(records[:cut]).fold(records[cut:]) == HAS.fold(records)


def test_working_leaves_its_base_alone() -> None:
    working = Working.of(HAS)
    working.take(done(None))
    assert working.state().resources == {}
    assert list(HAS.resources) == [A]
