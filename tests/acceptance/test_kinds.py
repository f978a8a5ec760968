"""Each kind through all that a user does with one, from its example to the installation as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from planner.kinds.registry import load_kinds
from planner.model.kind import Kind
from planner.sandbox import create_app
from planner.yaml12.core_schema import load

from .kind_cases import CASES, Case, begun
from .platform import (
    BASE_URL,
    DOMAIN_NAME,
    INFRASTRUCTURE,
    NOTHING,
    PROXIES,
    REALMS,
    ROLES,
    SECURITY,
    TLS,
    ask,
    holds,
)
from .runner import Project


def _merged(body: Any, change: Any) -> Any:
    if not (isinstance(body, dict) and isinstance(change, dict)):
        return change
    return {**body, **{key: _merged(body.get(key), item) for key, item in change.items()}}


KINDS: Mapping[str, Kind] = {name: load_kinds()[name].kind for name in CASES}
CAN_BE_RESET = [name for name, kind in KINDS.items() if kind.singleton and kind.resets]
IMPORTED = [name for name, kind in KINDS.items() if not kind.why_not_imported]
KEEPING = ("--credentials", "credentials.jsonl")
KEPT = {
    *(f"{INFRASTRUCTURE}/runners", DOMAIN_NAME, f"{DOMAIN_NAME}/kibana", BASE_URL),
    *(ROLES, f"{PROXIES}/settings", f"{PROXIES}/health", SECURITY, REALMS),
    f"{TLS}/ui",
}
"""Where an installation keeps what cannot be reset."""


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

    def change(self, theirs: Mapping[str, Any] | str) -> None:
        """Somebody else's change, which takes no longer than the installation needs for it."""
        body = self.case.pick(ask(self.project, "GET", self.path))
        sent = {"data": theirs} if isinstance(theirs, str) else {"json": _merged(body, theirs)}
        assert ask(self.project, self.case.method, self.path + self.case.below, **sent) is not None
        with self.project.sandbox() as ece:
            ece.client.post("/sandbox/clock", json={"advance": 60})

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
    return Scene(kind, CASES[kind], begun(tmp_path / "kinds", load_kinds()[kind].example, [CASES[kind]]))


of_each_kind = pytest.mark.parametrize("scene", CASES, indirect=True)
of_what_changes = pytest.mark.parametrize("scene", [k for k, c in CASES.items() if c.theirs], indirect=True)


def test_every_kind_is_tried() -> None:
    elsewhere = {"extension", "extension_binding"}  # test_changes.py, test_bindings.py
    assert {*CASES, *elsewhere} == {*load_kinds()}


@of_each_kind
def test_from_the_example_to_nothing(scene: Scene) -> None:
    project = scene.project
    seed = holds(scene.project)
    assert "valid" in project.ok("validate").out
    first = project.ok("plan").out
    assert f"{scene.kind}." in first
    project.apply(*KEEPING)
    assert project.ok("plan").out == NOTHING

    if scene.case.edit:
        project.edit("templates/main.yaml", *scene.case.edit)
        assert "Plan: 0 to create, 1 to update, 0 to replace, 0 to delete." in project.ok("plan").out
        project.apply(*KEEPING)
        project.settled()

    project.ok("destroy", "--auto-approve")
    assert project.addresses() == []
    if not scene.is_alone:
        assert holds(scene.project) == seed


def together(folder: Path) -> Project:
    """A project with the examples of all kinds, of which those that can be are left as they were."""
    found: dict[str, dict[str, Any]] = {}
    for name in CASES:
        for kind, resources in load(load_kinds()[name].example.encode())["resource"].items():
            left = {"lifecycle": {"on_leave": "reset"}} if kind in CAN_BE_RESET else {}
            found.setdefault(kind, {}).update({each: body | left for each, body in resources.items()})
    return begun(folder, json.dumps({"resource": found}, indent=1), CASES.values())


def test_all_examples_live_in_one_project(tmp_path: Path) -> None:
    """They are made, exported, imported without a change where they can be, and go; the seed remains."""
    project = together(tmp_path / "kinds")
    seed = holds(project)
    project.apply(*KEEPING)
    assert {address.partition(".")[0] for address in project.addresses()} == {*CASES}
    assert project.ok("plan").out == NOTHING
    there = holds(project)
    assert {path for path, body in there.items() if body == seed[path]} == set()
    _export_and_import(project)
    assert holds(project) == there
    project.ok("destroy", "--auto-approve")
    assert project.addresses() == []
    after = holds(project)
    assert {path for path, body in after.items() if body != seed[path]} == KEPT


