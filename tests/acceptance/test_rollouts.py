"""Roll-outs: a changed extension is carried to deployments in waves; it ends between, stops, goes back."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from .bound import DECLARED, Scene, deployment, plan
from .chain_project import commit, git
from .ece import LOGIN
from .platform import ask
from .runner import Project, small, wait_until, words
from .test_gates import closed_now

IDS = [f"{number}abbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"[:32] for number in range(4)]
BROKEN = "a => b => c\n"
"""No index with an analyzer that reads it starts any more."""
TEMPLATE = """
resource:
  extension:
    synonyms:
      name: synonyms
      extension_type: bundle
      version: 8.*
      file: files/synonyms
      allow: [{rule: synonyms-two-arrows, reason: of this test}]
    other: {name: other, extension_type: bundle, version: 8.*, file: files/other}
  extension_binding:
{% for n in range(4) %}
    shop_{{ n }}: {deployment: shop-{{ n }}, extensions: [extension.synonyms]}
{% endfor %}
rollout:
  search:
    of: [extension.synonyms]
    waves: [[extension_binding.shop_0], [extension_binding.shop_1, extension_binding.shop_2], rest]
    on_failure: stop
"""
ANALYZER = {"a": {"type": "custom", "tokenizer": "standard", "filter": ["syn"]}}
READS = {"type": "synonym", "synonyms_path": "dictionaries/s.txt"}
PRODUCTS = {"settings": {"analysis": {"filter": {"syn": READS}, "analyzer": ANALYZER}}}


PROMOTED = "variables: {size: {type: integer, default: 1}}\npromote: {variables: [size]}\n"


@frozen
class Shops:
    """Four deployments, in three waves, which load a dictionary."""

    project: Project

    def write(self, text: str) -> None:
        self.project.write("files/synonyms/dictionaries/s.txt", text)

    def rules(self, old: str, new: str) -> None:
        self.project.edit("templates/main.yaml", old, new)

    def loaded(self) -> list[str]:
        """Of each deployment, the id of the extension that it loads."""
        scene = Scene(self.project)
        return [scene.plan(id_)["elasticsearch"]["user_bundles"][0]["url"].rpartition("/")[2] for id_ in IDS]

    @property
    def extensions(self) -> int:
        """How many of the name there are."""
        with self.project.sandbox() as ece:
            listed = ece.client.get("/api/v1/deployments/extensions", headers=LOGIN).get_json()["extensions"]
        return len([item for item in listed if item["name"] == "synonyms"])

    def restarts(self) -> list[int]:
        """How often instances of each had to start anew for a plan."""
        with self.project.sandbox() as ece:
            told = ece.client.get("/sandbox/restarts").get_json()["restarts"]
        return [len([item for item in told if item["deployment_id"] == id_]) for id_ in IDS]

    def indexed(self) -> None:
        """Each has an index whose analyzer reads the dictionary."""
        with self.project.sandbox() as ece:
            for id_ in IDS:
                path = f"/api/v1/deployments/{id_}/elasticsearch/main-elasticsearch/proxy/products"
                headers = {**LOGIN, "X-Management-Request": "true"}
                reply = ece.client.put(path, headers=headers, json=PRODUCTS)
                assert reply.status_code == 200, reply.text

    def records(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.project.state().get("rollouts", [])
        return found

    def failures(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.project.state().get("failures", [])
        return found

    def settled(self) -> None:
        """Everybody loads the one extension there is, and nothing is left."""
        self.project.settled()
        assert len({*self.loaded()}) == self.extensions == 1
        assert (self.records(), self.failures()) == ([], [])


@pytest.fixture(scope="module")
def shops_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = small(tmp_path_factory.mktemp("shops") / "p", TEMPLATE, DECLARED)
    found = Shops(project)
    found.write("tv, television\n")
    project.write("files/other/words.txt", "one\n")
    seeds = [deployment(id_, f"shop-{number}", plan()) for number, id_ in enumerate(IDS)]
    project.write("seed.yaml", json.dumps({"deployments": seeds}))
    project.apply()
    found.indexed()
    return project.folder


@pytest.fixture
def shops(shops_once: Path, tmp_path: Path) -> Shops:
    """The first roll-out is done."""
    shutil.copytree(shops_once, tmp_path / "p")
    return Shops(Project(tmp_path / "p"))


def stop_and_delete(project: Project, id_: str) -> None:
    for method, path in (("POST", f"/deployments/{id_}/_shutdown"), ("DELETE", f"/deployments/{id_}")):
        assert ask(project, method, path) is not None
        Scene(project).turn()


def test_the_first_one(shops: Shops) -> None:
    shops.settled()
    assert shops.restarts() == [1, 1, 1, 1]


def test_a_switch(shops: Shops) -> None:
    """A new extension beside the old one, which goes once nobody loads it."""
    before = shops.loaded()
    shops.write("phone, telephone\n")
    shown = shops.project.ok("plan").out
    assert "Roll-out search (switch): extension.synonyms, to 4 deployments in 3 waves" in words(shown)
    shops.project.apply()
    shops.settled()
    assert {*before}.isdisjoint(shops.loaded())
    assert shops.restarts() == [2, 2, 2, 2]


def test_it_ends_after_a_wave_and_goes_on(shops: Shops) -> None:
    shops.write("phone, telephone\n")
    first, old = shops.project.run("apply", "--auto-approve", "--until", "wave"), shops.loaded()[1:]
    assert first.code == 5
    assert "the roll-out search went no further: it was to end after wave 1" in first.out
    assert "planner apply -e dev --until wave" in first.out
    assert shops.restarts() == [2, 1, 1, 1]
    again = shops.project.ok("plan")
    assert "extension.synonyms, to 3 deployments in waves 2 and 3 of 3, each restarted once" in words(
        again.out
    )
    assert "(wave 3 of 3 of rollout.search: look, update, settle, check)" in words(again.out)
    assert "has begun: apply goes on with it first, wave 2 of 3, and plans the rest afterwards" in words(
        again.out
    )
    second = shops.project.run("apply", "--auto-approve", "--until", "wave")
    assert second.code == 5
    assert shops.restarts() == [2, 2, 2, 1]
    assert shops.loaded()[3] == old[2]
    assert shops.extensions == 2
    shops.project.apply("--until", "wave")
    shops.settled()


def test_nobody_waits_for_a_wave_that_does_not_begin(shops: Shops) -> None:
    """The pause before it is longer than there is time. A later run waits for what is left of it."""
    shops.rules("on_failure: stop", "on_failure: stop\n    pause: 2h")
    shops.write("phone, telephone\n")
    with shops.project.sandbox() as ece:
        before = ece.client.get("/sandbox/clock").get_json()["now"]
    for far, restarts, hours in (("1h", [2, 1, 1, 1], 0), ("1h", [2, 1, 1, 1], 0), ("wave", [2, 2, 2, 1], 2)):
        assert shops.project.run("apply", "--auto-approve", "--until", far).code == 5
        assert shops.restarts() == restarts
        with shops.project.sandbox() as ece:
            after = ece.client.get("/sandbox/clock").get_json()["now"]
        passed = datetime.fromisoformat(after) - datetime.fromisoformat(before)
        assert abs(passed - timedelta(hours=hours, minutes=30)) < timedelta(minutes=30)


def test_after_which_wave(shops: Shops) -> None:
    shops.write("phone, telephone\n")
    assert shops.project.run("apply", "--auto-approve", "--wave", "2").code == 5
    assert shops.restarts() == [2, 2, 2, 1]
    still = shops.project.run("apply", "--auto-approve", "--wave", "2")
    assert (still.code, shops.restarts()) == (5, [2, 2, 2, 1])
    shops.project.apply("--wave", "3")
    shops.settled()


def test_the_way_on_replaces_nothing_twice_and_names_no_wave_that_is_done(shops: Shops) -> None:
    """Else who does as told would start everybody anew once more, or never come to the second wave."""
    shops.write("phone, telephone\n")
    shops.project.ok("plan", "--out", "p.json")
    saved = shops.project.run("apply", "p.json", "--auto-approve", "--wave", "1")
    assert saved.out.splitlines()[-1].strip() == "planner apply -e dev p.json"
    later = shops.project.run("apply", "p.json", "--auto-approve", "--until", "wave")
    assert later.out.splitlines()[-1].strip() == "planner apply -e dev --until wave p.json"
    shops.project.apply("p.json")
    shops.settled()
    again = ("apply", "--auto-approve", "--replace", "extension.synonyms", "--until", "wave")
    assert shops.project.run(*again).out.splitlines()[-1].strip() == "planner apply -e dev --until wave"
    shops.project.apply()
    assert shops.restarts() == [3, 3, 3, 3]


def test_the_same_command_replaces_once(shops: Shops) -> None:
    """A job that starts it again until nothing is left restarts nobody twice, and comes to an end."""
    again = ("apply", "--auto-approve", "--replace", "extension.synonyms", "--until", "wave")
    runs = [shops.project.run(*again) for _ in range(3)]
    assert [run.code for run in runs] == [5, 5, 0]
    assert "extension.synonyms is replaced already by what has begun" in words(runs[1].err)
    shops.settled()
    assert shops.restarts() == [2, 2, 2, 2]


def test_for_how_long(shops: Shops) -> None:
    """In seconds or as a duration; the first wave takes longer than that here."""
    shops.write("phone, telephone\n")
    done = shops.project.run("apply", "--auto-approve", "--until", "1s")
    assert done.code == 5
    assert "it was to begin no wave after 1s" in done.out
    assert shops.restarts() == [2, 1, 1, 1]
    shops.project.apply("--until", "3600")
    shops.settled()
    wrong = shops.project.run("apply", "--until", "soon")
    assert wrong.code == 64
    assert "--until takes wave, or how long: 'soon' is not a duration" in wrong.err


@pytest.fixture
def stopped(shops: Shops) -> Shops:
    """The canary failed, and somebody has to say how it ends."""
    shops.write(BROKEN)
    done = shops.project.run("apply", "--auto-approve")
    assert done.code == 5, done
    return shops


def test_who_stopped_waits(stopped: Shops) -> None:
    """Nothing is applied before somebody said how it ends; what that is, is said."""
    project = stopped.project
    refused = project.run("apply", "--auto-approve")
    assert refused.code == 3
    assert "the roll-out search (r-" in refused.err
    assert "has begun, and waits: shop-0 failed" in words(refused.err)
    for way in ("continue", "back", "abandon"):
        assert f"planner rollout {way} search -e dev" in refused.err
    planned = project.run("plan")
    assert planned.code == 0
    assert "apply is refused until somebody says how it ends" in words(planned.out)
    shown = project.ok("rollout", "status").out
    assert "stopped" in shown
    assert "planner rollout back search -e dev" in shown
    (told,) = json.loads(project.ok("rollout", "status", "--json").out)["rollouts"]
    assert (told["name"], told["status"], told["wave"]) == ("search", "stopped", 1)


def test_it_goes_back(stopped: Shops) -> None:
    """To what they loaded before; then it is held back, and nothing else is."""
    project = stopped.project
    declined = project.run("rollout", "back")
    assert declined.code == 3
    assert "Give --auto-approve." in declined.err
    assert "extension.synonyms, 1 deployment in wave 1 of 3, restarted once" in words(declined.out)
    project.ok("rollout", "back", "search", "--auto-approve")
    assert len({*stopped.loaded()}) == 1
    assert stopped.restarts()[1:] == [1, 1, 1]
    assert not stopped.records()
    held = project.run("plan")
    assert held.code == 3, held
    assert "held back" in held.out
    project.edit("templates/main.yaml", "version: 8.*, file: files/other", 'version: "*", file: files/other')
    assert project.run("apply", "--auto-approve").code == 3
    assert project.resource("extension.other")["attributes"]["version"] == "*"
    assert project.run("plan", "--detailed-exitcode").code == 3
    assert len({*stopped.loaded()}) == 1
    stopped.write("phone, telephone\n")
    project.apply()
    stopped.settled()


def test_who_is_back_and_not_well_is_told_as_failed(shops: Shops) -> None:
    """What was to come of a text was wrong before, too. It is back all the same; nothing is left to do."""
    tokens = "{index: products, analyzer: a, text: tv, tokens: [radio]}"
    shops.rules("on_failure: stop", f"on_failure: stop\n    health: {{analyze: [{tokens}]}}")
    shops.write("phone, telephone\n")
    assert shops.project.run("apply", "--auto-approve").code == 5
    back = shops.project.run("rollout", "back", "--auto-approve")
    assert back.code == 5
    assert "as before: shop-0" in back.out
    assert "To go on" not in back.out
    assert (len({*shops.loaded()}), shops.records(), len(shops.failures())) == (1, [], 1)


def test_what_is_not_well_still_waits_on(stopped: Shops) -> None:
    """It is looked at first: on one that is not well nothing begins."""
    done = stopped.project.run("rollout", "continue", "--auto-approve")
    assert done.code == 1
    assert "shop-0 is not well enough to be changed: elasticsearch: its shards are red" in words(done.out)
    ways = [line.strip() for line in done.out.splitlines() if line.strip().startswith("planner rollout")]
    assert ways == [f"planner rollout {way} search -e dev" for way in ("continue", "back", "abandon")]
    (record,) = stopped.records()
    assert record["status"] == "stopped"


def test_what_was_tried_again_goes_back(stopped: Shops) -> None:
    """Though nothing could begin: it has the new content."""
    assert stopped.project.run("rollout", "continue", "--auto-approve").code == 1
    stopped.project.ok("rollout", "back", "--auto-approve")
    assert len({*stopped.loaded()}) == 1


def test_who_is_stopped_before_its_turn_is_no_failure(shops: Shops) -> None:
    """Nothing was sent to it: the same goes on once it runs, and nothing is held back."""
    project = shops.project
    shops.rules("on_failure: stop", "on_failure: roll_back_all")
    shops.write("phone, telephone\n")
    assert project.run("apply", "--auto-approve", "--until", "wave").code == 5
    assert ask(project, "POST", f"/deployments/{IDS[1]}/_shutdown") is not None
    Scene(project).turn()
    for _ in range(2):
        done = project.run("apply", "--auto-approve")
        assert done.code == 5, done
        told = words(done.out)
        assert "rollout.search: goes on with the next apply, 1 of 3 waves done" in told
        assert "the deployment shop-1 is stopped, and nothing can be carried to it" in told
        assert "planner apply goes on with it, once the deployment is ready" in told
        assert "planner rollout abandon search -e dev" in told
    shown = words(project.ok("rollout", "status").out)
    assert "wave 2 not begun shop-1 (the deployment shop-1 is stopped" in shown
    assert "next: the next apply goes on with wave 2, once shop-1 is ready" in shown
    assert (shops.failures(), shops.restarts()[2:]) == ([], [1, 1])
    assert ask(project, "POST", f"/deployments/{IDS[1]}/_restore") is not None
    Scene(project).turn()
    project.apply()
    shops.settled()
    assert (shops.restarts()[0], shops.restarts()[2:]) == (2, [2, 2])


def test_what_is_gone_does_not_keep_a_way_back_open(shops: Shops) -> None:
    """It has nothing to take back; that it is gone the next plan tells."""
    shops.write("phone, telephone\n")
    old = shops.loaded()
    assert shops.project.run("apply", "--auto-approve", "--wave", "2").code == 5
    stop_and_delete(shops.project, IDS[1])
    back = shops.project.run("rollout", "back", "--auto-approve")
    assert back.code == 5
    assert f"the deployment {IDS[1]} is gone" in back.out
    assert (shops.records(), len(shops.failures())) == ([], 1)
    assert "somebody took it back" in words(shops.project.ok("rollout", "status").out)
    assert Scene(shops.project).plan(IDS[0])["elasticsearch"]["user_bundles"][0]["url"].endswith(old[0])
    gone = shops.project.run("plan")
    assert gone.code == 3
    assert "is for the deployment shop-1, and nothing has that name or id" in words(gone.err)


def test_it_is_tried_again(shops: Shops) -> None:
    """What failed is looked at anew, and it goes on. What it left over goes with the next apply."""
    shops.write("phone, telephone\n")
    with shops.project.sandbox() as ece:
        ece.fault(f"PUT /deployments/{IDS[1]} stay-yellow times=1")
    assert shops.project.run("apply", "--auto-approve").code == 5
    done = shops.project.ok("rollout", "continue", "search", "--auto-approve")
    assert "wave 2 of 3" in done.err
    assert "is done by the next apply: planner apply -e dev" in words(done.err)
    assert (shops.records(), shops.extensions) == ([], 2)
    shops.project.apply()
    shops.settled()


@pytest.mark.parametrize(("trouble", "more"), [("stay-yellow", 0), ("fail-plan", 1)])
def test_who_restarted_and_was_not_well_does_not_restart_once_more(
    shops: Shops, trouble: str, more: int
) -> None:
    """Where it goes on; a restart that was not carried out is begun anew."""
    shops.rules("on_failure: stop", "mode: restart\n    on_failure: stop")
    shops.write("phone, telephone\n")
    with shops.project.sandbox() as ece:
        ece.fault(f"POST /deployments/{IDS[0]}/** {trouble} times=1")
    assert shops.project.run("apply", "--auto-approve").code == 5
    first = shops.restarts()[0]
    shops.project.ok("rollout", "continue", "--auto-approve")
    assert shops.restarts() == [first + more, 2, 2, 2]
    shops.project.apply()
    shops.settled()


@pytest.mark.parametrize("trouble", ["expired", "429 retry-after=0"])
def test_who_asks_and_how_often_says_nothing_of_the_content(shops: Shops, trouble: str) -> None:
    """Nothing goes back: the next apply, with other credentials or later, goes on."""
    shops.rules("on_failure: stop", "on_failure: roll_back_all")
    shops.write("phone, telephone\n")
    with shops.project.sandbox() as ece:
        ece.fault(f"PUT /deployments/{IDS[1]} {trouble} from=2")
    assert shops.project.run("apply", "--auto-approve").code == 5
    assert shops.restarts() == [2, 1, 1, 1]
    with shops.project.sandbox() as ece:
        ece.no_faults()
    shops.project.apply()
    shops.settled()


def test_everything_stays(stopped: Shops) -> None:
    """Nothing is remembered; the next plan shows what differs."""
    project = stopped.project
    assert project.run("rollout", "abandon").code == 3
    done = project.ok("rollout", "abandon", "--auto-approve")
    assert "In between, or not well: shop-0." in done.out
    assert "As they were before: shop-1, shop-2, shop-3." in done.out
    assert (stopped.records(), stopped.failures()) == ([], [])
    stopped.write("phone, telephone\n")
    assert project.run("plan").code == 0


def test_it_goes_back_to_what_is_loaded_though_another_plan_failed_before(shops: Shops) -> None:
    """Of which the state holds what was declared, and which never came into force."""
    old, project = shops.loaded(), shops.project
    shops.write("phone, telephone\n")
    for trouble in ("fail-plan", "stay-yellow"):
        with project.sandbox() as ece:
            ece.fault(f"PUT /deployments/{IDS[0]} {trouble} times=1")
        assert project.run("apply", "--auto-approve").code == 5
        if trouble == "fail-plan":
            project.ok("rollout", "abandon", "--auto-approve")
    project.ok("rollout", "back", "--auto-approve")
    assert shops.loaded() == old


def test_other_changes_are_refused(stopped: Shops) -> None:
    """But for those that say something of a release; and what settles a create in doubt."""
    project = stopped.project
    pulled = project.folder / "pulled.json"
    project.ok("state", "pull", "--out", str(pulled))
    for line in (
        "destroy --auto-approve",
        "apply --refresh-only --auto-approve",
        "state rm extension.other",
        "state mv extension.other extension.another",
        "state restore 1",
        "state migrate --to state/elsewhere.json",
        f"import extension.other {IDS[0]} --auto-approve",
    ):
        done = project.run(*line.split())
        assert done.code in (1, 3), done
        if not line.startswith("import"):
            assert done.code == 3, done
            assert "planner rollout abandon search -e dev" in done.err, done
    assert "extension.other" in project.addresses()
    project.ok("state", "push", str(pulled))
    project.ok("state", "rotate")


def test_which_is_meant(shops: Shops, stopped: Shops) -> None:
    wrong = stopped.project.run("rollout", "back", "serch", "--auto-approve")
    assert wrong.code == 1
    assert "no roll-out serch has begun in the dev environment" in wrong.err
    assert 'Did you mean "search"?' in wrong.err


def test_none_has_begun(shops: Shops) -> None:
    assert "No roll-out has begun" in shops.project.ok("rollout", "status").out
    for way in ("continue", "back", "abandon"):
        done = shops.project.run("rollout", way, "--auto-approve")
        assert done.code == 1
        assert "no roll-out has begun in the dev environment" in done.err


def test_it_goes_back_by_itself(shops: Shops) -> None:
    """As on_failure says. It is held back until it is asked for by name, or what it carries changes."""
    shops.rules("on_failure: stop", "on_failure: roll_back")
    project = shops.project
    shops.write(BROKEN)
    assert project.run("apply", "--auto-approve").code == 5
    assert len({*shops.loaded()}) == 1
    (failure,) = shops.failures()
    assert (failure["rollout"], failure["wave"], failure["deployment"]) == ("search", 1, "shop-0")
    assert project.run("apply", "--auto-approve").code == 3
    restarts = shops.restarts()
    assert project.run("apply", "--auto-approve", "--retry-rollout", "search").code == 5
    assert shops.restarts()[0] > restarts[0]
    unknown = project.run("apply", "--auto-approve", "--retry-rollout", "serch")
    assert unknown.code == 64
    assert 'Did you mean "search"?' in unknown.err
    shops.write("phone, telephone\n")
    none = project.run("apply", "--auto-approve", "--retry-rollout", "search")
    assert none.code == 1
    assert "the roll-out search is not held back" in none.err
    project.apply()
    shops.settled()


def test_it_carries_what_a_deployment_goes_over_to(shops: Shops) -> None:
    """Also what an earlier apply made, which failed; and not what is loaded as it is."""
    shops.rules("of: [extension.synonyms]", "of: [extension.*]")
    shops.rules("extensions: [extension.synonyms]", "extensions: [extension.synonyms, extension.other]")
    shops.rules("on_failure: stop", "on_failure: roll_back")
    shops.project.apply()
    shops.write(BROKEN)
    assert shops.project.run("apply", "--auto-approve").code == 5
    held = words(shops.project.run("plan").out)
    assert "Roll-out search (switch): extension.synonyms, to 4 deployments" in held
    shops.project.write("files/other/words.txt", "two\n")
    both = words(shops.project.ok("plan").out)
    assert "Roll-out search (switch): extension.other and extension.synonyms, to 4 deployments" in both


def test_a_wave_in_vain_is_told(shops: Shops) -> None:
    """Else whoever was to come first comes with the rest, and nobody notices."""
    shops.rules("[[extension_binding.shop_0],", "[{tag: tier=canry}, {name: shop-*},")
    shops.write("phone, telephone\n")
    warned = words(shops.project.ok("plan").err)
    assert (
        "rollout.search has a wave for the tag tier=canry, which no deployment that is bound here has"
        in warned
    )
    assert "a name as" not in warned


def test_too_few_looks_are_told_as_that(shops: Shops) -> None:
    shops.rules("on_failure: stop", "health: {within: 1s}")
    shops.write("phone, telephone\n")
    done = shops.project.run("apply", "--auto-approve")
    assert "planner has waited for 1s, which was too short: it is well, as 2 of 3 looks found" in words(
        done.out
    )


def test_who_is_not_there_is_named_by_its_binding(shops: Shops) -> None:
    shops.rules("range(4)", "range(5)")
    done = shops.project.run("plan")
    assert "wave 1 extension_binding.shop_4 green" in words(done.out)
    assert "is for the deployment shop-4, and nothing has that name or id" in words(done.err)
    assert "is not known yet" not in done.err


def test_a_preview_says_it(shops: Shops) -> None:
    """And does not fail by it."""
    project = shops.project
    project.write(".gitignore", "state/\n")
    git(project.folder, "init", "-q")
    commit(project, "First")
    shops.rules("on_failure: stop", "on_failure: roll_back")
    shops.write(BROKEN)
    assert project.run("apply", "--auto-approve").code == 5
    commit(project, "Broken")
    shown = project.ok("preview", "--base", "HEAD~1")
    assert "held back" in shown.out
    assert project.run("plan", "--format", "markdown").code == 3


def test_a_preview_says_what_has_begun(shops: Shops) -> None:
    project = shops.project
    project.write(".gitignore", "state/\n")
    git(project.folder, "init", "-q")
    commit(project, "First")
    shops.write("phone, telephone\n")
    commit(project, "Phones")
    assert project.run("apply", "--auto-approve", "--until", "wave").code == 5
    shown = project.ok("preview", "--base", "HEAD~1")
    assert "has begun: apply goes on with it first, wave 2 of 3" in words(shown.out)


def test_all_of_its_waves_go_back(shops: Shops) -> None:
    """The third wave fails by what the platform does."""
    shops.rules("on_failure: stop", "on_failure: roll_back_all")
    shops.write("phone, telephone\n")
    with shops.project.sandbox() as ece:
        ece.fault(f"PUT /deployments/{IDS[3]} fail-plan times=1")
    old = shops.loaded()
    assert shops.project.run("apply", "--auto-approve").code == 5
    assert shops.loaded() == old
    assert (len(shops.failures()), shops.records()) == (1, [])
    assert shops.restarts()[:3] == [3, 3, 3]


@pytest.mark.parametrize(
    "target", ["rollout.search", "rollout.s*", "extension.synonyms", "extension_binding.shop_3"]
)
def test_a_target_takes_all_of_it(shops: Shops, target: str) -> None:
    project = shops.project
    shops.write("phone, telephone\n")
    project.edit("templates/main.yaml", "version: 8.*, file: files/other", 'version: "*", file: files/other')
    shown = project.ok("plan", "--target", target)
    assert "to 4 deployments in 3 waves" in words(shown.out)
    assert "extension.other will" not in shown.out
    assert words(shown.out).count("taken too: rollout.search is taken whole") == 1


@pytest.mark.parametrize("excluded", ["rollout.search", "extension_binding.shop_3", "extension.synonyms"])
def test_nothing_of_it_is_taken(shops: Shops, excluded: str) -> None:
    project = shops.project
    shops.write("phone, telephone\n")
    project.edit("templates/main.yaml", "version: 8.*, file: files/other", 'version: "*", file: files/other')
    shown = project.ok("plan", "--exclude", excluded)
    assert "Plan: 0 to create, 1 to update, 0 to replace, 0 to delete." in shown.out


def test_a_target_that_is_none(shops: Shops) -> None:
    done = shops.project.run("plan", "--target", "rollout.serch")
    assert done.code == 64
    assert "--target rollout.serch matches no resource" in done.err
    assert "rollout.search" in done.err


@pytest.mark.parametrize("again", ["plain", "saved", "digest"])
def test_a_run_was_cut_off(shops: Shops, again: str) -> None:
    """In the second wave. Whoever approved the same goes on with it, and restarts nobody twice."""
    project = shops.project
    shops.write("phone, telephone\n")
    project.ok("plan", "--out", "p.json")
    digest = json.loads((project.folder / "p.json").read_text())["digest"]
    words_ = {"plain": [], "saved": ["p.json"], "digest": ["--expect-digest", digest]}[again]
    with project.sandbox() as ece:
        ece.fault(f"PUT /deployments/{IDS[1]} hold nth=2")  # the first one only asks
        with project.started("apply", "--auto-approve", *words_) as process:
            wait_until(ece.holds, "the second wave is begun")
            shown = words(project.ok("rollout", "status").out)
            assert "wave 2 under way shop-1 not begun shop-2" in shown
            assert f"(process {process.pid}), apply since" in shown.partition("next: a run is at it, by ")[2]
            process.kill()
            process.wait()
        ece.no_faults()
    assert project.run("apply", "--auto-approve", "--expect-digest", f"{digest[:-4]}0000").code == 3
    project.apply(*words_)
    shops.settled()
    assert shops.restarts() == [2, 2, 2, 2]


@pytest.fixture
def promoted(shops: Shops) -> Shops:
    """What is applied is a release, in a window that is open; the first wave of a change is done."""
    project = shops.project
    project.edit("planner.yaml", "project: shop\n", f"project: shop\n{PROMOTED}")
    project.edit(
        "planner.yaml", "{endpoint: sandbox,", "{endpoint: sandbox, gates: {windows: ['00:00-24:00']},"
    )
    project.apply()
    shops.write("phone, telephone\n")
    assert project.run("apply", "--auto-approve", "--until", "wave").code == 5
    assert shops.restarts() == [2, 1, 1, 1]
    return shops


def test_a_window_closes(promoted: Shops) -> None:
    """It is asked before each new wave; a gate that is set aside is not in the way."""
    project = promoted.project
    project.edit("planner.yaml", "{windows: ['00:00-24:00']}", closed_now())
    done = project.run("apply", "--auto-approve")
    assert done.code == 5, done
    assert "the roll-out search went no further: dev is closed now; opens 20" in words(done.out)
    assert promoted.restarts() == [2, 1, 1, 1]
    assert len(promoted.records()) == 1
    assert project.run("rollout", "continue", "--auto-approve").code == 5
    forced = ("--force", "windows", "--reason", "the shop is open")
    assert project.run("apply", "--auto-approve", "--until", "wave", *forced).code == 5
    assert promoted.restarts() == [2, 2, 2, 1]
    project.ok("rollout", "back", "--auto-approve")
    assert len({*promoted.loaded()}) == 1


def test_a_release_is_rejected_meanwhile(promoted: Shops) -> None:
    project = promoted.project
    (release,) = [item["run"]["release"] for item in project.state()["promotions"] if "run" in item][-1:]
    assert release
    known = json.loads(project.ok("release", "list", "--json").out)["releases"]
    project.ok("release", "reject", known[0]["id"], "--reason", "wrong words", "-e", "dev")
    done = project.run("apply", "--auto-approve")
    assert done.code == 5, done
    assert "was rejected by" in words(done.out)
    assert "wrong words (to take it back: planner rollout back search -e dev)" in words(done.out)
    assert promoted.restarts() == [2, 1, 1, 1]


def test_the_mode_none_says_who_keeps_the_old_content(shops: Shops) -> None:
    """Nobody starts anew for it."""
    waves, keep = TEMPLATE.partition("    waves:")[1:]
    shops.rules(f"{waves}{keep}", "    mode: none\n")
    before = shops.restarts()
    shops.write("tv, set\n")
    planned = words(shops.project.ok("plan").out)
    assert "Roll-out search (none): extension.synonyms, with no restart" in planned
    assert "keep the old content until their nodes start anew" in planned
    shops.project.apply()
    assert (shops.restarts(), shops.records()) == (before, [])
    shops.project.settled()


@pytest.mark.parametrize("way", ["status", "continue", "back", "abandon"])
def test_how_it_ends_needs_no_templates(shops: Shops, way: str) -> None:
    """The record knows everything: they may be wrong by then, and want what is not set."""
    project = shops.project
    shops.write("phone, telephone\n")
    assert project.run("apply", "--auto-approve", "--until", "wave").code == 5
    old = shops.loaded()
    project.write("templates/main.yaml", "resource: {extension: {{ var.synonyms }}\n")
    project.edit("planner.yaml", "project: shop\n", "project: shop\nvariables: {size: {type: integer}}\n")
    (project.folder / "files/synonyms/dictionaries/s.txt").unlink()
    assert project.run("plan").code == 1
    project.ok("rollout", way, *(() if way == "status" else ("--auto-approve",)))
    assert len({*shops.loaded()}) == {"continue": 1, "back": 1}.get(way, 2)
    assert (shops.loaded()[0] == old[0]) == (way != "back")
    assert bool(shops.records()) == (way == "status")


def test_who_keeps_the_old_one_is_named(shops: Shops) -> None:
    """One that is stopped will load it again."""
    project = shops.project
    assert ask(project, "POST", f"/deployments/{IDS[3]}/_shutdown") is not None
    Scene(project).turn()
    shops.write("phone, telephone\n")
    project.apply()
    told = words(project.ok("plan").out)
    assert "stays for now, because it is used by 1 deployment: shop-3 (" in told
    assert IDS[3] in told


def test_the_command_that_tries_again_has_what_was_given(shops: Shops) -> None:
    project = shops.project
    project.edit("planner.yaml", "project: shop\n", "project: shop\nvariables: {size: {type: integer}}\n")
    shops.rules("on_failure: stop", "on_failure: roll_back")
    shops.write(BROKEN)
    given = ("--var", "size=3", "--target", "rollout.search", "--parallelism", "2")
    again = "planner apply -e dev --var size=3 --target rollout.search --parallelism 2 --retry-rollout search"
    done = project.run("apply", "--auto-approve", *given)
    assert done.code == 5, done
    assert words(done.out).count(again) == 1
    for command in (("plan", "--out", "p.json"), ("apply", "--auto-approve")):
        held = project.run(*command, *given)
        assert held.code == 3, held
        assert f"change what it carries, or try it again: {again}" in words(held.out)
