"""What users of Elastic's provider for Terraform reported of it, elastic/terraform-provider-ec: by number."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .bound import BINDING, EXTENSIONS, GEO, HOT, SHOP, THEIRS, WARM, Scene, deployment, made, plan
from .platform import ask
from .runner import words

FILE = "dictionaries/words.txt"
INDEX = {
    "settings": {
        "analysis": {
            "analyzer": {"words": {"tokenizer": "standard", "filter": ["ours"]}},
            "filter": {"ours": {"type": "synonym_graph", "synonyms_path": FILE, "updateable": True}},
        }
    }
}
MAIN = f"/deployments/{SHOP}/elasticsearch/main-elasticsearch"


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return made(tmp_path / "p", deployment(SHOP, "shop", plan(HOT, WARM)))


def by_hand(scene: Scene, at: str = "") -> dict[str, str]:
    """A bundle that somebody else uploaded and attached, with an index that needs its file."""
    with scene.project.sandbox() as ece:
        ece.create("theirs")
        ece.fill("theirs", FILE, "tv, television\n")
        entry = {"name": "theirs", "url": ece.extensions()["theirs"]["url"], "elasticsearch_version": "8.*"}
    if at:
        scene.attach(entry, at=at)
    scene.attach(entry)
    headers = {"X-Management-Request": "true", "Authorization": "ApiKey any"}
    with scene.project.sandbox() as ece:
        reply = ece.client.put(f"/api/v1{MAIN}/proxy/products", json=INDEX, headers=headers)
        assert reply.status_code == 200, reply.text
    assert status(scene) == "green"
    return entry


def status(scene: Scene) -> str:
    (es,) = scene.body()["resources"]["elasticsearch"]
    return str(es["info"]["elasticsearch"]["shards_status"]["status"])


def unrelated(scene: Scene) -> None:
    """A change of the project that sends a plan of the deployment."""
    scene.bind(BINDING.replace("extension.synonyms", "extension.synonyms, extension.stopwords"))


def test_277_an_apply_detaches_what_was_attached_by_hand_and_an_index_turns_red(scene: Scene) -> None:
    by_hand(scene)
    for change in (lambda _: None, unrelated, lambda s: s.bind("")):
        change(scene)
        scene.project.apply()
        assert "theirs" in scene.lists()[""]
        assert status(scene) == "green"
    assert scene.lists() == {"": ["theirs"]}


def test_289_what_the_console_attached_to_elements_goes_when_the_plan_gets_it(scene: Scene) -> None:
    """And "No changes" is told before: only the plan's list was looked at."""
    entry = by_hand(scene, at="warm")
    said = json.dumps({"type": "bundle", **entry})
    scene.bind(BINDING.replace("extension.synonyms", said))
    before = scene.puts()
    scene.project.apply()
    assert (scene.puts(), scene.lists()) == (before, {"": ["theirs"], "warm": ["theirs"]})
    scene.attach(GEO, at="hot_content")
    drift = scene.project.run("drift")
    assert (drift.code, "theirs" in drift.out, "geo" in drift.out) == (2, True, True)
    scene.project.apply()
    assert scene.lists() == {"": ["theirs"], "hot_content": ["geo", "theirs"], "warm": ["theirs"]}
    assert status(scene) == "green"
    scene.project.settled()


def test_518_an_extension_is_uploaded_and_never_active(scene: Scene) -> None:
    """Enabled by hand, it is switched off by the next apply."""
    told = "extension.stopwords: no extension_binding of this project uses it"
    assert told in words(scene.project.ok("plan").out)
    scene.project.apply()
    url = scene.project.resource("extension.stopwords")["attributes"]["url"]
    scene.attach({"name": "stopwords", "url": url, "elasticsearch_version": "*"})
    scene.project.write("files/a/synonyms.txt", "tv, television, telly\n")
    scene.project.write("templates/main.yaml", EXTENSIONS.replace("8.*", '"*"'))
    scene.project.apply()
    assert scene.lists() == {"": ["stopwords", "synonyms"]}
    assert told in words(scene.project.ok("plan").out)