def _export_and_import(project: Project) -> None:
    """Into a project with an empty state, and the one before takes up again what it had."""
    serial, template = project.state()["serial"], (project.folder / "templates/main.yaml").read_text()
    project.ok("state", "rm", *project.addresses(), "-e", "dev")
    project.write("templates/main.yaml", "")
    names = dict.fromkeys(name for kind in IMPORTED for name in CASES[kind].export or (kind,))
    project.ok("export", *names, "--out", "templates/exported.yaml")
    project.ok("plan", "--out", "p.json")
    plan = json.loads((project.folder / "p.json").read_text())
    assert {change["action"] for change in plan["changes"]} == {"import"}
    assert {change["address"].partition(".")[0] for change in plan["changes"]} == {*IMPORTED}
    project.apply(*KEEPING)
    project.settled()
    (project.folder / "templates/exported.yaml").unlink()
    project.write("templates/main.yaml", template)
    project.ok("state", "restore", str(serial), "-e", "dev")


@of_what_changes
def test_what_others_change_is_drift_and_a_saved_plan_is_refused(scene: Scene) -> None:
    project = scene.project
    project.apply(*KEEPING)
    scene.change(scene.case.theirs)
    drifted = project.ok("plan", "--out", "one.json").out
    assert "Changed outside of planner" in drifted
    assert "1 to update" in drifted
    project.apply(*KEEPING)
    project.settled()
    assert project.run("apply", "one.json").code == 3


@pytest.mark.parametrize("scene", IMPORTED, indirect=True)
def test_an_export_into_an_empty_state_changes_nothing(scene: Scene) -> None:
    project = scene.project
    project.apply(*KEEPING)
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
    assert [change["action"] for change in plan["changes"]] == ["import"] * (count + scene.case.own), shown
    project.apply(*KEEPING)
    assert scene.writes() == []
    assert holds(scene.project) == before
    project.settled()


@pytest.mark.parametrize("scene", CAN_BE_RESET, indirect=True)
def test_a_singleton_is_taken_over_and_reset(scene: Scene) -> None:
    """The installation is as it was, also where somebody had set what is taken over."""
    project, seed = scene.project, holds(scene.project)
    name = load_kinds()[scene.kind].example.splitlines()[2]
    project.edit("templates/main.yaml", name, f"{name}\n      lifecycle: {{on_leave: reset}}")
    project.apply(*KEEPING)
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
        project.run("apply", "--auto-approve", *KEEPING)
    project.apply(*KEEPING)
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
    scene.project.apply(*KEEPING)
    for address in scene.project.addresses():
        scene.project.ok("state", "rm", address, "-e", "dev")
    assert "will be taken over as it is" in scene.project.ok("plan").out


@pytest.mark.parametrize(
    "scene", ["api_base_url", "deployment_domain_name", "resource_kind_domain_name"], indirect=True
)
def test_what_cascades_waits_for_plans_of_the_security_deployment(scene: Scene) -> None:
    """The installation refuses it while there is one. Where there is no such deployment, nothing is waited
    for."""
    seed = {"security_deployment": {"cluster_id": "security"}}
    with create_app(scene.project.folder / "state/sandbox-dev.db", seed=seed):
        pass
    ask(scene.project, "PUT", SECURITY, json={"version": "8.18.0"})
    done = scene.project.apply(*KEEPING)
    assert "waiting, has_pending_plan is true" in done.err
    assert ": settled in" in done.err
    assert ask(scene.project, "GET", SECURITY)["has_pending_plan"] is False
    scene.project.settled()


@pytest.mark.parametrize("scene", [k for k, case in CASES.items() if case.cleared], indirect=True)
def test_what_is_no_longer_declared_is_cleared(scene: Scene) -> None:
    project, name = scene.project, scene.case.cleared
    project.apply(*KEEPING)
    assert ask(project, "GET", scene.path)[name]
    file = project.folder / "templates/main.yaml"
    lines = file.read_text().splitlines(keepends=True)
    first = next(line for line in lines if line.startswith(f"      {name}:"))
    file.write_text("".join(line for line in lines if line is not first))
    assert f"- {name}" in project.ok("plan").out
    project.apply(*KEEPING)
    assert not ask(project, "GET", scene.path).get(name)
    project.settled()
