"""extension_binding: what a deployment loads is changed, and nothing else of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.endurance.bindings import one_round

from .bound import (
    ASKS,
    BINDING,
    BLOG,
    EXTENSIONS,
    GEO,
    HOT,
    SHOP,
    THEIRS,
    WARM,
    Scene,
    deployment,
    made,
    plan,
    stop,
)
from .platform import ask
from .runner import words


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return made(tmp_path / "p", deployment(SHOP, "shop", plan(HOT, WARM)), deployment(BLOG, "blog", plan()))


def test_a_life(scene: Scene) -> None:
    """Bound, changed, and unbound: one PUT each, none where nothing differs. An extension goes in the plan
    that takes its last use away."""
    scene.project.apply()
    assert scene.lists() == {"": ["synonyms"]}
    before = scene.puts()
    scene.project.settled()
    scene.project.apply()
    assert scene.puts() == before

    scene.bind(BINDING.replace("extension.synonyms", "extension.stopwords, extension.synonyms"))
    scene.project.apply()
    assert scene.lists() == {"": ["stopwords", "synonyms"]} or scene.lists() == {
        "": ["synonyms", "stopwords"]
    }
    assert scene.puts() == before + 1
    scene.project.settled()

    scene.bind(BINDING.replace("extension.synonyms", "extension.stopwords"))
    scene.project.edit(
        "templates/main.yaml",
        "    synonyms: {name: synonyms, extension_type: bundle, version: 8.*, file: files/a}\n",
        "",
    )
    done = scene.project.apply()
    assert "1 updated, 0 replaced, 1 deleted" in done.both
    assert scene.lists() == {"": ["stopwords"]}
    scene.project.settled()

    scene.project.ok("destroy", "--auto-approve")
    assert scene.lists() == {"": []}
    assert scene.project.addresses() == []
    assert ask(scene.project, "GET", "/deployments/extensions") == {"extensions": []}


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json"])
def test_what_starts_nodes_anew_is_said_and_what_does_not(scene: Scene, form: str) -> None:
    """An upload alone reaches no node that runs."""
    rolling = {"json": '"restart": "rolling"'}.get(form, "with a rolling restart of the deployment")
    later = {"json": '"restart": "none"'}.get(form, "without a restart: a node loads it when it next starts")

    def told() -> tuple[bool, bool]:
        shown = words(scene.project.ok("plan", "--format", form).out)
        return rolling in shown, later in shown

    assert told() == (True, False)
    scene.project.apply()
    before = scene.restarts()
    scene.project.write("files/a/synonyms.txt", "tv, television, telly\n")
    assert told() == (False, True)
    scene.project.apply()
    assert scene.restarts() == before
    scene.bind("")
    assert told() == (True, False)
    scene.project.apply()
    assert scene.restarts() == before + 1


def test_a_part_of_a_plan_deletes_nothing_that_is_in_use(scene: Scene) -> None:
    scene.project.apply()
    scene.bind("")
    scene.project.write("templates/main.yaml", "")
    refused = scene.project.run("plan", "--target", "extension.synonyms")
    assert refused.code == 3
    assert "A part of a plan takes no use away: plan without --target and --exclude" in words(refused.err)
    scene.project.apply()
    assert (scene.lists(), scene.project.addresses()) == ({"": []}, [])


def test_what_others_attached_stays(scene: Scene) -> None:
    """Reported of another tool: applying detaches what somebody attached by hand, and an index turns red."""
    scene.attach(GEO)
    scene.attach(THEIRS, at="warm")
    scene.project.apply()
    assert scene.lists() == {"": ["geo", "synonyms"], "warm": ["theirs", "synonyms"]}
    scene.project.settled()
    scene.project.write("templates/main.yaml", EXTENSIONS.replace("8.*", '"*"'))
    scene.project.apply()
    assert scene.lists() == {"": ["geo", "synonyms"], "warm": ["theirs", "synonyms"]}
    scene.project.ok("destroy", "--auto-approve")
    assert scene.lists() == {"": ["geo"], "warm": ["theirs"]}


def test_what_others_attach_to_an_element_later_is_seen(scene: Scene) -> None:
    """Reported of another tool: it looks at the plan alone, says "No changes", and drops it with the next
    change. An element with a list of its own hides the plan's: what is bound has to be in both."""
    scene.project.apply()
    scene.attach(THEIRS, at="warm")
    drift = scene.project.run("drift")
    assert drift.code == 2
    assert "theirs" in drift.out
    scene.project.apply()
    assert scene.lists() == {"": ["synonyms"], "warm": ["theirs", "synonyms"]}
    scene.project.settled()


