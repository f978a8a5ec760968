"""An old file put back: what it made is there still, is used again, and nobody starts anew for it."""

from __future__ import annotations

import json

import pytest

from .ece import EXTENSIONS, LOGIN
from .runner import words
from .test_rollouts import IDS, Shops, shops, shops_once

__all__ = ["shops", "shops_once"]

OLD = "tv, television\n"


def went_back(shops: Shops, on_failure: str, wave: int) -> None:
    """The roll-out of another content failed in its first or second wave, and went back."""
    shops.rules("on_failure: stop", f"on_failure: {on_failure}")
    shops.write("phone, telephone\n")
    with shops.project.sandbox() as ece:
        ece.fault(f"PUT /deployments/{IDS[wave - 1]} stay-yellow times=1")
    assert shops.project.run("apply", "--auto-approve").code == 5
    assert (shops.extensions, len(shops.failures())) == (2, 1)


def test_nobody_starts_anew(shops: Shops) -> None:
    """What failed at the canary is given up, and what it left is deleted."""
    (old,) = {*shops.loaded()}
    went_back(shops, "roll_back", 1)
    before = shops.restarts()
    shops.write(OLD)
    shown = words(shops.project.ok("plan").out)
    assert (
        f"extension.synonyms: the replaced {old} has what is wanted now, and takes its place again" in shown
    )
    assert "Plan: 0 to create, 0 to update, 0 to replace, 1 to delete." in shown
    shops.project.apply()
    assert ({*shops.loaded()}, shops.restarts()) == ({old}, before)
    shops.settled()


def test_only_who_has_the_new_one_starts_anew(shops: Shops) -> None:
    """The second wave went back; the first is carried to what the others load."""
    (old,) = {*shops.loaded()}
    went_back(shops, "roll_back", 2)
    assert [id_ == old for id_ in shops.loaded()] == [False, True, True, True]
    before = shops.restarts()
    shops.write(OLD)
    shown = words(shops.project.ok("plan").out)
    assert "1 roll-out to 1 deployment. Plan: 0 to create, 1 to update, 0 to replace, 1 to delete." in shown
    shops.project.apply()
    assert ({*shops.loaded()}, shops.restarts()) == ({old}, [before[0] + 1, *before[1:]])
    shops.settled()


def test_there_and_back_again(shops: Shops) -> None:
    """The failed content is a wish of its own, held back as before; then it is given up for good."""
    (old,) = {*shops.loaded()}
    went_back(shops, "roll_back_all", 2)
    new = shops.project.resource("extension.synonyms")["id"]
    shops.write(OLD)
    shops.project.ok("plan")
    shops.write("phone, telephone\n")
    assert shops.project.run("apply", "--auto-approve").code == 3
    assert {*shops.loaded()} == {old}
    shops.project.apply("--retry-rollout", "search")
    assert {*shops.loaded()} == {new}
    shops.settled()


def test_a_way_to_the_old_one_that_fails_goes_back_too(shops: Shops) -> None:
    """To what was there before: each is where it was, and both are kept."""
    went_back(shops, "roll_back", 2)
    before = shops.loaded()
    shops.write(OLD)
    with shops.project.sandbox() as ece:
        ece.fault(f"PUT /deployments/{IDS[0]} stay-yellow times=1")
    assert shops.project.run("apply", "--auto-approve").code == 5
    assert (shops.loaded(), shops.extensions) == (before, 2)
    assert shops.project.run("plan").code == 3
    shops.project.apply("--retry-rollout", "search")
    shops.settled()


def test_as_a_saved_plan(shops: Shops) -> None:
    went_back(shops, "roll_back", 2)
    shops.write(OLD)
    shops.project.ok("plan", "--out", "p.json")
    saved = json.loads((shops.project.folder / "p.json").read_text())
    assert [move["source"] == move["target"] for move in saved["moves"]] == [True]
    shops.project.ok("apply", "p.json", "--auto-approve")
    shops.settled()
    assert shops.project.run("apply", "p.json", "--auto-approve").code == 3


def test_in_parts(shops: Shops) -> None:
    """What is left out is left as it is; a part never deletes what others may still use."""
    went_back(shops, "roll_back", 2)
    shops.write(OLD)
    shops.project.apply("--exclude", "extension.synonyms")
    assert shops.extensions == 2
    shops.project.apply("--target", "rollout.search")
    assert len({*shops.loaded()}) == 1
    shops.project.apply()
    shops.settled()


def test_another_one_is_made_where_that_is_asked_for(shops: Shops) -> None:
    (old,) = {*shops.loaded()}
    went_back(shops, "roll_back", 1)
    shops.write(OLD)
    shops.project.apply("--replace", "extension.synonyms")
    assert old not in shops.loaded()
    shops.settled()


def test_what_is_there_was_changed_by_somebody(shops: Shops) -> None:
    """The replaced one has the old content no more: a new one is made."""
    (old,) = {*shops.loaded()}
    went_back(shops, "roll_back", 1)
    with shops.project.sandbox() as ece:
        sent = {"data": b"PK\x05\x06" + bytes(18), "content_type": "application/zip", "headers": LOGIN}
        assert ece.client.put(f"{EXTENSIONS}/{old}", **sent).status_code == 200
    shops.write(OLD)
    shops.project.apply()
    assert old not in shops.loaded()
    shops.settled()


@pytest.mark.parametrize("moment", range(1, 12, 2))
def test_wherever_it_is_cut(shops: Shops, moment: int) -> None:
    from tests.endurance.commands import Command  # noqa: PLC0415

    went_back(shops, "roll_back", 2)
    before = shops.restarts()
    shops.write(OLD)
    Command(("apply", "--auto-approve"), f"journal:{moment}").forked(
        shops.project.folder, shops.project.environ
    )
    shops.project.apply()
    assert shops.restarts() == [before[0] + 1, *before[1:]]
    shops.settled()
