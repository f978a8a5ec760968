"""What every place promises to which credentials go that are shown once."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import frozen

from planner.app.credentials import CalledSink, CommandSink, FileSink, Sink
from planner.errors import PlannerError, Refused
from planner.model.address import Address
from planner.model.resource import Credential
from planner.model.value import Secret


@frozen
class Place:
    """A sink, what it holds, and the same one where nothing can be kept."""

    sink: Sink
    held: Callable[[], list[str]]
    full: Sink


def one(value: str) -> Credential:
    return Credential(Address("api_key", value), "id", "key", Secret(value))


def line(credential: Credential) -> bytes:
    return json.dumps({"value": str(credential.value)}).encode() + b"\n"


def values(path: Path) -> list[str]:
    text = path.read_text() if path.exists() else ""
    return [json.loads(each)["value"] for each in text.splitlines()]


def in_file(folder: Path) -> Place:
    path = folder / "keys.jsonl"
    return Place(FileSink(path, line), lambda: values(path), FileSink(Path("/dev/null/keys.jsonl"), line))


def in_command(folder: Path) -> Place:
    path, code = folder / "keys.jsonl", "import sys; open(sys.argv[1], 'a').write(sys.stdin.read())"
    words = (sys.executable, "-c", code, str(path))
    failing = (sys.executable, "-c", "import sys; sys.exit(sys.stdin.read() and 'no room')")
    return Place(CommandSink(words, line), lambda: values(path), CommandSink(failing, line))


def in_call(_folder: Path) -> Place:
    taken: list[str] = []

    def refuse(_: Credential) -> None:
        raise OSError("no room")

    return Place(CalledSink(lambda each: taken.append(str(each.value))), lambda: taken, CalledSink(refuse))


@pytest.fixture(params=[in_file, in_command, in_call])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    made: Place = request.param(tmp_path)
    return made


def test_each_is_kept_after_those_before(place: Place) -> None:
    place.sink.open()
    assert place.held() == []
    for value in ("first", "sec\nond", "th\u00efrd"):
        place.sink.keep(one(value))
        assert place.held()[-1] == value
    place.sink.open()
    assert place.held() == ["first", "sec\nond", "th\u00efrd"]


def test_what_is_not_kept_is_told_without_it(place: Place) -> None:
    with pytest.raises(PlannerError) as caught:
        place.full.keep(one("s3cret"))
    assert "s3cret" not in f"{caught.value.summary}{caught.value.advice}"


# Of files alone.


def test_a_file_is_its_owners_and_a_line_that_was_cut_off_stays_one(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "keys.jsonl"
    sink = FileSink(path, line)
    sink.open()
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text('{"value": "cut o')
    sink.open()
    sink.keep(one("next"))
    assert path.read_text() == '{"value": "cut o\n{"value": "next"}\n'


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_that_others_reach_is_no_place(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keys.jsonl"
    path.touch()
    path.chmod(mode)
    with pytest.raises(Refused, match="may be read or written by others") as caught:
        FileSink(path, line).open()
    assert f"chmod 600 {path}" in caught.value.advice


def test_what_is_no_file_of_its_own_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for path in (tmp_path, tmp_path / "link", Path("/dev/null")):
        with pytest.raises(PlannerError, match=r"cannot be used for credentials|by others"):
            FileSink(path, line).open()
    assert not (tmp_path / "elsewhere").exists()


# Of commands alone.


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import sys; sys.exit(3)", "ended with 3$"),
        ("import sys; sys.exit('first\\nlast')", "ended with 1: last$"),
        ("import os; os.kill(os.getpid(), 9)", "ended with -9$"),
        ("import time; time.sleep(600)", "did not end within 0.01 seconds$"),
    ],
)
def test_a_command_has_to_end_well_and_soon(code: str, told: str) -> None:
    sink = CommandSink((sys.executable, "-c", code), line, seconds=0.01 if "time" in code else 60)
    with pytest.raises(PlannerError, match=told):
        sink.keep(one("x"))


def test_a_command_need_not_read_and_has_the_environment_that_it_is_given() -> None:
    code = "import os, sys; sys.exit(os.environ['TOLD'] != 'yes')"
    CommandSink((sys.executable, "-c", code), line, {"TOLD": "yes"}).keep(one("x" * 200_000))


def test_a_program_that_is_not_there_is_told_before(tmp_path: Path) -> None:
    with pytest.raises(PlannerError, match="there is no program nothing"):
        CommandSink(("nothing",), line, {"PATH": str(tmp_path)}).open()
