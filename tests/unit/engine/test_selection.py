"""Which changes --target and --exclude take."""

from __future__ import annotations

import pytest

from planner.engine.selection import Deposed, Group, Pending, Relations, Selection, choose
from planner.errors import WrongUsage
from planner.model.address import Address
from planner.model.declarations import Move


def addresses(text: str) -> set[Address]:
    return {Address("extension", name) for name in text.split()}


def edges(text: str) -> dict[Address, list[Address]]:
    """`b>a c>b` says that b depends on a, and c on b."""
    found: dict[Address, list[Address]] = {}
    for arrow in text.split():
        left, _, right = arrow.partition(">")
        found.setdefault(Address("extension", left), [])
        if right:
            found[Address("extension", left)].append(Address("extension", right))
    return found


CHAIN = "a b>a c>b d"


@pytest.mark.parametrize(
    ("targets", "excludes", "pending", "former", "kept", "pulled", "dropped"),
    [
        ((), (), "a b c d", "", "a b c d", "", ""),
        (("extension.c",), (), "a b c d", "", "a b c", "a b", ""),
        (("resource.extension.c",), (), "a b c d", "", "a b c", "a b", ""),
        (("extension.c",), (), "a d", "", "a", "a", ""),
        (("extension.?",), (), "a b c d", "", "a b c d", "", ""),
        (("extension.a",), (), "a b c d", "", "a", "", ""),
        ((), ("extension.a",), "a b c d", "", "d", "", "b c"),
        ((), ("extension.a",), "b c d", "", "b c d", "", ""),
        ((), ("extension.c",), "a b c d", "", "a b d", "", ""),
        (("extension.c",), ("extension.a",), "a b c d", "", "", "a b", "b c"),
        # x is deleted; y depended on it, so y has to let go of it first
        (("extension.x",), (), "x y", "y>x", "x y", "y", ""),
        ((), ("extension.y",), "x y", "y>x", "", "", "x"),
    ],
)
def test_choose(  # noqa: PLR0917 - a table
    targets: tuple[str, ...],
    excludes: tuple[str, ...],
    pending: str,
    former: str,
    kept: str,
    pulled: str,
    dropped: str,
) -> None:
    choice = choose(Selection(targets, excludes), addresses(pending), Relations(edges(CHAIN), edges(former)))
    assert choice.kept == addresses(kept)
    assert set(choice.pulled) == addresses(pulled)
    assert set(choice.dropped) == addresses(dropped)


def left_overs(text: str) -> dict[str, Deposed]:
    """`a1 b2>a` says that 1 is left over at a, and 2 at b, which used a."""
    found = {}
    for word in text.split():
        whose, _, uses = word.partition(">")
        used = (Address("extension", uses),) if uses else ()
        found[whose] = Deposed(Address("extension", whose[0]), whose[1:], used)
    return found


@pytest.mark.parametrize(
    ("targets", "excludes", "pending", "former", "lying", "kept", "stays"),
    [
        (("extension.a",), (), "", "", "a1", "a1", {}),
        (("extension.*",), (), "b", "", "a1", "a1 b", {}),
        (("extension.b",), (), "b", "", "a1", "b", {"a1": ""}),
        ((), ("extension.a",), "", "", "a1", "", {"a1": ""}),
        ((), ("extension.d",), "b", "", "a1", "a1 b", {}),
        # b is to be changed, and uses what is left over at a until then
        (("extension.a",), (), "b", "b>a", "a1", "", {"b": "", "a1": "extension.b is left out"}),
        ((), ("extension.b",), "b", "b>a", "a1", "", {"b": "", "a1": "extension.b is excluded"}),
        (("extension.[ab]",), (), "b", "b>a", "a1", "a1 b", {}),
        # b needs no change: it uses what is at a now
        (("extension.a",), (), "", "b>a", "a1", "a1", {}),
        # left over at b, it uses what is left over at a
        (
            ("extension.a",),
            (),
            "",
            "",
            "a1 b2>a",
            "",
            {"b2": "", "a1": f"{left_overs('b2')['b2']} is left out"},
        ),
        (("extension.b",), (), "", "", "a1 b2>a", "b2", {"a1": ""}),
        # each uses the address of the other
        (("extension.*",), (), "", "", "a1>b b2>a", "a1 b2", {}),
        # x is deleted for good: what is left over and uses it goes first
        (("extension.x",), (), "x", "", "b2>x", "x b2", {}),
        ((), ("extension.b",), "x", "", "b2>x", "", {"b2": "", "x": f"{left_overs('b2')['b2']} is excluded"}),
    ],
)
def test_what_is_left_over_is_selected_by_its_address(  # noqa: PLR0917 - a table
    targets: tuple[str, ...],
    excludes: tuple[str, ...],
    pending: str,
    former: str,
    lying: str,
    kept: str,
    stays: dict[str, str],
) -> None:
    """It is taken by itself, and never while something that is left out still uses it."""
    lies = left_overs(lying)
    items: dict[str, Pending] = {address.name: address for address in addresses(pending)}
    items |= lies
    relations = Relations(edges(CHAIN), edges(former))
    choice = choose(Selection(targets, excludes), set(items.values()), relations)
    assert {name for name, item in items.items() if item in choice.kept} == set(kept.split())
    left = {name: choice.dropped.get(item, "") for name, item in items.items() if item not in choice.kept}
    assert left == stays