def test_what_is_attached_to_each_element_is_bound_already(scene: Scene) -> None:
    """As the console does it. Nothing is sent."""
    scene.attach(GEO, at="hot_content")
    scene.attach(GEO, at="warm")
    before = scene.puts()
    geo = {"type": "bundle", **GEO}
    scene.bind(
        json.dumps({"resource": {"extension_binding": {"shop": {"deployment": "shop", "extensions": [geo]}}}})
    )
    done = scene.project.ok("plan")
    assert "will be taken over as it is" in done.out
    scene.project.apply()
    assert scene.puts() == before
    scene.bind("")
    scene.project.apply()
    assert scene.lists() == {"hot_content": [], "warm": []} | ({"": []} if "" in scene.lists() else {})


def test_entries_that_are_there_twice_are_read_and_written_once(scene: Scene) -> None:
    """Reported of another tool: a migration leaves each bundle twice, and each refresh fails from then on."""
    scene.attach(GEO, GEO)
    scene.project.apply()
    assert scene.lists() == {"": ["geo", "synonyms"]}
    entry = scene.plan()["elasticsearch"]["user_bundles"][1]
    scene.attach(entry)
    scene.project.settled()
    scene.bind("")
    scene.project.apply()
    assert scene.lists() == {"": ["geo"]}


def test_nothing_else_of_the_deployment_is_touched(scene: Scene) -> None:
    """Reported of another tool: what the console keeps in elements, as plugins of the image, is lost."""
    settings = {"enabled_built_in_plugins": ["analysis-icu"], "user_settings_yaml": "a: 1"}
    scene.put(plan(HOT, {**WARM, "elasticsearch": settings}))
    before = scene.body()
    scene.project.apply()
    scene.project.ok("destroy", "--auto-approve")
    after = scene.body()
    for body in (before, after):
        (es,) = body["resources"]["elasticsearch"]
        es["info"]["plan_info"]["current"]["plan"]["elasticsearch"].pop("user_bundles", None)
    assert after["name"] == before["name"]
    plans = [
        body["resources"]["elasticsearch"][0]["info"]["plan_info"]["current"]["plan"]
        for body in (before, after)
    ]
    assert plans[0] == plans[1]


def test_an_unrelated_change_makes_no_plan_stale(scene: Scene) -> None:
    scene.project.ok("plan", "--out", "plan.json")
    with scene.project.sandbox() as ece:
        ece.rename_deployment(SHOP, "store")
    scene.project.ok("apply", "plan.json")
    assert scene.lists() == {"": ["synonyms"]}
    assert scene.body()["name"] == "store"


def test_another_entry_makes_a_plan_stale(scene: Scene) -> None:
    scene.project.ok("plan", "--out", "plan.json")
    scene.attach(THEIRS)
    done = scene.project.run("apply", "plan.json")
    assert done.code == 3
    assert "extension_binding.shop" in done.both
    assert scene.lists() == {"": ["theirs"]}


def entry(type_: str, name: str, version: str) -> str:
    said = f"type: {type_}, name: {name}, url: 'https://a.example/a', elasticsearch_version: {version}"
    return f"{{deployment: shop, extensions: [{{{said}}}]}}"


@pytest.mark.parametrize(
    ("binding", "told"),
    [
        ("{deployment: store, extensions: []}", "for the deployment store, and nothing has that name or id"),
        (f"{{deployment: {'7' * 32}, extensions: []}}", f"there is no deployment {'7' * 32}"),
        ("{deployment: twin, extensions: []}", "2 are called so"),
        ("{deployment: shop, extensions: [extension.synonym]}", 'Did you mean "extension.synonyms"?'),
        (
            "{deployment: shop, extensions: [extension.synonyms, extension.synonyms]}",
            "extensions has extension.synonyms twice",
        ),
        (
            "{deployment: shop, extensions: ['{{ resource.extension.synonyms.url }}']}",
            "extensions[0] must be a mapping, and resource.extension.synonyms.url is not",
        ),
        (
            "{deployment: shop, extensions: ['x{{ resource.extension.synonyms.url }}']}",
            "extensions[0] must be a mapping, and resource.extension.synonyms.url is not",
        ),
        (
            "{deployment: shop, extensions: '{{ resource.extension.synonyms.url }}'}",
            "extensions must be a list, and resource.extension.synonyms.url is not",
        ),
        ("{deployment: store, extensions: []}", "templates/bindings.yaml:3, in extension_binding.shop"),
        (entry("plugin", "p", "7.17.1"), "templates/bindings.yaml:3, in extension_binding.shop"),
        (
            "{deployment: shop, extensions: [synonyms]}",
            "Write the address of an extension, as extension.synonyms",
        ),
        (
            entry("plugin", "p", "8.*"),
            "plugin p is for 8.*, and a plugin takes no wildcard",
        ),
        (
            entry("plugin", "p", "7.17.1"),
            "plugin p is for 7.17.1: shop has 8.15.3",
        ),
        (
            entry("bundle", "b", "7.*"),
            "bundle b is for 7.*: shop has 8.15.3",
        ),
        (
            f"{{deployment: shop, extensions: []}}\n    other: {{deployment: {SHOP}, extensions: []}}",
            f"once more: both are the extension_binding {SHOP}",
        ),
    ],
)
def test_what_cannot_be_is_told_by_the_plan(tmp_path: Path, binding: str, told: str) -> None:
    twins = [deployment(digit * 32, "twin", plan()) for digit in "89"]
    scene = made(tmp_path / "p", deployment(SHOP, "shop", plan()), *twins)
    scene.bind(f"resource:\n  extension_binding:\n    shop: {binding}\n")
    done = scene.project.run("plan")
    assert done.code in (1, 3), done
    assert told in words(done.both)


