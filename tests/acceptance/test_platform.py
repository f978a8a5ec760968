"""Ten kinds in one project, with references between them: examples/platform as it stands."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from planner.kinds.registry import load_kinds

from .platform import ALLOCATOR, LICENSE, NOTHING, SETTINGS, SINGLETONS, TELEMETRY, ask, holds, platform
from .runner import Project

SECRETS_OF = {
    "snapshot_repository.nightly": ["settings.access_key", "settings.secret_key"],
    "user.viewer": ["security.password"],
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """With its installation, which a first call seeds."""
    made = platform(tmp_path / "platform")
    made.ok("plan")
    return made


@pytest.fixture
def applied(project: Project) -> Project:
    project.apply()
    return project


def forget(project: Project) -> dict[str, str]:
    """An empty state; what it held: address -> id."""
    ids = {address: project.resource(address)["id"] for address in project.addresses()}
    project.ok("state", "rm", *ids, "-e", "dev")
    assert project.addresses() == []
    return ids


def planned(project: Project) -> dict[str, Any]:
    project.ok("plan", "--out", "plan.json")
    found: dict[str, Any] = json.loads((project.folder / "plan.json").read_text())
    return found


def actions(project: Project) -> dict[str, str]:
    return {change["address"]: change["action"] for change in planned(project)["changes"]}


def writes(project: Project) -> list[str]:
    """What the installation was asked since the last look, but for reads."""
    with project.sandbox() as ece:
        log = ece.client.get("/sandbox/requests").get_json()["requests"]
        ece.forget_requests()
    return [f"{item['method']} {item['path']}" for item in log if item["method"] != "GET"]


def named_for_export(kinds: Collection[str]) -> list[str]:
    """Each kind; those below an object of the installation with what they are below."""
    below = {
        "comment": f"comment/allocator/{ALLOCATOR}",
        "allocator_settings": f"allocator_settings/{ALLOCATOR}",
    }
    return [below.get(kind, kind) for kind in kinds]


def test_it_has_ten_kinds_of_those_without_files(applied: Project) -> None:
    found = {address.partition(".")[0] for address in applied.addresses()}
    assert len(found) == len(applied.addresses()) == 10
    assert found < {name for name, each in load_kinds().items() if each.kind.content is None}


def test_from_nothing_to_nothing(project: Project) -> None:
    seed = holds(project)
    first = project.ok("plan").out
    assert "State: 2 to take over." in first
    assert "Plan: 8 to create, 2 to update, 0 to replace, 0 to delete." in first
    assert "~ enabled = true -> false" in first
    project.apply()
    assert project.ok("plan").out == NOTHING
    assert writes(project) != []
    assert project.apply().out == NOTHING
    assert writes(project) == []

    done = project.ok("destroy", "--auto-approve").out
    assert done.count("will be reset to what was installed") == len(SINGLETONS)
    assert project.addresses() == []
    assert holds(project) == seed


def test_what_is_forgotten_stays_as_it_is_and_the_rest_goes(project: Project) -> None:
    seed = holds(project)
    for name in ("hosts", "installation"):
        project.edit(f"templates/{name}.yaml", "on_leave: reset", "on_leave: forget")
    project.apply()
    before = holds(project)
    project.ok("destroy", "--auto-approve")
    assert project.addresses() == []
    assert holds(project) == {**seed, **{path: before[path] for path in SINGLETONS}}
    assert [before[path] for path in (SETTINGS, TELEMETRY)] == [{"capacity": 114688}, {"enabled": False}]
    assert before[LICENSE]["license"]["issued_to"] == "Shop"


def test_a_singleton_that_is_as_declared_is_taken_over_without_a_call(project: Project) -> None:
    ask(project, "PUT", TELEMETRY, json={"enabled": False})
    ask(project, "PUT", SETTINGS, json={"capacity": 114688})
    found = actions(project)
    assert [found[address] for address in ("allocator_settings.large", "telemetry.switch")] == ["import"] * 2
    writes(project)
    project.apply()
    assert [each for each in writes(project) if TELEMETRY in each or SETTINGS in each] == []


def test_an_export_into_an_empty_state_changes_nothing(applied: Project) -> None:
    before, ids = holds(applied), forget(applied)
    for path in (applied.folder / "templates").iterdir():
        path.unlink()
    names = named_for_export({address.partition(".")[0] for address in ids})
    applied.ok("export", *names, "--out", "templates/exported.yaml")
    exported = (applied.folder / "templates/exported.yaml").read_text()
    assert "{{ resource.traffic_filter['office_ece-region'].id }}" in exported
    assert "{{ resource.instance_configuration.search_fast.id }}" in exported
    writes(applied)
    found = planned(applied)["changes"]
    assert [change for change in found if change["action"] != "import"] == []
    assert {change["id"] for change in found} >= {*ids.values()}
    applied.apply()
    assert (writes(applied), holds(applied)) == ([], before)
    assert applied.ok("plan").out == NOTHING


def test_after_an_import_only_secrets_are_sent_and_then_nothing(applied: Project) -> None:
    """Whether they are right nobody can know: the installation shows none of them."""
    before, ids = holds(applied), forget(applied)
    blocks = (f"  - {{to: {address}, id: '{id_}'}}\n" for address, id_ in ids.items())
    applied.write("templates/imports.yaml", "import:\n" + "".join(blocks))
    found = {
        change["address"]: [".".join(diff["path"]) for diff in change.get("diffs", ())]
        for change in planned(applied)["changes"]
    }
    assert {address: paths for address, paths in found.items() if paths} == SECRETS_OF
    shown = applied.ok("plan").out
    assert shown.count("fingerprint unknown, will be sent") == sum(map(len, SECRETS_OF.values()))
    assert "Plan: 0 to create, 2 to update, 0 to replace, 0 to delete." in shown
    writes(applied)
    applied.apply()
    assert len(writes(applied)) == len(SECRETS_OF)
    assert holds(applied).keys() == before.keys()
    assert applied.ok("plan").out == NOTHING
