"""state rename: a state whose project or environment is called something else by now."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .runner import Project
from .terminal import Sitting
from .test_prompt import answered, typing
from .test_state_places import ENCRYPTED

DEV = "dev: {endpoint: sandbox}"
TEST = "test: {endpoint: sandbox, sandbox: state/sandbox-dev.db}"
FROM_DEV = ("state", "rename", "-e", "test", "--from-environment", "dev")


def named(project: Project, environment: str = "dev") -> tuple[str, str, int]:
    """Whose the state is, as its file says, and its serial."""
    found = json.loads((project.folder / f"state/{environment}.json").read_text())
    return found["project"], found["environment"], found["serial"]


def files(project: Project) -> dict[str, bytes]:
    found = (path for path in (project.folder / "state").rglob("*.json") if path.is_file())
    return {str(path): path.read_bytes() for path in found}


def test_a_project_that_got_another_name(applied: Project) -> None:
    applied.edit("planner.yaml", "project: small", "project: large")
    for command in (["plan"], ["apply", "--auto-approve"], ["state", "restore", "1"]):
        refused = applied.run(*command)
        assert refused.code == 1
        told = " ".join(refused.err.split())
        assert "is the state of the project small, not large" in told
        assert "`planner state rename -e dev --from-project small`" in told
    with applied.sandbox() as ece:
        ece.forget_requests()
        done = applied.ok("state", "rename", "--from-project", "small", "--auto-approve")
        assert ece.requests() == []
    assert done.out == (
        "Renamed the state of small/dev to large/dev: serial 2, with 2 resources, in state/dev.json.\n"
    )
    assert named(applied) == ("large", "dev", 2)
    applied.settled()
    again = applied.ok("state", "rename", "--from-project", "small", "--auto-approve")
    assert "has these names already" in again.out
    assert named(applied) == ("large", "dev", 2)


def test_what_was_kept_under_the_former_name_can_be_restored(applied: Project) -> None:
    applied.edit("planner.yaml", "project: small", "project: large")
    applied.ok("state", "rename", "--from-project", "small", "--auto-approve")
    applied.apply("--var", "version=9.*")
    applied.ok("state", "restore", "1")
    assert named(applied) == ("large", "dev", 4)
    (applied.folder / "state/dev.json").write_bytes(b"")
    applied.ok("state", "restore", "1")
    assert named(applied) == ("large", "dev", 5)


def test_an_environment_that_got_another_name_and_with_it_another_default_place(applied: Project) -> None:
    applied.edit("planner.yaml", DEV, TEST)
    before = (applied.folder / "state/dev.json").read_bytes()
    done = applied.ok(*FROM_DEV, "--auto-approve")
    assert "Renamed the state of small/dev to small/test" in done.out
    assert "state/dev.json stays as it is; nothing looks at it any more." in done.err
    assert (applied.folder / "state/dev.json").read_bytes() == before
    assert named(applied, "test") == ("small", "test", 1)
    applied.settled()
    assert "these names already" in applied.ok(*FROM_DEV, "--auto-approve").out


@pytest.mark.parametrize("to", ["state: state/dev.json, ", "state: elsewhere/test.json, ", ""])
def test_both_names_and_the_place(applied: Project, to: str) -> None:
    applied.edit("planner.yaml", DEV, TEST.replace("{", "{" + to))
    applied.edit("planner.yaml", "project: small", "project: large")
    place = ["--from", "state/dev.json"] if "elsewhere" in to else []
    done = applied.ok(*FROM_DEV, "--from-project", "small", *place, "--auto-approve")
    assert "Renamed the state of small/dev to large/test" in done.out
    applied.settled()


def test_what_was_pulled_under_the_former_name_is_taken_in(applied: Project) -> None:
    applied.ok("state", "pull", "--out", "backup.json")
    for path in files(applied):
        Path(path).unlink()
    applied.edit("planner.yaml", DEV, TEST)
    refused = applied.run("state", "push", "backup.json", "-e", "test")
    assert refused.code == 1
    told = " ".join(refused.err.split())
    assert "`planner state rename -e test --from-environment dev --from backup.json`" in told
    applied.ok(*FROM_DEV, "--from", "backup.json", "--auto-approve")
    applied.settled()


def test_migrate_leads_there_too(applied: Project) -> None:
    applied.edit("planner.yaml", DEV, TEST)
    refused = applied.run("state", "migrate", "--from", "state/dev.json")
    assert refused.code == 1
    told = " ".join(refused.err.split())
    assert "`planner state rename -e test --from-environment dev --from state/dev.json`" in told


def test_an_encrypted_state(applied: Project) -> None:
    applied.edit("planner.yaml", "sandbox}", "sandbox, encrypted: true}")
    applied.environ.update(ENCRYPTED)
    applied.ok("state", "rotate")
    applied.edit("planner.yaml", "project: small", "project: large")
    assert "state rename -e dev --from-project small" in " ".join(applied.run("plan").err.split())
    applied.ok("state", "rename", "--from-project", "small", "--auto-approve")
    assert "sealed" in (applied.folder / "state/dev.json").read_text()
    applied.settled()


def test_files_that_go_by_the_environments_name_are_told(applied: Project) -> None:
    applied.write("environments/dev.yaml", "variables: {version: '8.*'}\n")
    applied.write("pins/dev.yaml", "templates: 3f9c1ab\n")
    applied.edit("planner.yaml", DEV, "test: {endpoint: sandbox}")
    told = " ".join(applied.ok(*FROM_DEV, "--auto-approve").err.split())
    assert "environments/dev.yaml is still called so; test reads environments/test.yaml" in told
    assert "pins/dev.yaml is still called so; test reads pins/test.yaml" in told
    assert "installation of dev is in state/sandbox-dev.db, that of test is in state/sandbox-test.db" in told


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        ([], 64, "say what it was called"),
        (["--from-project", "large"], 64, "say what it was called"),
        (["--from-project", "medium"], 1, "is the state of the project small, not large"),
        (["--from-project", "small", "--from", "no.json"], 1, "there is no state of small/dev in"),
        (["--from-project", "small"], 3, "nobody to ask"),
        (["--from-environment", "prod", "--auto-approve"], 3, "prod is an environment of planner.yaml"),
    ],
)
def test_what_is_refused(applied: Project, words: list[str], code: int, problem: str) -> None:
    applied.edit("planner.yaml", "project: small", "project: large")
    applied.edit("planner.yaml", DEV, f"{DEV}\n  prod: {{endpoint: sandbox}}")
    before = files(applied)
    done = applied.run("state", "rename", "-e", "dev", *words)
    assert done.code == code, done
    assert problem in " ".join(done.err.split())
    assert files(applied) == before


def test_an_environment_that_is_still_there_keeps_its_state(applied: Project) -> None:
    """Two that share one file by mistake."""
    applied.edit("planner.yaml", DEV, f"{DEV}\n  test: {{endpoint: sandbox, state: state/dev.json}}")
    assert applied.run("plan", "-e", "test").code == 1
    refused = applied.run(*FROM_DEV, "--auto-approve")
    assert refused.code == 3
    assert "dev is an environment of planner.yaml: its state stays its own" in refused.err
    assert named(applied) == ("small", "dev", 1)


def test_dry_run_changes_nothing(applied: Project) -> None:
    applied.edit("planner.yaml", DEV, TEST)
    before = files(applied)
    done = applied.ok(*FROM_DEV, "--dry-run")
    assert done.out.startswith("Would rename the state of small/dev to small/test: serial 1")
    assert files(applied) == before


@pytest.mark.parametrize(("typed", "code"), [("test\n", 0), ("yes\n", 3)])
def test_a_protected_environment_asks_for_its_name(applied: Project, typed: str, code: int) -> None:
    applied.edit("planner.yaml", DEV, TEST.replace("{", "{protected: true, "))
    blind = applied.run(*FROM_DEV, "--auto-approve")
    assert blind.code == 3
    assert "test is protected" in blind.err
    found, shown = answered(applied, typing(typed), *FROM_DEV)
    assert found == code
    assert 'Only "test" goes on' in shown
    assert (applied.folder / "state/test.json").exists() == (code == 0)


def test_somebody_else_works_on_it(applied: Project) -> None:
    applied.edit("planner.yaml", DEV, TEST)
    applied.edit("templates/main.yaml", "name: beta", "name: gamma")
    (applied.folder / "old.yaml").write_text("")
    other = Project(applied.folder.parent / "other")
    other.write("planner.yaml", (applied.folder / "planner.yaml").read_text())
    other.edit("planner.yaml", TEST, f"dev: {{endpoint: sandbox, state: '{applied.folder}/state/dev.json'}}")
    other.write("templates/main.yaml", (applied.folder / "templates/main.yaml").read_text())
    other.write("files/alpha/words.txt", "one\n")

    def rename(sitting: Sitting) -> None:
        held = applied.run(*FROM_DEV, "--auto-approve")
        assert held.code == 4, held
        sitting.type("no\n")

    assert answered(other, rename, "apply")[0] == 3
