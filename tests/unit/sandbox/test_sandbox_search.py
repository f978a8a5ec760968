"""The search of deployments: which queries find what, in which pages, and an index that lags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from planner.sandbox import create_app

from .caller import Caller, Clock, deployment

SEARCH = "/deployments/_search"
PLAN = "resources.elasticsearch.info.plan_info.current.plan"
KIBANA: dict[str, Any] = {"kibana": [{"plan": {"kibana": {}}}]}


@pytest.fixture
def ece(clock: Clock) -> Iterator[Caller]:
    """shop-eu and shop-us, which runs an older version, has Kibana and no tag; and Logs, which is stopped."""
    with create_app(":memory:", clock=clock) as app:
        caller = Caller(app)
        for name, tags, version in (("shop-eu", ["canary"], "8.15.0"), ("shop-us", [], "8.14.1")):
            body = deployment("https://words.example/1.zip", name=name) | {"metadata": {"tags": _tags(tags)}}
            body["resources"]["elasticsearch"][0]["plan"]["elasticsearch"]["version"] = version
            body["resources"] |= KIBANA if name == "shop-us" else {}
            caller.json("POST", "/deployments", json=body)
            caller.wait()
        tagged = deployment("https://words.example/2.zip", "user_plugins", "Logs of all") | {
            "metadata": {"tags": _tags(["canary", "cold"])}
        }
        stopped = caller.json("POST", "/deployments", json=tagged)["id"]
        caller.wait()
        caller.json("POST", f"/deployments/{stopped}/_shutdown")
        caller.wait()
        yield caller


def _tags(tiers: list[str]) -> list[dict[str, str]]:
    return [{"key": "tier", "value": tier} for tier in tiers]


def names(ece: Caller, query: Any, **more: Any) -> list[str]:
    found = ece.json("POST", SEARCH, json={"query": query, "sort": ["name.keyword"], **more})
    assert found["return_count"] == len(found["deployments"])
    return [each["name"] for each in found["deployments"]]


def nested(path: str, query: Any) -> dict[str, Any]:
    return {"nested": {"path": path, "query": query}}


def term(field: str, value: Any) -> dict[str, Any]:
    return {"term": {field: {"value": value}}}


def of_plan(field: str, value: str) -> dict[str, Any]:
    return nested("resources.elasticsearch", term(f"{PLAN}.{field}", value))


EU, US, LOGS = "shop-eu", "shop-us", "Logs of all"
TAG = nested(
    "metadata.tags",
    {"bool": {"filter": [term("metadata.tags.key", "tier"), term("metadata.tags.value", "canary")]}},
)
OTHER_TAG = nested(
    "metadata.tags",
    {"bool": {"must": [term("metadata.tags.key", "canary"), term("metadata.tags.value", "x")]}},
)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (None, [LOGS, EU, US]),
        ({}, [LOGS, EU, US]),
        ({"match_all": {}}, [LOGS, EU, US]),
        ({"match_none": {}}, []),
        ({"prefix": {"name.keyword": {"value": "shop"}}}, [EU, US]),
        ({"prefix": {"name.keyword": {"value": "logs"}}}, []),
        ({"prefix": {"name": {"value": "log"}}}, [LOGS]),
        (term("name", "shop"), [EU, US]),
        (term("name.keyword", EU), [EU]),
        ({"term": {"name.keyword": EU}}, [EU]),
        (term("healthy", True), [LOGS, EU, US]),
        ({"match": {"name": {"query": "SHOP logs"}}}, [LOGS, EU, US]),
        ({"match": {"name": {"query": "shop eu", "operator": "and"}}}, [EU]),
        (of_plan("elasticsearch.version", "8.14.1"), [US]),
        (of_plan("elasticsearch.user_bundles.url", "https://words.example/1.zip"), [EU, US]),
        (term(f"{PLAN}.elasticsearch.version", "8.14.1"), []),
        (nested("resources.elasticsearch", term("name.keyword", EU)), []),
        (nested("resources.kibana", {"exists": {"field": "resources.kibana.info"}}), [US]),
        (nested("resources.elasticsearch", term("resources.elasticsearch.info.status", "stopped")), [LOGS]),
        (nested("resources.elasticsearch", {"exists": {"field": PLAN}}), [EU, US]),
        ({"exists": {"field": "alias"}}, []),
        (TAG, [LOGS, EU]),
        (OTHER_TAG, []),
        ({"bool": {"should": [TAG], "minimum_should_match": 1}}, [LOGS, EU]),
        ({"bool": {"must": term("name", "shop"), "should": [TAG]}}, [EU, US]),
        ({"bool": {"must": [term("name", "shop")], "must_not": [TAG]}}, [US]),
        ({"bool": {"filter": [{"bool": {"must": [term("name", "shop"), TAG]}}]}}, [EU]),
        ({"bool": {}}, [LOGS, EU, US]),
    ],
)
def test_queries_find(ece: Caller, query: Any, found: list[str]) -> None:
    assert names(ece, query) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name: shop", [EU, US]),
        ("name:shop AND name:eu", [EU]),
        ("name:(eu OR us)", [EU, US]),
        ("eu us", [EU, US]),
        ("shop -us", [LOGS, EU, US]),
        ("shop AND NOT us", [EU]),
        ('"of all"', [LOGS]),
        ('"all of"', []),
        ("name:sh?p", [EU, US]),
        ("name.keyword:Logs*", [LOGS]),
        ("_exists_:name", [LOGS, EU, US]),
        (r"name.keyword:shop\-eu", [EU]),
        ("nothing", []),
    ],
)
def test_a_query_in_words_finds(ece: Caller, text: str, found: list[str]) -> None:
    assert names(ece, {"query_string": {"query": text}}) == found


def test_what_stands_between_words_is_chosen(ece: Caller) -> None:
    said = {"query": "shop eu", "default_field": "name", "default_operator": "AND"}
    assert names(ece, {"query_string": said}) == [EU]


@pytest.mark.parametrize(
    "body",
    [
        {"query": {"terms": {"id": []}}},
        {"query": {"term": {}}},
        {"query": {"term": {"a": {"value": 1}, "b": {"value": 2}}}},
        {"query": {"term": {"name": {"query": "x"}}}},
        {"query": {"match_all": {}, "term": {"a": {"value": 1}}}},
        {"query": {"match_all": []}},
        {"query": []},
        {"query": {"bool": {"must": [{"odd": {}}]}}},
        {"query": {"bool": {"should": [], "minimum_should_match": "1"}}},
        {"query": nested("metadata", {"match_all": {}})},
        {"query": {"exists": {}}},
        {"query": {"query_string": {}}},
        *(
            {"query": {"query_string": {"query": text}}}
            for text in ("name:", "(a", "a)", "AND", "[1 TO 2]", '"')
        ),
        {"size": -1},
        {"from": "1"},
        {"size": True},
        {"from": 9_000, "size": 1_001},
        {"sort": [1]},
        {"sort": [{"id": "up"}]},
        {"cursor": "odd"},
        {"cursor": 1},
        [],
    ],
)
def test_what_is_no_search_is_refused(ece: Caller, body: Any) -> None:
    assert ece("POST", SEARCH, json=body).status_code == 400


def test_pages_go_on_by_number_and_by_cursor(ece: Caller) -> None:
    first = ece.json("POST", SEARCH, json={"size": 2, "sort": [{"name.keyword": {"order": "desc"}}]})
    assert ([each["name"] for each in first["deployments"]], first["match_count"]) == ([US, EU], 3)
    rest = ece.json("POST", SEARCH, json={"cursor": first["cursor"], "size": 1, "query": {"match_none": {}}})
    assert ([each["name"] for each in rest["deployments"]], "cursor" in rest) == ([LOGS], False)
    assert names(ece, None, **{"from": 1, "size": 1}) == [EU]
    assert names(ece, None, **{"from": 3}) == []
    assert ece.json("POST", SEARCH, json={"size": 0})["match_count"] == 3


def test_what_was_written_last_comes_first(ece: Caller) -> None:
    found = ece.json("POST", SEARCH)["deployments"]
    assert [each["name"] for each in found] == [LOGS, US, EU]


def test_only_what_is_asked_for_is_shown(ece: Caller) -> None:
    fields = f"name,{PLAN}.elasticsearch.version,{PLAN}.cluster_topology.id,metadata.tags.value,nothing"
    body = {"query": term("name", "eu")}
    found = ece.json("POST", f"{SEARCH}?minimal_metadata={fields}", json=body)
    plan = {"elasticsearch": {"version": "8.15.0"}, "cluster_topology": []}
    shown = {
        "name": EU,
        "metadata": {"tags": [{"value": "canary"}]},
        "resources": {"elasticsearch": [{"info": {"plan_info": {"current": {"plan": plan}}}}]},
    }
    assert (found["deployments"], found["minimal_metadata"], found["return_count"]) == ([], [shown], 1)


INDEX = "/sandbox/index"


def test_an_index_lags_until_it_is_synchronized(ece: Caller) -> None:
    assert ece.raw("POST", INDEX, json={"lags": True}).json == {"lags": True}
    added = ece.deploy("https://words.example/3.zip", name="added")
    gone = next(d["id"] for d in ece.json("GET", "/deployments")["deployments"] if d["name"] == LOGS)
    ece.json("DELETE", f"/deployments/{gone}")
    uses = of_plan("elasticsearch.user_bundles.url", "https://words.example/3.zip")
    assert (names(ece, uses), names(ece, None)) == ([], [LOGS, EU, US])
    ece.json("POST", f"/deployments/{added}/_resync")
    assert names(ece, uses) == ["added"]
    told = ece.json("POST", "/deployments/_resync")
    assert (told["deleted"], told["created"], added in told["updated"]) == ([gone], [], True)
    assert names(ece, None) == ["added", EU, US]
    later = ece.deploy("https://words.example/3.zip", name="later")
    assert "later" not in names(ece, None)
    assert ece.raw("GET", INDEX).json == {"lags": True}
    assert ece.raw("POST", INDEX, json={"lags": False}).json == {"lags": False}
    assert "later" in names(ece, None)
    assert ece.json("POST", "/deployments/_resync")["updated"][-1] == later


def test_an_index_may_lag_from_the_start(clock: Clock) -> None:
    with create_app(":memory:", clock=clock, index_lags=True) as app:
        caller = Caller(app)
        caller.deploy("https://words.example/1.zip")
        assert (names(caller, None), caller.raw("GET", INDEX).json) == ([], {"lags": True})


@pytest.mark.parametrize("body", [{}, {"lags": "yes"}, {"lags": None}, {"lags": 1}])
def test_a_lag_is_on_or_off(ece: Caller, body: Any) -> None:
    assert ece.raw("POST", INDEX, json=body).status_code == 400