def test_an_extension_that_is_declared_in_two_ways_is_told(scene: Scene) -> None:
    """Once it is known that they are one: each plan would show a change then."""
    scene.project.apply()
    url = "{{ resource.extension.synonyms.url }}"
    again = json.dumps({"type": "bundle", "name": "synonyms", "url": url, "elasticsearch_version": "8.*"})
    scene.bind(BINDING.replace("extension.synonyms", f"extension.synonyms, {again}"))
    refused = scene.project.run("plan")
    assert refused.code == 3
    assert "bundle synonyms (repo://" in words(refused.err)
    assert "is declared twice" in words(refused.err)


def test_who_names_no_extension_is_offered_none_but_extensions(scene: Scene) -> None:
    scene.bind(BINDING.replace("extension.synonyms", "extension.shp"))
    done = scene.project.run("plan")
    assert "extension.shp is not declared" in words(done.err)
    assert "Did you mean" not in done.err


def test_a_foreign_url_on_elastic_cloud(tmp_path: Path) -> None:
    scene = made(tmp_path / "p", deployment(SHOP, "shop", plan()))
    scene.project.edit("planner.yaml", "sandbox, sandbox", "sandbox, platform: cloud, sandbox")
    geo = {"type": "bundle", **GEO}
    scene.bind(
        json.dumps({"resource": {"extension_binding": {"shop": {"deployment": "shop", "extensions": [geo]}}}})
    )
    done = scene.project.run("plan")
    assert done.code in (1, 3)
    assert "cannot be loaded on Elastic Cloud" in words(done.both)


def test_a_stopped_deployment_breaks_nothing_and_its_binding_waits(scene: Scene) -> None:
    """Reported of another tool: a stopped deployment breaks each refresh."""
    scene.project.apply()
    stop(scene)
    scene.project.settled()
    scene.bind(BINDING.replace("synonyms", "stopwords"))
    done = scene.project.ok("plan")
    assert "the deployment shop is stopped, and has no plan; what is to be changed waits" in words(done.out)
    scene.project.apply()
    told = words(scene.project.ok("drift").err)
    assert "Note: extension_binding.shop was not looked at: the deployment shop is stopped" in told


def test_what_a_stopped_deployment_will_load_is_not_deleted(scene: Scene) -> None:
    scene.project.apply()
    stop(scene)
    scene.bind("")
    scene.project.write("templates/main.yaml", "")
    done = scene.project.run("plan")
    assert done.code in (1, 3)
    assert f"used by 1 deployment: shop ({SHOP}, extension_binding.shop)" in words(done.both)


def test_a_new_binding_of_a_stopped_deployment_waits_too(scene: Scene) -> None:
    stop(scene)
    done = scene.project.ok("plan")
    assert "extension_binding.shop: the deployment shop is stopped" in words(done.out)
    assert "Plan: 2 to create, 0 to update" in done.out
    scene.project.apply()
    assert "extension_binding.shop" not in scene.project.addresses()
    but_for = ", but for what cannot be looked at now: extension_binding.shop."
    assert f"matches the configuration{but_for}" in words(scene.project.ok("plan").out)
    done = scene.project.ok("import", "extension_binding.shop", SHOP, "--auto-approve")
    assert f"nothing to import into the state of the dev environment{but_for}" in words(done.out)


