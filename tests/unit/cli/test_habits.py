"""What Terraform's users type is answered with a line that works."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from planner.cli import habits
from planner.cli.habits import refuse_habits
from planner.cli.main import cli, run
from planner.errors import WrongUsage

PROJECT = """
project: shop
variables:
  version: {type: string}
  a: {type: string}
  token: {type: string, sensitive: true}
environments: {dev: {endpoint: sandbox}}
"""
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
    "plan -out=a -lock-timeout=3s": "plan --out a",
    "apply -lock-timeout 1h30m": "apply --lock-timeout 5400",
    "apply --lock-timeout=2m -e dev": "apply --lock-timeout 120 -e dev",
    "validate -lock-timeout=3s -no-tests": "validate",
    "output -target=extension.a url": "output url",
    "init -backend-config=a.hcl -migrate-state -force-copy -get=false -lockfile=readonly": "init",
    "state rm -dry-run extension.a": "state rm --dry-run extension.a",
    "state list -state=a.json -id 7 extension.a": "state list extension.a",
    "state mv -dry-run -backup=a -state-out b one.a two.b": "state mv --dry-run one.a two.b",
    "state push -ignore-remote-version a.json": "state push a.json",
    "import -config=. extension.a 7": "import extension.a 7",
    "plan -generate-config-out=a.tf": "plan",
    "graph -draw-cycles -format=json": "graph --format json",
    "graph -type=plan": "graph",
    "graph -module-depth=2 -plan=p.tfplan": "graph",
    "init -from-module=m -plugin-dir=p": "init",
    "test -filter=a -test-directory=b": "validate",
    "fmt -check -diff -write=false": "validate",
    "taint -allow-missing extension.a": "apply --replace extension.a",
    "-e dev plan": "plan -e dev",
    "-e dev --json plan -out=a": "plan -e dev --json --out a",
    "-C infra --environment=dev -v state rm one.a": "-C infra -v state rm one.a --environment=dev",
    "--target extension.a plan --json": "plan --target extension.a --json",
    "help taint": "help apply",
    "help workspace select": "help plan",
    "help state replace-provider": "help kinds list",
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


def answered(typed: str) -> None:
    refuse_habits(typed.split(), cli, None)


@pytest.mark.parametrize("typed", ANSWERS)
def test_a_habit_is_answered(
    typed: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("planner.yaml").write_text(PROJECT, encoding="utf-8")
    with pytest.raises(WrongUsage) as refused:
        answered(typed)
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
    answered(typed)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("plan -var token=hunter22", "plan --var token=..."),
        ("plan -var=tokn=hunter22 -out=a", "plan --var tokn=... --out a"),
        ("plan -out=a --var token=hunter22", "plan --out a --var token=..."),
        ("plan -out=a --var=token=hunter22", "plan --out a --var=token=..."),
        ("plan -var hunter22 -var version=8", "plan --var ... --var version=8"),
        ("--var token=hunter22 plan", "plan --var token=..."),
        ("-chdir=elsewhere plan -var version=hunter22", "-C elsewhere plan --var version=..."),
    ],
)
def test_what_may_be_a_secret_is_not_repeated(
    typed: str,
    answer: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("planner.yaml").write_text(PROJECT, encoding="utf-8")
    assert run(typed.split()) == 64
    assert f"  planner {answer}\n" in capsys.readouterr().err


@pytest.mark.parametrize("typed", ["plan hunter22", "plan --var hunter22", "hunter22", "plan --hunter22"])
def test_a_credential_in_the_wrong_place_is_not_repeated(
    typed: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EC_API_KEY", "hunter22")
    assert run(typed.split()) == 64
    said = capsys.readouterr()
    assert "hunter22" not in said.out + said.err
    assert "(sensitive)" in said.err


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("graph -typ=plan", "No such option '-typ'. Those of planner have two dashes."),
        ("graph -formt=json", "'-formt'. Those of planner have two dashes. Did you mean '--format'?"),
        (
            "apply -e dev -autoapprove",
            "'-autoapprove'. Those of planner have two dashes. Did you mean '--auto-approve'?",
        ),
        ("plan -vtarget=a", "'-vtarget'. Those of planner have two dashes. Did you mean '--target'?"),
        ("-versoin", "'-versoin'. Those of planner have two dashes. Did you mean '--version'?"),
        ("state list -jsn", "'-jsn'. Those of planner have two dashes. Did you mean '--json'?"),
        ("state -lsit", "'-lsit'. Those of planner have two dashes."),
    ],
)
def test_an_option_that_is_none(typed: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(typed.split()) == 64
    assert f"{told}\n" in capsys.readouterr().err


def test_one_letter_is_not_told_of_two_dashes(capsys: pytest.CaptureFixture[str]) -> None:
    """It is click's to answer, whose words differ by its version."""
    assert run(["plan", "-x"]) == 64
    told = capsys.readouterr().err.splitlines()[-1]
    assert told in ("Error: No such option '-x'.", "Error: No such option: -x")


@pytest.mark.parametrize(
    "typed", ["plan dev", "apply a.json dev", "state list -e dev a --json=1", "env list dev"]
)
def test_an_argument_too_many_may_be_an_environment(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(typed.split()) == 64
    assert ("named with -e" in capsys.readouterr().err) is (typed in ("plan dev", "apply a.json dev"))


def test_what_is_left_out_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "-lock=false", "-state=a", "-lock-timeout", "3s", "-json"]) == 64
    assert "left out: -lock, -state, -lock-timeout\n  planner plan --json\n" in capsys.readouterr().err


def test_every_habit_is_tried() -> None:
    tried = " ".join(ANSWERS)
    assert [name for name in habits.COMMANDS if f" {name}" not in f" {tried}"] == []
    assert [name for name in (*habits.ALONE, *habits.VALUED) if f"-{name}" not in tried] == []
