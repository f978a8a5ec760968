"""Elasticsearch behind the proxy: health, plugins, indices that open or not, and texts that are analyzed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from planner.sandbox import create_app
from planner.sandbox.storage import Storage

from .caller import Caller, Reply, archive, codes
from .running import MAIN, Running, bundle, plan, plugin, plugin_zip

FILE = "dictionaries/synonyms.txt"
MANAGED = {"X-Management-Request": "true"}


def search(shop: Running, method: str, path: str, **more: Any) -> Reply:
    return shop.ece(method, f"{shop.path}/{MAIN}/proxy/{path}", headers=MANAGED, **more)


def analysis(**filters: Any) -> dict[str, Any]:
    """An index with one analyzer, `words`, which has these filters."""
    analyzer = {"words": {"tokenizer": "standard", "filter": ["lowercase", *filters]}}
    return {"settings": {"analysis": {"analyzer": analyzer, "filter": filters}}}


SYNONYMS = {"type": "synonym_graph", "synonyms_path": FILE, "updateable": True}


def shop_with(
    ece: Caller, text: str = "tv, television\nlaptop => notebook", **files: str
) -> tuple[Running, str]:
    """A deployment that loads a bundle, and the bundle's id."""
    extension_id = ece.stored()
    ece.upload(extension_id, archive(text, **files))
    return Running.settled(ece, plan(user_bundles=[bundle(f"repo://{extension_id}")])), extension_id


def words(reply: Reply) -> list[str]:
    assert reply.status_code == 200, reply.text
    return [f"{each['token']}/{each['position']}" for each in reply.json["tokens"]]


def test_what_was_loaded_is_what_is_searched(ece: Caller) -> None:
    shop, extension_id = shop_with(ece)
    assert search(shop, "PUT", "products", json=analysis(ours=SYNONYMS)).json["acknowledged"] is True
    body = {"analyzer": "words", "text": "A TV or laptop"}

    def found() -> list[str]:
        return words(search(shop, "GET", "products/_analyze", json=body))

    before = ["a/0", "tv/1", "television/1", "or/2", "notebook/3"]
    assert found() == before
    ece.upload(extension_id, archive("tv => screen"))
    reloaded = search(shop, "POST", "products/_reload_search_analyzers").json
    assert reloaded["reload_details"][0]["reloaded_analyzers"] == ["words"]
    assert found() == before
    ece("POST", f"{shop.path}/{MAIN}/_restart")
    ece.wait()
    assert found() == ["a/0", "screen/1", "or/2", "laptop/3"]


@pytest.mark.parametrize(
    ("asked", "tokens"),
    [
        ({"text": "Two words"}, "two/0 words/1"),
        ({"text": ["One", "Two"]}, "one/0 two/101"),
        ({"analyzer": "whitespace", "text": "A b-c"}, "A/0 b-c/1"),
        ({"analyzer": "keyword", "text": "A b"}, "A b/0"),
        ({"analyzer": "stop", "text": "The end"}, "end/1"),
        ({"tokenizer": "standard", "filter": ["lowercase", "asciifolding"], "text": "Ünique Straße"},
         "unique/0 strasse/1"),
        ({"tokenizer": "standard", "filter": ["unique"], "text": "a a b"}, "a/0 b/2"),
        ({"tokenizer": "standard", "filter": [{"type": "stop", "stopwords_path": "dictionaries/stop.txt"}],
          "text": "der Ball"}, "Ball/1"),
        ({"tokenizer": "standard", "filter": [{"type": "stop", "stopwords": ["BALL"], "ignore_case": True}],
          "text": "der Ball"}, "der/0"),
        ({"tokenizer": "whitespace", "filter": [{"type": "synonym", "synonyms_path": FILE}], "text": "tv tv"},
         "tv/0 television/0 tv/1 television/1"),
        ({"tokenizer": "standard", "filter": [{"type": "synonym", "synonyms": ["a, b"], "expand": False}],
          "text": "a b"}, "a/0 a/1"),
        ({"tokenizer": "standard", "filter": [{"type": "synonym", "synonyms": ["new york => ny, big apple"]}],
          "text": "in new york city"}, "in/0 ny/1 big/1 apple/2 city/3"),
        ({"tokenizer": "standard", "filter": [{"type": "synonym", "synonyms": ["a => b", "a => c"]}],
          "text": "a"}, "b/0 c/0"),
        ({"tokenizer": "keyword", "filter": [{"type": "synonym", "synonyms": [r"a\, b => c"]}],
          "text": "a, b"}, "c/0"),
    ],
)  # fmt: skip
def test_a_text_is_analyzed(ece: Caller, asked: dict[str, Any], tokens: str) -> None:
    shop, _ = shop_with(ece, **{"dictionaries/stop.txt": "der\ndie\n# das\n"})
    assert " ".join(words(search(shop, "POST", "_analyze", json=asked))) == tokens


