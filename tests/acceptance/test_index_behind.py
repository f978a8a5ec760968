"""What is told of many deployments comes from an index that may be behind: it never decides alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .bound import BINDING, BLOG, GEO, HOT, SHOP, THEIRS, WARM, Scene, deployment, made, plan
from .platform import ask
from .runner import Project, words

MANY = 12
IDS = [SHOP, *(f"{number:032x}" for number in range(1, MANY))]
SYNONYMS, STOPWORDS = "[extension.synonyms]", "[extension.stopwords]"


def bound(entries: str, count: int = MANY) -> str:
    bindings = [f"    b{n}: {{deployment: shop-{n}, extensions: {entries}}}" for n in range(count)]
    return "\n".join(["resource:", "  extension_binding:", *bindings])


@pytest.fixture
def many(tmp_path: Path) -> Scene:
    """As many deployments as an index is asked for; what is bound to them is applied. The index is behind
    from then on."""
    deployments = [deployment(id_, f"shop-{n}", plan(HOT, WARM)) for n, id_ in enumerate(IDS)]
    scene = made(tmp_path / "p", *deployments, binding=bound(SYNONYMS))
    scene.project.apply()
    lag(scene)
    return scene


def lag(scene: Scene, lags: bool = True) -> None:
    with scene.project.sandbox() as ece:
        ece.lag(lags)


def counted(scene: Scene, *command: str, code: int = 0) -> tuple[str, dict[str, int]]:
    """What a command prints, and how many searches and reads of deployments it takes."""
    with scene.project.sandbox() as ece:
        ece.forget_requests()
    done = scene.project.run(*command)
    assert done.code == code, done
    with scene.project.sandbox() as ece:
        asked = ece.of_deployments()
    reads = sum(1 for call in asked if call.removeprefix("GET /") in IDS)
    return words(done.both), {"searches": asked.count("POST /_search"), "reads": reads}


def test_what_many_take(many: Scene) -> None:
    """An index that is not behind is asked once for all; only what is to be written is read."""
    assert counted(many, "plan", "--detailed-exitcode")[1] == {"searches": 1, "reads": 0}
    assert counted(many, "drift")[1] == {"searches": 1, "reads": 0}
    told, asked = counted(many, "who-uses", "extension.synonyms")
    assert asked == {"searches": 1, "reads": 0}
    assert f"used by {MANY} deployments" in told
    assert "Asked with 1 query in 1 page." in told
    many.project.edit("templates/main.yaml", "version: 8.*", 'version: "*"')
    told, asked = counted(many, "plan")
    assert f"{MANY + 1} to update" in told
    assert asked == {"searches": 2, "reads": MANY}


def test_what_the_state_wrote_since_is_read(many: Scene) -> None:
    """Once the index has it, nothing is."""
    many.bind(bound(STOPWORDS))
    many.project.apply()
    assert counted(many, "plan", "--detailed-exitcode")[1] == {"searches": 1, "reads": MANY}
    lag(many, False)
    assert counted(many, "plan", "--detailed-exitcode")[1] == {"searches": 1, "reads": 0}


def test_an_index_from_before_that_shows_what_the_state_has_hides_nothing(many: Scene) -> None:
    """What is bound went and came back since, and somebody attached more then."""
    for entries in (STOPWORDS, SYNONYMS):
        many.bind(bound(entries))
        many.project.apply()
    many.attach(THEIRS)
    told, asked = counted(many, "drift", code=2)
    assert "theirs" in told
    assert asked["searches"] == 1
    many.bind(bound(STOPWORDS))
    assert "shop-0 keeps what others attached: bundle theirs" in words(many.project.ok("plan").out)
    many.project.apply()
    assert many.lists() == {"": ["theirs", "stopwords"]}
    many.project.settled()


def test_what_it_does_not_show_yet_is_read(many: Scene) -> None:
    new = "7" * 32
    made = ask(many.project, "POST", "/deployments", json=deployment("", "new", plan()) | {"name": "new"})
    many.turn()
    new = made["id"]
    many.bind(f"{bound(SYNONYMS)}\n    new: {{deployment: new, extensions: {SYNONYMS}}}")
    many.project.apply()
    assert many.lists(new) == {"": ["synonyms"]}
    many.attach(THEIRS, id_=new)
    assert "theirs" in counted(many, "drift", code=2)[0]


def test_what_the_state_does_not_know_is_read_before_it_is_taken_over(tmp_path: Path) -> None:
    """The index still shows what somebody took away, and does not show what they attached."""
    deployments = [deployment(id_, f"shop-{n}", plan(user_bundles=[GEO])) for n, id_ in enumerate(IDS)]
    scene = made(tmp_path / "p", *deployments, binding="")
    lag(scene)
    scene.put(plan(user_bundles=[THEIRS]))
    scene.bind(bound(json.dumps([{"type": "bundle", **GEO}])))
    told, _ = counted(scene, "plan")
    assert "1 to update" in told
    assert "shop-0 keeps what others attached: bundle theirs" in told
    scene.project.apply()
    assert scene.lists() == {"": ["theirs", "geo"]}
    scene.project.settled()


def test_what_started_since_does_not_wait(many: Scene) -> None:
    lag(many, False)
    started = many.plan()
    assert ask(many.project, "POST", f"/deployments/{SHOP}/_shutdown") is not None
    many.turn()
    lag(many)
    many.put(started)
    many.attach(THEIRS)
    assert "theirs" in counted(many, "drift", code=2)[0]
    many.bind(bound(STOPWORDS))
    assert "is stopped" not in many.project.ok("plan").out
    many.project.apply()
    assert many.lists() == {"": ["theirs", "stopwords"]}


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


def test_where_it_is_used_is_known_though_the_index_is_behind(tmp_path: Path) -> None:
    """The installation names the same user, at another place by now."""
    scene = made(tmp_path / "shop", deployment(SHOP, "shop", plan(HOT, WARM)))
    scene.project.apply()
    with scene.project.sandbox() as ece:
        ece.lag()
    scene.attach(GEO, at="warm")
    scene.project.apply()
    found = json.loads(scene.project.ok("who-uses", "extension.synonyms", "--json").out)
    ((user,),) = (item["users"] for item in found["extensions"])
    assert [place.get("element", "") for place in user["places"]] == ["", "warm"]


def users(project: Project) -> dict[str, list[str]]:
    found = json.loads(project.ok("who-uses", "extension.*", "--json").out)
    assert (found["asked"]["queries"] <= 2, found["asked"]["reads"]) == (True, 1)
    return {item["address"]: [user["name"] for user in item["users"]] for item in found["extensions"]}
