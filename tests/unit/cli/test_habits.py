"""What Terraform's users type is answered with a line that works."""

from __future__ import annotations

import shlex

import pytest

from planner.cli import habits
from planner.cli.habits import refuse_habits
from planner.cli.main import run
from planner.errors import WrongUsage

ANSWERS = {
    "plan -var version=9.*": "plan --var 'version=9.*'",
    "plan -var=version=9.* -var-file=a.yaml": "plan --var 'version=9.*' --var-file a.yaml",
    "plan -out=plan.json": "plan --out plan.json",
    "plan -out plan.json -e dev": "plan --out plan.json -e dev",
    "plan -target=extension.a -target extension.b": "plan --target extension.a --target extension.b",
    "plan -refresh=false": "plan --no-refresh",
    "plan --refresh=false": "plan --no-refresh",
    "plan -refresh-only -detailed-exitcode": "plan --refresh-only --detailed-exitcode",
    "plan -lock=false -input=false": "plan",
    "plan --input=false -e dev": "plan -e dev",
    "plan -compact-warnings -no-color": "plan --no-color",
    "plan -env dev": "plan -e dev",
    "plan -env=dev": "plan -e dev",
    "plan --env dev": "plan -e dev",
    "-chdir=infra plan": "-C infra plan",
    "-chdir=infra taint extension.a": "-C infra apply --replace extension.a",
    "-C infra -v taint extension.a": "-C infra -v apply --replace extension.a",
    "apply -auto-approve": "apply --auto-approve",
    "apply -auto-approve -lock-timeout=2m": "apply --auto-approve --lock-timeout 120",
    "apply -auto-approve plan.json": "apply --auto-approve plan.json",
    "apply -destroy -parallelism=4": "apply --destroy --parallelism 4",
    "apply -replace=extension.a": "apply --replace extension.a",
    "destroy -target=extension.a -e dev": "destroy --target extension.a -e dev",
    "output -raw url": "output url",
    "output -json": "output --json",
    "show -json plan.json": "show --json plan.json",
    "init -upgrade": "init",
    "init -reconfigure": "init",
    "-version": "--version",
    "-help": "--help",
    "plan -help": "plan --help",
    "plan -out": "plan --out VALUE",
    "taint extension.a": "apply --replace extension.a",
    "taint": "apply --replace ADDRESS",
    "untaint extension.a": "plan",
    "refresh": "apply --refresh-only",
    "refresh -e dev -var a=b": "apply --refresh-only -e dev --var a=b",
    "force-unlock -force 1234 -e dev": "lock break 1234 -e dev",
    "force-unlock": "lock break LOCK_ID",
    "workspace": "env list",
    "workspace list": "env list",
    "workspace show": "env list",
    "workspace select prod": "plan -e prod",
    "workspace new prod": "env list",
    "workspace delete prod": "destroy -e prod",
    "fmt -recursive": "validate",
    "providers": "kinds list",
    "get": "init",
    "test": "validate",
    "query": "export",
    "modules": "render",
    "login example.org": "env list",
    "logout": "env list",
    "state replace-provider a b": "kinds list",
}


@pytest.mark.parametrize("typed", ANSWERS)
def test_a_habit_is_answered(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(WrongUsage) as refused:
        refuse_habits(typed.split())
    assert refused.value.advice == f"planner {ANSWERS[typed]}"
    assert run(typed.split()) == 64
    said = capsys.readouterr()
    assert (said.out, f"planner {ANSWERS[typed]}" in said.err) == ("", True)


@pytest.mark.parametrize("line", sorted(set(ANSWERS.values())))
def test_what_is_answered_is_taken(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command and option in it is there: what is asked for its help is read, and not run."""
    assert run([*shlex.split(line), "--help"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "plan -v",
            "plan -vv",
            "plan -ve dev",
            "plan -edev",
            "-Cinfra plan",
            "plan --var a=-target=b",
            "-h",
        ),
        *("plan --refresh", "plan --json", "plan --out p.json", "plan --lock-timeout 3", "state list"),
        *("state show refresh", "lint -- -target", "lock break force-unlock", "plan --destroy", ""),
    ],
)
def test_what_is_ours_is_left_alone(typed: str) -> None:
    refuse_habits(typed.split())


def test_every_habit_is_tried() -> None:
    tried = " ".join(ANSWERS)
    assert [name for name in habits.COMMANDS if f" {name}" not in f" {tried}"] == []
    assert [name for name in (*habits.ALONE, *habits.VALUED) if f"-{name}" not in tried] == []