def test_a_deployment_that_is_gone(scene: Scene) -> None:
    scene.project.apply()
    stop(scene)
    assert ask(scene.project, "DELETE", f"/deployments/{SHOP}") is not None
    done = scene.project.run("plan")
    assert done.code in (1, 3)
    assert "nothing has that name or id" in words(done.both)
    scene.bind("")
    done = scene.project.ok("plan")
    assert "extension_binding.shop is gone" in words(done.out)
    scene.project.apply()
    scene.project.settled()


def test_an_import_takes_over_what_is_declared(scene: Scene) -> None:
    scene.attach(GEO, THEIRS)
    geo = {"type": "bundle", **GEO}
    scene.bind(
        json.dumps({"resource": {"extension_binding": {"shop": {"deployment": "shop", "extensions": [geo]}}}})
    )
    scene.project.ok("import", "extension_binding.shop", SHOP, "--auto-approve")
    assert [
        e["name"] for e in scene.project.resource("extension_binding.shop")["attributes"]["extensions"]
    ] == ["geo"]
    scene.project.apply()
    scene.bind("")
    scene.project.apply()
    assert scene.lists() == {"": ["theirs"]}


def test_a_binding_that_moves_to_another_deployment(scene: Scene) -> None:
    scene.project.apply()
    scene.bind(BINDING.replace("deployment: shop", "deployment: blog"))
    done = scene.project.apply()
    assert "1 replaced" in done.both
    assert (scene.lists(SHOP), scene.lists(BLOG)) == ({"": []}, {"": ["synonyms"]})
    scene.project.settled()


@pytest.mark.parametrize("to", ["blog", BLOG])
def test_what_a_binding_declares_of_its_next_deployment_is_not_taken_from_the_last(
    scene: Scene, to: str
) -> None:
    """Somebody attached the same there."""
    scene.project.apply()
    scene.attach(GEO)
    geo = json.dumps({"type": "bundle", **GEO})
    scene.bind(BINDING.replace("deployment: shop", f"deployment: {to}").replace("]}", f", {geo}]}}"))
    scene.project.apply()
    assert (scene.lists(SHOP), scene.lists(BLOG)) == ({"": ["geo"]}, {"": ["geo", "synonyms"]})
    scene.project.settled()


def test_a_removed_block_forgets_it(scene: Scene) -> None:
    scene.project.apply()
    scene.bind("removed: [{from: extension_binding.shop, destroy: false}]\n")
    scene.project.apply()
    assert scene.lists() == {"": ["synonyms"]}
    assert "extension_binding.shop" not in scene.project.addresses()


def test_what_an_apply_leaves_to_others_is_told(scene: Scene) -> None:
    scene.attach(GEO)
    done = scene.project.ok("plan")
    told = "shop keeps what others attached: bundle geo (https://files.example/geo-3.zip)"
    assert f"extension_binding.shop: {told}" in words(done.out)


def test_an_extension_that_nothing_binds_is_told(scene: Scene) -> None:
    """Reported of another tool: an extension is uploaded, and never enabled. It is told where others are."""
    unused = "extension.stopwords: no extension_binding of this project uses it"
    assert unused in words(scene.project.ok("plan").out)
    scene.project.apply()
    assert unused in words(scene.project.ok("plan").out)
    scene.bind(BINDING.replace("extension.synonyms", "extension.stopwords, extension.synonyms"))
    assert "uses it" not in scene.project.ok("plan").out
    scene.bind("")
    assert "uses it" not in scene.project.ok("plan").out


BOTH = BINDING.replace("extension.synonyms", "extension.stopwords, extension.synonyms")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("synonyms.txt", "holds a file that another bundle has with other content: synonyms.txt, as in"),
        ("cacerts", "has a trust store for Java, and another one is there: cacerts, and cacerts in"),
    ],
)
def test_two_archives_that_do_not_go_together_are_told(scene: Scene, path: str, told: str) -> None:
    """Where the plan sends one of them, or changes what is bound."""
    scene.project.write(f"files/a/{path}", "one")
    scene.project.write(f"files/b/{path}", "another")
    assert told not in words(scene.project.ok("plan").both)
    scene.bind(BOTH)
    assert f"extension.synonyms {told} extension.stopwords" in words(scene.project.ok("plan").both)
    scene.project.apply()
    assert told not in words(scene.project.ok("plan").both)
    scene.project.write(f"files/b/{path}", "a third one")
    assert told in words(scene.project.ok("plan").both)


PUT = f"PUT /deployments/{SHOP}"


