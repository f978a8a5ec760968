"""Kinds of a project's own, of packages, and what lives below something else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planner.kinds.registry import load_kinds
from planner.sandbox import create_app

from .runner import Project, small

GATE = """
kind: gate
title: Gate
attributes:
  type: object
  required: [name, type, region, include_by_default, rules]
  properties:
    name: {type: string, description: Its name.}
    type: {type: string, description: What its rules are.}
    region: {type: string, x-immutable: true, description: Where it is.}
    include_by_default: {type: boolean, description: Whether all have it.}
    rules:
      type: array
      x-key: source
      description: Who may pass.
      items:
        type: object
        properties:
          source: {type: string, description: From where.}
          id: {type: string, readOnly: true, x-stable: true, description: Its number.}
    id: {type: string, readOnly: true, x-stable: true, description: Its id.}
natural_key: [name]
api:
  id: id
  list: {operation: list, method: GET, path: /deployments/traffic-filter/rulesets, items: /rulesets}
  create: {operation: create, method: POST, path: /deployments/traffic-filter/rulesets}
  read: {operation: read, method: GET, path: "/deployments/traffic-filter/rulesets/{id}"}
  update: {operation: update, method: PUT, path: "/deployments/traffic-filter/rulesets/{id}"}
  delete: {operation: delete, method: DELETE, path: "/deployments/traffic-filter/rulesets/{id}"}
"""
DECLARED = """
resource:
  gate:
    office:
      name: office
      type: ip
      region: ece-region
      include_by_default: false
      rules: [{source: 192.0.2.1}]
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = small(tmp_path / "own", DECLARED)
    made.write("kinds/gate.yaml", GATE)
    return made


def test_a_kind_of_the_project_is_one(project: Project) -> None:
    assert "gate" in project.ok("kinds", "list").out
    assert "Who may pass" in project.ok("kinds", "show", "gate").out
    project.apply()
    project.settled()
    project.edit("templates/main.yaml", "192.0.2.1", "192.0.2.2")
    assert "1 to update" in project.ok("plan").out
    project.apply()
    project.settled()
    project.ok("schemas")
    rules = json.loads((project.folder / ".schemas/template.schema.json").read_text())
    assert "gate" in rules["properties"]["resource"]["properties"]
    project.ok("destroy", "--auto-approve")
    assert project.addresses() == []


@pytest.mark.parametrize("text", ["kind: broken", "[", GATE])
def test_a_broken_file_stops_only_who_uses_it(project: Project, text: str) -> None:
    project.write("kinds/broken.yaml", text)
    project.apply()
    listed = project.run("kinds", "list")
    assert "gate" in listed.out
    assert "kinds/broken.yaml" in listed.err
    project.ok("schemas")
    project.write("templates/more.yaml", "resource: {broken: {one: {}}}")
    refused = project.run("plan")
    assert refused.code == 1
    assert "kinds/broken.yaml" in refused.err


PACKAGE = """
from pathlib import Path
def files():
    return Path(__file__).parent.joinpath("kinds").glob("*.yaml")
"""


@pytest.mark.parametrize(
    ("code", "listed", "told"),
    [
        (PACKAGE, True, ""),
        ("raise OSError('no room')", False, "OSError: no room"),
        ("", False, "AttributeError"),
    ],
)
def test_a_package_adds_a_kind_or_says_why_not(
    project: Project, tmp_path: Path, code: str, listed: bool, told: str
) -> None:
    site = tmp_path / "site"
    about = site / "shop_kinds-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: shop-kinds\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[planner.kinds]\nshop = shop_kinds:files\n")
    (site / "shop_kinds/kinds").mkdir(parents=True)
    (site / "shop_kinds/__init__.py").write_text(code)
    (site / "shop_kinds/kinds/door.yaml").write_text(GATE.replace("kind: gate", "kind: door"))
    shown = project.run_apart("kinds", "list", env={"PYTHONPATH": str(site)})
    assert ("door" in shown.out) is listed
    assert "gate" in shown.out
    assert told in shown.err


FILTERS, EACH = 5, 4
MANY = """
resource:
  traffic_filter:
{% for f in range(5) %}
    f{{ f }}:
      name: "f{{ f }}"
      type: ip
      region: ece-region
      include_by_default: false
      rules: [{source: 192.0.2.1}]
{% endfor %}
  traffic_filter_association:
{% for f in range(5) %}
{% for d in range(4) %}
    a{{ f }}_{{ d }}:
      ruleset_id: "{{ resource.traffic_filter["f" ~ f].id }}"
      entity_type: deployment
      entity_id: "{{ var.ids[d] }}"
{% endfor %}
{% endfor %}
"""
VARIED = """
project: many
variables:
  ids: {type: array, default: [IDS]}
environments:
  dev: {endpoint: sandbox}
"""


