"""What is left over from a replacement: the state holds it, and everything that asks what is held knows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .runner import PROJECT, Project, small, words

TEMPLATE = """
resource:
  extension:
    alpha: {name: alpha, extension_type: bundle, version: "8.15.0", lifecycle: {create_before_destroy: true}}
    beta:
      name: beta
      extension_type: bundle
      version: "8.15.0"
      description: Uses {{ resource.extension.alpha.id }}
"""


@pytest.fixture
def half(tmp_path: Path) -> tuple[Project, str]:
    """alpha is replaced, its predecessor with the id waits for beta, whose update failed."""
    project = small(tmp_path / "half", TEMPLATE, PROJECT)
    project.apply()
    old = project.resource("extension.alpha")["id"]
    with project.sandbox() as ece:
        ece.fault("POST /deployments/extensions/{id} 400 times=1")
    project.edit(
        "templates/main.yaml", "name: alpha, extension_type: bundle", "name: alpha, extension_type: plugin"
    )
    assert project.run("apply", "--auto-approve").code == 5
    assert [entry["id"] for entry in project.state()["resources"] if entry.get("deposed")] == [old]
    return project, old


def other(*, id_: str = "", name: str = "alpha") -> str:
    """A template that imports into extension.other, by its id or else by its name."""
    by_id = f', id: "{id_}"' if id_ else ""
    return (
        f'resource: {{extension: {{other: {{name: {name}, extension_type: bundle, version: "8.15.0"}}}}}}\n'
        f"import: {{to: extension.other{by_id}}}\n"
    )


def test_it_is_nobody_elses(half: tuple[Project, str]) -> None:
    project, old = half
    held = (
        f"{old} cannot become extension.other: it is extension.alpha, left over from a replacement, already"
    )
    project.write("templates/other.yaml", other(id_=old))
    block = project.run("plan")
    assert (block.code, held in words(block.err), "templates/other.yaml:" in block.err) == (3, True, True)
    project.write("templates/other.yaml", other().partition("import")[0])
    imported = project.run("import", "extension.other", old, "--auto-approve")
    assert (imported.code, held in words(imported.err)) == (3, True)
    adopted = project.run("state", "adopt", "extension.other", old)
    assert adopted.code == 1
    assert f"{old} is extension.alpha, left over from a replacement, already" in words(adopted.err)
    project.write("templates/other.yaml", "")
    exported = project.ok("export", "extension")
    assert exported.out.strip() == ""
    assert "3 more are in the state already" in exported.err


def test_a_name_leads_to_what_nobody_holds(half: tuple[Project, str]) -> None:
    project, old = half
    project.write("templates/other.yaml", other())
    refused = project.run("plan")
    assert refused.code == 3
    assert "cannot become extension.other: it is extension.alpha" in words(refused.err)
    with project.sandbox() as ece:
        free = ece.create(name="alpha")
    assert f"extension.other  (id {free})" in project.ok("plan").out
    project.apply()
    assert project.resource("extension.other")["id"] == free
    assert old not in [entry["id"] for entry in project.state()["resources"]]


def test_the_state_shows_and_forgets_it(half: tuple[Project, str]) -> None:
    project, old = half
    new = project.resource("extension.alpha")["id"]
    assert project.ok("state", "list", "extension.a*", "--ids").out.splitlines() == [
        f"extension.alpha  {new}",
        f"extension.alpha  {old} (left over from a replacement)",
    ]
    assert project.ok("state", "list").out.count("extension.alpha") == 2
    shown = project.ok("state", "show", "extension.alpha").out
    first, end = json.JSONDecoder().raw_decode(shown)
    second = json.loads(shown[end:])
    assert (first["id"], second["id"], second["deposed"]) == (new, old, True)
    forgotten = project.ok("state", "rm", "extension.alpha")
    assert "Forgot extension.alpha.\n" in forgotten.out
    assert f"Forgot extension.alpha ({old}, left over from a replacement).\n" in forgotten.out
    assert project.addresses() == ["extension.beta"]


def test_it_can_be_named_where_nothing_else_is_left(half: tuple[Project, str]) -> None:
    project, old = half
    with project.sandbox() as ece:
        ece.fault(f"DELETE /deployments/extensions/{old} 400")
    project.run("destroy", "--auto-approve")
    assert project.addresses() == ["extension.alpha"]
    assert project.ok("state", "list").out == "extension.alpha (left over from a replacement)\n"
    assert json.loads(project.ok("state", "show", "extension.alpha").out)["deposed"]
    moved = project.run("state", "mv", "extension.alpha", "extension.other")
    assert (moved.code, "only what is left over" in moved.err) == (1, True)
    project.ok("state", "rm", "extension.alpha")
    assert project.addresses() == []


def test_it_follows_a_move(half: tuple[Project, str]) -> None:
    project, old = half
    project.ok("state", "mv", "extension.alpha", "extension.gamma")
    assert project.addresses() == ["extension.beta", "extension.gamma", "extension.gamma"]
    project.edit("templates/main.yaml", "    alpha:", "    gamma:")
    project.edit("templates/main.yaml", "extension.alpha.id", "extension.gamma.id")
    project.apply()
    with project.sandbox() as ece:
        assert old not in [extension["id"] for extension in ece.extensions().values()]
    project.settled()


def test_a_selection_takes_it_or_names_it(half: tuple[Project, str]) -> None:
    """It stays while beta, which still uses it, is left out; and nothing is said to match then."""
    project, old = half
    named = "Left out: extension.alpha, left over from a replacement (delete): extension.beta is left out"
    waits = project.ok("plan", "--target", "extension.alpha")
    assert named in words(waits.out)
    assert "Left out: extension.beta (update)" in waits.out
    project.apply("--exclude", "extension.alpha")
    for choice in (("--target", "extension.beta"), ("--exclude", "extension.alpha")):
        plan = project.ok("plan", *choice)
        assert "Left out: extension.alpha, left over from a replacement (delete)" in plan.out
        assert "matches the configuration" not in plan.both
        markdown = project.ok("plan", *choice, "--format", "markdown").out
        assert "- `extension.alpha`, left over from a replacement (delete)" in markdown
        assert "matches the configuration" not in markdown
        events = [json.loads(line) for line in project.ok("plan", *choice, "--json").out.splitlines()]
        (left,) = [event for event in events if event["type"] == "left_out"]
        assert (left["address"], left["action"], left["deposed"]) == ("extension.alpha", "delete", True)
    for taken in ("extension.alpha", "extension.*"):
        assert (
            "extension.alpha (left over from a replacement) will be deleted"
            in project.ok("plan", "--target", taken).out
        )
    destroyed = project.ok("plan", "--destroy", "--target", "extension.alpha").out
    assert f"(id {old})" in destroyed
    project.apply("--target", "extension.alpha")
    assert old not in [entry["id"] for entry in project.state()["resources"]]
    project.settled()


def test_a_removed_block_forgets_it(half: tuple[Project, str]) -> None:
    project, old = half
    template = TEMPLATE.partition("    alpha")[0] + (
        '    beta: {name: beta, extension_type: bundle, version: "8.15.0"}\n'
        "removed: {from: extension.alpha}\n"
    )
    project.write("templates/main.yaml", template)
    assert "extension.alpha (left over from a replacement) will be forgotten" in words(project.ok("plan").out)
    project.apply()
    assert project.addresses() == ["extension.beta"]
    with project.sandbox() as ece:
        assert ece.version(old)
