"""-e, else PLANNER_ENVIRONMENT, else default_environment; and which commands take none of these."""

from __future__ import annotations

from pathlib import Path

import pytest

from .runner import PROJECT, Project, small, words

TWO = PROJECT + "  test: {endpoint: sandbox}\n"
BY_FILE = TWO + "default_environment: dev\n"
VARIABLE = {"PLANNER_ENVIRONMENT": "test"}


def told(name: str, origin: str) -> str:
    return f"Environment: {name}, from {origin}.\n"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = small(tmp_path_factory.mktemp("two"), project=BY_FILE)
    for name in ("dev", "test"):
        project.apply("-e", name)
    return project


@pytest.mark.parametrize(
    ("words", "variables", "name", "origin"),
    [
        ([], {}, "dev", "default_environment in planner.yaml"),
        ([], VARIABLE, "test", "PLANNER_ENVIRONMENT"),
        ([], {"PLANNER_ENVIRONMENT": ""}, "dev", "default_environment in planner.yaml"),
        (["-e", "dev"], VARIABLE, "dev", ""),
    ],
)
@pytest.mark.parametrize("command", ["apply", "plan", "show", "drift", "output", "lock show", "state list"])
def test_who_says_it(
    two: Project, command: str, words: list[str], variables: dict[str, str], name: str, origin: str
) -> None:
    done = two.ok(*command.split(), *words, env=variables)
    assert done.err.startswith(told(name, origin)) if origin else "Environment:" not in done.err
    assert {"dev", "test"} - {name} not in [{word.strip(".,:") for word in done.out.split()}]


def test_the_only_one_needs_no_word(applied: Project) -> None:
    assert "Environment:" not in applied.ok("apply").err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["destroy", "--auto-approve"], "which environment? destroy takes no default"),
        (["apply", "--destroy", "--auto-approve"], "which environment? apply --destroy takes no default"),
        (["state", "rm", "extension.beta"], "which environment? state rm takes no default"),
        (["lock", "break", "x"], "which environment? lock break takes no default"),
        (["state", "restore", "1"], "which environment? state restore takes no default"),
        (["state", "discard", "extension.x"], "which environment? state discard takes no default"),
        (["state", "adopt", "extension.x", "1"], "which environment? state adopt takes no default"),
        (["state", "push", "s.json"], "which environment? state push takes no default"),
        (["promote"], "which environments?"),
        (["promote", "--rollback"], "a rollback is of one environment"),
    ],
)
def test_who_takes_no_default(two: Project, words: list[str], told: str) -> None:
    before = two.state()
    done = two.run(*words, env={"PLANNER_ENVIRONMENT": "dev"})
    assert (done.code, done.out) == (64, "")
    assert told in done.err
    assert "PLANNER_ENVIRONMENT nor default_environment counts here" in done.err
    assert two.state() == before


@pytest.mark.parametrize(
    ("command", "default"),
    [
        ("plan", "PLANNER_ENVIRONMENT, default_environment in planner.yaml, the only one"),
        ("state mv", "PLANNER_ENVIRONMENT, default_environment in planner.yaml, the only one"),
        ("apply", "the only one; with --destroy the only one"),
        ("destroy", "the only one"),
        ("state restore", "the only one"),
        ("lock break", "the only one"),
        ("validate", "each of them"),
        ("sandbox serve", "none: a sandbox of its own"),
        ("sandbox reset", "none: a sandbox of its own"),
    ],
)
def test_the_help_says_so(two: Project, command: str, default: str) -> None:
    for line in ([*command.split(), "--help"], ["help", *command.split()]):
        assert f"{default}]" in words(two.ok(*line).out)


@pytest.mark.parametrize(
    "words",
    [["destroy"], ["state", "rm", "extension.beta"], ["apply", "--destroy"], ["state", "restore", "1"]],
)
def test_who_takes_no_default_takes_the_only_one(applied: Project, words: list[str]) -> None:
    assert applied.run(*words).code in {0, 3}  # 3: nobody to ask, which comes after


@pytest.mark.parametrize("words", [["destroy"], ["state", "rm", "extension.beta"], ["lock", "break", "x"]])
def test_the_only_one_is_not_taken_for_another(applied: Project, words: list[str]) -> None:
    done = applied.run(*words, env={"PLANNER_ENVIRONMENT": "prod"})
    assert (done.code, done.out) == (64, "")
    assert 'PLANNER_ENVIRONMENT names "prod", and dev is the only one' in done.err
    assert "-e dev" in done.err
    assert len(applied.addresses()) == 2


def test_a_saved_plan_says_what_it_is_for(two: Project) -> None:
    two.ok("plan", "-e", "dev", "--out", "plan.json")
    done = two.ok("apply", "plan.json", env=VARIABLE)
    assert "Environment:" not in done.err


@pytest.mark.parametrize("words", [["validate"], ["init"]])
def test_what_is_about_all_stays_so(two: Project, words: list[str]) -> None:
    done = two.ok(*words, env=VARIABLE)
    assert ("dev" in done.out, "test" in done.out, "Environment:" in done.err) == (True, True, False)


@pytest.mark.parametrize("words", [["plan"], ["output"], ["state", "list"]])
def test_a_variable_that_names_nothing(two: Project, words: list[str]) -> None:
    done = two.run(*words, env={"PLANNER_ENVIRONMENT": "tset"})
    assert (done.code, done.out) == (64, "")
    assert 'there is no environment "tset", which PLANNER_ENVIRONMENT names' in done.err
    assert 'Did you mean "test"?' in done.err


def test_what_is_advised_names_the_default(tmp_path: Path) -> None:
    project = small(tmp_path / "advised", project=BY_FILE)
    done = project.run("state", "show", "extension.beta")
    assert "planner state list -e dev" in done.err
    done = project.run("state", "show", "extension.beta", env=VARIABLE)
    assert "planner state list -e test" in done.err
