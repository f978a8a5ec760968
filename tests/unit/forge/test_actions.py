from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from planner.forge.actions import pull_request
from planner.forge.ci import Job

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
