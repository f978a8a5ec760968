"""What nodes load, read from plans and changed in them."""

from __future__ import annotations

from typing import Any

import pytest

from planner.kinds.loading import (
    Cluster,
    Loaded,
    clusters_of,
    digest,
    lists_of,
    loaded,
    restart_of,
    unfit,
    version_of,
    written_last,
)
from planner.model.address import Address
from planner.model.plan import ROLLING, Action, AttributeDiff, Change
from planner.model.resource import FAILED, PENDING, Settling

VERSION = "8.15.3"


def said(name: str, **more: str) -> dict[str, str]:
    return {"name": name, "url": f"repo://{name}", "elasticsearch_version": "8.*", **more}


def entry(name: str, type_: str = "bundle") -> Loaded:
    return Loaded.of(said(name), type_)


Lists = dict[str, Any]


def element(id_: str, **lists: Any) -> dict[str, Any]:
    return {"id": id_, "size": {"value": 1024}, **({"elasticsearch": lists} if lists else {})}


def cluster(*elements: dict[str, Any], **lists: Any) -> Cluster:
    plan = {"cluster_topology": [*elements], "elasticsearch": {"version": VERSION, **lists}, "other": 1}
    return Cluster("main", "r", plan)


A, B, C = (said(name) for name in "abc")
HOT, WARM = element("hot"), element("warm")


def bundles(*names: str) -> dict[str, Any]:
    return {"user_bundles": [said(name) for name in names]}


@pytest.mark.parametrize(
    ("it", "everywhere_", "only_in"),
    [
        (cluster(), "", {}),
        (cluster(**bundles("a")), "a", {}),
        (cluster(HOT, WARM, **bundles("a", "b")), "ab", {}),
        (cluster(HOT, element("warm", **bundles("b")), **bundles("a")), "", {"a": ["hot"], "b": ["warm"]}),
        (cluster(HOT, element("warm", **bundles()), **bundles("a")), "", {"a": ["hot"]}),
        (cluster(element("hot", **bundles("a")), element("warm", **bundles("b", "a"))), "a", {"b": ["warm"]}),
        (cluster(HOT, element("warm", user_plugins=[B]), **bundles("a")), "a", {"b": ["warm"]}),
        (cluster(HOT, element("warm", user_bundles=None), **bundles("a")), "a", {}),
        (cluster(**bundles("a", "a")), "a", {}),
        (cluster(user_bundles=["x", None, 3, A]), "a", {}),
        (cluster({"size": 1}, element("warm", **bundles("a"))), "", {"a": ["warm"]}),
    ],
)
def test_an_element_with_a_list_of_its_own_ignores_the_plans(
    it: Cluster, everywhere_: str, only_in: dict[str, list[str]]
) -> None:
    everywhere: Any = lists_of([it])["extensions"]
    assert "".join(e["name"] for e in everywhere) == everywhere_
    assert {e["name"]: e["only_in"] for e in loaded([it]) if "only_in" in e} == only_in


def names(it: Cluster) -> dict[str, list[str]]:
    """The names in each list that there is."""
    plan: Any = it.plan
    owners = {"": plan, **{e["id"]: e for e in plan["cluster_topology"]}}
    return {
        f"{where}/{key}": [e["name"] if isinstance(e, dict) else e for e in settings[key]]
        for where, owner in owners.items()
        for settings in [owner.get("elasticsearch", {})]
        for key in ("user_bundles", "user_plugins")
        if key in settings
    }


