"""Environments whose templates and files are pinned to a commit."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from .chains import (
    PROJECT,
    TEMPLATE,
    WORDS,
    applied,
    apply,
    change,
    commit,
    content,
    git,
    log_of,
    pin,
    present,
    sandbox,
    state,
)
from .runner import Project

CHANGES, REFUSED = 2, 3
MORE = "resource: {extension: {more: {name: more, extension_type: bundle, version: '*'}}}\n"


def changes(project: Project, environment: str, *words: str) -> int:
    """The exit code of a plan."""
    return project.run("plan", "-e", environment, "--detailed-exitcode", *words).code


def test_what_is_edited_meanwhile_does_not_reach_a_pinned_environment(chain: Project) -> None:
    pin(chain, "staging", present(chain, "staging"))
    applied(chain, "staging")
    before = state(chain, "staging")
    chain.write(WORDS, "edited\n")
    chain.edit("templates/main.yaml", "of size", "size")
    chain.write("templates/more.yaml", MORE)
    assert (changes(chain, "dev"), changes(chain, "staging")) == (CHANGES, 0)
    commit(chain)
    assert (changes(chain, "dev"), changes(chain, "staging")) == (CHANGES, 0)
    applied(chain, "staging")
    assert state(chain, "staging") == before
    assert chain.run("drift", "-e", "staging").code == 0


def test_a_pinned_environment_gets_the_content_of_its_commit(chain: Project) -> None:
    first = present(chain, "dev")
    pin(chain, "staging", first)
    pin(chain, "prod", first)
    change(chain)
    applied(chain, "dev")
    applied(chain, "prod")
    assert content(chain, "prod") == first.release.archives["files/words"] != content(chain, "dev")
    assert present(chain, "prod").release == first.release


def test_everything_of_a_pinned_environment_is_of_its_commit(chain: Project) -> None:
    """What is shown, macros, and what is checked."""
    chain.write("templates/macros/names.j2", "{% macro label(name) %}{{ name }}-one{% endmacro %}")
    chain.edit("templates/main.yaml", "resource:\n", '{% from "macros/names.j2" import label %}\nresource:\n')
    chain.edit("templates/main.yaml", '"{{ env.name }}-labels"', '"{{ label(env.name) }}"')
    first = commit(chain)
    chain.write("templates/macros/names.j2", "{% macro label(name) %}{{ name }}-two{% endmacro %}")
    chain.write("templates/wrong.yaml", "resource: {nothing: {}}\n")
    chain.write("pins/prod.yaml", f"templates: '{first[:7]}'\n")
    assert "prod-one" in chain.ok("render", "-e", "prod").out
    assert "prod: valid, 2 resources" in chain.ok("validate", "-e", "prod").out
    assert chain.run("validate", "-e", "dev").code == 1
    assert "extension.labels" in chain.ok("graph", "-e", "prod").out


def test_values_that_are_pinned(chain: Project) -> None:
    chain.write("pins/staging.yaml", "variables: {version: 8.15.*}\n")
    chain.write("environments/dev.yaml", "variables: {size: 1, version: 8.15.*}\n")
    applied(chain, "dev")
    applied(chain, "staging")
    assert present(chain, "staging").release.variables == {"version": "8.15.*"}
    done = apply(chain, "staging", "--var", "version=8.16.*")
    assert done.code == REFUSED
    assert "staging accepts releases from dev; r-" in done.err
    assert changes(chain, "staging", "--var", "version=8.15.*") == 0


def test_values_that_are_not_pinned_stay_the_environments_own(chain: Project) -> None:
    release = present(chain, "staging")
    pin(chain, "staging", release)
    chain.edit("environments/staging.yaml", "size: 2", "size: 7")
    applied(chain, "staging")
    assert present(chain, "staging") == release
    with sandbox(chain, "staging") as ece:
        assert ece.extensions()["staging-labels"]["description"] == "of size 7"


def test_a_project_in_a_folder_of_its_repository(tmp_path: Path) -> None:
    project = Project(tmp_path / "repository/deploy/shop", {"PLANNER_ACTOR": "ci"})
    for name, text in {"planner.yaml": PROJECT, "templates/main.yaml": TEMPLATE, WORDS: "one\n"}.items():
        project.write(name, text)
    git(project.folder, "init", "-q", "../..")
    project.write("../other/templates/main.yaml", "resource: {}\n")
    project.write(".gitignore", "state/\n")
    git(tmp_path / "repository", "add", ".")
    commit(project)
    applied(project, "dev")
    first = present(project, "dev")
    for name in ("dev", "staging"):
        pin(project, name, first)
    project.write("../other/templates/main.yaml", "{}\n")
    git(tmp_path / "repository", "add", ".")
    change(project)
    applied(project, "staging")
    assert present(project, "staging").release == first.release
    assert changes(project, "dev") == 0
    (project.folder / "pins/dev.yaml").unlink()
    assert changes(project, "dev") == CHANGES


def test_nothing_is_left_behind(chain: Project, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    chain.environ["TMPDIR"] = str(scratch)
    pin(chain, "dev", present(chain, "dev"))
    pin(chain, "staging", present(chain, "staging"))
    applied(chain, "staging")
    chain.ok("validate")
    chain.ok("preview")
    chain.write(WORDS, "edited\n")
    chain.write("pins/staging.yaml", "templates: 1234567\n")
    assert chain.run("validate").code == 1
    assert list(scratch.iterdir()) == []


# wrong pins


def test_a_commit_that_is_not_there(chain: Project) -> None:
    chain.write("pins/staging.yaml", "# by hand\ntemplates: 12e4567  # nowhere\n")
    done = chain.run("validate")
    assert done.code == 1
    assert "Error: there is no commit 12e4567 in " in done.err
    assert "pins/staging.yaml:2" in done.err
    assert "templates: 12e4567  # nowhere" in done.err
    assert "git fetch" in done.err
    assert [line.partition(":")[0] for line in done.out.splitlines()] == ["dev", "prod"]
    for words in (("plan", "-e", "staging"), ("apply", "-e", "staging", "--auto-approve")):
        refused = chain.run(*words)
        assert (refused.code, "there is no commit 12e4567" in refused.err) == (1, True)
    assert changes(chain, "dev") == 0


def test_a_commit_of_another_branch(chain: Project) -> None:
    git(chain.folder, "checkout", "-qb", "other")
    other = change(chain)
    git(chain.folder, "checkout", "-q", "main")
    chain.write("pins/staging.yaml", f"templates: '{other}'\n")
    done = chain.run("plan", "-e", "staging")
    assert done.code == 1
    assert "which is not in the history of what is checked out" in " ".join(done.err.split())


def test_a_project_without_git(chain: Project, tmp_path: Path) -> None:
    pin(chain, "staging", present(chain, "staging"))
    shutil.rmtree(chain.folder / ".git")
    done = chain.run("plan", "-e", "staging")
    assert done.code == 1
    assert "is in no git repository" in " ".join(done.err.split())


AGAIN = "It is written whole: take the one in git (git checkout HEAD -- pins/staging.yaml)"


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("variables: {verson: 8.15}", ['variable "verson" is not declared', 'Did you mean "version"?']),
        ("variables: {size: 3}", ['"size" is pinned, and no promotable variable']),
        ("templates: main", ["templates", "It is a commit's hash, of at least 7 digits."]),
        ("templates: 3f9c1a", ["templates", "It is a commit's hash, of at least 7 digits."]),
        ("[templates]", ["the file must hold one mapping, not a list", AGAIN]),
        ("templats: 3f9c1ab", ['unknown key "templats"', 'Did you mean "templates"?']),
        ("release: r-0123456789", ["nothing is pinned in this file", AGAIN]),
        ("", ["nothing is pinned in this file", AGAIN]),
    ],
)
def test_pins_that_are_wrong(chain: Project, text: str, messages: list[str]) -> None:
    chain.write("pins/staging.yaml", f"{text}\n")
    done = chain.run("validate")
    assert done.code == 1
    assert "pins/staging.yaml:1" in done.err
    assert all(message in " ".join(done.err.split()) for message in messages)
    assert "1 error." in done.err
    assert [line.partition(":")[0] for line in done.out.splitlines()] == ["dev", "prod"]


def test_pins_that_two_promotions_changed(chain: Project) -> None:
    """git cannot merge them, and what it leaves in the file is refused by all that reads it."""
    first = present(chain, "dev").release.templates
    second = change(chain)
    for branch, pins in (("one", first), ("two", second)):
        git(chain.folder, "checkout", "-qb", branch, "main")
        chain.write("pins/staging.yaml", f"release: r-{pins[:10]}\ntemplates: '{pins}'\n")
        commit(chain, branch)
    with pytest.raises(subprocess.CalledProcessError):
        git(chain.folder, "merge", "-q", "one")
    for words in ("validate", "plan -e staging", "apply -e staging --auto-approve", "promote dev staging"):
        done = chain.run(*words.split())
        assert done.code == 1, done
        assert "a merge that git could not make is not resolved: <<<<<<<" in " ".join(done.err.split())
        assert "pins/staging.yaml:1" in done.err
        assert AGAIN in " ".join(done.err.split())
    git(chain.folder, "checkout", "HEAD", "--", "pins/staging.yaml")
    assert chain.run("validate", "-e", "staging").code == 0


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("8.15.*", "8.14.*", "version"),
        ("templates: {new}", "templates: {old}", "templates"),
        ("release: {id}", "release: {former}", "templates and version"),
    ],
)
def test_a_release_that_is_not_what_is_pinned(chain: Project, old: str, new: str, what: str) -> None:
    """As when two promotions were merged by hand."""
    former, first = present(chain, "dev").id, present(chain, "dev").release.templates
    chain.write("environments/dev.yaml", "variables: {size: 1, version: 8.15.*}\n")
    change(chain)
    applied(chain, "dev")
    assert "# var.version, pins/staging.yaml:4" in chain.ok("promote", "dev", "staging").out
    commit(chain, "promoted")
    chain.ok("plan", "-e", "staging")
    found = present(chain, "dev")
    words = {"old": first[:12], "new": found.release.templates[:12], "id": found.id, "former": former}
    pins = (chain.folder / "pins/staging.yaml").read_text().replace('"', "")
    chain.write("pins/staging.yaml", pins.replace(old.format(**words), new.format(**words)))
    done = apply(chain, "staging")
    assert done.code == 1
    id_ = former if "former" in new else found.id
    assert f"{id_} is not what is pinned: it has another {what}" in " ".join(done.err.split())
    assert "pins/staging.yaml:1" in done.err
    commit(chain, "wrong")
    shown = chain.run("preview", "--format", "json", "--base", "HEAD~1").out
    assert "is not what is pinned" in shown
    git(chain.folder, "checkout", "HEAD~1", "--", "pins/staging.yaml")
    applied(chain, "staging")
    assert present(chain, "staging").id == found.id


def test_a_pin_that_is_overridden_is_said(chain: Project) -> None:
    chain.write("pins/prod.yaml", "variables: {version: 8.15.*}\n")
    applied(chain, "prod", "--var", "version=8.*")
    for words in (("plan",), ("validate",)):
        done = chain.run(*words, "-e", "prod", env={"PLANNER_VAR_version": "8.*"})
        told = " ".join(done.err.split())
        assert 'Warning: variable "version" is not as it is pinned: PLANNER_VAR_version overrides' in told
        assert "pins/prod.yaml:1" in told
    chain.edit("environments/prod.yaml", "size: 3", "size: 4")
    commit(chain, "pinned")
    done = chain.run("preview", "--format", "json", "--base", "HEAD~1", env={"PLANNER_VAR_version": "8.*"})
    (found,) = json.loads(done.out)["environments"]
    told = "a pin is overridden: `var.version by PLANNER_VAR_version, over pins/prod.yaml:1`."
    assert told in found["cautions"]
    run = present(chain, "prod")
    assert run.overrides == ("var.version by --var version, over pins/prod.yaml:1",)
    shown = " ".join(chain.ok("release", "show", run.id).out.split())
    assert "overrides var.version by --var version, over pins/prod.yaml:1" in shown
    document = json.loads(chain.ok("release", "show", run.id, "--json").out)
    runs = {item["environment"]: item["overrides"] for item in document["release"]["runs"]}
    assert runs == {"dev": [], "staging": [], "prod": list(run.overrides)}


def test_a_link_out_of_what_is_pinned_is_not_followed(chain: Project) -> None:
    """Into the project, or out of it: it would be read as it is now."""
    chain.write("shared/more.txt", "shared\n")
    (chain.folder / "files/words/more.txt").symlink_to("../../shared/more.txt")
    linked = commit(chain)
    assert chain.run("validate", "-e", "staging").code == 0
    chain.write("pins/staging.yaml", f"templates: '{linked}'\n")
    done = chain.run("validate", "-e", "staging")
    assert done.code == 1
    assert "files/words/more.txt is a link that leads nowhere" in " ".join(done.err.split())


def test_templates_that_include_what_no_pin_fixes(chain: Project) -> None:
    chain.write("shared/more.yaml", "# nothing\n")
    chain.edit("templates/main.yaml", "resource:\n", '{% include "../shared/more.yaml" %}\nresource:\n')
    shared = commit(chain)
    done = apply(chain, "dev")
    assert done.code == 1
    assert "shared/more.yaml is included in a template, and is no part of a release" in done.err
    chain.write("pins/staging.yaml", f"templates: '{shared}'\n")
    done = chain.run("validate", "-e", "staging")
    assert done.code == 1
    assert '"../shared/more.yaml" cannot be included: it is outside of templates/ and files/' in done.err


def test_a_commit_without_templates_deletes_nothing(chain: Project) -> None:
    nothing = git(chain.folder, "hash-object", "-t", "tree", "/dev/null")
    empty = git(chain.folder, "commit-tree", "-m", "empty", nothing)
    git(chain.folder, "merge", "-q", "-s", "ours", "--allow-unrelated-histories", "-m", "merge", empty)
    chain.write("pins/staging.yaml", f"templates: '{empty}'\n")
    done = apply(chain, "staging")
    assert done.code == 1
    assert f"commit {empty[:12]} has no templates/ in" in " ".join(done.err.split())
    assert len(state(chain, "staging")["resources"]) == 2


# previews


def previewed(project: Project, *words: str) -> dict[str, dict[str, object]]:
    """The environments of a preview, by name."""
    done = project.run("preview", "--format", "json", "--base", "main", *words)
    assert done.code == 0, done
    return {item["environment"]: item for item in json.loads(done.out)["environments"]}


@pytest.mark.seldom(words=[("--offline",)])
@pytest.mark.parametrize("words", [(), ("--offline",)], ids=["asking", "offline"])
def test_a_preview_of_a_pinned_environment(chain: Project, words: tuple[str, ...]) -> None:
    first = present(chain, "dev").release.templates
    second = change(chain)
    pin(chain, "staging", present(chain, "staging"))
    commit(chain, "pinned")
    git(chain.folder, "checkout", "-qb", "work")
    change(chain, "three\n")
    assert "staging" not in previewed(chain, *words), "it reads what it is pinned to"
    assert set(previewed(chain, *words)) == {"dev", "prod"}
    chain.edit("pins/staging.yaml", first, second)
    commit(chain, "promoted")
    found = previewed(chain, *words)["staging"]
    assert found["error"] == ""
    assert "pins/staging.yaml" in str(found["why"])
    assert found["summary"]["update"] == 1  # type: ignore[index]


def test_a_preview_of_a_wrong_pin_shows_the_others(chain: Project) -> None:
    git(chain.folder, "checkout", "-qb", "work")
    change(chain)
    chain.write("pins/staging.yaml", "templates: 1234567\n")
    commit(chain)
    done = chain.run("preview", "--format", "json", "--base", "main")
    found = {item["environment"]: item for item in json.loads(done.out)["environments"]}
    assert done.code == 1
    assert "there is no commit 1234567" in str(found["staging"]["error"])
    assert [found[name]["error"] for name in ("dev", "prod")] == ["", ""]


def test_a_saved_plan_is_of_what_was_pinned(chain: Project) -> None:
    first = present(chain, "staging")
    for name in ("staging", "prod"):
        pin(chain, name, first)
    change(chain)
    chain.ok("plan", "-e", "prod", "--out", "p.json")
    chain.write(WORDS, "edited\n")
    chain.ok("apply", "p.json")
    assert content(chain, "prod") == first.release.archives["files/words"]
    assert len(log_of(chain, "prod").runs) == 1