def test_what_an_installation_does_is_shown_until_it_is_done(scene: Scene) -> None:
    done = scene.project.apply()
    lines = [line for line in done.err.splitlines() if line.startswith("extension_binding.shop: ")]
    assert any("waiting, elasticsearch: " in line for line in lines)
    assert lines[-1].startswith("extension_binding.shop: settled in")
    assert scene.lists() == {"": ["synonyms"]}


def test_a_plan_that_fails_is_told_and_sent_again_once(scene: Scene) -> None:
    """The plan in force is the old one then, which others take for success."""
    scene.fault(f"{PUT} fail-plan times=2 message='Some instances were not running'")
    failed = scene.project.run("apply", "--auto-approve")
    assert failed.code == 5
    assert "failed: elasticsearch: its plan failed at " in words(failed.both)
    assert ": Some instances were not running" in words(failed.both)
    assert scene.lists() == {}
    assert scene.puts() == 1
    plan = scene.project.ok("plan")
    assert "the installation accepted it and failed: elasticsearch: its plan failed" in words(plan.out)
    assert scene.project.run("apply", "--auto-approve").code == 5
    assert scene.puts() == 2
    scene.project.apply()
    assert (scene.puts(), scene.lists()) == (3, {"": ["synonyms"]})
    scene.project.settled()


def test_what_somebody_mended_after_a_plan_that_failed_is_not_judged_by_that(scene: Scene) -> None:
    scene.fault(f"{PUT} fail-plan times=1")
    assert scene.project.run("apply", "--auto-approve").code == 5
    url = scene.project.resource("extension.synonyms")["attributes"]["url"]
    scene.attach({"name": "synonyms", "url": url, "elasticsearch_version": "8.*"})
    before = scene.puts()
    scene.project.apply()
    assert (scene.puts(), scene.lists()) == (before, {"": ["synonyms"]})
    scene.project.settled()


def test_the_state_holds_no_attempts_of_a_change_that_is_done(scene: Scene) -> None:
    scene.project.apply()
    assert not scene.project.resource("extension_binding.shop")["attributes"].get("following")
    assert "following" not in scene.project.ok("show").out


def test_a_failed_plan_loses_no_entry_that_was_to_go(scene: Scene) -> None:
    scene.project.apply()
    scene.bind("")
    scene.fault(f"{PUT} fail-plan times=1")
    assert scene.project.run("apply", "--auto-approve").code == 5
    assert scene.lists() == {"": ["synonyms"]}
    assert "extension_binding.shop" in scene.project.addresses()
    scene.project.apply()
    assert scene.lists() == {"": []}
    assert "extension_binding.shop" not in scene.project.addresses()


def test_what_somebody_took_away_after_a_plan_that_failed_is_not_judged_by_that(scene: Scene) -> None:
    """Nothing is sent, so that there is nothing to follow: least of all what was followed before."""
    scene.project.apply()
    scene.bind("")
    scene.fault(f"{PUT} fail-plan times=1")
    assert scene.project.run("apply", "--auto-approve").code == 5
    mended = scene.plan()
    mended["elasticsearch"]["user_bundles"] = []
    scene.put(mended, SHOP)
    scene.project.apply()
    assert "extension_binding.shop" not in scene.project.addresses()


def test_what_a_failed_plan_left_goes_with_the_next_one(scene: Scene) -> None:
    """The state says what was sent; what was there before is the binding's until it is known to be gone."""
    scene.bind(BOTH)
    scene.project.apply()
    scene.bind(BINDING)
    scene.fault(f"{PUT} fail-plan times=1")
    assert scene.project.run("apply", "--auto-approve").code == 5
    assert sorted(scene.lists()[""]) == ["stopwords", "synonyms"]
    assert "keeps what others attached" not in words(scene.project.ok("plan").out)
    scene.project.apply()
    assert scene.lists() == {"": ["synonyms"]}
    scene.project.settled()


def test_what_an_element_hides_goes_where_it_is_still_listed(scene: Scene) -> None:
    scene.bind(BOTH)
    scene.project.apply()
    scene.attach(THEIRS, at="warm")
    scene.bind(BINDING)
    scene.project.apply()
    assert scene.lists() == {"": ["synonyms"], "warm": ["theirs", "synonyms"]}
    scene.project.settled()


@pytest.mark.parametrize("before", ["", BINDING])
@pytest.mark.parametrize("fault", ["drop-after", "status:503 when=after"])
def test_what_a_lost_reply_may_have_begun_goes_when_it_is_wanted_no_more(
    scene: Scene, fault: str, before: str
) -> None:
    """It is pending while the state is brought up: nothing of it is to be seen."""
    scene.bind(before)
    scene.project.apply()
    scene.bind(BOTH)
    scene.fault(f"{PUT} {fault} nth=2")  # after the question whether it would be taken
    assert scene.project.run("apply", "--auto-approve").code == 5
    scene.bind(before)
    scene.project.apply()
    assert scene.lists() == {"": ["synonyms"] if before else []}
    scene.project.settled()