def test_748_an_update_of_a_file_is_uploaded_and_then_refused_as_invalid(scene: Scene) -> None:
    """The size was told from the state, and is another one."""
    scene.project.apply()
    before = scene.project.resource("extension.synonyms")["attributes"]["file_metadata"]
    scene.project.write("files/a/synonyms.txt", "tv, television, telly, goggle box\n" * 9)
    planned = json.loads(scene.project.ok("plan", "--format", "json").out)
    (change,) = planned["changes"]
    assert "file_metadata" not in change["after"] or change["after"]["file_metadata"] != before
    scene.project.apply()
    after = scene.project.resource("extension.synonyms")["attributes"]["file_metadata"]
    assert after["size"] != before["size"]
    with scene.project.sandbox() as ece:
        assert len(ece.stored("synonyms")) == after["size"]
    scene.project.settled()


def twice(scene: Scene) -> None:
    """What migrate_template shows, with each bundle appended once more."""
    with scene.project.sandbox() as ece:
        asked = f"/api/v1/deployments/{SHOP}/migrate_template?template_id=default"
        moved = ece.client.get(asked, headers={"Authorization": "ApiKey any"}).get_json()
    (es,) = moved["resources"]["elasticsearch"]
    settings = es["plan"]["elasticsearch"]
    settings["user_bundles"] = [*settings["user_bundles"], *settings["user_bundles"]]
    assert ask(scene.project, "PUT", f"/deployments/{SHOP}", json=moved) is not None
    scene.turn()


def in_an_element(scene: Scene) -> None:
    scene.attach(*scene.plan()["elasticsearch"]["user_bundles"] * 2, at="warm")


@pytest.mark.parametrize("doubled", [twice, in_an_element])
def test_896_997_a_migration_leaves_bundles_twice_and_each_refresh_fails(
    scene: Scene, doubled: Callable[[Scene], None]
) -> None:
    scene.attach(GEO)
    scene.project.apply()
    doubled(scene)
    names = [name for listed in scene.lists().values() for name in listed]
    assert len(names) > len({*names})
    before = scene.puts()
    scene.project.settled()
    assert scene.project.run("drift").code == 0
    scene.project.ok("who-uses", "extension.*")
    scene.project.apply()
    assert scene.puts() == before
    unrelated(scene)
    scene.project.apply()
    for listed in scene.lists().values():
        assert sorted(listed) == ["geo", "stopwords", "synonyms"]
    scene.project.settled()


def test_230_plugins_of_the_image_are_removed_and_the_plan_has_no_effect_in_elements(scene: Scene) -> None:
    built_in: dict[str, Any] = {"enabled_built_in_plugins": ["analysis-icu"]}
    scene.put(plan({**HOT, "elasticsearch": {**built_in, "user_bundles": [GEO]}}, WARM, **built_in))
    scene.project.apply()
    found = scene.plan()
    for owner in (found, found["cluster_topology"][0]):
        assert owner["elasticsearch"]["enabled_built_in_plugins"] == ["analysis-icu"]
    assert loaded(scene) == {"hot_content": ["geo", "synonyms"], "warm": ["synonyms"]}


def test_342_plugins_that_the_console_wrote_to_elements_are_not_seen_and_go(scene: Scene) -> None:
    theirs = {**THEIRS, "elasticsearch_version": "8.15.3"}
    scene.put(plan(HOT, {**WARM, "elasticsearch": {"user_plugins": [theirs]}}, user_plugins=[theirs]))
    told = "shop keeps what others attached: plugin theirs (https://files.example/theirs.zip)"
    assert told in words(scene.project.ok("plan").out)
    scene.project.apply()
    assert loaded(scene) == {"hot_content": ["synonyms", "theirs"], "warm": ["synonyms", "theirs"]}
    scene.bind("")
    scene.project.apply()
    assert loaded(scene) == {"hot_content": ["theirs"], "warm": ["theirs"]}


def loaded(scene: Scene) -> dict[str, list[str]]:
    """What the instances that run have loaded, by element."""
    with scene.project.sandbox() as ece:
        told = ece.client.get("/sandbox/deployments").get_json()["deployments"]
    (es,) = next(each["resources"] for each in told if each["id"] == SHOP)
    return {each["element"]: sorted(entry["name"] for entry in each["loaded"]) for each in es["instances"]}
