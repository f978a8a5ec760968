"""examples/rollout: twelve shops in three waves, a changed dictionary, and a plugin that does not start."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest
from attrs import frozen

from .ece import EXTENSIONS, LOGIN
from .runner import EXAMPLES, Project, words

CANARY, SECOND = "shop-lu", {"shop-be", "shop-es", "shop-it"}
DICTIONARY = "files/synonyms/dictionaries/synonyms.txt"
DESCRIPTOR = "files/phonetic/plugin-descriptor.properties"


@frozen
class Example:
    """With its state beside it."""

    project: Project

    def restarts(self) -> Counter[str]:
        """How often each had to start anew."""
        with self.project.sandbox() as ece:
            known = ece.client.get("/sandbox/deployments").get_json()["deployments"]
            told = ece.client.get("/sandbox/restarts").get_json()["restarts"]
        names = {item["id"]: item["name"] for item in known}
        return Counter(names[item["deployment_id"]] for item in told)

    def loaded(self) -> dict[str, set[str]]:
        """Of each shop, the URLs of what its nodes loaded."""
        with self.project.sandbox() as ece:
            known = ece.client.get("/sandbox/deployments").get_json()["deployments"]
        return {
            item["name"]: {
                each["url"]
                for resource in item["resources"]
                for instance in resource["instances"]
                for each in instance["loaded"]
            }
            for item in known
        }

    def extensions(self) -> int:
        with self.project.sandbox() as ece:
            listed: list[object] = ece.client.get(EXTENSIONS, headers=LOGIN).get_json()["extensions"]
        return len(listed)

    def break_plugin(self) -> None:
        self.project.edit(DESCRIPTOR, "java.version=17", "java.version=25")

    def change(self, rule: str) -> None:
        self.project.edit(DICTIONARY, "tv, television\n", f"tv, television\n{rule}\n")

    def fail_once(self, shop: str = CANARY) -> None:
        """By what the platform does at the next change of a shop."""
        with self.project.sandbox() as ece:
            known = ece.client.get("/sandbox/deployments").get_json()["deployments"]
            (id_,) = [item["id"] for item in known if item["name"] == shop]
            ece.fault(f"PUT /deployments/{id_} fail-plan times=1")

    @classmethod
    def copied(cls, folder: Path, to: Path) -> Example:
        shutil.copytree(folder, to)
        return cls(Project(to))


@pytest.fixture(scope="module")
def applied_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    example = Example.copied(EXAMPLES / "rollout", tmp_path_factory.mktemp("rollout") / "rollout")
    example.project.edit("planner.yaml", "../../state/rollout/dev.json", "state/dev.json")
    example.project.apply()
    return example.project.folder


@pytest.fixture
def rolled_out(applied_once: Path, tmp_path: Path) -> Example:
    return Example.copied(applied_once, tmp_path / "rollout")


def test_the_first_apply_is_a_roll_out(rolled_out: Example) -> None:
    rolled_out.project.settled()
    assert {*rolled_out.restarts().values()} == {1}
    assert len(rolled_out.restarts()) == 12


def test_a_dictionary_goes_through_the_waves(rolled_out: Example) -> None:
    """The canary, a quarter, and the rest; each starts anew once, and the old extension goes."""
    project, before = rolled_out.project, rolled_out.loaded()
    rolled_out.change("phone, mobile")
    for moved in ({CANARY}, {CANARY, *SECOND}):
        assert project.run("apply", "--auto-approve", "--until", "wave").code == 5
        assert {name for name, urls in rolled_out.loaded().items() if urls != before[name]} == moved
        assert rolled_out.extensions() == 3
    project.apply()
    project.settled()
    assert {*rolled_out.restarts().values()} == {2}
    assert len({frozenset(urls) for urls in rolled_out.loaded().values()}) == 1


def test_a_plugin_that_does_not_start_stops_at_the_canary(rolled_out: Example) -> None:
    """Which goes back. The next apply holds it back; other content goes through."""
    project, before = rolled_out.project, rolled_out.loaded()
    rolled_out.break_plugin()
    assert "Nothing wrong was found." in project.ok("lint").out
    failed = project.run("apply", "--auto-approve")
    assert failed.code == 5
    assert "rollout.shops: went back, 0 of 3 waves done" in failed.out
    assert "InstanceDidNotStartWhileWaitingForRunning" in failed.out
    assert rolled_out.loaded() == before
    restarts = rolled_out.restarts()
    assert {name for name, count in restarts.items() if count > 1} == {CANARY}
    held = project.run("apply", "--auto-approve")
    assert (held.code, rolled_out.restarts()) == (3, restarts)
    assert f"held back: {CANARY} failed in wave 1" in words(held.out)
    project.edit(DESCRIPTOR, "java.version=25", "java.version=21")
    project.apply()
    project.settled()
    assert {count for name, count in rolled_out.restarts().items() if name != CANARY} == {2}


def test_a_wave_that_fails_leaves_those_before_it(rolled_out: Example) -> None:
    """They have the new content, and keep it, until another one goes to all of them."""
    project, before = rolled_out.project, rolled_out.loaded()
    rolled_out.change("phone, mobile")
    rolled_out.fail_once("shop-es")
    assert project.run("apply", "--auto-approve").code == 5
    assert {name for name, urls in rolled_out.loaded().items() if urls != before[name]} == {CANARY}
    assert rolled_out.extensions() == 3
    assert project.run("apply", "--auto-approve").code == 3
    rolled_out.change("radio, wireless")
    project.apply()
    project.settled()
    assert len({frozenset(urls) for urls in rolled_out.loaded().values()}) == 1
    assert rolled_out.extensions() == 2


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("it, information technology", "its shards are red"),
        ("sofa => couch", "products: search makes 'couch' of 'sofa', not 'sofa couch'"),
    ],
    ids=["a term that stop words take away", "a rule that takes the word away"],
)
def test_a_dictionary_that_is_not_well(rolled_out: Example, rule: str, reason: str) -> None:
    """The first one no index can open; the second one breaks nothing but searches."""
    before = rolled_out.loaded()
    rolled_out.project.edit(DICTIONARY, "sofa, couch\n", f"{rule}\n")
    failed = rolled_out.project.run("apply", "--auto-approve")
    assert failed.code == 5
    assert reason in words(failed.out)
    assert rolled_out.loaded() == before