def test_what_a_lost_reply_was_to_take_away_goes_though_the_deployment_stops(scene: Scene) -> None:
    scene.bind(BOTH)
    scene.project.apply()
    scene.bind(BINDING)
    scene.fault(f"{PUT} drop-after nth=2")
    assert scene.project.run("apply", "--auto-approve").code == 5
    stop(scene)
    assert "is stopped" in words(scene.project.apply().both)
    assert ask(scene.project, "POST", f"/deployments/{SHOP}/_restore") is not None
    scene.turn()
    scene.project.apply()
    assert scene.lists() == {"": ["synonyms"]}
    scene.project.settled()


@pytest.mark.parametrize("pending", ["", ":1"])
@pytest.mark.parametrize("element", ["", " element=warm"])
def test_what_somebody_attaches_between_read_and_write_is_kept(
    scene: Scene, pending: str, element: str
) -> None:
    """Their plan may still be pending: it is waited for, and never cancelled."""
    url = "https://files.example/theirs.zip"
    scene.fault(f"{PUT} other-change{pending} times=1 url={url}{element}")
    refused = scene.project.run("apply", "--auto-approve")
    assert refused.code == 5
    assert "somebody else changed what shop loads" in words(refused.both)
    scene.project.apply()
    entries = [entry for where in (scene.plan(), *scene.plan()["cluster_topology"]) for entry in _of(where)]
    assert {entry["url"] for entry in entries} >= {url}
    assert any(entry["name"] == "synonyms" for entry in entries)
    scene.project.settled()


def _of(owner: Any) -> list[Any]:
    return list(owner.get("elasticsearch", {}).get("user_bundles", []))


@pytest.mark.parametrize("fault", ["drop-after", "reset-before", "status:503 when=after", "status:503"])
def test_a_reply_that_is_lost_changes_nothing_twice(scene: Scene, fault: str) -> None:
    scene.fault(f"{PUT} {fault} times=1")
    scene.project.run("apply", "--auto-approve")
    scene.project.apply()
    assert scene.lists() == {"": ["synonyms"]}
    assert scene.restarts() == 1
    scene.project.settled()


@pytest.mark.parametrize("seed", [3, 5])
def test_whatever_others_do_and_wherever_it_is_cut(tmp_path: Path, seed: int) -> None:
    """A little of the campaign "bindings" (tests/endurance), which goes on for as long as is asked."""
    assert one_round(tmp_path / "project", seed, wishes=1)["kills"]


def test_who_waits_no_longer_changes_nothing_twice(scene: Scene) -> None:
    scene.project.edit("planner.yaml", "seed: seed.yaml", "seed: seed.yaml, speed: 1")
    scene.bind(BINDING.replace("deployment: shop,", "deployment: shop, timeouts: {settle: 1s},"))
    first = scene.project.run("apply", "--auto-approve")
    assert first.code == 5
    assert "planner has waited for 1s, and it is not done: elasticsearch: " in words(first.both)
    scene.turn()
    assert scene.project.run("drift").code == 0
    assert "Changed outside" not in scene.project.ok("plan").out
    scene.project.apply()
    assert (scene.puts(), scene.restarts(), scene.lists()) == (1, 1, {"": ["synonyms"]})
    scene.project.settled()


def test_what_is_sensitive_cannot_be_bound(scene: Scene) -> None:
    scene.project.edit(
        "planner.yaml",
        "project: shop\n",
        "project: shop\nvariables: {url: {type: string, sensitive: true}}\n",
    )
    said = "type: bundle, name: b, url: '{{ var.url }}', elasticsearch_version: '*'"
    scene.bind(f"resource: {{extension_binding: {{shop: {{deployment: shop, extensions: [{{{said}}}]}}}}}}")
    done = scene.project.run("plan", env={"PLANNER_VAR_url": "https://files.example/b?token=hunter22"})
    assert done.code == 3
    assert "what a deployment loads cannot be sensitive" in words(done.both)
    assert "hunter22" not in done.both