def test_what_a_change_that_stays_out_uses_is_told() -> None:
    lies = left_overs("d9>c")
    relations = Relations(edges("a b c d"), edges("b>a c>a"))
    choice = choose(Selection(("extension.a",)), {*addresses("a b c"), lies["d9"]}, relations)
    a, b, c = (Address("extension", name) for name in "abc")
    assert choice.in_use == {a: b, c: lies["d9"]}


def test_what_waits_is_not_called_excluded() -> None:
    """Nobody excluded what a roll-out holds back; what it still uses stays, and says so."""
    (a,), lies = addresses("a"), left_overs("b9")
    relations = Relations({}, {a: (Address("extension", "b"),)})
    choice = choose(Selection(), {a, lies["b9"]}, relations, withheld={a: "rollout.search is held back"})
    assert choice.dropped == {a: "rollout.search is held back", lies["b9"]: "extension.a is left out"}


MOVES = [
    Move(Address("extension", source), Address("extension", target)) for source, target in ("ab", "bc", "xy")
]


@pytest.mark.parametrize(
    ("glob", "there", "named"),
    [
        ("extension.a", "c y", "c"),
        ("extension.b", "c y", "c"),
        ("extension.[ax]", "c y", "c y"),
        ("extension.c", "c y", "c"),
        ("extension.a", "a c", "a"),
        ("extension.a", "b c", "b"),
        ("extension.x", "c y", "y"),
        ("extension.*", "c y", "c y"),
    ],
)
def test_selections_follow_what_moved(glob: str, there: str, named: str) -> None:
    """By whichever flag, and to where it is; an address that is something's names only that."""
    known = addresses(there)
    for selection in (Selection((glob,)), Selection((), (glob,)), Selection((), (), (glob,))):
        selection.check(known, MOVES)
        following = selection.following(MOVES, known)
        assert {a for a in known if following.named(a, (glob,))} == addresses(named)
    assert {a for a in known if Selection(replaces=(glob,)).following(MOVES, known).forces(a)} == addresses(
        named
    )


@pytest.mark.parametrize("glob", ["extension.a", "extension.q"])
def test_an_address_that_moved_to_nowhere_is_wrong_usage(glob: str) -> None:
    with pytest.raises(WrongUsage, match=f"--exclude {glob} matches no resource"):
        Selection(excludes=(glob,)).check(addresses("y"), MOVES)


def test_the_reason_names_the_other_resource() -> None:
    choice = choose(Selection(("extension.b",)), addresses("a b"), Relations(edges(CHAIN), {}))
    assert choice.pulled == {Address("extension", "a"): "extension.b needs it"}


def test_a_glob_that_matches_nothing_is_wrong_usage() -> None:
    with pytest.raises(WrongUsage, match=r"--target extension.synonims matches no resource") as caught:
        Selection(("extension.synonims",)).check([Address("extension", "synonyms")])
    assert caught.value.advice == 'Did you mean "extension.synonyms"?'


@pytest.mark.parametrize(
    ("glob", "names", "advice"),
    [
        (
            "extension.a11",
            "a1 a10 a2",
            'Did you mean "extension.a1"? There are: extension.a1, extension.a2, extension.a10.',
        ),
        ("bundle.*", "a b", "There are: extension.a, extension.b."),
        ("bundle.*", "a b c d e f g h i j", "extension.h and 2 more."),
        ("bundle.*", "", "Write extension.name or extension.*."),
    ],
)
def test_it_says_what_is_near_and_what_there_is(glob: str, names: str, advice: str) -> None:
    for selection in (Selection((glob,)), Selection((), (glob,)), Selection((), (), (glob,))):
        with pytest.raises(WrongUsage) as caught:
            selection.check(addresses(names))
        assert caught.value.advice.endswith(advice)


def test_replace_takes_globs() -> None:
    selection = Selection(replaces=("extension.a*",))
    assert selection.forces(Address("extension", "abc"))
    assert not selection.forces(Address("extension", "b"))


SEARCH = Group("rollout.search", addresses("a b"))


@pytest.mark.parametrize("glob", ["rollout.search", "rollout.*", "extension.a"])
def test_of_a_group_all_is_taken_or_nothing(glob: str) -> None:
    relations = Relations(edges(""), {})
    taken = choose(Selection((glob,)), addresses("a b c"), relations, [SEARCH])
    assert taken.kept == {*addresses("a b")}
    left = choose(Selection((), (glob,)), addresses("a b c"), relations, [SEARCH])
    assert left.kept == {*addresses("c")}


def test_a_group_may_be_named_and_not_replaced() -> None:
    """As the rest of what is named wrong, it is told what is near."""
    for selection in (Selection(("rollout.search",)), Selection((), ("rollout.s*",))):
        selection.check(addresses("a"), groups=["rollout.search"])
    with pytest.raises(WrongUsage, match=r"--replace rollout.search matches no resource"):
        Selection((), (), ("rollout.search",)).check(addresses("a"), groups=["rollout.search"])
    with pytest.raises(WrongUsage) as caught:
        Selection(("rollout.serch",)).check(addresses("a"), groups=["rollout.search"])
    assert caught.value.advice == 'Did you mean "rollout.search"? There are: extension.a, rollout.search.'
