from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.model.graph import Cycle, ordered


@pytest.mark.parametrize(
    ("waits", "found"),
    [
        ({}, ""),
        ({"b": "", "a": ""}, "ab"),
        ({"a": "b", "b": ""}, "ba"),
        ({"a": "x"}, "a"),
        ({"a": "c", "b": "", "c": ""}, "bca"),
        ({"a": "d", "b": "a", "c": "", "d": "c"}, "cdab"),
        ({"a": "bb", "b": ""}, "ba"),
    ],
)
def test_order(waits: dict[str, str], found: str) -> None:
    assert "".join(ordered(waits)) == found


@pytest.mark.parametrize(
    ("waits", "members"),
    [({"a": "a"}, "a"), ({"a": "b", "b": "a", "c": "a"}, "ab"), ({"a": "b", "b": "c", "c": "b"}, "bc")],
)
def test_a_circle_names_its_members_only(waits: dict[str, str], members: str) -> None:
    with pytest.raises(Cycle) as caught:
        ordered(waits)
    assert sorted(map(str, caught.value.members)) == list(members)
    assert str(caught.value).startswith(str(caught.value.members[0]))
    assert str(caught.value).endswith(str(caught.value.members[0]))


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=60), st.randoms())
def test_any_graph(edges: list[tuple[int, int]], random: Random) -> None:
    waits: dict[int, list[int]] = {n: [] for n in range(21)}
    for one, other in edges:
        if one > other:
            waits[one].append(other)
    found = ordered(waits)
    place = {key: index for index, key in enumerate(found)}
    assert sorted(found) == sorted(waits)
    assert all(place[other] < place[key] for key, others in waits.items() for other in others)
    shuffled = list(waits.items())
    random.shuffle(shuffled)
    assert ordered(dict(shuffled)) == found
