"""Each kind through all that a user does with one, from its example to the installation as it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import field, frozen

from planner.kinds.registry import load_kinds
from planner.model.kind import Kind
from planner.sandbox import create_app

from .platform import (
    INFRASTRUCTURE,
    LOGGING,
    NOTHING,
    PLATFORM,
    PROXIES,
    REGION,
    ROLES,
    RULESETS,
    STORE,
    TRUST,
    ask,
    holds,
)
from .runner import Project, small

DEPLOYMENT = "55a6ce1d5d9a4bd08e41aa3ed6ffc0d2"
SEED: Mapping[str, Any] = {
    "allocators": [{"allocator_id": "192.168.44.10"}, {"allocator_id": "192.168.44.11"}],
    "runners": [{"runner_id": "192.168.44.10", "roles": [{"role_name": "beats-runner"}]}],
    "adminconsoles": [{"adminconsole_id": "192.168.44.10"}],
    "constructors": [{"constructor_id": "192.168.44.10"}],
    "deployments": [{"id": DEPLOYMENT, "name": "shop"}],
}
DECLARED = """
project: kinds
variables:
  viewer_password: {type: string, sensitive: true}
environments:
  dev: {endpoint: sandbox}
"""


def _merged(body: Any, change: Any) -> Any:
    if not (isinstance(body, dict) and isinstance(change, dict)):
        return change
    return {**body, **{key: _merged(body.get(key), item) for key, item in change.items()}}


@frozen
class Case:
    """How a kind is tried. path: of one in the API, {id} being what the state has. edit: of the template, for
    an update. theirs: what somebody else changes of what a read shows, sent to path by method.

    pick: what of a read a write takes. below: of path, where that is written. export: what names it, with
    what it is below. cleared: what goes from the installation when it goes from the template. seed: what
    the installation has besides.
    """

    path: str
    edit: tuple[str, str] | None = None
    theirs: Mapping[str, Any] = field(factory=dict)
    method: str = "PUT"
    pick: Callable[[Any], Any] = lambda body: body
    below: str = ""
    export: tuple[str, ...] = ()
    cleared: str = ""
    seed: Mapping[str, Any] = field(factory=dict)


CASES: dict[str, Case] = {
    "traffic_filter": Case(
        f"{RULESETS}/{{id}}",
        ("First floor", "Second floor"),
        {"description": "theirs"},
        cleared="description",
        pick=lambda body: {k: v for k, v in body.items() if k != "id"},
    ),
    "traffic_filter_association": Case(
        f"{RULESETS}/{{parent}}/associations", export=("traffic_filter_association", "traffic_filter")
    ),
    "snapshot_repository": Case(
        f"{PLATFORM}/snapshots/repositories/{{id}}",
        ("bucket: shop-snapshots", "bucket: shop-backups"),
        {"settings": {"base_path": "theirs"}},
        pick=lambda body: body["config"],
    ),
    "comment": Case(
        "/comments/{id}",
        ("Reserved for", "Kept for"),
        {"message": "theirs"},
        pick=lambda body: {"message": body["message"]},
        export=("comment/allocator/192.168.44.10",),
    ),
    "user": Case(
        "/users/{id}",
        ("in the lobby", "in the hall"),
        {"full_name": "theirs"},
        "PATCH",
        pick=lambda body: {},
        cleared="full_name",
    ),
    "license": Case(
        "/platform/license",
        ("max_resource_units: 100", "max_resource_units: 200"),
        {"license": {"issued_to": "theirs"}},
    ),
    "telemetry": Case("/phone-home/config", None, {"enabled": True}),
    "allocator_settings": Case(
        f"{INFRASTRUCTURE}/allocators/{{id}}/settings",
        ("capacity: 114688", "capacity: 57344"),
        {"capacity": 1024},
        cleared="capacity",
        export=("allocator_settings/192.168.44.10",),
    ),
    "allocator_metadata": Case(
        f"{INFRASTRUCTURE}/allocators/{{id}}/metadata",
        ("value: ssd", "value: nvme"),
        {"items": [{"key": "disk", "value": "theirs"}]},
        pick=lambda body: {"items": body},
        export=("allocator_metadata/192.168.44.10",),
    ),
    "allocator_metadata_item": Case(
        f"{INFRASTRUCTURE}/allocators/192.168.44.11/metadata",
        ('value: "8"', 'value: "9"'),
        {"items": [{"key": "rack", "value": "theirs"}, {"key": "other", "value": "theirs"}]},
        pick=lambda body: {"items": body},
        export=("allocator_metadata_item/192.168.44.11",),
    ),
    "runner_roles": Case(
        f"{INFRASTRUCTURE}/runners/{{id}}/roles",
        ("role_name: allocator", "role_name: proxy"),
        {"roles": [{"role_name": "director"}]},
        pick=lambda _: {},
        export=("runner_roles/192.168.44.10",),
    ),
    **{
        f"{host}_logging_settings": Case(
            f"{INFRASTRUCTURE}/{host}s/{{id}}/logging_settings",
            ("ROOT: WARN", "ROOT: DEBUG"),
            {"logging_levels": {"theirs": "ALL"}},
            export=(f"{host}_logging_settings/192.168.44.10",),
        )
        for host in LOGGING
    },
    "instance_configuration": Case(
        f"{PLATFORM}/instances/{{id}}",
        ("local SSDs", "local disks"),
        {"discrete_sizes": {"default_size": 4096}},
        cleared="description",
        pick=lambda body: {k: v for k, v in body.items() if k != "system_owned"},
    ),
    "deployment_template": Case(
        f"/deployments/templates/{{id}}?{REGION}",
        ("logs of the shop", "logs of all shops"),
        {"name": "theirs"},
        cleared="description",
        pick=lambda body: {k: body[k] for k in ("name", "description", "deployment_template", "metadata")},
    ),
    "trust_relationship": Case(
        f"{TRUST}/{{id}}", ("trust_by_default: false", "trust_by_default: true"), {"account_ids": []}
    ),
    "account_trust": Case("/account", None, {"trust": {"trust_all": True}}),
    "config_store_option": Case(f"{STORE}/{{id}}", ("on Sunday", "on Monday"), {"value": "theirs"}),
    "proxies_filtered_group": Case(
        f"{PROXIES}/filtered-groups/{{id}}",
        ("expected_proxies_count: 2", "expected_proxies_count: 3"),
        {"filters": [{"key": "region", "value": "theirs"}]},
    ),
    "proxies_settings": Case(
        f"{PROXIES}/settings",
        ("expected_proxies_count: 3", "expected_proxies_count: 4"),
        {"http_settings": {"disconnected_cutoff": 1}},
        "PATCH",
        lambda body: {},
    ),
    "blueprinter_role": Case(
        f"{ROLES}/{{id}}",
        ("auto_blessed: false", "auto_blessed: true"),
        {"auto_blessed": True},
        pick=lambda body: body["role"]["value"],
    ),
    "blueprinter_blessings": Case(
        f"{ROLES}/{{id}}",
        ("192.168.44.11: {value: true}", "192.168.44.11: {value: false}"),
        {"runner_ids_to_blessing": {"192.168.44.10": {"value": False}}},
        pick=lambda body: body["blessings"]["value"],
        below="/blessings",
        export=("blueprinter_blessings/search-hosts",),
        seed={"blueprinter_roles": [{"id": "search-hosts"}]},
    ),
}


KINDS: Mapping[str, Kind] = {name: load_kinds()[name].kind for name in CASES}


@frozen
class Scene:
    """A project with the example of a kind, and its installation."""

    kind: str
    case: Case
    project: Project

    @property
    def address(self) -> str:
        return next(a for a in self.project.addresses() if a.startswith(f"{self.kind}."))

    @property
    def path(self) -> str:
        id_ = self.project.resource(self.address)["id"]
        return self.case.path.format(id=id_, parent=id_.partition("/")[0])

    def change(self, theirs: Mapping[str, Any]) -> None:
        """Somebody else's change."""
        body = self.case.pick(ask(self.project, "GET", self.path))
        assert (
            ask(self.project, self.case.method, self.path + self.case.below, json=_merged(body, theirs))
            is not None
        )

    def writes(self) -> list[Any]:
        with self.project.sandbox() as ece:
            log = ece.client.get("/sandbox/requests").get_json()["requests"]
            found = [item for item in log if item["method"] != "GET"]
            ece.forget_requests()
        return found

    @property
    def is_alone(self) -> bool:
        return bool(KINDS[self.kind].singleton)


