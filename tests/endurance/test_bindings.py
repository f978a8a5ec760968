from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import pytest

from . import bindings
from .bindings import Round
from .campaign import Broken, Order
from .loaded import SOMEBODY, UPDATE, Attempt, Deployment
from .wanted_bindings import Binding, Extension, Wish, edited, id_of, seed_of


def test_rounds_of_the_long_run(tmp_path: Path) -> None:
    figures = bindings.run(Order(rounds=6, seed=1, folder=tmp_path, tell=lambda _: None))
    assert figures["kills"] >= 6
    assert figures["changes of others"] >= 6
    assert figures["plans"] >= 12


def test_bindings_and_extensions_come_and_go() -> None:
    chance, wish, bound, gone = Random(1), Wish(), 0, 0  # noqa: S311 - chance, no secret
    for _ in range(200):
        before, wish = wish, edited(wish, [n for n in range(4) if n not in wish.bound], 2, chance)
        bound += len(wish.bindings.keys() - before.bindings.keys())
        gone += len(before.extensions.keys() - wish.extensions.keys())
        assert len(wish.bound) == len(wish.bindings), "two of one deployment"
    assert bound > 20
    assert gone > 10


def bundle(name: str) -> dict[str, str]:
    address = f"https://{'ours' if name.islower() else 'theirs'}.example/{name}.zip"
    return {"name": name, "url": address, "elasticsearch_version": "*"}


def plan(names: str, warm: str | None = None) -> dict[str, Any]:
    """Entries by letters: small ones are ours. warm: those of an element's own list."""
    (search,) = seed_of(1)["resources"]["elasticsearch"]
    found: dict[str, Any] = deepcopy(search["plan"])
    found["elasticsearch"]["user_bundles"] = [bundle(name) for name in names]
    if warm is not None:
        found["cluster_topology"][1]["elasticsearch"] = {"user_bundles": [bundle(name) for name in warm]}
    return found


def deployment(*plans: dict[str, Any], users: str = "", well: str = "") -> Deployment:
    """After attempts, of which the first made it. users: who made the others, p planner and s somebody.
    well: how each ended, y or n."""
    made = [Attempt("0", SOMEBODY, "create", True, plans[0])]
    for number, (sent, user) in enumerate(zip(plans[1:], users, strict=True)):
        ended = (well or "y" * len(users))[number] == "y"
        made.append(Attempt(str(number + 1), "admin" if user == "p" else SOMEBODY, UPDATE, ended, sent))
    return Deployment(id_of(1), "shop-1", made, made[-1].plan)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        pytest.param(plan("A"), plan("Ab"), "", id="one more"),
        pytest.param(plan("aA"), plan("A"), "", id="one less"),
        pytest.param(plan("AA"), plan("Ab"), "", id="doubled before"),
        pytest.param(plan(""), plan("b"), "", id="the first"),
        pytest.param(plan("A", "B"), plan("Ab", "Bb"), "", id="in both"),
        pytest.param(plan("A"), plan("b"), "of others'", id="one of others lost"),
        pytest.param(plan("A", "B"), plan("Ab", "b"), "of others'", id="lost in an element"),
        pytest.param(plan("A"), plan("Ab", "b"), "of others'", id="hidden by an element"),
        pytest.param(plan("A"), plan("AAb"), "twice", id="doubled"),
        pytest.param(plan("A"), plan("Abb"), "twice", id="ours doubled"),
        pytest.param(plan("A"), {**plan("Ab"), "more": 1}, "changed", id="something else"),
    ],
)
def test_what_a_plan_may_do(before: Any, after: Any, told: str) -> None:
    changed = deployment(before, after, users="p")
    if not told:
        changed.hold_kept()
        return
    with pytest.raises(Broken, match=told):
        changed.hold_kept()


def test_others_may_do_what_they_like() -> None:
    deployment(plan("Aa"), plan("AA", ""), users="s").hold_kept()


A, AB, ABC = plan("A"), plan("Ab"), plan("Abc")


@pytest.mark.parametrize(
    ("plans", "users", "well", "told"),
    [
        pytest.param((A, AB), "p", "y", "", id="one"),
        pytest.param((A, AB, AB), "pp", "ny", "", id="again after a failure"),
        pytest.param((A, AB, A, AB), "psp", "yyy", "", id="again after somebody's"),
        pytest.param((A, A), "p", "y", "changes nothing", id="nothing"),
        pytest.param((A, AB, AB), "pp", "yy", "changes nothing", id="twice"),
        pytest.param((A, AB, ABC), "pp", "yy", "2 after 1", id="in two"),
    ],
)
def test_double_changes(plans: Any, users: str, well: str, told: str) -> None:
    changed = deployment(*plans, users=users, well=well)
    if not told:
        changed.hold_single(())
        return
    with pytest.raises(Broken, match=told):
        changed.hold_single(())
    changed.hold_single({attempt.id for attempt in changed.attempts})


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (plan("Ab"), ""),
        (plan("Ab", "b"), ""),
        (plan("A"), "lacks"),
        (plan("Ab", ""), "lacks {'warm'"),
        (plan("Abc"), "keeps"),
        (plan("A", "b"), "lacks {'hot_content'"),
    ],
)
def test_what_is_not_as_wanted(found: Any, told: str) -> None:
    wanted = [("user_bundles", "b", "https://ours.example/b.zip", "*")]
    assert deployment(found).misfits(wanted).startswith(told)
    assert bool(deployment(found).misfits(wanted)) is bool(told)


def test_what_is_wrong_is_seen(tmp_path: Path) -> None:
    """A second change for one wish, an extension that nobody wants, and a binding that is not as wanted."""
    turn = Round.begun(tmp_path / "project", Random(1), 2)  # noqa: S311 - chance, no secret
    wish = Wish({"x0": Extension(1, "*", False)}, {"b0": Binding(1, True, frozenset({"x0", "geo"}))})
    turn._write(wish)
    turn._finish()
    turn.project.write("templates/main.yaml", "")
    with pytest.raises(Broken, match="a double change"):
        turn._finish()
    turn._write(wish)
    turn._finish()
    turn.wish = Wish({}, wish.bindings)
    with pytest.raises(Broken, match="there are other extensions than"):
        turn._finish()
    turn.wish = Wish(wish.extensions, {"b0": Binding(1, True, frozenset({"x0"}))})
    with pytest.raises(Broken, match=r"shop-1 keeps .*geo-3"):
        turn._finish()