def custom(**of_filter: Any) -> dict[str, Any]:
    return {"tokenizer": "standard", "filter": ["lowercase", of_filter], "text": "x"}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"analyzer": "mine", "text": "x"}, "failed to find analyzer [mine]"),
        ({"analyzer": "standard"}, "text is missing"),
        ({"text": 5}, "text is missing"),
        (custom(type="hunspell", locale="de"), "the sandbox knows no token filter [hunspell]"),
        (custom(type="synonym", synonyms=["a => b => c"]), "more than one explicit mapping"),
        (custom(type="synonym", synonyms=["a, ,b"]), "was completely eliminated by analyzer"),
        (custom(type="synonym", synonyms=["a =>"]), "was completely eliminated by analyzer"),
        (custom(type="synonym", synonyms_path="dictionaries/none.txt"), "there is no such file"),
        (custom(type="synonym", synonyms_set="set"), "the sandbox knows no synonyms of format"),
        ({"tokenizer": "ngram", "text": "x"}, "the sandbox knows no tokenizer [ngram]"),
        ({"tokenizer": 5, "text": "x"}, "is no object"),
        ({"tokenizer": "standard", "filter": [5], "text": "x"}, "is no object"),
        ({"tokenizer": "standard", "char_filter": ["html_strip"], "text": "x"}, "knows no character filter"),
    ],
)
def test_what_no_analyzer_makes_anything_of(ece: Caller, asked: dict[str, Any], told: str) -> None:
    shop, _ = shop_with(ece)
    refused = search(shop, "POST", "_analyze", json=asked)
    assert (refused.status_code, refused.json["status"]) == (400, 400)
    assert told in refused.json["error"]["reason"]


def test_an_index_turns_red_without_the_file_that_it_names(ece: Caller) -> None:
    shop, _ = shop_with(ece)
    assert search(shop, "PUT", "products", json=analysis(ours=SYNONYMS)).status_code == 200
    assert shop.get()["healthy"] is True
    missing = search(shop, "PUT", "others", json=analysis(ours=SYNONYMS | {"synonyms_path": "x"}))
    assert (missing.status_code, "there is no such file" in missing.text) == (400, True)
    shop.put(plan())
    ece.wait()
    info = shop.info()
    assert (info["healthy"], info["topology"]["healthy"], info["plan_info"]["healthy"]) == (False, True, True)
    assert info["elasticsearch"]["shards_status"]["status"] == "red"
    (block,) = info["elasticsearch"]["cluster_blocking_issues"]["blocks"]
    assert (block["level"], "index [products] cannot be opened" in block["description"]) == ("index", True)
    assert search(shop, "GET", "_cluster/health").json["status"] == "red"
    assert search(shop, "DELETE", "products").json == {"acknowledged": True}
    assert shop.get()["healthy"] is True


def test_indices_are_known_by_name(ece: Caller) -> None:
    shop, _ = shop_with(ece)
    settings = analysis(ours=SYNONYMS) | {"mappings": {"properties": {"title": {"analyzer": "words"}}}}
    search(shop, "PUT", "products", json=settings)
    assert search(shop, "PUT", "products").json["error"]["type"] == "resource_already_exists_exception"
    assert search(shop, "GET", "products").json["products"]["settings"] == settings["settings"]
    by_field = search(shop, "GET", "products/_analyze", json={"field": "title", "text": "tv"})
    assert words(by_field) == ["tv/0", "television/0"]
    assert search(shop, "POST", "pro*/_reload_search_analyzers").json["_shards"]["total"] == 1
    for method, path in (
        ("GET", "none"),
        ("GET", "none/_analyze"),
        ("POST", "none/_reload_search_analyzers"),
    ):
        gone = search(shop, method, path, json={"text": "x"})
        assert (gone.status_code, gone.json["error"]["type"]) == (404, "index_not_found_exception")
    unknown = search(shop, "GET", "_cat/indices")
    assert (unknown.status_code, "the sandbox knows no" in unknown.text) == (400, True)


