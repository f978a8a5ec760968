from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import click
import pytest

from planner.cli.console import Console, report
from planner.cli.main import cli, run
from planner.cli.verbs import COMMANDS, EXIT_CODES, INTERRUPTED, Invocation, module_of
from planner.errors import LockHeld, PartlyApplied, PlannerError, Refused, WrongUsage

GROUPS = ("env", "kinds", "lock", "release", "sandbox", "state")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--version"], 0),
        (["--help"], 0),
        ([], 0),
        (["-v"], 0),
        *(([name], 0) for name in GROUPS),
        (["nothing"], 64),
        (["plan", "--nothing"], 64),
        (["-C"], 64),
    ],
)
def test_exit_codes_of_the_group(words: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == code
    found = capsys.readouterr()
    assert bool(found.out) is (code == 0)
    assert bool(found.err) is (code != 0)


def test_a_missing_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", str(tmp_path), "plan"]) == 1
    assert "there is no planner.yaml" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], *([name] for name in COMMANDS), ["state", "mv"], ["lock", "break"]])
def test_help_is_the_same_however_it_is_asked_for(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []
    for line in (["help", *words], [*words, "--help"], [*words, "-h"]):
        assert run(line) == 0
        asked.append(capsys.readouterr().out)
    assert asked[0].startswith("Usage: planner")
    assert asked == asked[:1] * 3


def test_help_has_each_command_and_each_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    first = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert [first.count(name) for name in COMMANDS] == [1] * len(COMMANDS)
    codes = {item.exit_code for item in (PlannerError, WrongUsage, Refused, LockHeld, PartlyApplied)}
    assert {*map(str, codes), "0", "2", str(INTERRUPTED)} == EXIT_CODES.keys()
    assert first[-len(EXIT_CODES) :] == list(EXIT_CODES)


@pytest.mark.parametrize("group", ["state", "lock", "env", "release", "kinds", "sandbox"])
def test_help_of_a_group_says_whole_sentences(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([group]) == 0
    listed = capsys.readouterr().out.partition("\nCommands:\n")[2]
    assert listed
    assert "..." not in listed


PLACES = ["{} version", "version {}", "{} kinds list", "kinds {} list", "kinds list {}"]


@pytest.mark.parametrize("line", PLACES)
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("-C there", (Path("there"), 0, None)),
        ("-Cthere -vv", (Path("there"), 2, None)),
        ("--no-color -v", (Path(), 1, False)),
        ("--color always", (Path(), 0, True)),
        ("--color=never", (Path(), 0, False)),
        ("--no-color --color auto", (Path(), 0, None)),
    ],
)
def test_global_options_stand_anywhere(
    line: str, given: str, expected: tuple[Path, int, bool | None]
) -> None:
    seen = Invocation()
    cli.main(line.format(given).split(), obj=seen, standalone_mode=False)
    assert (seen.folder, seen.verbosity, seen.colour) == expected


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_module_and_says_how_to_use_it(name: str) -> None:
    command = import_module(f"planner.cli.commands.{module_of(name)}").command
    assert command.name == name
    assert command.help
    assert cli.get_command(click.Context(cli), name) is command


@pytest.mark.parametrize(
    ("error", "code"),
    [(PlannerError("x"), 1), (WrongUsage("x"), 64), (Refused("x"), 3), (LockHeld("x"), 4)],
)
def test_errors_have_their_codes(error: PlannerError, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert report(error, Console()) == code
    assert capsys.readouterr().err == "Error: x\n"


def test_a_defect_leaves_its_traceback_in_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    console = Console()
    console.redact.watch(lambda: ["mysecret"])
    nothing: dict[str, str] = {}
    with pytest.raises(KeyError) as defect:
        _ = nothing["mysecret"]
    assert report(defect.value, console) == 1
    told = capsys.readouterr().err
    (log,) = tmp_path.iterdir()
    assert "a defect in planner: KeyError: '(sensitive)'" in told
    assert log.name in told.replace("\n", "")
    text = log.read_text()
    assert "Traceback" in text
    assert "test_main.py" in text
    assert log.stat().st_mode & 0o777 == 0o600
    assert "KeyError: '(sensitive)'" in text
    assert "mysecret" not in text


def test_there_is_one_console() -> None:
    invocation = Invocation(verbosity=2, colour=False)
    console = invocation.console()
    assert invocation.console() is console
    assert (console.verbosity, console.colour) == (2, False)


def test_on_windows_it_says_where_it_runs() -> None:
    """Where there are no such modules: nothing that needs them is imported before."""
    told = """
import sys
sys.modules.update(dict.fromkeys(("fcntl", "termios", "resource", "pwd", "grp", "_posixsubprocess")))
from planner.cli import main
main(["plan"], system="nt")
"""
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "planner runs on Linux and macOS. On Windows, run it in WSL, which is Linux.\n"
