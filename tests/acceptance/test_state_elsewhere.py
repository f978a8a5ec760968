"""Where the state is to be was changed: it is where it was before, and an empty one is not planned from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from .chain_project import git
from .runner import Project
from .test_damage import Damage, resealed
from .test_state_places import ENCRYPTED, state_at

ENVIRONMENT = "dev: {endpoint: sandbox, sandbox: state/sandbox-dev.db}"


def commit(project: Project) -> None:
    if not (project.folder / ".git").exists():
        git(project.folder, "init", "-q")
    git(project.folder, "add", "planner.yaml", "templates", "files")
    git(project.folder, "commit", "-q", "--allow-empty", "-m", "a change")


@pytest.fixture
def kept(applied: Project) -> Project:
    """The small project, committed and applied, whose installation stays where it is; no default place."""
    applied.edit("planner.yaml", "dev: {endpoint: sandbox}", ENVIRONMENT)
    state_at(applied, "first/dev.json")
    shutil.copytree(applied.folder / "state", applied.folder / "first")
    for path in (applied.folder / "state").glob("dev*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    commit(applied)
    applied.settled()
    return applied


def told(project: Project, *command: str) -> str:
    """What a command says that is refused."""
    done = project.run(*command)
    assert done.code == 3, done
    assert "to create" not in done.out
    return " ".join(done.err.split())


COMMANDS = [
    "plan",
    "plan --destroy",
    "apply --auto-approve",
    "destroy --auto-approve",
    "drift",
    "import extension.more 1234",
    "export",
    "state list",
    "state pull",
    "output",
    "show",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_takes_the_new_place_for_all_there_is(kept: Project, command: str) -> None:
    kept.edit("planner.yaml", "first/dev.json", "second/dev.json")
    with kept.sandbox() as ece:
        ece.forget_requests()
        said = told(kept, *command.split())
        assert ece.requests() == []
    assert "second/dev.json holds no state of dev, but that of small/dev is in first/dev.json (named" in said
    assert "serial 1, with 2 resources" in said
    assert "`planner state migrate --from first/dev.json -e dev`" in said
    assert not (kept.folder / "second/dev.json").exists()


def uncommitted(project: Project) -> None:
    project.edit("planner.yaml", "first/dev.json", "second/dev.json")


def committed(project: Project) -> None:
    uncommitted(project)
    commit(project)


def twice(project: Project) -> None:
    committed(project)
    project.edit("planner.yaml", "second/dev.json", "third/dev.json")
    commit(project)


def other_changes_since(project: Project) -> None:
    committed(project)
    for text in ("9.*", "10.*"):
        project.write("planner.yaml", (project.folder / "planner.yaml").read_text() + f"# {text}\n")
        commit(project)


def taken_out(project: Project) -> None:
    """So that it is the default place."""
    project.edit("planner.yaml", "state: 'first/dev.json', ", "")


def written_as_url(project: Project) -> None:
    project.edit("planner.yaml", "'first/dev.json'", "'file:second'")


@pytest.mark.parametrize(
    "change", [uncommitted, committed, twice, other_changes_since, taken_out, written_as_url]
)
def test_the_command_that_is_named_brings_it(kept: Project, change: object) -> None:
    assert callable(change)
    change(kept)
    assert "state migrate --from first/dev.json -e dev" in told(kept, "plan")
    kept.ok("state", "migrate", "--from", "first/dev.json", "-e", "dev")
    kept.settled()


def test_the_default_place_is_known_without_git(applied: Project) -> None:
    applied.edit("planner.yaml", "dev: {endpoint: sandbox}", ENVIRONMENT)
    state_at(applied, "second/dev.json")
    assert "state/dev.json (the default place): serial 1" in told(applied, "plan")
    applied.ok("state", "migrate", "--from", "state/dev.json", "-e", "dev")
    applied.settled()


def test_what_was_copied_on_is_not_taken_from_where_it_was_left(kept: Project) -> None:
    """Each former place holds what it held when the state went on from there."""
    committed(kept)
    kept.ok("state", "migrate", "--from", "first/dev.json")
    kept.apply("--var", "version=9.*")
    kept.edit("planner.yaml", "second/dev.json", "third/dev.json")
    said = told(kept, "plan")
    assert "second/dev.json (named by planner.yaml in " in said
    assert "serial 2" in said
    assert "first/dev.json" not in said


@pytest.mark.parametrize("with_git", [True, False])
def test_a_first_apply_raises_no_alarm(project: Project, with_git: bool) -> None:
    if with_git:
        commit(project)
    done = project.run("plan")
    assert done.code == 0
    assert "2 to create" in done.out
    assert done.err.count("Note") == 0
    project.apply()


def test_a_new_environment_raises_no_alarm(kept: Project) -> None:
    kept.edit("planner.yaml", "  dev:", "  prod: {endpoint: sandbox}\n  dev:")
    assert "2 to create" in kept.ok("plan", "-e", "prod").out
    commit(kept)
    assert kept.ok("plan", "-e", "prod").err.count("Note") == 0


@pytest.mark.parametrize(
    "change",
    [
        resealed(resources=[]),
        resealed(project="large"),
        resealed(environment="prod"),
    ],
    ids=["it holds nothing", "another project's", "another environment's"],
)
def test_what_is_no_state_of_these_resources_raises_no_alarm(kept: Project, change: Damage) -> None:
    uncommitted(kept)
    path = kept.folder / "first/dev.json"
    path.write_bytes(change(path.read_bytes()))
    shutil.rmtree(kept.folder / "first/dev.history")
    assert "2 to create" in kept.ok("plan").out


def test_a_state_without_resources_may_stay_where_it_was(kept: Project) -> None:
    kept.ok("destroy", "--auto-approve")
    uncommitted(kept)
    kept.apply()


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(resealed(format_version=9)(path.read_bytes())), "format_version 9"),
        (lambda path: path.unlink(), "is missing, though it has a history"),
    ],
    ids=["damaged", "of a newer planner", "lost"],
)
def test_what_is_there_and_cannot_be_read_is_not_nothing(kept: Project, spoil: object, why: str) -> None:
    assert callable(spoil)
    uncommitted(kept)
    spoil(kept.folder / "first/dev.json")
    said = told(kept, "plan")
    assert "second/dev.json holds no state of dev, and what is in first/dev.json" in said
    assert why in said


def test_an_encrypted_one_is_found_with_its_key(kept: Project) -> None:
    kept.edit("planner.yaml", "state: 'first", "encrypted: true, state: 'first")
    kept.environ.update(ENCRYPTED)
    kept.ok("state", "rotate")
    commit(kept)
    uncommitted(kept)
    assert "state migrate --from first/dev.json" in told(kept, "plan")
    kept.edit("planner.yaml", "encrypted: true, ", "")
    assert "state migrate --from first/dev.json" in told(kept, "plan")
    assert "first/dev.json is encrypted" in told(Project(kept.folder), "plan")


UNREACHABLE = [
    "postgresql://127.0.0.1:1/planner",
    "http://127.0.0.1:1/state",
    "s3://bucket?endpoint=http://127.0.0.1:1&region=eu-west-1",
    "ftp://example/dev.json",
]


@pytest.mark.seldom(url=UNREACHABLE[2:])
@pytest.mark.parametrize("url", UNREACHABLE)
def test_what_cannot_be_asked_is_named(kept: Project, url: str) -> None:
    kept.edit("planner.yaml", "first/dev.json", url)
    commit(kept)
    kept.edit("planner.yaml", url, "second/dev.json")
    secrets = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s3cret-s3cret"}
    shown = url.partition("?")[0]
    assert "first/dev.json" in told(kept, "plan"), "the place before that one is known"
    shutil.rmtree(kept.folder / "first")
    done = kept.run("plan", env=secrets)
    assert done.code == 0, done
    words = " ".join(done.err.split())
    assert words.count(f"Note: second/dev.json holds no state of dev; whether it is in {shown} (named") == 1
    assert "is not known: " in words
    assert "2 to create" in done.out
    listed = kept.run("state", "list", env=secrets)
    assert f"whether it is in {shown}" in " ".join(listed.err.split())


def test_a_shallow_clone_knows_of_no_former_place(kept: Project, tmp_path: Path) -> None:
    committed(kept)
    clone = Project(tmp_path / "clone")
    git(tmp_path, "clone", "-q", "--depth", "1", kept.folder.as_uri(), str(clone.folder))
    done = clone.ok("plan")
    words = " ".join(done.err.split())
    assert "whether it is in another place is not known: the history of planner.yaml is not in this" in words


def test_a_renamed_environment_is_looked_for_under_its_former_name(kept: Project) -> None:
    kept.edit("planner.yaml", "state: 'first/dev.json', ", "")
    commit(kept)
    kept.ok("state", "migrate", "--from", "first/dev.json")
    kept.edit("planner.yaml", "  dev:", "  test:")
    said = told(kept, "plan")
    assert "state/test.json holds no state of test, but that of small/dev is in state/dev.json" in said
    assert "`planner state rename --from-environment dev -e test`" in said
    kept.ok("state", "rename", "--from-environment", "dev", "-e", "test", "--auto-approve")
    kept.settled()


def test_a_renamed_environment_that_is_moved_too(kept: Project) -> None:
    kept.edit("planner.yaml", "  dev:", "  test:")
    kept.edit("planner.yaml", "first/dev.json", "second/test.json")
    commit(kept)
    said = told(kept, "plan")
    assert "`planner state rename --from-environment dev --from first/dev.json -e test`" in said
    words = ("--from-environment", "dev", "--from", "first/dev.json", "-e", "test", "--auto-approve")
    kept.ok("state", "rename", *words)
    kept.settled()


@pytest.mark.parametrize(
    "line",
    [
        "  test: {endpoint: 'https://ece.invalid'}\n",
        "  test: {endpoint: sandbox}\n  dev: {state: 'first/dev.json', endpoint: sandbox}\n",
    ],
    ids=["of another installation", "beside it"],
)
def test_another_environment_is_not_taken_for_a_renamed_one(kept: Project, line: str) -> None:
    kept.write(
        "planner.yaml", f"project: small\nvariables:\n  version: {{default: '8.*'}}\nenvironments:\n{line}"
    )
    done = kept.run("state", "list", "-e", "test")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_preview_has_no_plan_of_it(kept: Project) -> None:
    uncommitted(kept)
    done = kept.run("preview", "--base", "HEAD", "--out", "out")
    assert done.code == 1
    (found,) = json.loads((kept.folder / "out/preview.json").read_text())["environments"]
    assert found["plan"] is None
    assert (
        "second/dev.json holds no state of dev, but that of small/dev is in first/dev.json" in found["error"]
    )
    assert "planner state migrate --from first/dev.json -e dev" in found["advice"]


def test_completion_asks_nobody(kept: Project) -> None:
    uncommitted(kept)
    environ = {"_PLANNER_COMPLETE": "bash_complete", "COMP_WORDS": "planner state show ", "COMP_CWORD": "3"}
    done = kept.run_apart(env=environ)
    assert "extension" not in done.out
    assert done.err == ""