def test_a_changed_file_switches(scene: Scene) -> None:
    """A new extension beside the old one; the deployment loads it by one change; then the old one goes."""
    file, switch = "templates/main.yaml", "file: files/a, lifecycle: {replace_on: [content]}"
    scene.project.edit(file, "file: files/a", switch)
    scene.project.apply()
    old, puts = scene.project.resource("extension.synonyms")["id"], scene.puts()
    scene.project.write("files/a/synonyms.txt", "tv, television, telly\n")
    plan = words(scene.project.ok("plan").out)
    assert "extension.synonyms must be replaced" in plan
    assert "files/a has new content, and lifecycle.replace_on puts a new one beside it" in plan
    assert "1 to update, 1 to replace" in plan
    done = scene.project.apply()
    new = scene.project.resource("extension.synonyms")["id"]
    order = [line.split(" in ")[0] for line in done.err.splitlines() if " in " in line]
    assert order == [
        *("extension.synonyms: created", "extension.synonyms: uploaded"),
        *("extension_binding.shop: updated", "extension_binding.shop: settled"),
        "extension.synonyms: deleted",
    ]
    (entry,) = scene.plan()["elasticsearch"]["user_bundles"]
    assert (entry["url"], new == old) == (f"repo://{new}", False)
    assert (scene.puts(), scene.restarts()) == (puts + 1, 2)
    scene.project.settled()


def test_a_roll_out_switches_what_it_carries(scene: Scene) -> None:
    """As if each extension said so itself."""
    scene.project.apply()
    scene.project.write("templates/rollout.yaml", "rollout: {search: {of: [extension.*]}}\n")
    scene.project.settled()
    scene.project.write("files/a/synonyms.txt", "tv, television, telly\n")
    plan = words(scene.project.ok("plan").out)
    assert "extension.synonyms must be replaced" in plan
    assert "1 to update, 1 to replace" in plan


DESCRIPTOR = """name=phonetic
description=phonetic tokens
version=1
elasticsearch.version=8.14.0
java.version=17
"""


@pytest.mark.parametrize(
    ("descriptor", "more", "told"),
    [
        ("plugin-descriptor.properties", "classname=org.example.Phonetic\n", True),
        ("stable-plugin-descriptor.properties", "", False),
    ],
)
def test_a_plugin_for_an_earlier_version_runs_if_it_is_stable(
    scene: Scene, descriptor: str, more: str, told: bool
) -> None:
    scene.project.write(f"files/p/{descriptor}", DESCRIPTOR + more)
    plugin = "phonetic: {name: phonetic, extension_type: plugin, version: 8.14.0, file: files/p}"
    scene.project.write("templates/plugin.yaml", f"resource: {{extension: {{{plugin}}}}}\n")
    scene.bind(BINDING.replace("extension.synonyms", "extension.phonetic"))
    done = scene.project.run("plan")
    assert done.code == (3 if told else 0), done
    said = "extension.phonetic does not run on the deployment's version: it is for 8.14.0, not 8.15.3"
    assert (said in words(done.both)) is told


OF_TWO = """
resource:
  extension_binding:
    shop: {deployment: shop, extensions: [extension.synonyms, GEO]}
    blog: {deployment: blog, extensions: [GEO]}
""".replace("GEO", json.dumps({"type": "bundle", **GEO}))


def test_an_apply_asks_first_about_each_deployment_that_it_changes(scene: Scene) -> None:
    """Not about an extension whose url is not known yet, nor again when nothing differs."""
    scene.bind(OF_TWO)
    scene.project.ok("plan")
    scene.project.ok("drift")
    assert scene.asked() == []
    done = scene.project.apply()
    assert sorted(scene.asked()) == [SHOP, BLOG]
    note = "extension_binding.shop: shop was not asked about bundle synonyms: not all of it is known"
    assert note in words(done.err)
    scene.project.apply()
    scene.bind("")
    scene.project.apply()
    assert sorted(scene.asked()) == [SHOP, SHOP, BLOG, BLOG]
    assert scene.lists() == {"": []}


REFUSED = "400 code=clusters.cluster_invalid_plan message='The plan is invalid.'"


def test_all_that_would_be_refused_is_told_before_anything_is_written(scene: Scene) -> None:
    scene.bind(OF_TWO)
    scene.project.ok("plan", "--out", "plan.json")
    with scene.project.sandbox() as ece:
        ece.forget_requests()
    scene.fault(f"PUT /deployments/* {REFUSED}")
    for command in (("apply", "--auto-approve"), ("apply", "plan.json"), ("plan", "--ask-server")):
        refused = scene.project.run(*command)
        assert refused.code == 3
        told = words(refused.both)
        for name in ("shop", "blog"):
            assert f"extension_binding.{name} would be refused: {name}: " in told
        assert told.count("clusters.cluster_invalid_plan") == 2
        assert told.count("The plan is invalid.") == 2
        assert "Correct what the message names." in told
    with scene.project.sandbox() as ece:
        log = ece.client.get("/sandbox/requests").get_json()["requests"]
    writes = [item for item in log if item["method"] != "GET" and "_search" not in item["path"]]
    assert all(ASKS in item["query"] for item in writes)
    assert not scene.applied