@pytest.mark.parametrize(
    ("it", "wanted", "gone", "lists"),
    [
        (cluster(HOT), [entry("a")], [], {"/user_bundles": ["a"]}),
        (cluster(HOT), [entry("p", "plugin")], [], {"/user_plugins": ["p"]}),
        (cluster(HOT, **bundles("a")), [entry("b")], [], {"/user_bundles": ["a", "b"]}),
        (cluster(HOT, **bundles("a", "b")), [], [entry("a")], {"/user_bundles": ["b"]}),
        (cluster(HOT, **bundles("a")), [], [entry("a")], {"/user_bundles": []}),
        (cluster(HOT, **bundles("b", "b")), [entry("a")], [], {"/user_bundles": ["b", "a"]}),
        (
            cluster(HOT, element("warm", **bundles("b")), **bundles("c")),
            [entry("a")],
            [],
            {"/user_bundles": ["c", "a"], "warm/user_bundles": ["b", "a"]},
        ),
        (
            cluster(HOT, element("warm", **bundles())),
            [entry("a")],
            [],
            {"/user_bundles": ["a"], "warm/user_bundles": ["a"]},
        ),
        (
            cluster(HOT, element("warm", **bundles("b")), **bundles("a")),
            [entry("a")],
            [],
            {"/user_bundles": ["a"], "warm/user_bundles": ["b", "a"]},
        ),
        (
            cluster(HOT, element("warm", user_plugins=[B])),
            [entry("a")],
            [],
            {"/user_bundles": ["a"], "warm/user_plugins": ["b"]},
        ),
        (
            cluster(element("hot", **bundles("a")), **bundles("a", "c")),
            [entry("b")],
            [entry("a")],
            {"/user_bundles": ["c", "b"], "hot/user_bundles": ["b"]},
        ),
        (cluster(user_bundles=["x", {"name": "y"}]), [entry("a")], [], {"/user_bundles": ["x", "y", "a"]}),
        (
            cluster(element("hot", **bundles("b")), **bundles("a")),
            [],
            [entry("a")],
            {"/user_bundles": [], "hot/user_bundles": ["b"]},
        ),
    ],
)
def test_a_change_reaches_each_list_and_leaves_the_rest(
    it: Cluster, wanted: list[Loaded], gone: list[Loaded], lists: dict[str, list[str]]
) -> None:
    before = repr(it)
    made = it.changed(wanted, gone)
    assert names(made) == lists
    assert made.changed(wanted, gone) is made, "a second time nothing differs"
    assert repr(it) == before
    assert {k: v for k, v in (made.plan or {}).items() if k not in ("elasticsearch", "cluster_topology")} == {
        "other": 1
    }


@pytest.mark.parametrize(
    "it",
    [
        cluster(HOT, **bundles("a", "b")),
        cluster(element("hot", **bundles("a")), element("warm", **bundles("c", "a"))),
        cluster(HOT, element("warm", **bundles("a")), **bundles("a", "a")),
    ],
)
def test_what_is_so_already_is_left(it: Cluster) -> None:
    assert it.changed([entry("a")], [entry("x")]) is it


def test_what_others_wrote_stays_word_for_word() -> None:
    theirs = {**said("a"), "more": {"x": 1}}
    made = cluster(HOT, user_bundles=[theirs]).changed([entry("b")], [])
    assert (made.plan or {})["elasticsearch"]["user_bundles"][0] == theirs
    assert (made.plan or {})["elasticsearch"]["version"] == VERSION


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (cluster(HOT, **bundles("a", "b")), cluster(HOT, **bundles("b", "a", "a")), True),
        (cluster(HOT), cluster(HOT, **bundles()), True),
        (cluster(HOT), cluster({**HOT, "size": {"value": 4096}}), True),
        (cluster(HOT), cluster(element("hot", **bundles())), False),
        (cluster(HOT, **bundles("a")), cluster(HOT, user_plugins=[A]), False),
        (cluster(HOT, **bundles("a")), cluster(HOT, user_bundles=[said("a", url="x")]), False),
        (
            cluster(HOT, **bundles("a")),
            cluster(HOT, user_bundles=[said("a", elasticsearch_version="*")]),
            False,
        ),
        (cluster(HOT, **bundles("a")), cluster(element("hot", **bundles("a"))), False),
        (cluster(element("hot", **bundles("a"))), cluster(element("warm", **bundles("a"))), False),
    ],
)
def test_a_digest_is_of_the_lists_alone(one: Cluster, other: Cluster, same: bool) -> None:
    assert (digest([one]) == digest([other])) is same


