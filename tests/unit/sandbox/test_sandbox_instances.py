"""Instances load what their lists name, at the moment that they start, or do not start."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from planner.sandbox import Sandbox

from .caller import EXTENSIONS, WORDS, Caller, archive, codes
from .running import MAIN, Running, bundle, plan, plugin, plugin_zip

OTHER = "https://words.example/b.zip"
HOT = {"id": "hot_content", "size": {"resource": "memory", "value": 1024}, "zone_count": 2}
WARM = {"id": "warm", "size": {"resource": "memory", "value": 2048}, "zone_count": 1}
OFF = {"id": "cold", "size": {"resource": "memory", "value": 0}, "zone_count": 2}


@pytest.mark.parametrize(
    ("own", "loads"),
    [
        ({}, WORDS),
        ({"node_attributes": {"data": "warm"}}, WORDS),
        ({"user_plugins": []}, WORDS),
        ({"user_bundles": [bundle(OTHER)]}, OTHER),
        ({"user_bundles": []}, ""),
        ({"user_bundles": [bundle(OTHER), bundle(OTHER)]}, OTHER),
    ],
)
def test_the_own_list_of_an_element_hides_that_of_the_plan(
    ece: Caller, own: dict[str, Any], loads: str
) -> None:
    elements = (HOT, WARM | {"elasticsearch": own}, OFF)
    shop = Running.settled(ece, plan(*elements, user_bundles=[bundle(WORDS)]))
    assert shop.loaded() == [WORDS, WORDS, loads]
    assert [one["element"] for one in shop.instances()] == ["hot_content", "hot_content", "warm"]
    topology = shop.info()["topology"]["instances"]
    assert [each["memory"]["instance_capacity"] for each in topology] == [1024, 1024, 2048]
    assert {each["service_version"] for each in topology} == {"8.15.3"}


def test_only_what_changed_starts_anew_one_after_the_other(ece: Caller) -> None:
    shop = Running.settled(ece, plan(HOT, WARM, user_bundles=[bundle(WORDS)]))
    shop.put(
        plan(HOT, WARM | {"elasticsearch": {"user_bundles": [bundle(OTHER)]}}, user_bundles=[bundle(WORDS)])
    )
    ece.wait(12)
    assert (len(shop.running()), shop.info()["elasticsearch"]["shards_status"]["status"]) == (2, "yellow")
    ece.wait()
    assert [one["restarts"] for one in shop.instances()] == [0, 0, 1]
    shop.put(plan(HOT, WARM, user_bundles=[bundle(OTHER)]))
    down = set()
    for _ in range(12):
        ece.wait(5)
        running = shop.running()
        assert len(running) >= 2
        down |= {one["name"] for one in shop.instances()} - set(running)
    assert (len(down), [one["restarts"] for one in shop.instances()]) == (2, [1, 1, 1])


def test_topologies_grow_and_shrink(ece: Caller) -> None:
    shop = Running.settled(ece, plan(HOT))
    for elements, names, restarts in (
        ((HOT, WARM), ["0", "1", "2"], [0, 0, 0]),
        ((HOT,), ["0", "1"], [0, 0]),
        ((HOT | {"zone_count": 3},), ["0", "1", "3"], [0, 0, 0]),
        ((HOT | {"size": {"resource": "memory", "value": 4096}},), ["0", "1"], [1, 1]),
    ):
        shop.put(plan(*elements))
        ece.wait()
        assert [one["name"][-1] for one in shop.instances()] == names
        assert [one["restarts"] for one in shop.instances()] == restarts
        assert shop.get()["healthy"] is True


def test_what_is_replaced_in_place_is_read_at_the_next_start(ece: Caller, app: Sandbox) -> None:
    first, second, third = (archive(text) for text in ("a, b", "c, d", "e, f"))
    extension_id = ece.stored()
    ece.upload(extension_id, first)
    shop = Running.settled(ece, plan(user_bundles=[bundle(f"repo://{extension_id}")]))

    def content() -> str:
        return str(shop.instances()[0]["loaded"][0]["sha256"])

    ece.upload(extension_id, second)
    ece.wait()
    assert content() == hashlib.sha256(first).hexdigest()
    assert ece("POST", f"{shop.path}/{MAIN}/_restart").status_code == 202
    app.clock.advance(60)
    ece.upload(extension_id, third)
    assert content() == hashlib.sha256(second).hexdigest()
    assert ece("POST", f"{shop.path}/{MAIN}/_restart").status_code == 202
    ece.wait()
    assert content() == hashlib.sha256(third).hexdigest()


STABLE = "stable-plugin-descriptor.properties"


@pytest.mark.parametrize(
    ("key", "content", "why"),
    [
        ("user_plugins", plugin_zip(), ""),
        ("user_plugins", plugin_zip(STABLE, elasticsearch_version="8.10.0", classname=None), ""),
        ("user_plugins", plugin_zip(STABLE, elasticsearch_version="8.16.0"), "was built for Elasticsearch"),
        ("user_plugins", plugin_zip(STABLE, elasticsearch_version="7.17.0"), "was built for Elasticsearch"),
        ("user_plugins", plugin_zip(classname=None), "property [classname] is missing"),
        ("user_plugins", plugin_zip(java_version=None), "property [java.version] is missing"),
        ("user_plugins", plugin_zip(java_version="1.8"), ""),
        ("user_plugins", plugin_zip(java_version="25"), "requires Java 25, your system"),
        ("user_plugins", archive(), "has no descriptor"),
        ("user_plugins", archive(**{STABLE: "", "plugin-descriptor.properties": ""}), "has two descriptors"),
        ("user_bundles", archive(), ""),
        ("user_bundles", archive("a => b => c"), "more than one explicit mapping"),
        ("user_bundles", archive(r"a \=> b => c"), ""),
        ("user_bundles", archive("# a => b => c"), ""),
        ("user_bundles", archive(**{"hunspell/de/de.dic": "1\na"}), "Missing affix file"),
        ("user_bundles", archive(**{"hunspell/de/de.aff": ""}), "Could not find hunspell dictionary [de]"),
        ("user_bundles", archive(**{"hunspell/de/a.aff": "", "hunspell/de/b.aff": ""}), "Too many affix"),
        ("user_bundles", archive(**{"hunspell/de/a.aff": "", "hunspell/de/a.dic": "word"}), "no count"),
        ("user_bundles", archive(**{"hunspell/de/a.aff": "", "hunspell/de/a.dic": "1\na"}), ""),
        ("user_bundles", archive(**{"ingest-geoip/mine.mmdb": "x"}), "unexpected database file name"),
        ("user_bundles", archive(**{"other/synonyms.txt": "a => b => c"}), ""),
    ],
)
def test_what_elasticsearch_refuses_keeps_an_instance_from_starting(
    ece: Caller, key: str, content: bytes, why: str
) -> None:
    type_ = "plugin" if key == "user_plugins" else "bundle"
    extension_id = ece.create(extension_type=type_, version="8.15.3")
    path = f"{EXTENSIONS}/{extension_id}"
    # The descriptor is checked when it is uploaded; that the file has changed since nobody checks.
    ece("POST", path, json={"name": "x", "extension_type": type_, "version": "8.15.3"})
    assert ece.upload(extension_id, archive() if key == "user_plugins" else content).status_code == 200
    if key == "user_plugins":
        put_in_place(ece, extension_id, content)
    entry = (plugin if key == "user_plugins" else bundle)(f"repo://{extension_id}")
    shop = Running.settled(ece, plan())
    shop.put(plan(**{key: [entry]}))
    ece.wait(300)
    (instance,) = shop.instances()
    assert (instance["runs"], bool(instance["why"])) == (not why, bool(why))
    assert why in instance["why"]
    assert shop.get()["healthy"] == (not why)


def put_in_place(ece: Caller, extension_id: str, content: bytes) -> None:
    """A new file for an extension, for whatever version its descriptor is."""
    version = next(
        (
            line[22:]
            for line in content.decode(errors="replace").splitlines()
            if line.startswith("elasticsearch.version=")
        ),
        "8.15.3",
    )
    ece.json(
        "POST",
        f"{EXTENSIONS}/{extension_id}",
        json={"name": "x", "extension_type": "plugin", "version": version},
    )
    assert ece.upload(extension_id, content).status_code == 200


@pytest.mark.parametrize(
    "url", ["https://words.invalid/a.zip", "repo://1234567890", "http:///a.zip", "repo://{no_file}"]
)
def test_what_cannot_be_fetched_is_a_boot_loop(ece: Caller, url: str) -> None:
    url = url.format(no_file=ece.create())
    shop = Running.settled(ece, plan(zones=2))
    shop.put(plan(zones=2, user_bundles=[bundle(url)]))
    ece.wait(200)
    info = shop.info()
    assert (info["healthy"], shop.running()) == (False, ["instance-0000000001"])
    assert info["elasticsearch"]["shards_status"]["status"] == "yellow"
    alerts = info["system_alerts"]
    assert {(each["alert_type"], each["instance_name"]) for each in alerts} == {
        ("automatic_restart", "instance-0000000000")
    }
    assert (len(alerts), alerts == sorted(alerts, key=lambda each: each["timestamp"], reverse=True)) == (
        6,
        True,
    )
    assert len(shop.info(query="show_system_alerts=2")["system_alerts"]) == 2
    assert "system_alerts" not in shop.info(query="show_system_alerts=0")
    ece.wait(1000)
    assert (len(shop.running()), len(shop.info()["system_alerts"])) == (2, 20)
    assert shop.loaded() == ["", ""]


def test_content_that_broke_in_place_stays_broken(ece: Caller) -> None:
    """There is no way back for what has its old name: the old plan names it too."""
    extension_id = ece.stored()
    shop = Running.settled(ece, plan(user_bundles=[bundle(f"repo://{extension_id}")]))
    ece.upload(extension_id, archive("a => b => c"))
    ece("POST", f"{shop.path}/{MAIN}/_restart")
    ece.wait(1000)
    info = shop.info()
    assert (info["plan_info"]["healthy"], shop.running(), shop.pending()) == (False, [], [])
    assert info["elasticsearch"]["shards_status"]["status"] == "red"
    assert info["elasticsearch"]["cluster_blocking_issues"]["healthy"] is False
    assert info["elasticsearch"]["master_info"]["instances_with_no_master"] == ["instance-0000000000"]
    assert len(shop.info()["system_alerts"]) > 20
    ece.upload(extension_id, archive())
    shop.put(plan(user_bundles=[bundle(f"repo://{extension_id}")]))
    ece.wait()
    assert shop.get()["healthy"] is True


@pytest.mark.parametrize(
    ("group_attribute", "least"), [("", 1), ("__zone__", 1), ("__name__", 3), ("__all__", 0)]
)
def test_a_restart_takes_groups_in_turns(ece: Caller, group_attribute: str, least: int) -> None:
    hot = HOT | {"node_count_per_zone": 2} if group_attribute != "__zone__" else HOT
    shop = Running.settled(ece, plan(hot, WARM))
    before = shop.plans()["current"]
    query = f"?group_attribute={group_attribute}" if group_attribute else ""
    assert ece("POST", f"{shop.path}/{MAIN}/_restart{query}").json == {}
    assert shop.info()["status"] == "restarting"
    fewest = len(shop.running())
    for _ in range(25):
        ece.wait(5)
        fewest = min(fewest, len(shop.running()))
    assert fewest >= least
    assert (fewest == 0) == (group_attribute == "__all__")
    assert {one["restarts"] for one in shop.instances()} == {1}
    (restart,) = shop.restarts()
    current = shop.plans()["current"]
    assert (restart["attempt_id"], restart["action"]) == (
        current["plan_attempt_id"],
        "deployments.restart-resource",
    )
    assert current["plan"]["transient"]["plan_configuration"]["cluster_reboot"] == "forced"
    assert (
        shop.plans(query="clear_transient=true&enrich_with_template=false")["current"]["plan"]
        == before["plan"]
    )


@pytest.mark.parametrize(("clear", "restarts"), [("true", 1), ("false", 2)])
def test_a_plan_that_is_sent_back_with_its_transient_reboots_again(
    ece: Caller, clear: str, restarts: int
) -> None:
    shop = Running.settled(ece, plan())
    ece("POST", f"{shop.path}/{MAIN}/_restart")
    ece.wait()
    read = shop.plans(query=f"enrich_with_template=false&clear_transient={clear}")["current"]["plan"]
    assert shop.put(read).status_code == 200
    ece.wait()
    assert len(shop.restarts()) == restarts


def test_a_restart_that_is_not_allowed(ece: Caller) -> None:
    shop = Running.settled(ece, plan())
    path = f"{shop.path}/{MAIN}/_restart"
    shop.put(plan(zones=2))
    refused = ece("POST", path)
    expected = (422, ["deployments.deployment_resource_plan_change_error"])
    assert (refused.status_code, codes(refused)) == expected
    assert ece("POST", path + "?cancel_pending=true").status_code == 202
    ece.wait()
    history = shop.plans()["history"]
    assert [each["healthy"] for each in history] == [True, False, True]
    assert len(shop.running()) == 1
    never = Running.made(ece, plan(user_bundles=[bundle("https://x.invalid/a")]))
    ece.wait(1000)
    refused = ece("POST", f"{never.path}/{MAIN}/_restart")
    assert (refused.status_code, codes(refused)) == expected


@pytest.mark.parametrize("force", ["false", "true"])
@pytest.mark.parametrize("after", [1, 12, 200, 610])
def test_a_pending_plan_is_cancelled(ece: Caller, force: str, after: int) -> None:
    """What it began goes back, unless it is deleted by force; the old plan stays in force either way."""
    shop = Running.settled(ece, plan(zones=2, user_bundles=[bundle(WORDS)]))
    before = shop.plans()["current"]
    shop.put(plan(zones=2, user_bundles=[bundle("https://x.invalid/a")]))
    ece.wait(after)
    pending = f"{shop.path}/{MAIN}/plan/pending"
    done = ece("DELETE", f"{pending}?force_delete={force}")
    assert done.json == {"id": shop.id, "kind": "elasticsearch", "ref_id": "main-elasticsearch"}
    ece.wait(4)
    plans = shop.plans()
    assert ("pending" in plans, plans["current"]) == (False, before)
    assert [each["healthy"] for each in plans["history"]] == [True, False]
    ece.wait()
    broken = force == "true" and after in (12, 200)
    assert len(shop.running()) == (1 if broken else 2)
    refused = ece("DELETE", pending)
    assert (refused.status_code, codes(refused)) == (
        400,
        ["deployments.resource_does_not_have_a_pending_plan"],
    )
    assert ece("DELETE", pending + "?ignore_missing=true").status_code == 200


def test_what_was_shut_down_runs_again(ece: Caller) -> None:
    shop = Running.settled(ece, plan(user_bundles=[bundle(WORDS)]), "kibana")
    for start in ("/_restore", f"/{MAIN}/_restart"):
        ece.json("POST", shop.path + "/_shutdown")
        assert shop.info()["status"] == "stopping"
        ece.wait()
        info = shop.info()
        assert (info["status"], "current" in info["plan_info"], shop.instances()) == ("stopped", False, [])
        assert ece("POST", shop.path + start).status_code in (200, 202)
        ece.wait()
        assert (shop.info()["status"], shop.loaded()) == ("started", [WORDS])
        assert shop.plans()["current"]["plan"]["elasticsearch"]["user_bundles"] == [bundle(WORDS)]
        assert shop.restarts() == []


def test_a_shutdown_ends_what_is_pending(ece: Caller) -> None:
    shop = Running.settled(ece, plan(), "kibana")
    shop.put(plan(zones=2), others=("kibana",))
    ece.json("POST", shop.path + "/_shutdown")
    ece.json("POST", shop.path + "/_shutdown")
    ece.wait(60)
    assert (shop.info()["status"], shop.pending()) == ("stopped", [])
    assert ece("DELETE", shop.path).status_code == 200
