"""What a roll-out asks of a deployment, in a sandbox whose clock is turned: before a change, and after it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from attrs import evolve

from planner.errors import ApiError, NotFound, NotYet, OutcomeUnknown, Refused
from planner.model.resource import (
    FAILED,
    GREEN,
    PENDING,
    RED,
    YELLOW,
    Analysis,
    Health,
    Observed,
    Reading,
    Result,
)

from .deployed import Deployed, archive, bundles

WORDS, MORE = "https://words.example/a.zip", "https://words.example/b.zip"
BROKEN = "https://files.invalid/broken.zip"
RESTART = "POST /deployments/*/elasticsearch/*/_restart"
PLUGIN = """
name=tokens
description=d
version=1
elasticsearch.version=8.15.3
java.version=17
classname=T
"""


def test_a_change_that_goes_well() -> None:
    at = Deployed.made("kibana")
    reading = at.look()
    assert (reading.status, reading.alerts, [*reading.attempts]) == (GREEN, (), ["elasticsearch", "kibana"])
    assert at.checked(reading) == (PENDING, "elasticsearch: its plan has not begun")
    at.change(WORDS)
    assert at.checked(reading)[0] == PENDING
    at.wait(20)
    status, reason = at.checked(reading)
    assert (status, reason.partition(":")[0]) == (PENDING, "elasticsearch")
    at.wait()
    found = at.check(reading, Health(plugins=True))
    assert (found.settling.status, found.note) == ("", "")
    assert found.observed is not None
    assert found.observed.id == at.id


def test_it_may_be_looked_at_without_a_reading() -> None:
    """Where nothing was sent no attempt comes: health alone counts."""
    at = Deployed.made()
    assert at.checked(Reading(GREEN)) == ("", "")
    assert at.checked(None) == ("", "")
    at.change(WORDS)
    at.wait(20)
    assert at.checked(None)[0] == PENDING


def test_nothing_is_begun_while_a_plan_is_pending() -> None:
    at = Deployed.made()
    at.change(WORDS)
    with pytest.raises(NotYet, match="shop is not well enough to be changed: a plan is pending, elastic"):
        at.look()
    at.wait()
    at.look()


@pytest.mark.parametrize("broken", ["bundle", "plugin"])
def test_a_boot_loop_is_no_matter_of_patience(broken: str) -> None:
    """The attempt waits ten minutes for an instance that has been started again by then."""
    at = Deployed.made()
    descriptor = PLUGIN.replace("classname=T", "")
    url = at.stored(archive(**{"plugin-descriptor.properties": descriptor}), "plugin")
    plugins = [{"name": "tokens", "url": url, "elasticsearch_version": "8.15.3"}]
    reading = at.look()
    at.change(*([BROKEN] if broken == "bundle" else []), user_plugins=plugins if broken == "plugin" else [])
    at.wait(15)
    assert at.checked(reading)[0] == PENDING
    at.wait(50)
    status, reason = at.checked(reading)
    assert (status, "instance-0000000000 does not stay up" in reason) == (FAILED, True)
    at.wait()
    status, reason = at.checked(reading)
    assert (status, "its plan failed" in reason) == (FAILED, True)


def test_a_node_that_dies_after_a_plan_that_went_well() -> None:
    at = Deployed.made()
    at.fault("PUT /deployments/* crash times=1")
    reading = at.look()
    at.change(WORDS)
    at.wait()
    assert at.call("GET", at.path)["healthy"] is True
    status, reason = at.checked(reading)
    assert (status, "instance-0000000000 does not stay up" in reason) == (FAILED, True)
    assert at.checked(at.look())[0] == PENDING, "what was known before is not held against it"


def test_after_a_plan_that_failed_it_can_be_changed_again() -> None:
    """Its nodes are as before, though it is called unhealthy until its next plan."""
    at = Deployed.made(user_bundles=bundles(WORDS))
    at.change(BROKEN)
    at.wait()
    assert at.call("GET", at.path)["healthy"] is False
    assert at.checked(None) == ("", "")
    reading = at.look()
    assert reading.alerts
    at.change(MORE)
    at.wait()
    assert at.checked(reading) == ("", "")
    assert at.call("GET", at.path)["healthy"] is True


def test_a_later_plan_of_somebody_else_that_fails() -> None:
    at = Deployed.made()
    reading = at.look()
    at.change(WORDS)
    at.wait()
    at.fault("PUT /deployments/* fail-plan step=plan-validator")
    at.change(WORDS, MORE)
    at.wait()
    assert at.checked(reading) == (PENDING, "elasticsearch: its last plan failed")


def test_somebody_elses_plan_in_between_is_waited_for() -> None:
    at = Deployed.made()
    reading = at.look()
    at.change(WORDS)
    at.wait()
    at.change(WORDS, MORE)
    at.wait(20)
    status, reason = at.checked(reading)
    assert (status, reason.partition(",")[0]) == (PENDING, "a plan is pending")
    at.wait()
    assert at.checked(reading) == ("", "")


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("enough", [GREEN, YELLOW])
def test_yellow_before_may_be_yellow_afterwards(before: bool, enough: str) -> None:
    at = Deployed.made()
    at.fault(f"PUT /deployments/* stay-yellow {'' if before else 'from=2'}")
    at.change(WORDS)
    at.wait()
    reading = at.look()
    assert reading.status == (YELLOW if before else GREEN)
    at.change(WORDS, MORE)
    at.wait()
    well = before or enough == YELLOW
    expected = ("", "") if well else (PENDING, "elasticsearch: its shards are yellow")
    assert at.checked(reading, Health(status=enough)) == expected


def test_red_is_never_begun_on() -> None:
    at = Deployed.made()
    at.change(at.stored(archive(**{"dictionaries/synonyms.txt": "tv, television"})))
    at.wait()
    at.index(ours={"type": "synonym", "synonyms_path": "dictionaries/synonyms.txt"})
    reading = at.look()
    wanted = Analysis("products", "words", "tv", ("tv", "television"))
    at.change()
    at.wait()
    assert at.checked(reading) == (PENDING, "elasticsearch: its shards are red")
    with pytest.raises(NotYet, match="its shards are red"):
        at.look()
    assert at.checked(reading, Health(analyze=(wanted,)))[0] == PENDING


@pytest.mark.parametrize(
    ("text", "index", "tokens", "told"),
    [
        ("tv", "products", ("tv", "television"), ""),
        ("tv", "products", ("tv",), "words makes 'tv television' of 'tv', not 'tv'"),
        ("tv", "others", ("tv",), "no index others on shop: make it, or leave it out of analyze"),
    ],
)
def test_what_an_analyzer_makes_of_a_text(text: str, index: str, tokens: tuple[str, ...], told: str) -> None:
    at = Deployed.made()
    at.index(ours={"type": "synonym", "synonyms": ["tv, television"]})
    status, reason = at.checked(None, Health(analyze=(Analysis(index, "words", text, tokens),)))
    assert status == (FAILED if told else "")
    assert told in reason


def test_an_analyzer_that_is_not_there() -> None:
    at = Deployed.made()
    at.index(ours={"type": "synonym", "synonyms": ["tv, television"]})
    _, reason = at.checked(None, Health(analyze=(Analysis("products", "others", "tv", ("tv",)),)))
    assert reason.startswith("products: it cannot analyze a text: ")
    assert "proxy-requests" not in reason


def test_a_plugin_that_a_node_does_not_have() -> None:
    at = Deployed.made()
    url = at.stored(archive(**{"plugin-descriptor.properties": PLUGIN}), "plugin")
    plugins = [{"name": "tokens", "url": url, "elasticsearch_version": "8.15.3"}]
    reading, health = at.look(), Health(plugins=True)
    at.fault("PUT /deployments/* no-plugins times=1")
    at.change(user_plugins=plugins)
    at.wait()
    told = "elasticsearch: instance-0000000000 does not have the plugin tokens"
    assert at.checked(reading, health) == (FAILED, told)
    assert at.checked(reading) == ("", "")
    at.change(WORDS, user_plugins=plugins)
    at.wait()
    assert at.checked(reading, health) == ("", "")


def test_where_nothing_is_passed_on_it_is_said() -> None:
    at = Deployed.made(platform="cloud")
    analysis = Analysis("products", "words", "tv", ("tv",))
    for health in (Health(plugins=True), Health(analyze=(analysis,))):
        found = at.check(None, health)
        assert (found.settling.status, found.note.partition(":")[0]) == (
            "",
            "what its nodes loaded could not be looked at",
        )
    assert at.check(None).note == ""


def test_a_reply_about_nodes_that_is_none() -> None:
    at = Deployed.made()

    def odd(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if "/proxy/" not in environ["PATH_INFO"]:
            return at.app(environ, start)
        start("200 OK", [("Content-Type", "application/json")])
        return [b'{"nodes": []}']

    found = evolve(at, app=odd).check(None, Health(plugins=True))
    assert (found.settling.status, "holds no nodes" in found.note) == ("", True)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nodes_that_do_not_answer_yet(method: str) -> None:
    at = Deployed.made()
    at.fault(f"{method} /deployments/*/elasticsearch/*/proxy/** status:503")
    analysis = Analysis("products", "words", "tv", ("tv",))
    status, reason = at.checked(None, Health(plugins=True, analyze=(analysis,)))
    assert (status, reason.partition(":")[0]) == (PENDING, "its nodes do not answer")


def test_a_restart_is_one_for_each_node() -> None:
    at = Deployed.made(user_bundles=bundles(WORDS))
    reading = at.look()
    assert at.restart(reading) == Result(Observed(at.id, {}))
    assert at.checked(reading)[0] == PENDING
    at.wait()
    assert at.checked(reading) == ("", "")
    (one,) = at.restarts
    assert len(one["instances"]) == 2
    queries = at.control("GET", "requests")["requests"]
    (query,) = [each["query"] for each in queries if each["path"].endswith("/_restart")]
    wanted = "group_attribute=__zone__&shard_init_wait_time=600&skip_snapshot=true&cancel_pending=false"
    assert query == wanted


@pytest.mark.parametrize("after", [0, 30, 900])
@pytest.mark.parametrize("fails", [False, True])
def test_a_restart_whose_reply_was_lost_is_not_begun_again(after: float, fails: bool) -> None:
    at = Deployed.made()
    reading = at.look()
    for effect in ("fail-plan", "drop-after") if fails else ("drop-after",):
        at.fault(f"{RESTART} {effect} times=1")
    with pytest.raises(OutcomeUnknown):
        at.restart(reading)
    at.wait(after)
    for _ in range(2):
        assert at.restart(reading).note == "it was begun already"
    at.wait()
    assert at.checked(reading)[0] == (FAILED if fails else "")
    assert len(at.restarts) == 1


def test_a_restart_whose_attempt_is_not_shown_yet_is_waited_for() -> None:
    at = Deployed.made()
    reading, body = at.look(), at.call("GET", at.path)
    body["resources"]["elasticsearch"][0]["info"]["status"] = "restarting"

    def begun(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        assert environ["REQUEST_METHOD"] == "GET"
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(body).encode()]

    with pytest.raises(NotYet, match="elasticsearch: its status is restarting"):
        evolve(at, app=begun).restart(reading)


def test_of_several_clusters_only_those_restart_that_were_not_begun() -> None:
    """A run was cut off between the two."""
    at = Deployed.made()
    body = at.call("GET", f"{at.path}?show_plan_history=true")
    (first,) = body["resources"]["elasticsearch"]
    second = json.loads(json.dumps(first))
    second["ref_id"] = "second"
    own = {
        "plan_attempt_id": "own",
        "plan": {"transient": {"plan_configuration": {"cluster_reboot": "forced"}}},
    }
    first["info"] |= {"plan_info": {**first["info"]["plan_info"], "pending": own}, "status": "restarting"}
    body["resources"]["elasticsearch"].append(second)
    posted = []

    def two(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            posted.append(environ["PATH_INFO"].rpartition("/elasticsearch/")[2])
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(body).encode()]

    known = [second["info"]["plan_info"]["current"]["plan_attempt_id"]]
    names = [f"elasticsearch {ref_id}" for ref_id in (first["ref_id"], "second")]
    evolve(at, app=two).restart(Reading(GREEN, dict.fromkeys(names, known)))
    assert posted == ["second/_restart"]


def test_a_restart_of_before_is_not_this_one() -> None:
    at = Deployed.made()
    at.restart(at.look())
    at.wait()
    assert at.restart(at.look()).note == ""
    at.wait()
    assert len(at.restarts) == 2


def test_before_a_way_back_it_is_noted_what_there_is_once_nothing_is_under_way() -> None:
    """Red shards are why it goes back. A restart whose reply nobody saw would be taken for the next one."""
    at = Deployed.made()
    at.change(at.stored(archive(**{"dictionaries/synonyms.txt": "tv, television"})))
    at.wait()
    at.index(ours={"type": "synonym", "synonyms_path": "dictionaries/synonyms.txt"})
    at.change()
    with pytest.raises(NotYet, match="a plan of shop is pending, elasticsearch: "):
        at.note()
    at.wait()
    reading = at.note()
    assert reading.status == RED
    assert at.restart(reading).note == ""
    with pytest.raises(NotYet, match="a plan of shop is pending, elasticsearch: "):
        at.note()
    assert at.restart(reading).note == "it was begun already"


def test_a_restart_waits_for_somebody_elses_plan_and_comes_after_it() -> None:
    at = Deployed.made()
    reading = at.look()
    at.change(WORDS)
    with pytest.raises(NotYet, match="a plan of shop is pending, elasticsearch: "):
        at.restart(reading)
    at.wait()
    assert at.restart(reading).note == ""
    at.wait()
    assert [each["action"].partition(".")[2] for each in at.restarts] == [
        "update-deployment",
        "restart-resource",
    ]


def test_a_plan_that_comes_between_the_look_and_the_restart() -> None:
    at = Deployed.made()
    reading = at.look()
    at.fault("GET /deployments/* other-change:1 times=1")
    with pytest.raises(NotYet, match="a plan of shop is pending"):
        at.restart(reading)
    at.wait()
    assert at.restart(reading).note == ""


def test_a_restart_that_is_not_allowed() -> None:
    at = Deployed.made()
    code = "deployments.deployment_resource_plan_change_error"
    at.fault(f'{RESTART} status:422 code={code} message="it is ill"')
    with pytest.raises(Refused, match=r"shop cannot be restarted: .*it is ill") as caught:
        at.restart(at.look())
    assert caught.value.advice


@pytest.mark.parametrize(("status", "code"), [(404, "deployments.deployment_resource_not_found"), (400, "x")])
def test_another_refusal_of_a_restart_is_the_installations_own(status: int, code: str) -> None:
    at = Deployed.made()
    at.fault(f"{RESTART} status:{status} code={code}")
    with pytest.raises(ApiError, match=code) as caught:
        at.restart(at.look())
    assert caught.value.status == status


def test_what_an_installation_warns_of_is_noted() -> None:
    at = Deployed.made()

    def warning(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if not environ["PATH_INFO"].endswith("/_restart"):
            return at.app(environ, start)
        start("202 Accepted", [("Content-Type", "application/json")])
        told = [{"code": "a", "message": "no snapshot is taken"}, {"code": "b", "message": "one zone"}]
        return [json.dumps({"warnings": told}).encode()]

    assert evolve(at, app=warning).restart(at.look()).note == "no snapshot is taken; one zone"


def test_a_deployment_that_is_stopped() -> None:
    at = Deployed.made()
    reading = at.look()
    at.call("POST", f"{at.path}/_shutdown")
    for _ in range(2):
        for asked in (at.look, lambda: at.restart(reading)):
            with pytest.raises(Refused, match="the deployment shop is stopped") as caught:
                asked()
            assert "Start it" in caught.value.advice
        assert at.checked(reading) == (FAILED, "the deployment was stopped")
        at.wait()
    assert at.restarts == []


def test_a_deployment_that_is_gone() -> None:
    at = Deployed.made()
    reading = at.look()
    at.call("POST", f"{at.path}/_shutdown")
    at.wait()
    at.call("DELETE", at.path)
    for asked in (at.look, lambda: at.check(reading), lambda: at.restart(reading)):
        with pytest.raises(NotFound, match="is gone"):
            asked()


def test_tags_are_known_of_what_is_read_and_of_what_an_index_shows() -> None:
    at = Deployed.made()
    tags = [{"key": "tier", "value": "canary"}, {"key": "team", "value": "search"}]
    body = {"prune_orphans": False, "metadata": {"tags": tags}}
    at.call("PUT", at.path, json=body)
    expected = {"tier": "canary", "team": "search"}
    found = at.driver.read(at.id)
    assert found is not None
    assert found.about["tags"] == expected
    many = [(at.id,), *((f"{number:032}",) for number in range(9))]
    listed = at.driver.list_all(many)
    assert listed is not None
    assert listed[at.id,][at.id].about["tags"] == expected
