from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from planner.forge.errors import ForgeError
from planner.forge.job_page import SUMMARY_LIMIT, write_outputs, write_summary


def read_outputs(path: Path) -> dict[str, str]:
    """As the runner reads them: name<<end, the lines of the value, end."""
    found, lines = {}, iter(path.read_text(encoding="utf-8").split("\n"))
    for line in lines:
        if line:
            name, _, end = line.partition("<<")
            value = []
            for text in lines:
                if text == end:
                    break
                value.append(text)
            found[name] = "\n".join(value)
    return found


def test_outputs_of_any_text(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_text("earlier=1\n".replace("=1", "<<E\n1\nE"))
    outputs = {
        "changes": "3",
        "empty": "",
        "lines": "one\ntwo\n\n",
        "hostile": "x\nEOF\nchanges<<EOF\n0\nEOF\nplanner_\n",
        "text": "ü ✓ \ud800",
    }
    assert write_outputs({"GITHUB_OUTPUT": str(path)}, outputs)
    assert read_outputs(path) == {"earlier": "1", **outputs, "text": "ü ✓ ?"}


def test_the_ends_differ_each_time(tmp_path: Path) -> None:
    path = tmp_path / "output"
    for _ in range(2):
        write_outputs({"GITHUB_OUTPUT": str(path)}, {"a": "1", "b": "2"})
    ends = [line.partition("<<")[2] for line in path.read_text().splitlines() if "<<" in line]
    assert len(set(ends)) == 4


@pytest.mark.parametrize("name", ["", "a b", "a=b", "a\nb", "1a", "a<<b", "ä"])
def test_what_no_output_is_called(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no name of an output"):
        write_outputs({"GITHUB_OUTPUT": str(tmp_path / "output")}, {name: "1"})


def test_elsewhere_nothing_is_written() -> None:
    assert not write_outputs({}, {"a": "1"})
    assert not write_summary({}, lambda limit: "never asked for"[limit:])


def test_the_summary_goes_after_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    path.write_text("earlier\n")
    assert write_summary({"GITHUB_STEP_SUMMARY": str(path)}, lambda limit: "# Plan ✓")
    assert path.read_text(encoding="utf-8") == "earlier\n# Plan ✓\n"


@pytest.mark.parametrize("letter", ["x", "ü", "✓", "😀"])
@pytest.mark.parametrize("there", [0, 1000])
def test_the_summary_stays_below_the_limit(tmp_path: Path, letter: str, there: int) -> None:
    path = tmp_path / "summary"
    path.write_bytes(b"." * there)
    assert write_summary({"GITHUB_STEP_SUMMARY": str(path)}, lambda limit: letter * limit)
    assert SUMMARY_LIMIT - 100 < path.stat().st_size <= SUMMARY_LIMIT


def test_a_summary_that_gets_no_shorter_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    with pytest.raises(ForgeError, match="longer than the 1048576 bytes"):
        write_summary({"GITHUB_STEP_SUMMARY": str(path)}, lambda limit: "x" * SUMMARY_LIMIT)
    assert not path.exists()


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "no" / "file")
    with pytest.raises(ForgeError, match="the job summary cannot be written to"):
        write_summary({"GITHUB_STEP_SUMMARY": missing}, lambda limit: "x")
    with pytest.raises(ForgeError, match="the outputs of the step cannot be written to"):
        write_outputs({"GITHUB_OUTPUT": missing}, {"a": "1"})


def test_a_pipe_that_nobody_reads_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ForgeError, match="the outputs of the step cannot be written to"):
        write_outputs({"GITHUB_OUTPUT": str(tmp_path / "pipe")}, {"a": "1"})
    with pytest.raises(ForgeError, match="the job summary cannot be written to"):
        write_summary({"GITHUB_STEP_SUMMARY": str(tmp_path / "pipe")}, lambda limit: "x")


def test_one_that_is_read_gets_all_of_it() -> None:
    read, write = os.pipe()
    with ThreadPoolExecutor(1) as reader, os.fdopen(read, "rb") as stream:
        found = reader.submit(stream.read)
        try:
            assert write_summary({"GITHUB_STEP_SUMMARY": f"/dev/fd/{write}"}, lambda limit: "x" * 900_000)
        finally:
            os.close(write)
        assert len(found.result()) == 900_001
