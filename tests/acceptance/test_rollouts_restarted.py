"""Roll-outs that put new content in the place of the old and restart whoever loads it: their way back, which
puts the old content in place again, once, and starts those anew that had started, once more.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from attrs import frozen

from .ece import LOGIN
from .runner import Project, words
from .test_rollouts import IDS, Shops, shops_once

__all__ = ["shops_once"]

OLD, NEW, NEWER = "tv, television\n", "phone, telephone\n", "sofa, couch\n"
RESTART = "POST /deployments/{}/elasticsearch/main-elasticsearch/_restart"


@frozen
class Restarted(Shops):
    """The same deployments, which start anew with what is put in place."""

    def fails(self, number: int) -> None:
        """A deployment is not well after its next restart."""
        with self.project.sandbox() as ece:
            ece.fault(f"{RESTART.format(IDS[number])} stay-yellow times=1")

    def stored(self) -> str:
        """What the installation has."""
        return str(self.project.resource("extension.synonyms")["content_sha256"])

    def uploads(self) -> int:
        """How often an archive was sent."""
        log = (self.project.folder / "state/sandbox-dev.db.files/requests.log").read_text()
        return len([line for line in log.splitlines() if "PUT" in line and "/extensions/" in line])

    @property
    def copies(self) -> list[Path]:
        """Of old archives, which are kept until a roll-out has ended."""
        return [*(self.project.folder / "state/.way-back").rglob("*.zip")]


@pytest.fixture
def shops(shops_once: Path, tmp_path: Path) -> Restarted:
    shutil.copytree(shops_once, tmp_path / "p")
    found = Restarted(Project(tmp_path / "p"))
    found.rules("on_failure: stop", "mode: restart\n    on_failure: roll_back")
    return found


def test_it_goes_back_by_itself(shops: Restarted) -> None:
    """The second wave fails; the first one goes back, too, since there is one content for all."""
    old = shops.stored()
    shops.fails(1)
    shops.write(NEW)
    planned = words(shops.project.ok("plan").out)
    assert "when one fails the old content is put in place again, and all that started anew do so" in planned
    done = shops.project.run("apply", "--auto-approve")
    assert done.code == 5, done
    assert "failed in wave 2 at shop-1; going back: shop-1, shop-0" in done.err
    assert "as before: shop-0, shop-1" in done.out
    assert shops.restarts() == [3, 3, 1, 1]
    assert (shops.stored(), shops.records(), len(shops.failures())) == (old, [], 1)
    assert shops.copies == []


def test_it_is_held_back_with_what_it_would_put_in_place(shops: Restarted) -> None:
    """Else the content that failed would be loaded by whoever starts anew."""
    old = shops.stored()
    shops.fails(0)
    shops.write(NEW)
    assert shops.project.run("apply", "--auto-approve").code == 5
    assert "held back" in shops.project.run("plan").out
    assert shops.project.run("apply", "--auto-approve").code == 3
    assert (shops.stored(), shops.restarts()) == (old, [3, 1, 1, 1])
    shops.write(NEWER)
    shops.project.apply()
    assert shops.restarts() == [4, 2, 2, 2]
    shops.settled()


def test_who_is_not_well_before_it_takes_only_the_content_back(shops: Restarted) -> None:
    """Nobody has started anew by then."""
    old = shops.stored()
    with shops.project.sandbox() as ece:
        ece.fault(f"{RESTART.format(IDS[0])} no-start")
        path = f"/api/v1/deployments/{IDS[0]}/elasticsearch/main-elasticsearch/_restart"
        assert ece.client.post(path, headers=LOGIN).status_code == 202
    shops.rules("    on_failure", "    health: {within: 1m}\n    on_failure")
    shops.write(NEW)
    before = shops.restarts()
    done = shops.project.run("apply", "--auto-approve")
    assert done.code == 5, done
    assert "rollout.search: went back" in done.out
    assert (shops.stored(), shops.restarts(), shops.records()) == (old, before, [])
    assert len(shops.failures()) == 1