@pytest.fixture
def many(tmp_path: Path) -> Project:
    """Filters, and associations of each with the same deployments."""
    ids = [f"{number:032x}" for number in range(1, EACH + 1)]
    made = small(tmp_path / "many", MANY, VARIED.replace("IDS", ", ".join(f'"{id_}"' for id_ in ids)))
    (made.folder / "state").mkdir()
    seed = {"deployments": [{"id": id_, "name": f"d{id_[-1]}"} for id_ in ids]}
    with create_app(made.folder / "state/sandbox-dev.db", seed=seed):
        pass
    made.apply()
    return made


def asked(project: Project, *methods: str) -> list[str]:
    with project.sandbox() as ece:
        log = ece.client.get("/sandbox/requests").get_json()["requests"]
        ece.forget_requests()
    return [item["path"].partition("?")[0] for item in log if item["method"] in methods]


def test_each_parent_is_asked_once(many: Project) -> None:
    asked(many)
    many.settled()
    found = asked(many, "GET", "POST", "PUT", "DELETE")
    assert sum(path.endswith("/associations") for path in found) == FILTERS
    assert len(found) == FILTERS + 1


def test_an_export_writes_references_and_an_import_follows_them(many: Project) -> None:
    for address in many.addresses():
        many.ok("state", "rm", address, "-e", "dev")
    text = many.ok("export", "traffic_filter", "traffic_filter_association").out
    assert text.count("ruleset_id: \"{{ resource.traffic_filter['f") == FILTERS * EACH
    blocks = text.partition("\nimport:")[0]
    addresses = [f"traffic_filter.f{f}_ece-region" for f in range(FILTERS)]
    names = [line.strip()[:-1] for line in blocks.splitlines() if line.startswith("    ") and line[4] != " "]
    imports = [*addresses, *(f"traffic_filter_association.{n}" for n in names if "deployment" in n)]
    many.write("templates/main.yaml", blocks + "\nimport:\n" + "".join(f"  - to: {a}\n" for a in imports))
    plan = many.ok("plan").out
    assert f"{FILTERS + FILTERS * EACH} to import" in plan
    assert "Plan: 0 to create, 0 to update, 0 to replace, 0 to delete." in plan
    asked(many)
    many.apply()
    assert asked(many, "POST", "PUT", "DELETE") == []
    many.settled()


def test_what_lives_below_something_is_exported_by_name(tmp_path: Path) -> None:
    project = small(tmp_path / "below", "")
    told = project.ok("export").both
    assert "Of comment there may be more: export comment/RESOURCE_TYPE/RESOURCE_ID asks" in told
    assert "traffic_filter_association" not in told
    assert "default" not in told
    refused = project.run("export", "comment/allocator")
    assert refused.code == 64
    assert "Write comment/RESOURCE_TYPE/RESOURCE_ID" in refused.err
    assert "telemetry:" not in project.ok("export").out
    assert "enabled: true" in project.ok("export", "telemetry").out


def test_an_export_says_which_kind_it_cannot_ask_for(tmp_path: Path) -> None:
    project = small(tmp_path / "broken", "")
    project.write("kinds/broken.yaml", "kind: broken\n")
    told = project.ok("export").both
    assert "broken was not asked for: the kind file kinds/broken.yaml is wrong at the file: " in told


def test_an_export_passes_over_what_an_installation_does_not_have(tmp_path: Path) -> None:
    declared = "project: cloud\nenvironments:\n  dev: {endpoint: sandbox, platform: cloud}\n"
    project = small(tmp_path / "cloud", "", declared)
    told = project.ok("export").both
    every = (found for found in load_kinds().values() if not found.kind.why_not_imported)
    listed = [found for found in every if not (found.kind.singleton or found.kind.identity.parents)]
    elsewhere = [found.kind.name for found in listed if not found.cloud]
    assert {"snapshot_repository", "user"} <= {*elsewhere} < {found.kind.name for found in listed}
    assert f"does not show these credentials: {', '.join(sorted(elsewhere))}." in told
    refused = project.run("export", "user")
    assert refused.code == 1
    assert "does not serve the kind user" in refused.err
