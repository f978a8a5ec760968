"""Temporary folders that outlive their process, and those that do not."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from planner.scratch import Scratch

OWNER = """
import sys, tempfile
from planner.scratch import Scratch
tempfile.tempdir = sys.argv[1]
scratch = Scratch.open()
(scratch.folder / "deep" / "er").mkdir(parents=True)
(scratch.folder / "deep" / "er" / "words.zip").write_text("PK")
print(scratch.folder, flush=True)
sys.stdin.read()
scratch.close()
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


@contextmanager
def owner(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    command = [sys.executable, "-c", OWNER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())


def test_it_is_private_and_goes_when_it_is_closed(tmp_path: Path) -> None:
    scratch = Scratch.open()
    assert scratch.folder.stat().st_mode & 0o777 == 0o700
    (scratch.folder / "words.zip").write_text("PK")
    scratch.close()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next(tmp_path: Path) -> None:
    with owner(tmp_path) as (process, left):
        process.send_signal(signal.SIGKILL)
    assert (left / "deep" / "er" / "words.zip").exists()
    scratch = Scratch.open()
    assert list(tmp_path.iterdir()) == [scratch.folder]
    scratch.close()


def test_what_another_process_works_in_stays(tmp_path: Path) -> None:
    with owner(tmp_path) as (process, used):
        Scratch.open().close()
        assert (used / "deep" / "er" / "words.zip").exists()
        process.communicate("")
    assert list(tmp_path.iterdir()) == []


def test_what_this_process_works_in_stays(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: Scratch.open(), range(40)))
    assert len(set(tmp_path.iterdir())) == 40
    for scratch in opened:
        scratch.close()


@pytest.mark.parametrize("name", ["ece-planner-scratch-1", ".ece-planner", "planner-1"])
def test_what_is_somebody_elses_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    Scratch.open().close()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").write_text("k")
    (tmp_path / ".ece-planner-scratch-1").symlink_to(elsewhere)
    (tmp_path / ".ece-planner-scratch-2").write_text("a file")
    Scratch.open().close()
    assert (elsewhere / "kept").exists()
