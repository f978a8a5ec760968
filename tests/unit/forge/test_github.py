from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from planner.forge.github import SUMMARY_LIMIT, pull_request, write_outputs, write_summary
from planner.forge.kind import Job
from planner.forge.port import ForgeError

SHA = "3f9c1ab0" * 5
FORK = {"number": 9, "base": {"repo": {"id": 1}}}
BUILT = "b" * 40
COMMENT = {"number": 7, "pull_request": {"url": "x"}}
HOME = {"repository": {"id": 5}}

EVENTS: list[tuple[str, Any, int | None]] = [
    ("pull_request", {"pull_request": {"number": 7}, "number": 8}, 7),
    ("its own number", {"number": 8}, 8),
    ("a comment on a pull request", {"issue": {"number": 6, "pull_request": {"url": "x"}}}, 6),
    ("the same at Gitea", {"issue": {"number": 6}, "is_pull": True}, 6),
    ("a comment on an issue", {"issue": {"number": 6}, "number": 6}, None),
    (
        "after another workflow",
        {"workflow_run": {"pull_requests": [{**FORK, "base": {"repo": {"id": 5}}}]}},
        9,
    ),
    ("the same, of another repository", {"workflow_run": {"pull_requests": [FORK]}}, None),
    ("the same, of a fork", {"workflow_run": {"pull_requests": []}}, None),
    ("the same, odd", {"workflow_run": {"pull_requests": "7"}}, None),
    ("push", {"ref": "refs/heads/main"}, None),
    ("no object", [1], None),
    ("text", "7", None),
    ("null", None, None),
    ("odd", {"pull_request": [7], "issue": 7, "number": {}}, None),
    ("true", {"number": True}, None),
    ("negative", {"number": -1}, None),
    ("nought", {"number": 0}, None),
    ("a fraction", {"number": 7.5}, None),
    ("huge", {"number": 10**40}, None),
    ("a path", {"number": "../../7"}, None),
]


@pytest.mark.parametrize(("event", "number"), [case[1:] for case in EVENTS], ids=[case[0] for case in EVENTS])
def test_the_number_in_an_event(tmp_path: Path, event: Any, number: int | None) -> None:
    path = tmp_path / "event.json"
    path.write_text(json.dumps({**HOME, **event} if isinstance(event, dict) else event))
    assert pull_request(str(path), "refs/heads/main").number == number


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"number":' * 100_000,
        b'{"number": 1e999}',
        b'{"number": ' + b"9" * 10_000 + b"}",
        b'{"pull_request": NaN}',
    ],
)
def test_a_hostile_event_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "event.json"
    path.write_bytes(content)
    assert pull_request(str(path), "refs/pull/12/merge") == Job(number=12)


@pytest.mark.parametrize("path", ["", ".", "/no/such/file", "a\0b"])
def test_an_event_that_cannot_be_read_is_none(path: str) -> None:
    assert pull_request(path, "") == Job()


def test_an_event_that_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "event.json")
    assert pull_request(str(tmp_path / "event.json"), "") == Job()
    assert pull_request("/dev/zero", "") == Job()


@pytest.mark.parametrize(
    ("ref", "number"),
    [
        ("refs/pull/12/merge", 12),
        ("refs/pull/12/head", 12),
        ("refs/pull/0/head", None),
        ("refs/pull/x/head", None),
        ("refs/pull/\u0661/head", None),
        (f"refs/pull/{'1' * 99}/head", None),
        ("refs/heads/refs/pull/12/merge", None),
        ("", None),
    ],
)
def test_the_number_in_a_ref(ref: str, number: int | None) -> None:
    assert pull_request("", ref).number == number


@pytest.mark.parametrize(
    ("sha", "commit"), [(SHA, SHA), ("main", ""), ("-" * 40, ""), (7, ""), ("A" * 40, "")]
)
def test_the_commit_is_the_head(tmp_path: Path, sha: Any, commit: str) -> None:
    path = tmp_path / "event.json"
    path.write_text(json.dumps({"pull_request": {"number": 7, "head": {"sha": sha}}}))
    assert pull_request(str(path), "") == Job(number=7, commit=commit)


@pytest.mark.parametrize(
    ("event", "ref", "found"),
    [
        pytest.param({"ref": "x"}, "refs/heads/main", Job(commit=BUILT), id="push"),
        pytest.param({"number": 7}, "refs/pull/7/merge", Job(number=7, commit=BUILT), id="the merge of it"),
        pytest.param(
            {"issue": COMMENT}, "refs/heads/main", Job(number=7), id="a comment: built is the target"
        ),
        pytest.param(
            {"workflow_run": {"head_sha": SHA, "pull_requests": [{**FORK, "base": {"repo": {"id": 5}}}]}},
            "refs/heads/main",
            Job(number=9, commit=SHA),
            id="after another workflow",
        ),
        pytest.param(
            {"merge_group": {"base_sha": SHA}},
            "refs/heads/q",
            Job(commit=BUILT, queued=True, base=SHA),
            id="a queue",
        ),
        pytest.param({"merge_group": {}}, "refs/heads/q", Job(commit=BUILT, queued=True), id="an odd queue"),
    ],
)
def test_what_was_built(tmp_path: Path, event: Any, ref: str, found: Job) -> None:
    path = tmp_path / "event.json"
    path.write_text(json.dumps({**HOME, **event}))
    assert pull_request(str(path), ref, BUILT) == found


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
