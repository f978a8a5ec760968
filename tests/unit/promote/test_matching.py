from __future__ import annotations

import re

import pytest
from attrs import evolve

from planner.model.release import Release
from planner.model.value import Value
from planner.promote.log import Log, Run
from planner.yaml12.number import read_number

from .releases import ONE, SYNONYMS, THREE, TWO, WORDS, at, log, release, run


def test_the_id() -> None:
    assert re.fullmatch(r"r-[0-9a-f]{10}", ONE.id)
    assert Release().id == Release({}, "", {}).id
    forwards, backwards = Release({"a": 1, "b": {"x": 1, "y": 2}}), Release({"b": {"y": 2, "x": 1}, "a": 1})
    assert forwards.id == backwards.id


@pytest.mark.parametrize(
    "other",
    [
        evolve(ONE, variables={"version": "8.15"}),
        evolve(ONE, variables={"version": ["8.14"]}),
        evolve(ONE, variables={"version": None}),
        evolve(ONE, variables={"other": "8.14"}),
        evolve(ONE, variables={}),
        evolve(ONE, templates="c2"),
        evolve(ONE, templates=""),
        evolve(ONE, archives={SYNONYMS: "two"}),
        evolve(ONE, archives={WORDS: "one"}),
        evolve(ONE, archives={}),
    ],
)
def test_whatever_differs_has_another_id(other: Release) -> None:
    assert other.id != ONE.id


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("1", 1),
        (True, 1),
        (1, 1.0),
        ([0], [False]),
        ("8.10", 8.1),
        (8.1, read_number("8.10")),
        (None, "null"),
        ([], {}),
    ],
)
def test_values_of_other_types_make_another_release(left: Value, right: Value) -> None:
    one, other = Release({"v": left, "w": 1}), Release({"v": right, "w": 1})
    assert one.id != other.id
    assert one != other
    assert not one.is_same(other)
    assert log(run(one)).origin(other, Release({"v": "x", "w": 1})) is None


BOTH = release("8.14", "c1", synonyms="one", words="w")
WITHOUT = release("8.14", "c1")
CHANGED = release("8.14", "c1", synonyms="other", words="w")


@pytest.mark.parametrize(
    ("left", "right", "is_same", "paths"),
    [
        (ONE, ONE, True, ()),
        (ONE, release("8.14", "c1", synonyms="one"), True, ()),
        (ONE, BOTH, True, ()),
        (ONE, WITHOUT, True, ()),
        (release("8.14", "c1", words="w"), ONE, True, ()),
        (ONE, CHANGED, False, (SYNONYMS,)),
        (BOTH, release("8.14", "c1", words="x", synonyms="y"), False, (SYNONYMS, WORDS)),
        (ONE, release("8.15", "c1", synonyms="one"), False, ()),
        (ONE, release("8.14", "c2", synonyms="one"), False, ()),
        (ONE, evolve(ONE, variables={"version": "8.14", "more": 1}), False, ()),
    ],
    ids=[
        "itself",
        "equal",
        "one of its own",
        "none",
        "others",
        "another content",
        "two others",
        "another value",
        "another commit",
        "another variable",
    ],
)
def test_the_same_release(left: Release, right: Release, is_same: bool, paths: tuple[str, ...]) -> None:
    assert (left.is_same(right), right.is_same(left)) == (is_same, is_same)
    assert left.differing(right) == right.differing(left) == paths


def test_a_run_is_known_as_what_it_was_upstream() -> None:
    own = run(BOTH)
    assert own.id == BOTH.id
    assert evolve(own, known_as=ONE.id).id == ONE.id


FIRST, SECOND = run(ONE, at(1), at(2)), run(TWO, at(2), at(3))
AGAIN, LAST = run(ONE, at(3), at(4)), run(THREE, at(4))


