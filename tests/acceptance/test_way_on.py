"""The command that goes on where an apply stopped does what is left of it, and nothing else."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

from .command import Done
from .runner import PROJECT, Project, small

FOUR = "resource:\n  extension:\n" + "".join(
    f"    {name}: {{name: {name}, extension_type: bundle, version: '*'}}\n" for name in "abcd"
)
ONE_BY_ONE = ["--parallelism", "1"]


@pytest.fixture
def four(tmp_path: Path) -> Project:
    """Four extensions, none of which waits for another."""
    return small(tmp_path / "four", template=FOUR)


def stopped(project: Project, fault: str, *words: str, at: Project | None = None) -> list[str]:
    """The words that go on after words met the fault. at: where they are said."""
    with project.sandbox() as ece:
        ece.fault(fault)
        done = (at or project).run(*words)
    assert done.code == 5, done
    return way_on(done)


def way_on(done: Done) -> list[str]:
    (line,) = [line for line in done.out.splitlines() if line.startswith("    planner ")]
    return shlex.split(line)[1:]


SECRETS = {"PLANNER_VAR_token": "hunter22", "PLANNER_VAR_key": "hunter33"}
CREATES, DELETES = "POST /deployments/extensions 400 nth=2", "DELETE /deployments/extensions/* 400 nth=2"


@pytest.mark.parametrize(
    "given",
    [
        ["--target", "extension.a", "--target", "extension.b"],
        ["--exclude", "extension.[cd]"],
        ["--target", "extension.[ab]", "--no-refresh", "--lock-timeout", "1.5"],
        ["--var", "version=9.*", "--target", "resource.extension.b", "--target", "extension.a"],
    ],
)
def test_it_keeps_what_was_given(four: Project, given: Sequence[str]) -> None:
    again = stopped(four, CREATES, "apply", "--auto-approve", *ONE_BY_ONE, *given)
    assert again[:3] == ["apply", "-e", "dev"]
    assert sorted(again[3:]) == sorted([*given, *ONE_BY_ONE])
    four.ok(*again, "--auto-approve")
    assert four.addresses() == ["extension.a", "extension.b"]


def test_it_names_the_folder(four: Project) -> None:
    outside = Project(four.folder.parent)
    words = ("-C", "four", "apply", "--auto-approve", *ONE_BY_ONE, "--target", "extension.[ab]")
    again = stopped(four, CREATES, *words, at=outside)
    assert again[:3] == ["-C", "four", "apply"]
    outside.ok(*again, "--auto-approve")
    assert four.addresses() == ["extension.a", "extension.b"]


def test_what_was_replaced_is_not_replaced_again(four: Project) -> None:
    four.apply()
    words = (
        "apply",
        "--auto-approve",
        *ONE_BY_ONE,
        "--replace",
        "extension.[ab]",
        "--replace",
        "extension.c",
    )
    again = stopped(four, DELETES, *words)
    left = [again[at + 1] for at, word in enumerate(again) if word == "--replace"]
    done = four.ok(*again, "--auto-approve")
    assert left == ["extension.b"]
    assert "1 replaced" in done.out


def test_what_is_gone_is_not_named(four: Project) -> None:
    """It would match nothing."""
    four.apply()
    four.edit("templates/main.yaml", FOUR, FOUR[: FOUR.index("    c:")])
    four.edit("templates/main.yaml", "name: a,", "name: other,")
    aimed = ("--target", "extension.a", "--target", "extension.c", "--target", "extension.d")
    again = stopped(four, DELETES, "apply", "--auto-approve", *ONE_BY_ONE, *aimed)
    assert again.count("--target") == 2
    four.ok(*again, "--auto-approve")
    assert four.addresses() == ["extension.a", "extension.b"]


@pytest.mark.parametrize(
    ("planned", "fault", "left"),
    [
        (["--target", "extension.[ab]"], CREATES, ["--target", "extension.b"]),
        (["--exclude", "extension.[cd]"], CREATES, ["--target", "extension.b"]),
        ([], CREATES, []),
    ],
)
def test_what_is_left_of_a_saved_plan(
    four: Project, planned: Sequence[str], fault: str, left: Sequence[str]
) -> None:
    four.ok("plan", "--out", "p.json", *planned)
    again = stopped(four, fault, "apply", "p.json", *ONE_BY_ONE)
    assert again == ["apply", "-e", "dev", *ONE_BY_ONE, *left]
    four.ok(*again, "--auto-approve")
    assert len(four.addresses()) == (2 if planned else 4)


def test_a_saved_destroy_goes_on_destroying(four: Project) -> None:
    four.apply()
    four.ok("plan", "--destroy", "--out", "p.json")
    again = stopped(four, DELETES, "apply", "p.json")
    assert again == ["apply", "-e", "dev", "--destroy"]
    four.ok(*again, "--auto-approve")
    assert four.addresses() == []


def test_a_saved_plan_is_applied_with_what_it_was_made_with(four: Project) -> None:
    told = four.ok("plan", "--out", "p.json", "--target", "extension.a", "--var", "version=9.*", *ONE_BY_ONE)
    line = next(line for line in told.err.splitlines() if line.startswith("Saved to p.json. Apply it: "))
    words = shlex.split(line.removeprefix("Saved to p.json. Apply it: "))[1:]
    assert words == ["apply", "-e", "dev", "--var", "version=9.*", *ONE_BY_ONE, "p.json"]
    four.ok(*words)
    assert four.addresses() == ["extension.a"]


def test_a_saved_plan_names_the_secrets_to_give_again(tmp_path: Path) -> None:
    secrets = "variables:\n  token: {type: string, sensitive: true}\n  key: {type: string, sensitive: true}"
    project = small(tmp_path / "secret", project=PROJECT.replace("variables:", secrets), template=FOUR)
    given = ["--var", "token=hunter22", "--var", "version=8.*", "--var", "key=hunter33", "--var", "token=h4"]
    told = project.ok("plan", "--out", "p.json", *given).err
    assert told.splitlines()[-1].endswith(": token, key")
    assert "hunter" not in told
    assert "Secrets to set" not in project.ok("plan", "--out", "q.json", *given[2:4], env=SECRETS).err


def test_a_protected_environment_is_planned_with_the_same_selection(tmp_path: Path) -> None:
    protected = PROJECT.replace("{endpoint: sandbox}", "{endpoint: sandbox, protected: true}")
    project = small(tmp_path / "four", project=protected, template=FOUR)
    refused = project.run(
        "apply", "--auto-approve", "--target", "extension.a", "--lock-timeout", "5", "--json"
    )
    assert refused.code == 3
    assert "planner plan -e dev --target extension.a --out FILE" in refused.out


class TestAdvice:
    """What is told of commands holds where one is."""

    def test_of_a_damaged_state(self, four: Project) -> None:
        four.apply()
        (four.folder / "state/dev.json").write_text("")
        assert "`planner state restore 1 -e dev`" in four.run("show").err
        outside = Project(four.folder.parent)
        told = " ".join(outside.run("-C", "four", "show").err.split())
        assert "`planner -C four state restore 1 -e dev`" in told

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (["state", "restore", "7"], "planner -C four state history"),
            (["kinds", "show", "nothing"], "planner -C four kinds list"),
            (["state", "rm", "extension.x"], "planner -C four state list"),
        ],
    )
    def test_of_what_is_not_there(self, four: Project, words: Sequence[str], told: str) -> None:
        done = Project(four.folder.parent).run("-C", "four", *words)
        assert done.code != 0
        assert told in " ".join(done.err.split())

    def test_it_names_the_environment(self, tmp_path: Path) -> None:
        small(tmp_path / "two", project=f"{PROJECT}  prod: {{endpoint: sandbox}}\n", template=FOUR)
        outside = Project(tmp_path)
        told = " ".join(outside.run("-C", "two", "state", "restore", "7", "-e", "prod").err.split())
        assert "planner -C two state history -e prod" in told
