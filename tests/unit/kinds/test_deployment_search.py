"""Deployments by what their plans load, searched for in the sandbox, and in replies that it does not make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from attrs import evolve, frozen
from werkzeug.test import Client as Caller
from werkzeug.wrappers import Request, Response

from planner.errors import ApiError, PlannerError, Unreachable
from planner.kinds.deployment_search import (
    MOST_IDS,
    MOST_NAMED,
    MOST_PAGES,
    DeploymentSearch,
    tags_of,
    user_in,
)
from planner.model.resource import Mention
from planner.sandbox import Sandbox, create_app

from .installation import client_of

A, B, C = (f"https://files.example/{name}.zip" for name in "abc")
LOGIN = {"Authorization": "ApiKey tests"}


def entries(*urls: str, version: str = "8.*") -> list[dict[str, str]]:
    return [{"name": "words", "url": url, "elasticsearch_version": version} for url in urls]


def element(id_: str, **lists: Any) -> dict[str, Any]:
    return {"id": id_, "elasticsearch": lists, "size": {"resource": "memory", "value": 1024}}


@frozen
class Ece:
    app: Sandbox

    @property
    def search(self) -> DeploymentSearch:
        return DeploymentSearch(client_of(self.app))

    def call(self, method: str, path: str, body: Any) -> Any:
        reply = Caller(self.app).open(f"/api/v1/deployments{path}", method=method, json=body, headers=LOGIN)
        assert reply.status_code < 300, reply.text
        return reply.get_json()

    def deploy(self, name: str, *elements: dict[str, Any], **lists: Any) -> str:
        plan = {"elasticsearch": {"version": "8.15.3", **lists}, "cluster_topology": list(elements)}
        body = {"name": name, "resources": {"elasticsearch": [{"plan": plan}]}}
        return str(self.call("POST", "", body)["id"])

    def wait(self) -> None:
        """What was deployed runs, and what was shut down is stopped."""
        assert Caller(self.app).post("/sandbox/clock", json={"advance": 900}).status_code == 200

    @property
    def requests(self) -> list[str]:
        log = Caller(self.app).get("/sandbox/requests").get_json()["requests"]
        return [f"{item['method']} {item['path'].partition('/deployments')[2]}" for item in log]


@pytest.fixture
def ece() -> Iterator[Ece]:
    with create_app(":memory:") as app:
        yield Ece(app)


def places(ece: Ece, *values: str) -> dict[str, set[tuple[Any, ...]]]:
    found = ece.search.by_use(values).users
    return {
        user.name: {(p.of, p.role, p.version, p.element, p.without) for p in user.places} for user in found
    }


def test_places_are_told_at_the_plan_and_at_elements(ece: Ece) -> None:
    ece.deploy("plan", element("hot_content"), user_bundles=entries(A, B))
    ece.deploy("elements", element("hot_content", user_bundles=entries(A)), element("warm"))
    own = element("warm", user_bundles=[]), element("cold", user_plugins=entries(C, version="8.15.3"))
    ece.deploy("both", *own, user_bundles=entries(A, A), user_plugins=entries(A, version="8.15.3"))
    ece.deploy("others", user_bundles=entries(B))
    assert [place.pending for user in ece.search.by_use([A]).users for place in user.places] == [True] * 4
    ece.wait()
    assert not any(place.pending for user in ece.search.by_use([A]).users for place in user.places)
    assert places(ece, A, C) == {
        "plan": {(A, "bundle", "8.*", "", ())},
        "elements": {(A, "bundle", "8.*", "hot_content", ())},
        "both": {
            (A, "bundle", "8.*", "", ("warm",)),
            (A, "plugin", "8.15.3", "", ("cold",)),
            (C, "plugin", "8.15.3", "cold", ()),
        },
    }
    assert places(ece, "repo://3") == {}


def test_what_is_told_of_a_deployment(ece: Ece) -> None:
    id_ = ece.deploy("shop", user_bundles=entries(A))
    stopped = ece.deploy("stopped", user_bundles=entries(A))
    ece.wait()
    ece.call("POST", f"/{stopped}/_shutdown", None)
    tags = [{"key": "tier", "value": "canary"}, {"key": "team", "value": "search"}]
    ece.call("PUT", f"/{id_}", {"prune_orphans": False, "metadata": {"tags": tags}})
    ece.wait()
    (user,) = ece.search.by_use([A]).users
    assert (user.id, user.name, user.version) == (id_, "shop", "8.15.3")
    assert user.tags == {"tier": "canary", "team": "search"}
    assert (user.modified, ece.search.read(id_, [A])) == (user.modified, user)
    shown = {
        each.id: (each.name, each.version, each.places)
        for each in ece.search.by_id([id_, stopped], [A]).users
    }
    assert shown == {id_: ("shop", "8.15.3", user.places), stopped: ("stopped", "", ())}
    assert ece.search.by_id(["nobody"], [A]).users == ()
    assert ece.search.read("nobody", [A]) is None


def test_pages_are_counted_and_deployments_are_not_read(ece: Ece) -> None:
    for number in range(5):
        ece.deploy(f"{number}", user_bundles=entries(A))
    Caller(ece.app).delete("/sandbox/requests")
    found = evolve(ece.search, page=2).by_use([A])
    assert (len(found.users), found.pages, found.whole) == (5, 3, True)
    assert ece.requests == ["POST /_search"] * 3


@pytest.mark.parametrize("count", [1, MOST_NAMED, MOST_NAMED + 1, 5_000])
def test_one_query_asks_for_any_number(ece: Ece, count: int) -> None:
    ece.deploy("shop", element("warm", user_bundles=entries("repo://0")), user_bundles=entries(C))
    ece.deploy("other", user_bundles=entries("repo://x"))
    ece.deploy("plain")
    found = ece.search.by_use([f"repo://{number}" for number in range(0, count * 2, 2)])
    named = [user.name for user in found.users if user.places]
    assert (named, found.pages, ece.requests[3:]) == (["shop"], 1, ["POST /_search"])


def test_credentials_that_may_not_read_find_none() -> None:
    def forbidding(environ: dict[str, Any], start: Any) -> Any:
        body = {"errors": [{"code": "root.permission_denied", "message": "no"}]}
        headers = {"x-cloud-error-codes": "root.permission_denied"}
        return Response(orjson.dumps(body), 403, headers, mimetype="application/json")(environ, start)

    search = DeploymentSearch(client_of(forbidding))
    assert search.read("1", [A]) is None
    with pytest.raises(ApiError, match="search-deployments"):
        search.by_use([A])


def test_a_search_that_fails_may_have_done_nothing() -> None:
    """It only reads, though it is a POST: whoever lost the lock of a state may search."""
    failing = Response(b"", 503)
    client = client_of(failing)
    with pytest.raises(Unreachable) as caught:
        DeploymentSearch(client).by_use([A])
    assert "taken effect" not in caught.value.advice


def answering(*replies: Any) -> tuple[DeploymentSearch, list[Any]]:
    """A search whose pages are these, the last one again and again; and what it is asked."""
    asked: list[Any] = []

    def app(environ: dict[str, Any], start: Any) -> Any:
        asked.append(orjson.loads(Request(environ).get_data()))
        reply = replies[min(len(asked), len(replies)) - 1]
        return Response(orjson.dumps(reply), mimetype="application/json")(environ, start)

    return DeploymentSearch(client_of(app)), asked


def item(id_: str) -> dict[str, Any]:
    plan = {"elasticsearch": {"user_bundles": entries(A)}}
    return {
        "id": id_,
        "name": id_,
        "resources": {"elasticsearch": [{"info": {"plan_info": {"pending": {"plan": plan}}}}]},
    }


@pytest.mark.parametrize(
    ("replies", "ids", "pages", "whole"),
    [
        ([{"deployments": [item("1")], "return_count": 1}], ["1"], 1, True),
        ([{"deployments": [], "minimal_metadata": [item("1")], "match_count": 1}], ["1"], 1, True),
        ([{"deployments": [], "minimal_metadata": []}], [], 1, True),
        ([{"deployments": [item("1")], "cursor": "c"}, {"deployments": [item("2")]}], ["1", "2"], 2, True),
        ([{"deployments": [item("1")], "cursor": "c"}, {"deployments": []}], ["1"], 2, True),
        (
            [{"deployments": [item("1")], "match_count": 2}, {"deployments": [item("2")], "match_count": 2}],
            ["1", "2"],
            2,
            True,
        ),
        ([{"deployments": [item("1")], "match_count": 1, "cursor": "c"}], ["1"], 1, True),
        ([{"deployments": [item("1")], "cursor": "c"}], ["1"], 2, False),
        ([{"deployments": [item("1"), {}, 5, {"id": 7}], "cursor": None}], ["1"], 1, True),
    ],
)
def test_pages_end(replies: list[Any], ids: list[str], pages: int, whole: bool) -> None:
    search, _ = answering(*replies)
    found = search.by_use([A])
    assert ([user.id for user in found.users], found.pages, found.whole) == (ids, pages, whole)
    assert all(place.pending for user in found.users for place in user.places)


def test_pages_without_end_do_end() -> None:
    replies = [{"deployments": [item(str(number))], "cursor": "c"} for number in range(MOST_PAGES + 5)]
    search, asked = answering(*replies)
    found = search.by_use([A])
    assert (len(found.users), found.pages, found.whole, len(asked)) == (
        MOST_PAGES,
        MOST_PAGES,
        False,
        MOST_PAGES,
    )


def test_many_ids_are_asked_for_a_thousand_at_a_time() -> None:
    ids = [str(number) for number in range(2 * MOST_IDS + 1)]
    more, last = {"deployments": [item("1")], "cursor": "c"}, {"deployments": [item("2")]}
    search, asked = answering(more, last, more, last)
    assert [each["id"] for each in search.shown(ids)] == ["1", "2", "1", "2", "2"]
    queries = [each["query"]["bool"]["filter"][0]["bool"]["should"] for each in asked if "query" in each]
    assert [len(each) for each in queries] == [MOST_IDS, MOST_IDS, 1]
    assert sorted(each["term"]["id"]["value"] for query in queries for each in query) == sorted(ids)


def test_pages_go_on_by_cursor_or_by_number() -> None:
    search, asked = answering(
        {"deployments": [item("1")], "cursor": "c"},
        {"deployments": [item("2")], "match_count": 3},
        {"deployments": []},
    )
    search.by_use([A])
    assert [(each.get("cursor"), each.get("from"), "query" in each) for each in asked] == [
        (None, None, True),
        ("c", None, False),
        (None, 2, True),
    ]
    assert asked[0]["sort"] == ["id"]


@pytest.mark.parametrize("reply", [{}, [], None, "words", {"return_count": 0}])
def test_what_is_no_reply_to_a_search_is_an_error(reply: Any) -> None:
    search, _ = answering(reply)
    with pytest.raises(PlannerError, match="holds no deployments"):
        search.by_use([A])


@pytest.mark.parametrize(
    "resources",
    [
        None,
        [],
        {"elasticsearch": None},
        {"elasticsearch": [None, {"info": []}, {"info": {"plan_info": {"current": 1}}}]},
    ],
)
@pytest.mark.parametrize(
    "plan", [None, {"elasticsearch": None, "cluster_topology": [None, 5, {"elasticsearch": []}]}]
)
def test_odd_deployments_are_read_as_far_as_they_go(resources: Any, plan: Any) -> None:
    body = {"id": "1", "name": None, "resources": resources, "metadata": 7}
    if plan and isinstance(resources, dict) and resources["elasticsearch"]:
        body["resources"] = {"elasticsearch": [{"info": {"plan_info": {"current": {"plan": plan}}}}]}
    found = user_in(body, frozenset([A]))
    assert found is not None
    assert (found.id, found.name, found.places) == ("1", "", ())


def test_an_element_without_an_id_is_told_all_the_same() -> None:
    plan = {"cluster_topology": [{"elasticsearch": {"user_bundles": [*entries(A), None, {"url": 5}]}}]}
    body = {"id": "1", "resources": {"elasticsearch": [{"info": {"plan_info": {"current": {"plan": plan}}}}]}}
    found = user_in(body, frozenset([A]))
    assert found is not None
    assert found.places == (Mention(A, "bundle", "8.*", "an element"),)


@pytest.mark.parametrize(
    ("told", "tags"),
    [
        (None, {}),
        (7, {}),
        ({"tags": None}, {}),
        ({"tags": [{"key": "tier", "value": "canary"}]}, {"tier": "canary"}),
        ({"tags": [7, {"value": "x"}, {"key": "bare"}, {"key": "a", "value": ""}]}, {"bare": "", "a": ""}),
    ],
)
def test_tags_are_told_by_key(told: Any, tags: dict[str, str]) -> None:
    assert tags_of({"metadata": told}) == tags
