from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random

import pytest

from planner.kinds.registry import load_kinds
from tests.acceptance.kind_cases import CASES, begun
from tests.acceptance.platform import NOTHING, REALMS, RULESETS, TLS, ask, holds, platform
from tests.acceptance.runner import Project

from .campaign import Broken, Order
from .commands import KILLED, Command
from .kinds import SINK, Ground, run
from .mortal import CALL, JOURNAL, LOOK
from .rounds import APPLY, doubts
from .wanted_kinds import ALONE, KINDS, Wanted, edited


def test_a_few_rounds(tmp_path: Path) -> None:
    figures = run(Order(rounds=5, seed=1, folder=tmp_path, tell=lambda _: None))
    assert figures["edits"] >= 5


def test_each_kind_comes_and_goes() -> None:
    chance, wanted, came, went = Random(1), Wanted(), set(), set()  # noqa: S311 - chance, no secret
    for _ in range(600):
        before, (wanted, _) = wanted, edited(wanted, chance)
        came |= {address.partition(".")[0] for address in wanted.keys() - before.keys()}
        went |= {address.partition(".")[0] for address in before.keys() - wanted.keys()}
    assert came == went == {*KINDS} == {*load_kinds()}
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


def test_a_value_that_nobody_has_and_what_is_not_settled_are_seen(tmp_path: Path) -> None:
    ground = Ground.make(tmp_path / "platform")
    ground.wanted = {"api_key.one": {"description": "one of CI"}}
    ground.project.write(
        "templates/main.yaml", json.dumps({"resource": {"api_key": {"one": {"description": "one of CI"}}}})
    )
    ground.finish()
    ground.check()
    (ground.project.folder / SINK).write_text("")
    with pytest.raises(Broken, match=r"the file has only set\(\)"):
        ground.check()
    state = ground.project.state()
    state["resources"][0]["settling"] = {"status": "pending"}
    ground.project.write("state/dev.json", json.dumps(state))
    with pytest.raises(Broken, match=r"\['api_key.one'\] are not settled"):
        ground.check()


ORPHAN = {"name": "o", "type": "ip", "region": "r", "include_by_default": False, "rules": []}


def cuts(project: Project, *words: str, kinds: tuple[str, ...] = (JOURNAL,)) -> Iterator[Project]:
    """The project, cut at each moment of these kinds in a command, from the first to the last."""
    before = project.folder.with_name("before")
    shutil.copytree(project.folder, before)
    for number in count(1):
        shutil.rmtree(project.folder)
        shutil.copytree(before, project.folder)
        command = Command((*words, "--parallelism", "1"), f"{','.join(kinds)}:{number}")
        done = command.forked(project.folder, project.environ)
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


SETTLING = {"ldap_realm": (REALMS, f"POST {REALMS}/ldap"), "tls_chain": (f"{TLS}/ui", f"POST {TLS}/ui")}
"""Kinds by where they are shown, and by the write that the installation only accepts."""


@pytest.mark.parametrize("kind", SETTLING)
def test_what_is_cut_while_it_settles_is_waited_for_later(tmp_path: Path, kind: str) -> None:
    """At every point of the journal, of the calls, and of the looks in between."""
    path, write = SETTLING[kind]
    project = begun(tmp_path / "kinds", load_kinds()[kind].example, [CASES[kind]])
    project.ok("plan")
    moments = 0
    for moments, cut in enumerate(cuts(project, *APPLY, kinds=(JOURNAL, CALL, LOOK)), 1):  # noqa: B007
        journal = cut.folder / "state/dev.journal"
        unknown = kind == "tls_chain" and journal.exists() and doubts(journal.read_bytes()) > 0
        cut.apply()
        assert cut.ok("plan").out == NOTHING
        assert not cut.resource(cut.addresses()[0]).get("settling")
        assert taken(cut, write) <= 1 + unknown  # a service shows the certificates of before in any case
    assert moments > 10
    assert taken(project, write) == 1
    shown = ask(project, "GET", path)
    assert "staff" in str(shown) or shown["user_supplied"]


def taken(project: Project, write: str) -> int:
    """How often it was accepted; a kill between a call and its entry in the log leaves none."""
    with project.sandbox() as ece:
        log = ece.client.get("/sandbox/requests").get_json()["requests"]
    return sum(
        f"{item['method']} {item['path']}" == write.replace(" ", " /api/v1") and item["status"] < 300
        for item in log
    )


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
