"""`promote`, `promote_from` and `gates` in planner.yaml."""

from __future__ import annotations

from datetime import timedelta

import pytest

from planner.config.project import open_project
from planner.errors import InvalidConfiguration
from planner.model.project import GateRules, Promotable

from .projects import Folder

HEAD = """project: shop
variables:
  version: {type: string, default: "8"}
  size: {type: integer, default: 1}
  token: {type: string, sensitive: true}
  templates: {type: string, default: x}
environments:
  dev:
  staging: {promote_from: [dev]}
"""


def write(folder: Folder, *lines: str) -> None:
    folder.write({"planner.yaml": HEAD + "".join(f"{line}\n" for line in lines)})


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", None),
        ("promote:", Promotable()),
        ("promote: {}", Promotable()),
        ("promote: {variables: []}", Promotable()),
        ("promote: {templates: true}", Promotable((), True)),
        ("promote: {templates: false}", Promotable()),
        ("promote: {variables: [version, size]}", Promotable(("version", "size"))),
        ("promote: {variables: [version], templates: true}", Promotable(("version",), True)),
    ],
)
def test_what_is_promoted(folder: Folder, line: str, found: Promotable | None) -> None:
    write(folder, line)
    project = open_project(folder.root)
    assert project.promote == found
    assert project.promotes_templates is (found is not None and found.templates)


def test_where_releases_come_from(folder: Folder) -> None:
    write(folder, "  prod: {promote_from: [staging, dev]}", "promote: {templates: true}")
    found = {name: item.promote_from for name, item in open_project(folder.root).environments.items()}
    assert found == {"dev": (), "staging": ("dev",), "prod": ("staging", "dev")}


PROMOTE = "promote: {templates: true}"


def with_gates(folder: Folder, gates: str, *, promote_from: str = "[staging]") -> None:
    source = f"promote_from: {promote_from}, " if promote_from else ""
    write(folder, f"  prod: {{{source}endpoint: sandbox, gates: {gates}}}", PROMOTE)


@pytest.mark.parametrize(
    ("gates", "found"),
    [
        ("{}", GateRules()),
        ("{soak: 24h}", GateRules(soak=timedelta(hours=24))),
        ("{soak: 1h30m}", GateRules(soak=timedelta(minutes=90))),
        ("{soak: 0s}", GateRules()),
        ("{checks: [smoke, load]}", GateRules(checks=("smoke", "load"))),
        ("{checks: [1, yes]}", GateRules(checks=("1", "yes"))),
        ("{approvals: 2}", GateRules(approvals=2)),
        ("{approvals: 0}", GateRules()),
    ],
)
def test_gates(folder: Folder, gates: str, found: GateRules) -> None:
    with_gates(folder, gates)
    environment = open_project(folder.root).environments["prod"]
    assert environment.gates == found
    assert environment.options == {"endpoint": "sandbox"}


def test_windows(folder: Folder) -> None:
    with_gates(folder, '{windows: ["mon-fri 08:00-17:00 Europe/Zurich", "sat 10:00-12:00"]}')
    windows = open_project(folder.root).environments["prod"].gates.windows
    assert [item.text for item in windows] == ["mon-fri 08:00-17:00 Europe/Zurich", "sat 10:00-12:00"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("promote: {variables: [nope]}", 'promote names variable "nope", which is not declared'),
        ("promote: {variables: [verson]}", 'promote names variable "verson", which is not declared'),
        ("promote: {variables: [token]}", 'the sensitive variable "token" cannot be promoted'),
        ("promote: {variables: [templates]}", 'a variable named "templates" cannot be promoted'),
        ("promote: {variables: version}", "must be a list"),
        ("promote: {templates: maybe}", "must be true or false"),
        ("promote: {files: true}", "files"),
        ("promote: [version]", "must be a mapping"),
    ],
)
def test_what_cannot_be_promoted(folder: Folder, line: str, problem: str) -> None:
    write(folder, line)
    assert len(problems := folder.problems(environment="dev")) == 1
    assert problems[0].startswith("planner.yaml:10: ")
    assert problem in problems[0]


@pytest.mark.parametrize(
    ("gates", "problem"),
    [
        ("{soak: 24}", "'24' is not a duration"),
        ("{soak: soon}", "'soon' is not a duration"),
        ("{soak: -1h}", "'-1h' is not a duration"),
        ("{soak: [1h]}", "must be a text"),
        ("{checks: smoke}", "must be a list"),
        ("{checks: [smoke, smoke]}", "twice"),
        ('{checks: [""]}', "checks"),
        ("{approvals: -1}", "approvals"),
        ("{approvals: two}", "must be a whole number"),
        ("{approvals: true}", "must be a whole number"),
        ("{windows: [sometime]}", "'sometime' is not a window"),
        ("{windows: ['mon 25:00-26:00']}", "'mon 25:00-26:00' has a time that no clock shows"),
        ("{windows: ['mon 08:00-17:00 Mars/Base']}", "Mars/Base"),
        ("{window: []}", 'Did you mean "windows"?'),
        ("[smoke]", "must be a mapping"),
    ],
)
def test_gates_that_are_none(folder: Folder, gates: str, problem: str) -> None:
    with_gates(folder, gates)
    found = folder.problems(environment="dev")
    assert found[0].startswith("planner.yaml:10: ")
    assert problem in " ".join([*found, advice(folder)])


def advice(folder: Folder) -> str:
    with pytest.raises(InvalidConfiguration) as error:
        open_project(folder.root)
    return " ".join(item.advice for item in error.value.diagnostics)


@pytest.mark.parametrize(
    ("gates", "promote_from", "gate"),
    [
        ("{soak: 1h}", "", "soak"),
        ("{checks: [a]}", "", "checks"),
        ("{soak: 1h, checks: [a]}", "[]", "soak"),
        ("{checks: [], approvals: 1}", "", None),
        ("{windows: ['00:00-24:00']}", "", None),
    ],
)
def test_gates_that_nothing_upstream_could_meet(
    folder: Folder, gates: str, promote_from: str, gate: str | None
) -> None:
    with_gates(folder, gates, promote_from=promote_from)
    asks = f'planner.yaml:10: the gate "{gate}" of prod asks what ran upstream, and prod has no promote_from'
    found = folder.problems(environment="dev")
    assert [item for item in found if "upstream" in item] == ([asks] if gate else [])


def test_gates_where_nothing_is_promoted(folder: Folder) -> None:
    write(folder, "  prod:", "    promote_from: [staging]", "    gates: {soak: 1h}")
    assert folder.problems(environment="dev") == [
        "planner.yaml:12: prod has gates, and nothing is promoted in this project"
    ]
    assert advice(folder) == "Say what a release is made of, as promote: {templates: true}."


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("  prod: {promote_from: [stagin]}", '"prod" is promoted from "stagin", which is not declared'),
        ("  prod: {promote_from: [prod]}", "environments are promoted from each other in a circle"),
        ("  prod: {promote_from: [staging, staging]}", "twice"),
        ("  prod: {promote_from: staging}", "must be a list"),
    ],
)
def test_where_releases_cannot_come_from(folder: Folder, line: str, problem: str) -> None:
    write(folder, line, PROMOTE)
    (found,) = folder.problems(environment="dev")
    assert found.startswith("planner.yaml:10: ")
    assert problem in found