def body(*plans: Any) -> dict[str, Any]:
    resources = [
        {
            "ref_id": f"es-{n}",
            "region": "r",
            "info": {"plan_info": {"current": {"plan": plan}} if plan else {}},
        }
        for n, plan in enumerate(plans)
    ]
    return {"resources": {"elasticsearch": resources}}


def test_clusters_of_a_deployment() -> None:
    found = clusters_of(body({"elasticsearch": {"version": VERSION, **bundles("a")}}, None))
    assert [(c.ref_id, c.region, c.plan is None) for c in found] == [
        ("es-0", "r", False),
        ("es-1", "r", True),
    ]
    assert version_of(found) == VERSION
    assert loaded(found) == [{"type": "bundle", **A, "only_in": ["es-0/"]}]


THEN, LATER = "2026-05-01T10:00:00.000Z", "2026-05-01T10:00:01Z"


@pytest.mark.parametrize(
    ("body", "last"),
    [
        ({"metadata": {"last_modified": THEN}}, THEN),
        ({"metadata": {"last_modified": THEN, "last_resource_plan_modified": LATER}}, LATER),
        ({"metadata": {"last_modified": LATER, "last_resource_plan_modified": THEN}}, LATER),
        ({"metadata": {"last_modified": "then", "last_resource_plan_modified": None}}, None),
        ({"metadata": None}, None),
        ({}, None),
    ],
)
def test_when_a_deployment_was_written_last(body: dict[str, Any], last: str | None) -> None:
    assert written_last(body) == last


@pytest.mark.parametrize(
    ("type_", "made_for", "version", "severity"),
    [
        ("plugin", "8.15.3", "8.15.3", ""),
        ("plugin", "8.*", "8.15.3", "error"),
        ("plugin", "*", "", "error"),
        ("plugin", "8.13.0", "8.15.3", "warning"),
        ("plugin", "8.16.0", "8.15.3", "error"),
        ("plugin", "7.17.0", "8.15.3", "error"),
        ("plugin", "eight", "8.15.3", "error"),
        ("plugin", "7.17.0", "", ""),
        ("plugin", "", "8.15.3", ""),
        ("bundle", "8.15.3", "8.15.3", ""),
        ("bundle", "8.*", "8.15.3", ""),
        ("bundle", "*", "8.15.3", ""),
        ("bundle", "7.*", "8.15.3", "error"),
        ("bundle", "8.14.*", "8.15.3", "error"),
        ("bundle", "7.*", "", ""),
        ("bundle", "", "8.15.3", ""),
    ],
)
def test_what_does_not_run_there(type_: str, made_for: str, version: str, severity: str) -> None:
    one = Loaded(type_, "it", "repo://1", made_for)
    assert [found for found, _, _ in unfit(one, version)] == ([severity] if severity else [])


BOUND: dict[str, Any] = {"extensions": [entry("a").attributes]}


@pytest.mark.parametrize(
    ("action", "facts", "restart"),
    [
        (Action.CREATE, {}, ROLLING),
        (Action.UPDATE, {"diffs": (AttributeDiff(("extensions", "a"), None, A),)}, ROLLING),
        (Action.UPDATE, {"settling": Settling(FAILED)}, ROLLING),
        (Action.UPDATE, {"settling": Settling(PENDING)}, ""),
        (Action.REPLACE, {}, ROLLING),
        (Action.DELETE, {"before": {**BOUND, "loaded": BOUND["extensions"]}}, ROLLING),
        (Action.DELETE, {"before": {**BOUND, "loaded": []}}, ""),
        (Action.DELETE, {"before": {"extensions": [], "loaded": BOUND["extensions"]}}, ""),
        (Action.IMPORT, {}, ""),
        (Action.FORGET, {}, ""),
    ],
)
def test_what_changes_a_list_starts_nodes_anew(action: Action, facts: Any, restart: str) -> None:
    assert restart_of(Change(Address("extension_binding", "shop"), action, "", **facts)) == restart
