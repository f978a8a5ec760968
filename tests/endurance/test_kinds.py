from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random

import pytest

from planner.kinds.registry import load_kinds
from tests.acceptance.platform import NOTHING, RULESETS, ask, holds, platform
from tests.acceptance.runner import Project

from .campaign import Broken, Order
from .commands import KILLED, Command
from .kinds import Ground, run
from .mortal import JOURNAL
from .rounds import APPLY
from .wanted_kinds import ALONE, KINDS, Wanted, edited


def test_a_few_rounds(tmp_path: Path) -> None:
    figures = run(Order(rounds=5, seed=1, folder=tmp_path, tell=lambda _: None))
    assert figures["edits"] >= 5


def test_each_kind_comes_and_goes() -> None:
    chance, wanted, came, went = Random(1), Wanted(), set(), set()  # noqa: S311 - chance, no secret
    for _ in range(200):
        before, (wanted, _) = wanted, edited(wanted, chance)
        came |= {address.partition(".")[0] for address in wanted.keys() - before.keys()}
        went |= {address.partition(".")[0] for address in before.keys() - wanted.keys()}
    assert came == went == {*KINDS} <= {*load_kinds()}
    assert {*ALONE} < {*KINDS}


def test_what_is_wrong_is_seen(tmp_path: Path) -> None:
    ground = Ground.make(tmp_path / "platform")
    ground.wanted = {"user.one": {"user_name": "one", "security": {"roles": ["ece_platform_viewer"]}}}
    ground.project.write("templates/main.yaml", "")
    with pytest.raises(Broken, match=r"\[\] are in the state, not \['user.one'\]"):
        ground.check()
    ground.wanted = {}
    ground.finish()
    ground.check()
    orphan = ask(ground.project, "POST", RULESETS, json=ORPHAN)["id"]
    with pytest.raises(Broken, match=f"traffic_filter .'{orphan}'. is in no state"):
        ground.check()
    ask(ground.project, "DELETE", f"{RULESETS}/{orphan}")
    ask(ground.project, "PUT", "/phone-home/config", json={"enabled": False})
    with pytest.raises(Broken, match="telemetry shows"):
        ground.check()
    ask(ground.project, "PATCH", "/users/theirs", json={"full_name": "touched"})
    with pytest.raises(Broken, match=r"user .'theirs'., of others, was touched"):
        ground.check()


ORPHAN = {"name": "o", "type": "ip", "region": "r", "include_by_default": False, "rules": []}


def cuts(project: Project, *words: str) -> Iterator[Project]:
    """The project, cut at each moment of the journal of a command, from the first to the last."""
    before = project.folder.with_name("before")
    shutil.copytree(project.folder, before)
    for number in count(1):
        shutil.rmtree(project.folder)
        shutil.copytree(before, project.folder)
        command = Command((*words, "--parallelism", "1"), f"{JOURNAL}:{number}")
        with command.started(project.folder, project.environ) as running:
            done = running.ended()
        if done.code != KILLED:
            assert done.code == 0, done
            return
        yield project


def test_of_a_cut_create_nothing_is_lost_or_made_twice(tmp_path: Path) -> None:
    """At every point of the journal, of each kind."""
    project = platform(tmp_path / "platform")
    project.ok("plan")
    moments = 0
    for moments, cut in enumerate(cuts(project, *APPLY), 1):  # noqa: B007 - counted
        cut.apply()
        assert cut.ok("plan").out == NOTHING
        assert len(cut.addresses()) == 10
        assert [len(item) for item in made_by_the_server(cut)] == [1, 1, 1]
    assert moments > 30


def made_by_the_server(project: Project) -> list[list[object]]:
    """What a second create would make once more: filters, their associations, comments."""
    rulesets = ask(project, "GET", f"{RULESETS}?include_associations=true")["rulesets"]
    comments = ask(project, "GET", "/comments/allocator/192.168.44.10")["values"]
    return [rulesets, [one for ruleset in rulesets for one in ruleset["associations"]], comments]


def test_after_a_cut_destroy_nothing_is_left(tmp_path: Path) -> None:
    project = platform(tmp_path / "platform")
    project.ok("plan")
    seed = holds(project)
    project.apply()
    moments = 0
    for moments, cut in enumerate(cuts(project, "destroy", "--auto-approve"), 1):  # noqa: B007 - counted
        cut.ok("destroy", "--auto-approve")
        assert cut.addresses() == []
        assert holds(cut) == seed
    assert moments > 30