@pytest.fixture
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Scene:
    kind: str = request.param
    project = small(tmp_path / "kinds", load_kinds()[kind].example, DECLARED)
    project.environ["PLANNER_VAR_viewer_password"] = "long enough"
    (project.folder / "state").mkdir()
    with create_app(project.folder / "state/sandbox-dev.db", seed={**SEED, **CASES[kind].seed}):
        pass
    return Scene(kind, CASES[kind], project)


of_each_kind = pytest.mark.parametrize("scene", CASES, indirect=True)
of_what_changes = pytest.mark.parametrize("scene", [k for k, c in CASES.items() if c.theirs], indirect=True)


def test_every_kind_is_tried() -> None:
    assert {*CASES, "extension"} == {*load_kinds()}


@of_each_kind
def test_from_the_example_to_nothing(scene: Scene) -> None:
    project = scene.project
    seed = holds(scene.project)
    assert "valid" in project.ok("validate").out
    first = project.ok("plan").out
    assert f"{scene.kind}." in first
    project.apply()
    assert project.ok("plan").out == NOTHING

    if scene.case.edit:
        project.edit("templates/main.yaml", *scene.case.edit)
        assert "Plan: 0 to create, 1 to update, 0 to replace, 0 to delete." in project.ok("plan").out
        project.apply()
        project.settled()

    project.ok("destroy", "--auto-approve")
    assert project.addresses() == []
    if not scene.is_alone:
        assert holds(scene.project) == seed


