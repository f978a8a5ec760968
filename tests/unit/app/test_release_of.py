"""The release that an environment would run, from what is on disk and in git."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from planner.app.opening import Request, configure_files
from planner.app.promotion.provenance import release_of
from planner.config.variables import Inputs
from planner.errors import PlannerError
from planner.model.release import Release
from tests.unit.vcs.test_git import git

from .repositories import PROJECT, WORDS, commit, make_project, pin, write


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "repository", "deploy")


def head(folder: Path) -> str:
    return git(folder, "rev-parse", "HEAD")


def found_in(folder: Path, environment: str = "prod", **more: Any) -> Release | None:
    request = evolve(Request(folder, environment, Inputs()), **more)
    configuration, _ = configure_files(request)
    assert not [item.summary for item in configuration.diagnostics if item.is_error]
    try:
        return release_of(request, configuration)
    finally:
        request.trees.close()
        request.workspace.close()


def release(folder: Path, environment: str = "prod", **more: Any) -> Release:
    found = found_in(folder, environment, **more)
    assert found is not None
    return found


def test_what_it_is_made_of(project: Path) -> None:
    found = release(project)
    assert (dict(found.variables), found.templates) == ({"version": "8"}, head(project))
    assert list(found.archives) == ["files/words"]
    assert len(found.archives["files/words"]) == 64
    assert release(project, "dev") == found


def test_what_is_no_part_of_it(project: Path) -> None:
    before = release(project)
    write(project, "environments/prod.yaml", "variables: {size: 9}\n")
    write(project, "README.md", "more")
    write(project, "planner.yaml", PROJECT + "# more\n")
    assert release(project) == before
    commit(project)
    assert release(project) == before


def test_a_variable(project: Path) -> None:
    before = release(project)
    write(project, "pins/prod.yaml", "variables: {version: 8.10}\n")
    after = release(project)
    assert dict(after.variables) == {"version": "8.10"}
    assert after.id != before.id
    given = Inputs([("version", "9")])
    assert dict(release(project, inputs=given).variables) == {"version": "9"}


def test_a_file(project: Path) -> None:
    before, first = release(project), head(project)
    write(project, WORDS, "two\n")
    uncommitted = release(project)
    assert uncommitted.templates == ""
    assert uncommitted.archives != before.archives
    second = commit(project)
    assert release(project) == evolve(uncommitted, templates=second)
    pin(project, first[:8])
    assert release(project) == before


@pytest.mark.parametrize("name", ["templates/more.yaml", "files/words/more.txt", "files/more.txt"])
def test_a_new_file_that_git_does_not_know(project: Path, name: str) -> None:
    write(project, name, "")
    assert release(project).templates == ""


def test_an_ignored_file_is_in_no_commit_but_in_the_archive(project: Path) -> None:
    """So it cannot be the same elsewhere: the archives differ."""
    before = release(project)
    write(project, ".gitignore", "*.tmp\n")
    write(project, "files/words/x.tmp", "")
    after = release(project)
    assert after.templates == before.templates
    assert after.archives != before.archives


def test_a_pin_is_the_commit_that_changed_something(project: Path) -> None:
    first = release(project)
    write(project, "README.md", "more")
    pin(project, commit(project))
    assert release(project) == first


def test_the_work_tree_does_not_matter_to_a_pin(project: Path) -> None:
    before = release(project)
    pin(project, head(project))
    write(project, WORDS, "not committed\n")
    write(project, "templates/main.yaml", "not: [even yaml")
    assert release(project) == before


def test_a_text_that_is_not_written_yet(project: Path) -> None:
    first = release(project)
    write(project, WORDS, "two\n")
    commit(project)
    texts = {"pins/prod.yaml": f"templates: {first.templates}\nvariables: {{version: '7'}}\n"}
    found = release(project, texts=texts)
    assert found == evolve(first, variables={"version": "7"})


def test_names_of_archives_are_normal(project: Path) -> None:
    before = release(project)
    text = (project / "templates/main.yaml").read_text().replace("files/words", "./files//words/")
    write(project, "templates/main.yaml", text)
    assert list(release(project).archives) == list(before.archives)


def test_a_branch_that_was_merged_is_not_a_new_release(project: Path) -> None:
    git(project, "checkout", "-qb", "change")
    write(project, WORDS, "two\n")
    commit(project)
    on_branch = release(project)
    git(project, "checkout", "-q", "main")
    write(project, "README.md", "more")
    commit(project)
    git(project, "merge", "-q", "--no-ff", "-m", "merge", "change")
    assert release(project) == on_branch


@pytest.mark.parametrize(
    ("promote", "variables", "has_templates"),
    [
        ("promote:", {}, False),
        ("promote: {variables: [size, version]}", {"size": 2, "version": "8"}, False),
        ("promote: {templates: true}", {}, True),
    ],
)
def test_what_is_promoted(
    project: Path, promote: str, variables: dict[str, object], has_templates: bool
) -> None:
    lines = [line for line in PROJECT.splitlines() if not line.startswith("promote")]
    write(project, "planner.yaml", "\n".join([*lines, promote, ""]))
    if "size" in variables:
        write(project, "pins/prod.yaml", "variables: {size: 2}\n")
        write(project, "environments/prod.yaml", "")
    found = release(project)
    assert (dict(found.variables), bool(found.templates)) == (variables, has_templates)


def test_nothing_is_promoted(project: Path, tmp_path: Path) -> None:
    lines = [line for line in PROJECT.splitlines() if not line.startswith("promote")]
    write(project, "planner.yaml", "\n".join(lines))
    assert found_in(project) is None


def test_without_git_the_templates_are_in_no_commit(project: Path, tmp_path: Path) -> None:
    shutil.copytree(project, tmp_path / "a" / "copy")
    assert release(tmp_path / "a" / "copy").templates == ""
    git(tmp_path / "a" / "copy", "init", "-q")
    assert release(tmp_path / "a" / "copy").templates == ""


def test_templates_that_were_never_committed(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "repository", "deploy")
    shutil.copytree(folder, tmp_path / "repository" / "second")
    assert release(tmp_path / "repository" / "second").templates == ""


def test_a_shallow_clone(project: Path, tmp_path: Path) -> None:
    write(project, "README.md", "more")
    commit(project)
    root = Path(git(project, "rev-parse", "--show-toplevel"))
    git(tmp_path, "clone", "-q", "--depth=1", root.as_uri(), "clone")
    with pytest.raises(PlannerError, match="the history of templates, files is not in this clone"):
        release(tmp_path / "clone" / "deploy")
