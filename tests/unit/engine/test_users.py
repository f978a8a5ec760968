"""Who uses what: from two queries, and reads only where the index is behind."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pytest
from attrs import define, evolve, field, frozen

from planner.engine.decision import MOST_TOLD
from planner.engine.refresh import Asking
from planner.engine.users import MOST_ASKED, MOST_READ, Known, find, written
from planner.engine.workflow import propose_from
from planner.errors import ApiError, Unreachable
from planner.model.address import Address
from planner.model.plan import Change
from planner.model.resource import Mention, Prior, User

from .test_uses import BINDING, URL, bound
from .world import Installation, Scene, desired, goal_of, prior, state_of

OTHER = "repo://other"
THEN, LATER = "2026-05-01T10:00:00.000Z", "2026-05-01T10:00:01Z"


@frozen
class Page:
    users: tuple[User, ...]
    pages: int = 1
    whole: bool = True


@define
class Index:
    """A search over `indexed`, while `now` is what there is. hidden: what these credentials do not find."""

    indexed: dict[str, User] = field(factory=dict)
    now: dict[str, User] = field(factory=dict)
    hidden: set[str] = field(factory=set)
    whole: bool = True
    fails: Exception | None = None
    asked: list[str] = field(factory=list)
    attribute: str = "url"

    def by_use(self, values: Collection[str]) -> Page:
        self.asked.append("by use")
        if self.fails:
            raise self.fails
        found = [u for u in self._seen.values() if {place.of for place in u.places} & {*values}]
        return Page(tuple(found), 3, self.whole)

    def by_id(self, ids: Collection[str], values: Collection[str]) -> Page:
        self.asked.append(f"by {len(ids)} ids")
        return Page(tuple(self._seen[id_] for id_ in ids if id_ in self._seen))

    def read(self, id_: str, values: Collection[str]) -> User | None:
        self.asked.append(f"read {id_}")
        return None if id_ in self.hidden else self.now.get(id_, self.indexed.get(id_))

    @property
    def _seen(self) -> dict[str, User]:
        return {id_: user for id_, user in self.indexed.items() if id_ not in self.hidden}


def user(id_: str, *urls: str, name: str = "", **more: Any) -> User:
    places = tuple(Mention(url, "bundle", "8.*", **more) for url in urls)
    return User(id_, name or f"name-{id_}", "8.15.3", THEN, places)


def index(*users: User, **more: Any) -> Index:
    return Index({each.id: each for each in users}, **more)


def told(search: Index, said: Mapping[str, Collection[str] | None], **known: Any) -> dict[str, list[str]]:
    """By value, the names of its users, or their ids in brackets; with a star where no place is known."""
    found = find(search, Known(said, **known), Asking(4))
    return {
        value: [(each.name or f"[{each.id}]") + "*" * (not each.places) for each in users]
        for value, users in found.users.items()
    }


A, B = user("1", URL, name="shop"), user("2", URL, OTHER, name="alpha")


@pytest.mark.parametrize(
    ("search", "said", "users", "asked"),
    [
        pytest.param(index(A, B), {URL: ("1", "2")}, {URL: ["alpha", "shop"]}, ["by use"], id="as said"),
        pytest.param(index(), {URL: ()}, {URL: []}, ["by use"], id="nobody"),
        pytest.param(
            index(A, B),
            {URL: ("1", "2"), OTHER: ("2",)},
            {URL: ["alpha", "shop"], OTHER: ["alpha"]},
            ["by use"],
            id="one query for all",
        ),
        pytest.param(
            index(A, user("3"), hidden={"9"}),
            {URL: ("1", "3", "9")},
            {URL: ["name-3*", "shop", "[9]*"]},
            ["by use", "by 2 ids", "read 3", "read 9"],
            id="ids beyond the search",
        ),
        pytest.param(
            index(A, now={"4": user("4", URL)}),
            {URL: ("1", "4")},
            {URL: ["name-4", "shop"]},
            ["by use", "by 1 ids", "read 4"],
            id="one that is not in the index yet",
        ),
        pytest.param(
            index(A, now={"1": user("1", name="shop")}),
            {URL: ()},
            {URL: []},
            ["by use", "read 1"],
            id="taken away since",
        ),
        pytest.param(
            index(user("1", name="shop"), now={"1": A}),
            {URL: ("1",)},
            {URL: ["shop"]},
            ["by use", "by 1 ids", "read 1"],
            id="given since",
        ),
        pytest.param(index(A, now={}), {URL: None}, {URL: ["shop"]}, ["by use"], id="nobody else says"),
        pytest.param(
            index(user("1", URL, name="soon", pending=True)),
            {URL: ()},
            {URL: ["soon"]},
            ["by use"],
            id="a plan that is not carried out",
        ),
    ],
)
def test_users_are_found(
    search: Index, said: dict[str, Any], users: dict[str, list[str]], asked: list[str]
) -> None:
    search = evolve(search, asked=[])
    assert (told(search, said), search.asked) == (users, asked)


def test_nothing_is_asked_for_nothing() -> None:
    search = index(A)
    assert (told(search, {}), search.asked) == ({}, [])


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ({"wrote": {"1": LATER}}, ["read 1"]),
        ({"wrote": {"1": THEN}}, []),
        ({"wrote": {"1": ""}}, []),
        ({"wrote": {"1": "2026-05-01T12:00:00.000+02:00"}}, []),
        ({"wrote": {"1": "2026-05-01 11:00"}}, []),
        ({"wrote": {"7": LATER}}, []),
        ({"uses": {(URL, "7")}}, ["read 7"]),
        ({"uses": {(URL, "1"), (OTHER, "7")}}, []),
    ],
)
def test_what_this_state_wrote_since_is_read(known: dict[str, Any], asked: list[str]) -> None:
    search = index(A, now={"1": user("1", name="shop"), "7": user("7", URL)})
    found = told(search, {URL: None}, **known)
    assert search.asked[1:] == asked
    assert found == {URL: {"read 1": [], "read 7": ["name-7", "shop"]}.get("".join(asked), ["shop"])}


def test_an_index_that_does_not_say_when_that_was_may_be_from_before() -> None:
    search = index(evolve(A, modified=""), now={"1": user("1", name="shop")})
    assert told(search, {URL: None}, wrote={"1": THEN}) == {URL: []}


def test_reads_are_few_however_far_the_index_is_behind() -> None:
    search = index(*(user(f"{n:03}", URL) for n in range(100)), now={"000": user("000")})
    found = find(search, Known({URL: ()}), Asking(4))
    assert (found.queries, found.pages, found.reads) == (1, 3, MOST_READ)
    assert len(found.users[URL]) == 99
    assert found.notes[0].startswith("the index of deployments is behind: 80 of those that it does not show")


def test_queries_are_two_however_many_ids_there_are() -> None:
    said = tuple(f"{n:05}" for n in range(10_000))
    search = index(hidden={*said})
    found = find(search, Known({URL: said}), Asking(4))
    assert search.asked[:2] == ["by use", f"by {MOST_ASKED} ids"]
    assert (found.queries, found.pages, found.reads) == (2, 4, MOST_READ)
    assert ([user.id for user in found.users[URL]], len(found.notes)) == ([*said], 1)


def test_a_search_that_was_cut_short_says_so() -> None:
    found = find(index(A, whole=False), Known({URL: ("1",)}), Asking(4))
    assert found.notes == ("the search of deployments ended after 3 pages: there may be more users",)


def test_the_state_knows_what_it_wrote_last() -> None:
    drivers = {"binding": Installation(kind=BINDING), "thing": Installation()}
    older = evolve(bound("one", "1", URL), last_modified=THEN)
    newer = evolve(bound("two", "1", OTHER), last_modified=LATER)
    odd = Prior(Address("binding", "odd"), "odd", {"loads": [{"url": URL}]})
    state = state_of(prior("a"), older, newer, odd)
    wrote, uses = written(state, drivers, "thing.url")
    assert (wrote, uses) == ({"1": LATER}, {(URL, "1"), (OTHER, "1")})


def changed(search: Index | None, users: Mapping[str, list[str]], **more: Any) -> tuple[list[Change], Any]:
    """What becomes of a and b, whose notes change, in a plan that somebody uses them."""
    scene = Scene.of(prior("a", note="x"), prior("b", note="x"))
    scene.world.users = search
    for name, ids in users.items():
        scene.world.stored[f"id-{name}"].used_by = ids
    goal = goal_of(desired("a", note="y"), desired("b", note="y"))
    plan = propose_from(scene.session(goal, **more), scene.state).plan
    return list(plan.changes), plan.notes


def test_a_plan_names_who_uses_what_it_changes() -> None:
    search = index(
        user("1", "repo://id-a", name="shop"), user("2", "repo://id-b", "repo://id-a", name="alpha")
    )
    changes, notes = changed(search, {"a": ["1", "2"], "b": ["2"]})
    assert [change.used_by for change in changes] == [("2", "1"), ("2",)]
    assert [[user.name for user in change.users] for change in changes] == [["alpha", "shop"], ["alpha"]]
    assert {place.of for change in changes[1:] for user in change.users for place in user.places} == {
        "repo://id-b"
    }
    assert (search.asked, notes) == (["by use"], ())


def test_what_cannot_be_deleted_says_by_name_who_uses_it() -> None:
    scene = Scene.of(prior("a"))
    scene.world.users = index(user("1", "repo://id-a", name="shop"), hidden={"2"})
    scene.world.stored["id-a"].used_by = ["1", "2"]
    (error,) = propose_from(scene.session(goal_of()), scene.state).diagnostics
    assert error.detail == "It is used by shop (1), 2."


@pytest.mark.parametrize(
    ("users", "more"), [({}, {}), ({"a": [], "b": []}, {}), ({"a": ["1"]}, {"refresh": False})]
)
def test_where_nobody_is_concerned_nobody_is_searched_for(users: Any, more: Any) -> None:
    search = index()
    changes, _ = changed(search, users, **more)
    assert ([change.users for change in changes], search.asked) == ([(), ()], [])


def test_what_nobody_can_be_searched_for_has_the_ids_alone() -> None:
    changes, notes = changed(None, {"a": ["1"]})
    assert ([(c.used_by, c.users) for c in changes], notes) == ([(("1",), ()), ((), ())], ())


@pytest.mark.parametrize(
    "error",
    [ApiError("no such index", operation="search-deployments", status=400), Unreachable("nobody there")],
)
def test_a_plan_goes_on_without_a_search(error: Exception) -> None:
    changes, notes = changed(index(fails=error), {"a": ["1"]})
    assert [change.used_by for change in changes] == [("1",), ()]
    assert notes == (f"who uses what changes is told by ids alone: {error}",)


def test_of_many_users_a_plan_describes_some() -> None:
    ids = [f"{n:04}" for n in range(1_000)]
    changes, _ = changed(index(*(user(id_, "repo://id-a") for id_ in ids)), {"a": ids})
    assert (changes[0].used_by, len(changes[0].users)) == (tuple(ids), MOST_TOLD)
