"""extension_binding: what a deployment loads is changed, and nothing else of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from .platform import ask
from .runner import Project, small, words

SHOP, BLOG = "55a6ce1d5d9a4bd08e41aa3ed6ffc0d2", "66a6ce1d5d9a4bd08e41aa3ed6ffc0d2"
DECLARED = "project: shop\nenvironments:\n  dev: {endpoint: sandbox, sandbox: {seed: seed.yaml}}\n"
EXTENSIONS = """
resource:
  extension:
    synonyms: {name: synonyms, extension_type: bundle, version: 8.*, file: files/a}
    stopwords: {name: stopwords, extension_type: bundle, version: "*", file: files/b}
"""
BINDING = """
resource:
  extension_binding:
    shop: {deployment: shop, extensions: [extension.synonyms]}
"""
GEO = {"name": "geo", "url": "https://files.example/geo-3.zip", "elasticsearch_version": "8.*"}
THEIRS = {"name": "theirs", "url": "https://files.example/theirs.zip", "elasticsearch_version": "8.*"}
HOT = {
    "id": "hot_content",
    "instance_configuration_id": "data.default",
    "node_roles": ["master", "data_hot", "data_content"],
    "zone_count": 1,
    "size": {"resource": "memory", "value": 4096},
}
WARM = {**HOT, "id": "warm", "node_roles": ["data_warm"]}
VERSION = "8.15.3"
ASKS = "validate_only=true"


def plan(*elements: Any, **lists: Any) -> dict[str, Any]:
    return {
        "elasticsearch": {"version": VERSION, **lists},
        "deployment_template": {"id": "default"},
        "cluster_topology": list(elements) or [HOT],
    }


def deployment(id_: str, name: str, es_plan: dict[str, Any]) -> dict[str, Any]:
    es = {"ref_id": "main-elasticsearch", "region": "ece-region", "plan": es_plan}
    return {"id": id_, "name": name, "resources": {"elasticsearch": [es]}}


@frozen
class Scene:
    """A project, and the deployments of its sandbox as somebody else sees and changes them."""

    project: Project

    def body(self, id_: str = SHOP) -> Any:
        asked = "show_plans=true&clear_transient=true&enrich_with_template=false"
        return ask(self.project, "GET", f"/deployments/{id_}?{asked}")

    def plan(self, id_: str = SHOP) -> Any:
        (es,) = self.body(id_)["resources"]["elasticsearch"]
        return es["info"]["plan_info"]["current"]["plan"]

    def lists(self, id_: str = SHOP) -> dict[str, list[str]]:
        """The names of what is listed, by where: "" for the plan."""
        found = self.plan(id_)
        owners = {"": found, **{element["id"]: element for element in found["cluster_topology"]}}
        return {
            where: [
                entry["name"] for key in ("user_bundles", "user_plugins") for entry in settings.get(key, ())
            ]
            for where, owner in owners.items()
            if {"user_bundles", "user_plugins"} & (settings := owner.get("elasticsearch", {})).keys()
        }

    def put(self, es_plan: dict[str, Any], id_: str = SHOP) -> None:
        es = {"ref_id": "main-elasticsearch", "region": "ece-region", "plan": es_plan}
        body = {"prune_orphans": False, "resources": {"elasticsearch": [es]}}
        assert ask(self.project, "PUT", f"/deployments/{id_}", json=body) is not None
        self.turn()

    def turn(self) -> None:
        """What the installation is at is done."""
        with self.project.sandbox() as ece:
            assert ece.client.post("/sandbox/clock", json={"advance": 3600}).status_code == 200

    def attach(self, *entries: dict[str, str], at: str = "", id_: str = SHOP) -> None:
        """By hand, to the plan or to an element."""
        found = self.plan(id_)
        owner = next((e for e in found["cluster_topology"] if e["id"] == at), found)
        settings = owner.setdefault("elasticsearch", {})
        settings["user_bundles"] = [*settings.get("user_bundles", ()), *entries]
        self.put(found, id_)

    def puts(self) -> int:
        with self.project.sandbox() as ece:
            log = ece.client.get("/sandbox/requests").get_json()["requests"]
        sent = [item for item in log if item["method"] == "PUT" and item["path"].endswith(SHOP)]
        return sum(1 for item in sent if ASKS not in item["query"])

    @property
    def applied(self) -> bool:
        return (self.project.folder / "state/dev.json").exists()

    def asked(self) -> list[str]:
        """Which deployments it was asked about, whether it would take a change."""
        with self.project.sandbox() as ece:
            log = ece.client.get("/sandbox/requests").get_json()["requests"]
        return [item["path"].rpartition("/")[2] for item in log if ASKS in item["query"]]

    def restarts(self) -> int:
        """How often instances had to start anew, the first time not counted."""
        with self.project.sandbox() as ece:
            told = ece.client.get("/sandbox/restarts").get_json()["restarts"]
        return len([item for item in told if item["deployment_id"] == SHOP])

    def fault(self, *specs: str) -> None:
        with self.project.sandbox() as ece:
            ece.fault(*specs)

    def bind(self, template: str) -> None:
        self.project.write("templates/bindings.yaml", template)


def made(folder: Path, *deployments: dict[str, Any], binding: str = BINDING) -> Scene:
    project = small(folder, EXTENSIONS, DECLARED)
    project.write("files/a/synonyms.txt", "tv, television\n")
    project.write("files/b/stopwords.txt", "the\n")
    project.write("seed.yaml", json.dumps({"deployments": list(deployments)}))
    scene = Scene(project)
    project.ok("plan")  # which makes the sandbox
    scene.bind(binding)
    return scene


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


def stop(scene: Scene) -> None:
    assert ask(scene.project, "POST", f"/deployments/{SHOP}/_shutdown") is not None
    scene.turn()


def test_a_stopped_deployment_breaks_nothing_and_its_binding_waits(scene: Scene) -> None:
    """Reported of another tool: a stopped deployment breaks each refresh."""
    scene.project.apply()
    stop(scene)
    scene.project.settled()
    scene.bind(BINDING.replace("synonyms", "stopwords"))
    done = scene.project.ok("plan")
    assert "the deployment shop is stopped, and has no plan; what is to be changed waits" in words(done.out)
    scene.project.apply()
    assert scene.project.run("drift").code == 0


def test_what_a_stopped_deployment_will_load_is_not_deleted(scene: Scene) -> None:
    scene.project.apply()
    stop(scene)
    scene.bind("")
    scene.project.write("templates/main.yaml", "")
    done = scene.project.run("plan")
    assert done.code in (1, 3)
    assert f"used by 1 deployment: {SHOP} (extension_binding.shop)" in words(done.both)


def test_a_new_binding_of_a_stopped_deployment_waits_too(scene: Scene) -> None:
    stop(scene)
    done = scene.project.ok("plan")
    assert "extension_binding.shop: the deployment shop is stopped" in words(done.out)
    assert "Plan: 2 to create, 0 to update" in done.out
    scene.project.apply()
    assert "extension_binding.shop" not in scene.project.addresses()


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


MANY = 12


def test_many_are_looked_for_in_an_index_that_may_be_behind(tmp_path: Path) -> None:
    """What it shows as it was is read once more before it counts; what it does not show is read."""
    ids = [f"{number:032x}" for number in range(MANY)]
    scene = made(tmp_path / "p", *(deployment(id_, f"shop-{n}", plan()) for n, id_ in enumerate(ids)))
    bindings = [f"    b{n}: {{deployment: shop-{n}, extensions: [extension.synonyms]}}" for n in range(MANY)]
    scene.bind("\n".join(["resource:", "  extension_binding:", *bindings]))
    with scene.project.sandbox() as ece:
        ece.client.post("/sandbox/index", json={"lags": True})
    scene.project.apply()
    assert all(scene.lists(id_) == {"": ["synonyms"]} for id_ in ids)
    for lags, reads in ((True, MANY), (False, 0)):
        with scene.project.sandbox() as ece:
            if not lags:
                ece.client.post("/sandbox/index", json={"lags": False})
            ece.forget_requests()
        scene.project.settled()
        with scene.project.sandbox() as ece:
            log = ece.client.get("/sandbox/requests").get_json()["requests"]
        asked = [f"{item['method']} {item['path'].removeprefix('/api/v1')}" for item in log]
        assert sum(1 for call in asked if call.removeprefix("GET /deployments/") in ids) == reads
        assert asked.count("POST /deployments/_search") == 1


def test_who_uses_an_extension_is_known_though_the_index_is_behind(tmp_path: Path) -> None:
    """What this project wrote is read; who it detached from uses it no more."""
    scene = made(tmp_path / "shop", deployment(SHOP, "shop", plan()), deployment(BLOG, "blog", plan()))
    project = scene.project
    with project.sandbox() as ece:
        ece.lag()
    project.apply()
    assert users(project) == {"extension.synonyms": ["shop"], "extension.stopwords": []}
    with project.sandbox() as ece:
        ece.lag()
    scene.bind(BINDING.replace("extension.synonyms", "extension.stopwords"))
    project.apply()
    assert users(project) == {"extension.synonyms": [], "extension.stopwords": ["shop"]}


def users(project: Project) -> dict[str, list[str]]:
    found = json.loads(project.ok("who-uses", "extension.*", "--json").out)
    assert (found["asked"]["queries"] <= 2, found["asked"]["reads"]) == (True, 1)
    return {item["address"]: [user["name"] for user in item["users"]] for item in found["extensions"]}


def test_who_waits_no_longer_changes_nothing_twice(scene: Scene) -> None:
    scene.project.edit("planner.yaml", "seed: seed.yaml", "seed: seed.yaml, speed: 1")
    scene.bind(BINDING.replace("deployment: shop,", "deployment: shop, timeouts: {settle: 1s},"))
    first = scene.project.run("apply", "--auto-approve")
    assert first.code == 5
    assert "planner has waited for 1s, and it is not done: elasticsearch: " in words(first.both)
    scene.turn()
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
    note = "extension_binding.shop: shop was not asked about bundle synonyms, known after apply"
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
