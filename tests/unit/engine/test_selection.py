"""Which changes --target and --exclude take."""

from __future__ import annotations

import pytest

from planner.engine.selection import Selection, choose
from planner.errors import WrongUsage
from planner.model.address import Address


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
    choice = choose(Selection(targets, excludes), addresses(pending), edges(CHAIN), edges(former))
    assert choice.kept == addresses(kept)
    assert set(choice.pulled) == addresses(pulled)
    assert set(choice.dropped) == addresses(dropped)


def test_the_reason_names_the_other_resource() -> None:
    choice = choose(Selection(("extension.b",)), addresses("a b"), edges(CHAIN), {})
    assert choice.pulled == {Address("extension", "a"): "extension.b needs it"}


def test_a_glob_that_matches_nothing_is_wrong_usage() -> None:
    with pytest.raises(WrongUsage, match=r"--target extension.synonims matches no resource") as caught:
        Selection(("extension.synonims",)).check([Address("extension", "synonyms")])
    assert caught.value.advice == 'Did you mean "extension.synonyms"?'


def test_replace_takes_globs() -> None:
    selection = Selection(replaces=("extension.a*",))
    assert selection.forces(Address("extension", "abc"))
    assert not selection.forces(Address("extension", "b"))
