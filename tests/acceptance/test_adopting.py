"""What exists already is taken into the configuration and the state, without a call that writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .runner import PROJECT, Project, small, wait_until, words


@pytest.fixture
def five(tmp_path: Path) -> tuple[Project, list[str]]:
    """A project without resources, and the ids of five extensions that its sandbox holds."""
    project = small(tmp_path / "five", template="", project=PROJECT)
    project.ok("plan")
    names = ["alpha", "beta", "beta", "10-days", "de.stopwords"]
    with project.sandbox() as ece:
        ids = [ece.create(name=name, description=f"It's {name}: {{{{ raw }}}}") for name in names]
        ece.forget_requests()
    return project, ids


def test_an_exported_installation_needs_no_call(five: tuple[Project, list[str]]) -> None:
    project, ids = five
    project.ok("schemas")
    exported = project.ok("export", "extension", "--out", "templates/exported.yaml")
    assert "5 resources" in exported.both
    first = (project.folder / "templates/exported.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=../.schemas/template.schema.json"
    plan = project.ok("plan")
    assert "5 to import" in plan.out
    assert "Plan: 0 to create, 0 to update, 0 to replace, 0 to delete." in plan.out
    with project.sandbox() as ece:
        project.apply()
        assert ece.writes() == []
    assert sorted(item["id"] for item in project.state()["resources"]) == sorted(ids)
    assert project.addresses() == [
        "extension._10-days",
        "extension.alpha",
        "extension.beta",
        "extension.beta_2",
        "extension.de_stopwords",
    ]
    project.settled()
    assert "No changes" in project.ok("plan").out


def test_export_prints_to_stdout_and_leaves_out_what_the_state_holds(applied: Project) -> None:
    with applied.sandbox() as ece:
        ece.create(name="stranger")
    printed = applied.ok("export").out
    assert "name: stranger" in printed
    assert "name: alpha" not in printed


def test_an_export_of_nothing_writes_nothing(applied: Project) -> None:
    done = applied.ok("export", "extension", "--out", "templates/more.yaml")
    assert done.err.startswith(
        "0 resources; 2 more are in the state already; templates/more.yaml was not written."
    )
    assert not (applied.folder / "templates/more.yaml").exists()
    assert applied.ok("export", "extension").err.startswith("0 resources; 2 more are in the state already.")


def test_export_does_not_overwrite(applied: Project) -> None:
    with applied.sandbox() as ece:
        ece.create(name="stranger")
    refused = applied.run("export", "--out", "templates/main.yaml")
    assert refused.code == 1
    assert "templates/main.yaml exists" in refused.err


def test_import_of_a_declared_resource(five: tuple[Project, list[str]]) -> None:
    project, ids = five
    project.write(
        "templates/main.yaml",
        "resource:\n  extension:\n    first:\n"
        "      {name: alpha, extension_type: bundle, version: '*', description: changed}\n",
    )
    refused = project.run("import", "extension.first", ids[0])
    assert refused.code == 3  # nobody to ask
    done = project.ok("import", "extension.first", ids[0], "--auto-approve", "--json")
    events = [json.loads(line) for line in done.out.splitlines()]
    assert (events[0]["command"], [e["action"] for e in events if e["type"] == "change"]) == (
        "import",
        ["import"],
    )
    assert project.resource("extension.first")["id"] == ids[0]
    plan = project.ok("plan")
    assert "Plan: 0 to create, 1 to update" in plan.out


def test_import_writes_the_block_when_told_a_file(five: tuple[Project, list[str]]) -> None:
    project, ids = five
    missing = project.run("import", "extension.first", ids[0], "--auto-approve")
    assert missing.code == 1
    assert "--file" in missing.err
    project.ok("import", "extension.first", ids[0], "--file", "templates/first.yaml", "--auto-approve")
    assert "name: alpha" in (project.folder / "templates/first.yaml").read_text()
    project.settled()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("extension.alpha", "1"), 1, "extension.alpha is in the state already"),
        (("extension.gamma", "404"), 1, "there is no extension with the id 404"),
        (("synonyms", "1"), 64, "is not an address"),
    ],
)
def test_imports_that_cannot_be(applied: Project, words: tuple[str, ...], code: int, message: str) -> None:
    done = applied.run("import", *words, "--file", "templates/more.yaml", "--auto-approve")
    assert done.code == code
    assert message in done.err
    assert not (applied.folder / "templates/more.yaml").exists()


def test_an_import_block_without_id_finds_the_natural_key(five: tuple[Project, list[str]]) -> None:
    project, ids = five
    body = (
        "{name: alpha, extension_type: bundle, version: '*', description: \"It's alpha: {{ '{{ raw }}' }}\"}"
    )
    project.write(
        "templates/main.yaml",
        f"resource:\n  extension:\n    first: {body}\nimport: {{to: extension.first}}\n",
    )
    project.apply()
    assert project.resource("extension.first")["id"] == ids[0]
    project.write(
        "templates/second.yaml",
        "resource:\n  extension:\n    second: {name: beta, extension_type: bundle, version: '*'}\n"
        "import: {to: extension.second}\n",
    )
    refused = project.run("plan")
    assert refused.code == 3
    assert "2 of them" in refused.err
    assert "templates/second.yaml:" in refused.err


def test_an_import_block_that_does_nothing_says_so(applied: Project) -> None:
    with applied.sandbox() as ece:
        other = ece.create(name="stranger")
    held = applied.resource("extension.alpha")["id"]
    applied.write("templates/more.yaml", f'import: {{to: extension.alpha, id: "{other}"}}\n')
    done = applied.apply()
    assert f"{other} is not imported: extension.alpha is in the state already, with the id {held}" in words(
        done.err
    )
    assert "templates/more.yaml:1" in done.err
    applied.write("templates/more.yaml", f'import: {{to: extension.alpha, id: "{held}"}}\n')
    assert "not imported" not in applied.ok("plan").both
    applied.write("templates/more.yaml", f'import: {{to: extension.alpha, id: "{other}"}}\n')
    applied.ok("state", "rm", "extension.alpha", "-e", "dev")
    applied.apply()
    assert applied.resource("extension.alpha")["id"] == other


def test_state_adopt(applied: Project) -> None:
    with applied.sandbox() as ece:
        id_ = ece.create(name="stranger")
    applied.ok("state", "adopt", "extension.stranger", id_)
    assert applied.resource("extension.stranger")["id"] == id_
    again = applied.run("state", "adopt", "extension.other", id_)
    assert again.code == 1
    assert f"{id_} is extension.stranger already" in again.err


@pytest.mark.parametrize("file", ["foo.yaml", "templates/n.txt", "../outside.yaml"])
def test_an_import_writes_only_templates(applied: Project, file: str) -> None:
    with applied.sandbox() as ece:
        id_ = ece.create(name="stranger")
    done = applied.run("import", "extension.new", id_, "--file", file, "--auto-approve")
    assert done.code == 64
    assert f"--file {file} is no template" in done.err
    assert not (applied.folder / file).exists()


def test_an_import_that_is_declined_leaves_no_file(applied: Project) -> None:
    with applied.sandbox() as ece:
        id_ = ece.create(name="stranger")
    done = applied.run("import", "extension.new", id_, "--file", "templates/new.yaml")
    assert done.code == 3
    assert not (applied.folder / "templates/new.yaml").exists()
    applied.settled()


def test_an_import_that_finds_the_lock_held_leaves_no_file(applied: Project) -> None:
    with applied.sandbox() as ece:
        id_ = ece.create(name="stranger")
        ece.fault("POST /deployments/extensions/* hold")
        with applied.started("apply", "--auto-approve", "--var", "version=9.*"):
            wait_until(ece.holds, "the lock is held")
            done = applied.run(
                "import", "extension.new", id_, "--file", "templates/new.yaml", "--auto-approve"
            )
    assert done.code == 4
    assert not (applied.folder / "templates/new.yaml").exists()
