"""Roll-outs that put new content in the place of the old and restart whoever loads it: their way back, which
puts the old content in place again, once, and starts those anew that had started, once more.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from attrs import frozen

from .chain_project import commit, git
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
    assert "when one fails the old content is put back, and all that started anew do so again" in planned
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


@pytest.fixture
def stopped(shops: Restarted) -> Restarted:
    """The second wave failed, and somebody has to say how it ends; the old archive was kept."""
    shops.rules("on_failure: roll_back", "on_failure: stop")
    shops.fails(1)
    shops.write(NEW)
    done = shops.project.run("apply", "--auto-approve")
    assert done.code == 5, done
    assert "planner rollout back search -e dev" in done.out
    return shops


def test_somebody_takes_it_back(stopped: Restarted) -> None:
    old = stopped.records()[0]["former"]["extension.synonyms"]["sha256"]
    status = stopped.project.ok("rollout", "status").out
    assert "puts the old content back, and starts 2 deployments anew once more" in words(status)
    assert "planner rollout back search -e dev" in stopped.project.run("apply", "--auto-approve").err
    assert [path.stem for path in stopped.copies] == [old]
    shown = stopped.project.ok("rollout", "back", "--auto-approve").out
    assert "extension.synonyms will be updated in place: the roll-out search goes back" in words(shown)
    assert (stopped.stored(), stopped.restarts(), stopped.records()) == (old, [3, 3, 1, 1], [])
    assert stopped.copies == []
    stopped.write(OLD)
    assert stopped.project.ok("plan", "--detailed-exitcode").code == 0


def test_what_is_nowhere_cannot_be_put_back(stopped: Restarted) -> None:
    """As on another machine, without git. Put back among the files, it is at hand."""
    for path in stopped.copies:
        path.unlink()
    done = stopped.project.run("rollout", "back", "--auto-approve")
    assert done.code == 3
    assert "cannot go back: the old archive of extension.synonyms is not at hand here" in words(done.err)
    assert (stopped.restarts(), stopped.records()[0]["status"]) == ([2, 2, 1, 1], "stopped")
    stopped.write(OLD)
    stopped.project.ok("rollout", "back", "--auto-approve")
    assert stopped.restarts() == [3, 3, 1, 1]
    assert stopped.project.ok("plan", "--detailed-exitcode").code == 0


def test_a_way_back_that_has_lost_its_archive_stops(shops: Restarted) -> None:
    """It was cut off before the old content was in place again, and goes on where that is not."""
    shops.fails(0)
    shops.write(NEW)
    with shops.project.sandbox() as ece:
        ece.fault("PUT /deployments/extensions/* status:503 from=2")
    assert shops.project.run("apply", "--auto-approve").code == 5
    assert shops.records()[0]["status"] == "going back"
    for path in shops.copies:
        path.unlink()
    with shops.project.sandbox() as ece:
        ece.no_faults()
    done = shops.project.run("apply", "--auto-approve")
    assert done.code == 3, done
    assert "the old archive of extension.synonyms is not at hand here" in words(done.err)
    assert shops.records()[0]["status"] == "stopped"
    shops.write(OLD)
    shops.project.ok("rollout", "back", "--auto-approve")
    assert (shops.restarts(), shops.records()) == ([3, 1, 1, 1], [])


def test_who_runs_what_is_told_when_it_is_abandoned(stopped: Restarted) -> None:
    done = stopped.project.ok("rollout", "abandon", "--auto-approve")
    assert "With the new content: shop-0." in done.out
    told = "With the old content still, and the new one once they start anew: shop-2, shop-3."
    assert told in words(done.out)
    assert "In between, or not well: shop-1." in done.out


def test_where_the_old_archive_is_not_at_hand_the_plan_says_so(shops: Restarted) -> None:
    """The installation has lost it, and no commit has it."""
    files = [*(shops.project.folder / "state/sandbox-dev.db.files").rglob("*")]
    for path in files:
        if path.is_file() and path.suffix != ".log":
            path.unlink()
    shops.write(NEW)
    planned = words(shops.project.ok("plan").out)
    assert "when one fails it stops" in planned
    assert "no way back: the old archive of extension.synonyms is not at hand: the project" in planned
    shops.fails(0)
    done = shops.project.run("apply", "--auto-approve")
    assert done.code == 5
    assert "planner rollout back" not in done.out
    assert shops.records()[0]["status"] == "stopped"
    back = shops.project.run("rollout", "back", "--auto-approve")
    assert back.code == 3
    assert "there is no way back" in back.err


def test_a_saved_plan_restarts_who_has_a_binding(shops: Restarted) -> None:
    """Nothing that is pinned of them is to be another."""
    shops.write(NEW)
    shops.project.ok("plan", "--out", "p.json")
    shops.project.ok("apply", "p.json", "--auto-approve")
    assert shops.restarts() == [2, 2, 2, 2]
    shops.settled()


def test_a_plan_with_a_way_back_is_stale_without_it(shops: Restarted) -> None:
    shops.write(NEW)
    shops.project.ok("plan", "--out", "p.json")
    with shops.project.sandbox() as ece:
        ece.fault("GET /deployments/extensions/* wrong-size")
    done = shops.project.run("apply", "p.json", "--auto-approve")
    assert done.code == 3
    assert "is planned with a way back, and the old archive of extension.synonyms is not at" in words(
        done.err
    )
    assert shops.records() == []


def test_git_has_it_on_any_machine(shops: Restarted) -> None:
    """Though the copy is gone, and the installation has the new one by then."""
    project = shops.project
    project.write(".gitignore", "state/\n")
    git(project.folder, "init", "-q")
    commit(project, "First")
    shops.rules("on_failure: roll_back", "on_failure: stop")
    project.apply()
    shops.write(NEW)
    commit(project, "Phones")
    shops.fails(0)
    assert project.run("apply", "--auto-approve").code == 5
    for path in shops.copies:
        path.unlink()
    project.ok("rollout", "back", "--auto-approve")
    assert shops.restarts() == [3, 1, 1, 1]


@pytest.fixture
def two(shops: Restarted) -> Restarted:
    """The last deployment loads two extensions of one roll-out."""
    last = "[extension.synonyms{% if n == 3 %}, extension.other{% endif %}]"
    shops.rules("extensions: [extension.synonyms]", f"extensions: {last}")
    shops.rules("of: [extension.synonyms]", 'of: ["extension.*"]')
    shops.project.apply()
    assert shops.restarts() == [1, 1, 1, 2]
    shops.write(NEW)
    shops.project.write("files/other/words.txt", "two\n")
    return shops


def test_nobody_starts_anew_before_all_of_it_is_in_place(two: Restarted) -> None:
    """One upload was refused. What the other brought is in place, and whom it restarts is not forgotten."""
    other = two.project.resource("extension.other")["id"]
    with two.project.sandbox() as ece:
        ece.fault(f"PUT /deployments/extensions/{other} status:400")
    assert two.project.run("apply", "--auto-approve").code == 5
    assert (two.restarts(), len(two.records())) == ([1, 1, 1, 2], 1)
    with two.project.sandbox() as ece:
        ece.no_faults()
    done = two.project.apply()
    assert "1 updated, 0 replaced, 0 deleted, 4 restarted" in done.out
    assert two.restarts() == [2, 2, 2, 3]
    two.project.settled()


def test_all_that_was_replaced_is_put_back(two: Restarted) -> None:
    before = [two.project.resource(f"extension.{name}")["content_sha256"] for name in ("synonyms", "other")]
    two.fails(3)
    assert two.project.run("apply", "--auto-approve").code == 5
    after = [two.project.resource(f"extension.{name}")["content_sha256"] for name in ("synonyms", "other")]
    assert (after, two.restarts(), two.records()) == (before, [3, 3, 3, 4], [])


def test_an_upload_whose_reply_was_lost_is_looked_up(shops: Restarted) -> None:
    """The installation has the new archive: nothing is sent again, and the way back is still there."""
    old = shops.stored()
    shops.write(NEW)
    with shops.project.sandbox() as ece:
        ece.fault("PUT /deployments/extensions/* drop-after")
    assert shops.project.run("apply", "--auto-approve").code == 5
    with shops.project.sandbox() as ece:
        ece.no_faults()
    assert (shops.restarts(), len(shops.records())) == ([1, 1, 1, 1], 1)
    shops.fails(0)
    again = shops.project.run("apply", "--auto-approve")
    assert again.code == 5
    assert "extension.synonyms: updated" not in again.out
    assert (shops.stored(), shops.restarts(), shops.records()) == (old, [3, 1, 1, 1], [])


def test_where_nobody_had_begun_only_the_content_goes_back(shops: Restarted) -> None:
    """The first deployment was stopped after the plan was made, and somebody takes it back."""
    old = shops.stored()
    shops.write(NEW)
    shops.project.ok("plan", "--out", "p.json")
    with shops.project.sandbox() as ece:
        assert ece.client.post(f"/api/v1/deployments/{IDS[0]}/_shutdown", headers=LOGIN).status_code == 200
    done = shops.project.run("apply", "p.json", "--auto-approve")
    assert done.code == 5, done
    assert "the deployment shop-0 is stopped" in words(done.out)
    assert "rollout.search: goes on with the next apply" in done.out
    shops.project.ok("rollout", "back", "--auto-approve")
    assert (shops.stored(), shops.restarts(), shops.records()) == (old, [1, 1, 1, 1], [])
