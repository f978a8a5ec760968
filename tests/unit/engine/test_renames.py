"""Likely renames: told where deletes and creates are alike one to one, listed where they are not."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from planner.engine.refresh import View
from planner.engine.selection import Selection
from planner.model.declarations import Declarations, Move, Removal
from planner.model.plan import Action, Rename
from planner.model.value import Fingerprint, Secret

from .world import address, content, desired, goal_of, later, observed, planned, prior, ref, state_of

ONE, TWO = content("one"), content("two", "files/b")
LIKE: dict[str, Any] = {"note": "x", "tier": "t"}


def held(name: str, file: str = "one", **more: Any) -> Any:
    return prior(name, content_sha256=content(file).sha256, file="files/before", **more)


def hidden(secret: str, salt: str = "cd" * 16) -> Fingerprint:
    """A secret as the state has it: the first apply knows no lineage, and has a salt of its own."""
    return Fingerprint.of(secret, salt)


def told(*pairs: tuple[str, str]) -> tuple[Rename, ...]:
    """Each pair of names, several of them with spaces between them."""
    sides = ((tuple(map(address, side.split())) for side in pair) for pair in pairs)
    return tuple(Rename(*side) for side in sides)


@pytest.mark.parametrize(
    ("has", "wants", "renames"),
    [
        pytest.param([held("a")], [desired("b", file=ONE)], told(("a", "b")), id="by content"),
        pytest.param([held("a")], [desired("b", file=TWO)], (), id="other content"),
        pytest.param([held("a", **LIKE)], [desired("b", file=ONE)], (), id="an update would clear the note"),
        pytest.param(
            [held("a", source="s")],
            [desired("b", file=ONE)],
            told(("a", "b")),
            id="what is not declared stays",
        ),
        pytest.param([prior("a", **LIKE)], [desired("b", **LIKE)], told(("a", "b")), id="by attributes"),
        pytest.param(
            [prior("a", **LIKE)], [desired("b", **LIKE | {"tier": "u"})], (), id="one attribute differs"
        ),
        pytest.param([prior("a", **LIKE)], [desired("b", note="x")], told(("a", "b")), id="one is left out"),
        pytest.param([prior("a")], [desired("b")], (), id="nothing but names says nothing"),
        pytest.param(
            [prior("a")], [evolve(desired("b"), attributes={"name": "a"})], told(("a", "b")), id="name"
        ),
        pytest.param(
            [prior("a", tags=["y", "x"])], [desired("b", tags=["x", "y"])], told(("a", "b")), id="a set"
        ),
        pytest.param([prior("a", rules=["y", "x"])], [desired("b", rules=["x", "y"])], (), id="a list"),
        pytest.param(
            [prior("a", settings={"k": 1, "l": 2})],
            [desired("b", settings={"l": 2, "k": 1})],
            told(("a", "b")),
            id="a mapping",
        ),
        pytest.param(
            [prior("a", password=hidden("s")), prior("b", password=hidden("t"))],
            [desired("c", password=Secret("t")), desired("d", password=Secret("s"))],
            told(("a", "d"), ("b", "c")),
            id="secrets",
        ),
        pytest.param(
            [prior("a", settings={"k": hidden("s"), "l": hidden("t", "ef" * 16)})],
            [desired("b", settings={"k": Secret("s"), "l": Secret("t")})],
            told(("a", "b")),
            id="secrets of several times",
        ),
        pytest.param(
            [prior("a", password=hidden("s"))], [desired("b", password=Secret("t"))], (), id="another secret"
        ),
        pytest.param(
            [prior("a", note="x", password=hidden("s"))],
            [desired("b", note="x")],
            told(("a", "b")),
            id="a secret is left out",
        ),
        pytest.param(
            [held("a"), held("b")],
            [desired("c", file=ONE)],
            told(("a b", "c")),
            id="two of which one remains",
        ),
        pytest.param(
            [held("a")],
            [desired("b", file=ONE), desired("c", file=ONE)],
            told(("a", "b c")),
            id="one or the other",
        ),
        pytest.param(
            [held("a"), held("b"), held("c", "two")],
            [desired("d", file=ONE), desired("e", file=ONE), desired("f", file=TWO)],
            told(("a b", "d e"), ("c", "f")),
            id="the unclear beside the clear",
        ),
    ],
)
def test_renames(has: Any, wants: Any, renames: tuple[Rename, ...]) -> None:
    goal, state = goal_of(*wants), state_of(*has)
    assert planned(goal, state).plan.renames == renames
    clear = [rename for rename in renames if len(rename.sources) == len(rename.targets) == 1]
    moves = tuple(Move(rename.sources[0], rename.targets[0]) for rename in clear)
    moved = planned(evolve(goal, declarations=Declarations(moves)), state).plan
    kept = {move.target for move in moves} | {move.source for move in moves}
    assert {change.action for change in moved.changes if change.address in kept} <= {
        Action.MOVE,
        Action.UPDATE,
    }
    assert len(moved.renames) == len(renames) - len(clear)


def named(resource: str, name: str, **more: Any) -> Any:
    found = desired(resource, **more)
    return evolve(found, attributes={**found.attributes, "name": name})


@pytest.mark.parametrize(
    ("wants", "renames"),
    [
        ([named("c", "b"), named("d", "a")], told(("a", "d"), ("b", "c"))),
        ([named("c", "b"), named("d", "z")], told(("a", "d"), ("b", "c"))),
        ([named("c", "b")], told(("b", "c"))),
        ([named("c", "b"), named("d", "b")], told(("a b", "c d"))),
    ],
)
def test_of_several_alike_the_namesakes_are_one(wants: Any, renames: Any) -> None:
    wants = [evolve(w, attributes={**w.attributes, **LIKE}) for w in wants]
    assert planned(goal_of(*wants), state_of(prior("a", **LIKE), prior("b", **LIKE))).plan.renames == renames


@pytest.mark.parametrize(
    ("has", "wants", "renames"),
    [
        pytest.param([held("a")], [named("b", "a", file=TWO)], told(("a", "b")), id="other content"),
        pytest.param(
            [prior("a", note="x")], [named("b", "a", note="y")], told(("a", "b")), id="another attribute"
        ),
        pytest.param([prior("a", tier="t")], [named("b", "a", tier="u")], (), id="a replacement"),
        pytest.param([prior("a", tier="t")], [named("b", "a", note="y")], told(("a", "b")), id="left alone"),
        pytest.param(
            [held("a")],
            [named("b", "a", file=TWO), named("c", "a", file=TWO, note="y")],
            (),
            id="two of a name",
        ),
        pytest.param(
            [held("a"), held("b")],
            [named("c", "z", file=ONE), named("d", "a", file=TWO)],
            told(("a b", "c")),
            id="what is unclear stays so",
        ),
    ],
)
def test_namesakes_that_changed_are_one(has: Any, wants: Any, renames: Any) -> None:
    test_renames(has, wants, renames)


def test_a_chain_is_found_whole() -> None:
    has = [held("a"), prior("b", source="repo://id-a", depends_on=["a"]), prior("c", source="at repo://id-b")]
    wants = [
        desired("a2", file=ONE),
        desired("b2", source=later(ref("a2", "url"))),
        desired("c2", source=later("at ", ref("b2", "url"))),
    ]
    found = planned(goal_of(*wants), state_of(*has)).plan.renames
    assert found == told(("a", "a2"), ("b", "b2"), ("c", "c2"))


@pytest.mark.parametrize("links", [9, 10, 11, 40])
def test_a_long_chain_is_told_from_its_beginning(links: int) -> None:
    """Whoever wrote the templates could have everybody who plans wait for as many looks as links."""
    has = [held("a0")]
    wants = [desired("b0", file=ONE)]
    for number in range(1, links):
        has.append(prior(f"a{number}", source=f"repo://id-a{number - 1}", depends_on=[f"a{number - 1}"]))
        wants.append(desired(f"b{number}", source=later(ref(f"b{number - 1}", "url"))))
    found = planned(goal_of(*wants), state_of(*has)).plan.renames
    assert found == told(*((f"a{number}", f"b{number}") for number in range(min(links, 10))))


def test_what_a_removed_block_deletes_is_no_rename() -> None:
    declared = Declarations(removals=(Removal(address("a"), destroy=True),))
    found = planned(goal_of(desired("b", **LIKE), declarations=declared), state_of(prior("a", **LIKE))).plan
    assert (len(found.changes), found.renames) == (2, ())


def test_nothing_moves_to_an_address_of_the_state() -> None:
    """b is gone from the installation, and is created again."""
    has, lost = prior("a", **LIKE), prior("b", **LIKE)
    view = View({has.address: observed(has), lost.address: None})
    found = planned(goal_of(desired("b", **LIKE)), state_of(has, lost), view=view)
    assert found.actions == {"a": "delete", "b": "create"}
    assert found.plan.renames == ()


@pytest.mark.parametrize(
    ("selection", "renames"), [(("thing.*",), told(("a", "b"))), (("thing.a",), ()), (("thing.b",), ())]
)
def test_only_what_the_plan_does_is_told(selection: tuple[str, ...], renames: Any) -> None:
    goal = goal_of(desired("b", **LIKE), selection=Selection(targets=selection))
    assert planned(goal, state_of(prior("a", **LIKE))).plan.renames == renames