def test_nodes_say_which_plugins_they_run(ece: Caller) -> None:
    extension_id = ece.create(extension_type="plugin", version="8.15.3")
    ece.upload(extension_id, plugin_zip(version="2.1"))
    unseen = ece.create(extension_type="plugin", version="8.15.3", download_url="https://x.example/a.zip")
    entries = [plugin(f"repo://{extension_id}"), plugin(f"repo://{unseen}", "unseen")]
    shop = Running.settled(ece, plan(zones=2, user_plugins=entries))
    nodes = search(shop, "GET", "_nodes/plugins").json["nodes"]
    assert [node["name"] for node in nodes.values()] == ["instance-0000000000", "instance-0000000001"]
    for node in nodes.values():
        found = {each["name"]: (each["version"], each["elasticsearch_version"]) for each in node["plugins"]}
        assert found == {"tokens": ("2.1", "8.15.3"), "unseen": ("8.15.3", "8.15.3")}
    assert search(shop, "GET", "_cluster/health?local=true").json["number_of_nodes"] == 2


def test_who_may_ask(ece: Caller) -> None:
    shop = Running.made(ece, plan())
    path = f"{shop.path}/{MAIN}/proxy/_cluster/health"
    assert search(shop, "GET", "_cluster/health").status_code == 503
    ece.wait()
    assert search(shop, "GET", "_cluster/health").json["status"] == "green"
    for headers in ({}, {"X-Management-Request": "no"}):
        refused = ece("GET", path, headers=headers)
        assert (refused.status_code, codes(refused)) == (400, ["root.missing_header"])
    assert ece.raw("GET", "/api/v1" + path, headers=MANAGED).status_code == 401
    gone = ece("GET", f"{shop.path}/elasticsearch/x/proxy/_cluster/health", headers=MANAGED)
    assert (gone.status_code, codes(gone)) == (404, ["deployments.deployment_resource_not_found"])
    ece.json("POST", shop.path + "/_shutdown")
    ece.wait()
    assert search(shop, "GET", "_cluster/health").status_code == 503


def test_indices_go_with_their_deployment(tmp_path: Path) -> None:
    data = tmp_path / "ece.db"
    with create_app(data) as app:
        ece = Caller(app)
        shop, _ = shop_with(ece)
        search(shop, "PUT", "products", json=analysis(ours=SYNONYMS))
        for suffix in ("/_shutdown", "/_restore", "/_shutdown"):
            ece.json("POST", shop.path + suffix)
            ece.wait()
            if suffix == "/_restore":
                assert search(shop, "GET", "products").status_code == 200
        ece.json("DELETE", shop.path)
    storage = Storage(data)
    with storage.read() as db:
        kinds = {
            row[0] for row in db.execute("SELECT kind FROM object WHERE parent LIKE ?", (shop.id + "%",))
        }
    storage.close()
    assert kinds == set()


def test_a_seed_tells_of_indices() -> None:
    """One that names a file which nothing brings is red from the beginning."""
    of_words = {"words": analysis(ours={"type": "synonym", "synonyms": ["tv, television"]})}
    of_files = {"files": analysis(ours=SYNONYMS)}
    entries = [{"id": "shop", "indices": of_words}, {"id": "logs", "indices": of_files}]
    with create_app(":memory:", seed={"deployments": entries}) as app:
        shop, logs = (Running(Caller(app), id_) for id_ in ("shop", "logs"))
        asked = {"analyzer": "words", "text": "tv"}
        assert words(search(shop, "GET", "words/_analyze", json=asked)) == ["tv/0", "television/0"]
        assert (shop.get()["healthy"], logs.get()["healthy"]) == (True, False)


def test_an_index_of_a_seed_may_come_when_its_files_do() -> None:
    index = {"later": True, **analysis(ours=SYNONYMS)}
    with create_app(
        ":memory:", seed={"deployments": [{"id": "shop", "indices": {"products": index}}]}
    ) as app:
        ece = Caller(app)
        shop = Running(ece, "shop")
        assert shop.get()["healthy"] is True
        assert search(shop, "GET", "products").status_code == 404
        extension_id = ece.stored()
        for rule, healthy in (("tv, television", True), ("a => b => c", False)):
            ece.upload(extension_id, archive(**{FILE: rule}))
            shop.put(plan(user_bundles=[bundle(f"repo://{extension_id}")]))
            ece.wait()
            assert shop.get()["healthy"] is healthy
            extension_id = ece.stored()
        assert search(shop, "GET", "products").status_code == 200


def test_elastic_cloud_has_no_such_paths() -> None:
    with create_app(":memory:", platform="cloud", seed={"deployments": [{"id": "shop"}]}) as app:
        shop = Running(Caller(app), "shop")
        gone = search(shop, "GET", "_cluster/health")
        assert (gone.status_code, gone.json["ok"]) == (404, False)