@pytest.mark.parametrize(
    ("records", "found"),
    [
        ([], None),
        ([SECOND], None),
        ([FIRST, SECOND, LAST], FIRST),
        ([FIRST, SECOND, AGAIN, LAST], AGAIN),
        ([FIRST, SECOND, evolve(AGAIN, whole=False), LAST], FIRST),
        ([evolve(FIRST, whole=False), LAST], None),
        ([run(BOTH, at(1), at(2)), LAST], run(BOTH, at(1), at(2))),
    ],
    ids=["nothing", "another", "one", "the latest", "the latest whole", "never whole", "with more archives"],
)
def test_what_ran_before(records: list[Run], found: Run | None) -> None:
    assert log(*records).earlier_run(ONE) == found


UPSTREAM = log(FIRST, SECOND, LAST)
LATER = run(release("8.15", "c3"), at(3))
MIXED = release("8.15", "c1", synonyms="one")
"""The version of TWO, the templates and archives of ONE."""


@pytest.mark.parametrize(
    ("upstream", "wanted", "present", "found"),
    [
        (UPSTREAM, THREE, None, LAST),
        (UPSTREAM, TWO, None, SECOND),
        (UPSTREAM, TWO, THREE, SECOND),
        (UPSTREAM, MIXED, None, None),
        (UPSTREAM, MIXED, ONE, SECOND),
        (UPSTREAM, MIXED, THREE, None),
        (UPSTREAM, release("8.15", "c1"), ONE, SECOND),
        (UPSTREAM, release("8.14", "c2"), ONE, SECOND),
        (UPSTREAM, release("8.99", "c2"), ONE, None),
        (UPSTREAM, release("8.15", "c9"), ONE, None),
        (UPSTREAM, evolve(TWO, variables={}), ONE, None),
        (UPSTREAM, evolve(TWO, variables={"version": "8.15", "own": 1}), ONE, None),
        (UPSTREAM, evolve(TWO, archives={SYNONYMS: "mine"}), ONE, SECOND),
        (log(), ONE, None, None),
        (log(run(ONE, at(1), at(2), whole=False), LAST), ONE, None, None),
        (log(run(ONE, at(1), whole=False)), ONE, None, run(ONE, at(1), whole=False)),
        (log(FIRST, SECOND, AGAIN), ONE, TWO, AGAIN),
        (log(FIRST, run(ONE, at(3))), ONE, TWO, run(ONE, at(3))),
        (log(SECOND, LATER), MIXED, ONE, LATER),
    ],
    ids=[
        "what runs",
        "what ran",
        "what ran, over another",
        "a mix over nothing",
        "one variable from upstream",
        "a mix with what never ran",
        "the archives are asked separately",
        "the templates alone",
        "a value of nobody",
        "templates of nobody",
        "a variable less",
        "a variable more",
        "an archive of its own",
        "nothing ran upstream",
        "it was never whole there",
        "it runs there, not whole",
        "the latest of two",
        "what runs before what ran",
        "the latest that has the part",
    ],
)
def test_where_a_release_comes_from(
    upstream: Log, wanted: Release, present: Release | None, found: Run | None
) -> None:
    assert upstream.origin(wanted, present) == found


def test_a_whole_release_is_taken_rather_than_a_part() -> None:
    """LAST has the same version: a mix of it with what runs would do too."""
    later = run(release("8.15", "c9"), at(4))
    assert log(SECOND, later).origin(TWO, evolve(ONE, templates="c2")) == SECOND


@pytest.mark.parametrize(
    ("wanted", "is_so"), [(TWO, True), (evolve(TWO, archives={}), True), (MIXED, False), (ONE, False)]
)
def test_whether_all_of_it_comes_from_there(wanted: Release, is_so: bool) -> None:
    assert wanted.comes_from(SECOND.release) is is_so


@pytest.mark.parametrize(
    ("wanted", "present", "by"),
    [
        (TWO, None, TWO),
        (TWO, ONE, TWO),
        (MIXED, ONE, ONE),
        (release("8.14", "c2"), ONE, TWO),
        (evolve(MIXED, templates="c2"), evolve(ONE, templates="c2"), TWO),
    ],
    ids=["nothing runs", "all of it", "templates stay", "templates alone", "templates are the same anyway"],
)
def test_what_archives_are_compared_with(wanted: Release, present: Release | None, by: Release) -> None:
    assert wanted.proof(TWO, present) == by