def test_a_plan_asks_on_demand(scene: Scene) -> None:
    scene.bind(OF_TWO)
    digests = [
        next(line for line in scene.project.ok("plan", *more).err.splitlines() if "Digest" in line)
        for more in ((), ("--ask-server",))
    ]
    assert digests[0] == digests[1]
    assert sorted(scene.asked()) == [SHOP, BLOG]
    assert "shop was not asked about bundle synonyms" in words(scene.project.ok("plan", "--ask-server").out)
    assert (scene.puts(), scene.lists(), scene.restarts()) == (0, {}, 0)


def test_an_installation_that_takes_the_question_for_the_change_is_left_alone(scene: Scene) -> None:
    """One deployment is changed by then, and no other."""
    scene.bind(OF_TWO)
    scene.fault("PUT /deployments/* ignores-validate-only")
    refused = scene.project.run("apply", "--auto-approve")
    assert refused.code == 3
    assert "does not honour validate_only, and may have changed" in words(refused.both)
    assert "nothing else was changed" in words(refused.both)
    assert "Say validate_only: false" in words(refused.both)
    assert len(scene.asked()) == 1
    assert not scene.applied
    scene.turn()
    scene.project.edit("planner.yaml", "endpoint: sandbox,", "endpoint: sandbox, validate_only: false,")
    scene.project.apply()
    assert len(scene.asked()) == 1
    assert scene.lists() == {"": ["geo", "synonyms"]}
    pointless = scene.project.run("plan", "--ask-server")
    assert pointless.code == 64
    assert "validate_only: false" in words(pointless.err)


@pytest.mark.parametrize("fault", ["drop-after", "status:503", "html", "reset-before"])
def test_a_question_without_an_answer_stops_the_apply(scene: Scene, fault: str) -> None:
    scene.bind(OF_TWO)
    scene.fault(f"PUT /deployments/* {fault}")
    stopped = scene.project.run("apply", "--auto-approve")
    assert stopped.code == 1, stopped.both
    assert "was asked with validate_only, and gave no usable reply" in words(stopped.err)
    assert not scene.applied
    assert scene.restarts() == 0


def exported(scene: Scene, *what: str) -> tuple[str, str]:
    done = scene.project.ok("export", *what)
    return done.out, words(done.err)


def test_an_export_is_called_like_the_deployment_and_says_what_it_leaves_out(scene: Scene) -> None:
    scene.attach(GEO)
    scene.attach(GEO, THEIRS, at="warm")
    out, told = exported(scene, "extension_binding/shop", f"extension_binding/{BLOG}")
    assert f"    shop:\n      deployment: {SHOP}\n" in out.replace('"', "")
    assert "    blog:\n" in out
    assert ("name: geo" in out, "name: theirs" in out) == (True, False)
    assert "extension_binding.shop: bundle theirs (https://files.example/theirs.zip) is left out: " in told
    assert "only warm loads it" in told
    scene.bind(out)
    before = scene.puts()
    scene.project.apply()
    assert (scene.puts(), scene.lists()) == (before, {"": ["geo"], "warm": ["geo", "theirs"]})


def test_an_export_says_what_it_passes_over(scene: Scene) -> None:
    stop(scene)
    out, told = exported(scene, "extension_binding/shop", "extension_binding/" + "7" * 32)
    assert out == ""
    assert f"extension_binding/{SHOP}: the deployment shop is stopped, and has no plan." in told
    assert f"extension_binding/{'7' * 32}: there is nothing." in told
    told = exported(scene)[1]
    assert "api_key was not asked for, as it cannot be imported: only the reply to its creation" in told
    assert "Written only when named: account_trust, " in told
    assert "extension_binding/DEPLOYMENT" in told.partition("only when named: ")[2]
    refused = scene.project.run("export", "extension_binding/store")
    assert (refused.code, refused.out) == (1, "")
    assert "extension_binding/store: nothing has that name or id" in words(refused.err)


def test_who_imports_by_a_name_is_told_to_give_the_id(scene: Scene) -> None:
    refused = scene.project.run("import", "extension_binding.shop", "shop", "--auto-approve")
    assert "It has the id of its deployment: give that, not a name." in words(refused.err)
