"""Versions of the stack: stack packs are checked, uploaded, compared and brought back."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from .platform import ask
from .runner import Project, small

DECLARED = "project: kinds\nenvironments:\n  dev: {endpoint: sandbox}\n"
TEMPLATE = """
resource:
  stack_version:
    next: {version: 8.16.0, file: files/stack}
"""
PATH = "/stack/versions"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = small(tmp_path / "kinds", TEMPLATE, DECLARED)
    made.write("files/stack/8.16.0/stack.json", '{"a": 1}')
    return made


def upload(project: Project, **files: str) -> Any:
    """Somebody else's stack pack."""
    data = io.BytesIO()
    with ZipFile(data, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return ask(project, "POST", PATH, data=data.getvalue(), content_type="application/zip")


def offered(project: Project) -> set[str]:
    return {each["version"] for each in ask(project, "GET", PATH)["stacks"]}


def test_a_stack_pack_comes_changes_and_goes(project: Project) -> None:
    before = offered(project)
    project.apply()
    project.settled()
    assert offered(project) == before | {"8.16.0"}
    project.write("files/stack/8.16.0/stack.json", '{"a": 2}')
    shown = project.ok("plan").out
    assert "files/stack has new content" in shown
    assert "1 to update" in shown
    project.apply()
    project.settled()
    project.ok("destroy", "--auto-approve")
    assert offered(project) == before
    assert ask(project, "GET", f"{PATH}/8.16.0")["deleted"] is True
    project.apply()
    project.settled()
    assert offered(project) == before | {"8.16.0"}


def test_what_others_upload_is_replaced(project: Project) -> None:
    project.apply()
    assert upload(project, **{"8.16.0/stack.json": "theirs", "8.17.0/stack.json": "{}"}) is not None
    shown = project.ok("plan").out
    assert "somebody else replaced the file" in shown
    assert "1 to update" in shown
    project.apply()
    project.settled()
    assert "8.17.0" in offered(project)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("files/stack/8.15.9/stack.json", "{}", "files/stack has no folder 8.16.0, and so no such version"),
        ("files/stack/8.16.0/large.bin", "", "a stack pack has 1,048,576 at most"),
    ],
)
def test_what_is_no_stack_pack_of_the_version_is_told_before(
    project: Project, name: str, text: str, told: str
) -> None:
    file = project.folder / "files/stack/8.16.0/stack.json"
    if text:
        file.unlink()
        project.write(name, text)
    else:
        (project.folder / name).write_bytes(bytes(range(256)) * 8192)
    refused = project.run("validate")
    assert refused.code != 0
    assert told in refused.err


def test_one_that_is_there_is_taken_over_without_its_file(project: Project) -> None:
    project.edit("templates/main.yaml", "8.16.0, file: files/stack", "8.15.3")
    nothing = project.run("plan")
    assert nothing.code == 3
    assert "it cannot be created without file" in nothing.err
    project.ok("import", "stack_version.next", "8.15.3", "--auto-approve")
    project.settled()
    project.settled("--no-refresh")


def test_one_that_is_there_is_not_overwritten(project: Project) -> None:
    assert upload(project, **{"8.16.0/stack.json": "theirs"}) is not None
    refused = project.run("apply", "--auto-approve")
    assert refused.code == 3
    assert "there already is a stack_version with the id 8.16.0" in refused.out + refused.err