@of_what_changes
def test_what_others_change_is_drift_and_a_saved_plan_is_refused(scene: Scene) -> None:
    project = scene.project
    project.apply()
    scene.change(scene.case.theirs)
    drifted = project.ok("plan", "--out", "one.json").out
    assert "Changed outside of planner" in drifted
    assert "1 to update" in drifted
    project.apply()
    project.settled()
    assert project.run("apply", "one.json").code == 3


@of_each_kind
def test_an_export_into_an_empty_state_changes_nothing(scene: Scene) -> None:
    project = scene.project
    project.apply()
    count = len(project.addresses())
    for address in project.addresses():
        project.ok("state", "rm", address, "-e", "dev")
    before = holds(scene.project)
    scene.writes()
    project.write("templates/main.yaml", "")
    named = scene.case.export or (scene.kind,)
    project.ok("export", *named, "--out", "templates/exported.yaml")
    shown = project.ok("plan", "--out", "p.json").out
    plan = json.loads((project.folder / "p.json").read_text())
    assert [change["action"] for change in plan["changes"]] == ["import"] * count, shown
    project.apply()
    assert scene.writes() == []
    assert holds(scene.project) == before
    project.settled()


@pytest.mark.parametrize("scene", [k for k, of in KINDS.items() if of.singleton and of.resets], indirect=True)
def test_a_singleton_is_taken_over_and_reset(scene: Scene) -> None:
    """The installation is as it was, also where somebody had set what is taken over."""
    project, seed = scene.project, holds(scene.project)
    name = load_kinds()[scene.kind].example.splitlines()[2]
    project.edit("templates/main.yaml", name, f"{name}\n      lifecycle: {{on_leave: reset}}")
    project.apply()
    assert project.resource(scene.address)["on_leave"] == "reset"
    assert "reset to what was installed" in project.ok("destroy", "--auto-approve").out
    assert project.addresses() == []
    assert holds(scene.project) == seed


@contextmanager
def losing_a_reply(scene: Scene) -> Iterator[None]:
    """The reply to the first write within is lost, after it took effect."""
    with scene.project.sandbox() as ece:
        ece.fault("POST,PUT,PATCH,DELETE ** drop-after times=1")
        yield
        assert [fault["fired"] for fault in ece.client.get("/sandbox/faults").get_json()["faults"]] == [1]
        ece.no_faults()


@of_each_kind
def test_replies_that_are_lost_leave_nothing_twice(scene: Scene) -> None:
    project, seed = scene.project, holds(scene.project)
    with losing_a_reply(scene):
        project.run("apply", "--auto-approve")
    project.apply()
    project.settled()
    with project.sandbox() as ece:
        ece.fault("DELETE ** drop-after times=1")
    project.run("destroy", "--auto-approve")
    project.ok("destroy", "--auto-approve")
    assert project.addresses() == []
    if not scene.is_alone:
        assert holds(scene.project) == seed


@pytest.mark.parametrize("scene", ["telemetry", "allocator_settings"], indirect=True)
def test_what_is_there_is_taken_over_as_shown(scene: Scene) -> None:
    plan = scene.project.ok("plan").out
    assert "(taken over first)" in plan
    assert "State: 1 to take over." in plan
    assert "Plan: 0 to create, 1 to update, 0 to replace, 0 to delete." in plan
    scene.project.apply()
    for address in scene.project.addresses():
        scene.project.ok("state", "rm", address, "-e", "dev")
    assert "will be taken over as it is" in scene.project.ok("plan").out


@pytest.mark.parametrize("scene", [k for k, case in CASES.items() if case.cleared], indirect=True)
def test_what_is_no_longer_declared_is_cleared(scene: Scene) -> None:
    project, name = scene.project, scene.case.cleared
    project.apply()
    assert ask(project, "GET", scene.path)[name]
    file = project.folder / "templates/main.yaml"
    lines = file.read_text().splitlines(keepends=True)
    first = next(line for line in lines if line.startswith(f"      {name}:"))
    file.write_text("".join(line for line in lines if line is not first))
    assert f"- {name}" in project.ok("plan").out
    project.apply()
    assert not ask(project, "GET", scene.path).get(name)
    project.settled()
