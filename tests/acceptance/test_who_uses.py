"""Who uses an extension, by name and place; and the same in a plan that changes it. Searches are counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from .ece import Ece
from .runner import Project


@contextmanager
def asked(project: Project) -> Iterator[Ece]:
    """The installation, whose log begins here."""
    with project.sandbox() as ece:
        ece.forget_requests()
        yield ece


@pytest.fixture
def used(applied: Project) -> Project:
    """alpha is loaded by shop, and by warehouse at an element; beta by nobody."""
    with applied.sandbox() as ece:
        ece.deploy("shop", "alpha")
        ece.deploy("warehouse", "alpha", "hot_content")
        ece.deploy("plain", ece_other(ece))
    return applied


def ece_other(ece: Ece) -> str:
    ece.create("other")
    ece.fill("other")
    return "other"


def test_they_are_named_with_the_place(used: Project) -> None:
    with asked(used) as ece:
        done = used.ok("who-uses", "extension.*")
        assert ece.of_deployments() == ["POST /_search"]
    told = " ".join(done.out.split())
    assert "used by 2 deployments" in told
    assert "plan, as a bundle for 8.15.3" in told
    assert "warehouse - hot_content, as a bundle for 8.15.3" in told
    assert told.index("shop") < told.index("warehouse") < told.index("extension.beta")
    assert "no deployment uses it Asked with 1 query in 1 page." in told
    assert "plain" not in told


def test_an_extension_is_named_by_address_id_or_url(used: Project) -> None:
    with used.sandbox() as ece:
        ids = {name: item["id"] for name, item in ece.extensions().items()}
    names = {
        "extension.alpha": "extension.alpha",
        "resource.extension.alpha": "extension.alpha",
        ids["alpha"]: "extension.alpha",
        f"repo://{ids['alpha']}": "extension.alpha",
        f"repo://{ids['other']}": None,
        ids["other"]: None,
        "https://files.example/words.zip": None,
    }
    for name, address in names.items():
        (found,) = json.loads(used.ok("who-uses", name, "--json").out)["extensions"]
        assert (found["address"], found["gone"]) == (address, False)
        users = ["shop", "warehouse"] if address else ["plain"] if ids["other"] in name else []
        assert [user["name"] for user in found["users"]] == users


def test_one_that_is_named_twice_is_told_once(used: Project) -> None:
    done = json.loads(used.ok("who-uses", "extension.a*", "extension.alpha", "extension.beta", "--json").out)
    assert [item["address"] for item in done["extensions"]] == ["extension.alpha", "extension.beta"]
    assert done["asked"] == {"queries": 1, "pages": 1, "reads": 0}


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("extension.gamma", 64, "extension.gamma matches no extension of the state"),
        ("extension.alpah", 64, 'Did you mean "extension.alpha"?'),
        ("x*", 64, "x* matches no extension of the state"),
        ("1234567890", 1, "there is no extension 1234567890, and no deployment that names it"),
        ("alpha", 1, 'Did you mean "extension.alpha"?'),
        ("a/b", 1, "names no resource"),
        ("repo://1234567890", 1, "there is no extension 1234567890"),
        ("", 64, "matches no extension"),
    ],
)
def test_what_there_is_not_is_said(used: Project, name: str, code: int, said: str) -> None:
    done = used.run("who-uses", name)
    assert (done.code, done.out) == (code, "")
    assert said in " ".join(done.err.split())


def test_one_that_was_not_applied_yet_is_said(project: Project) -> None:
    done = project.run("who-uses", "extension.alpha")
    assert done.code == 64
    assert "extension.alpha is declared, and was not applied yet" in done.err


def test_one_that_is_gone_and_still_named(used: Project) -> None:
    with used.sandbox() as ece:
        id_ = ece.extensions()["other"]["id"]
        ece.fault(f"GET /deployments/extensions/{id_} 404 code=extensions.not_found")
        done = used.ok("who-uses", id_)
    assert f"repo://{id_}, which is gone: used by 1 deployment" in " ".join(done.out.split())


def test_what_the_index_does_not_show_yet_is_read(used: Project) -> None:
    with used.sandbox() as ece:
        ece.lag()
        late = ece.deploy("late", "alpha")
        ece.forget_requests()
        found = json.loads(used.ok("who-uses", "extension.alpha", "--json").out)
        assert ece.of_deployments() == ["POST /_search", "POST /_search", f"GET /{late}"]
    assert [user["name"] for user in found["extensions"][0]["users"]] == ["late", "shop", "warehouse"]
    assert found["asked"] == {"queries": 2, "pages": 2, "reads": 1}


def test_who_may_not_be_read_is_told_by_id(used: Project) -> None:
    with used.sandbox() as ece:
        ece.lag()
        hidden = ece.deploy("hidden", "alpha")
        ece.fault(f"GET /deployments/{hidden} 403 code=root.permission_denied")
        done = " ".join(used.ok("who-uses", "extension.alpha").out.split())
    assert f"{hidden} - the installation says so; no search shows it" in done


def test_a_plan_names_who_uses_what_it_changes(used: Project) -> None:
    with asked(used) as ece:
        plan = used.ok("plan", "--var", "version=9.*", "--out", "plan.json")
        assert ece.of_deployments() == ["POST /_search"]
    told = " ".join(plan.out.split())
    assert "used by: deployments shop (plan), warehouse (hot_content)" in told
    assert told.count("used by") == 1
    shown = [
        used.ok("plan", "--var", "version=9.*", "--format", form).out for form in ("markdown", "html", "json")
    ]
    assert all("warehouse" in text and "hot_content" in text for text in shown)
    saved = json.loads((used.folder / "plan.json").read_text())
    (alpha,) = [change for change in saved["changes"] if change["address"] == "extension.alpha"]
    assert [user["name"] for user in alpha["users"]] == ["shop", "warehouse"]


@pytest.mark.parametrize("words", [["plan"], ["plan", "--no-refresh", "--var", "version=9.*"]])
def test_a_plan_that_changes_nothing_in_use_searches_nothing(used: Project, words: list[str]) -> None:
    with asked(used) as ece:
        used.ok(*words)
        assert ece.of_deployments() == []


def test_a_plan_goes_on_where_there_is_no_search(used: Project) -> None:
    with used.sandbox() as ece:
        ece.fault("POST /deployments/_search 404 code=root.resource_not_found")
        plan = used.ok("plan", "--var", "version=9.*")
        refused = used.run("who-uses", "extension.alpha")
    assert "who uses what changes is told by ids alone" in " ".join(plan.out.split())
    assert "used by: deployments" in plan.out
    assert (refused.code, "search-deployments" in refused.err) == (1, True)


def test_on_elastic_cloud_what_is_gone_is_forbidden(used: Project) -> None:
    used.edit("planner.yaml", "{endpoint: sandbox}", "{endpoint: sandbox, platform: cloud}")
    with used.sandbox() as ece:
        id_ = ece.extensions()["beta"]["id"]
        ece.delete("beta")
    done = used.ok("who-uses", "extension.*")
    assert f"extension.beta (beta, repo://{id_}), which is gone: no deployment uses it" in " ".join(
        done.out.split()
    )
    assert "used by 2 deployments" in done.out
    refused = used.run("who-uses", "1234567890")
    assert (refused.code, "there is no extension 1234567890" in refused.err) == (1, True)
