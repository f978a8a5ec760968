"""The CI of GitHub, and of Gitea, which is made like it: what it says of a job, shows and passes on.

What a job is for stands in the JSON file of an event, parts of which strangers write.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from attrs import evolve

from planner.forge.kind import Ci, Environ, Job, run_of
from planner.forge.port import ForgeError
from planner.forge.reading import at, number_at, text_at
from planner.links import open_regular

_LARGEST: Final = 64 * 1024 * 1024
"""Bytes. GitHub's own limit is 25 MB."""

_REF: Final = re.compile(r"refs/pull/(\d{1,15})/", re.ASCII)
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
SUMMARY_LIMIT: Final = 1024 * 1024
"""Bytes, of all that one step writes; GitHub shows nothing of more."""

_TRIES: Final = 5
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)


def actions(name: str, is_here: Callable[[Environ], bool], imitates: str = "") -> Ci:
    sources = {
        "number": "GITHUB_EVENT_PATH and GITHUB_REF",
        "repository": "GITHUB_REPOSITORY",
        "api": "GITHUB_API_URL",
        "run": "GITHUB_RUN_ID",
    }
    return Ci(name, is_here, _job, sources, actor="GITHUB_ACTOR", imitates=imitates)


def _job(environ: Environ) -> Job:
    given = (environ.get(name, "") for name in ("GITHUB_EVENT_PATH", "GITHUB_REF", "GITHUB_SHA"))
    found = pull_request(*given)
    return evolve(
        found,
        api=environ.get("GITHUB_API_URL", ""),
        repository=environ.get("GITHUB_REPOSITORY", ""),
        base=found.base or environ.get("GITHUB_BASE_REF", ""),
        # The id grows over all workflows of a repository, GITHUB_RUN_NUMBER in each by itself.
        run=run_of(environ, "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT"),
    )


def pull_request(path: str, ref: str, built: str = "") -> Job:
    """What the event says: the base is a merge queue's, the commit that what is to be merged goes on top of.

    path: of the event's file. ref: of the run, asked where the event names none. built: the run's commit,
    which is the pull request's for its own refs, and for no pull request; else it is the target's.
    """
    event = _event(path)
    if at(event, "merge_group") is not None:
        return Job(commit=built, queued=True, base=_commit(event, "merge_group", "base_sha"))
    number, found = _number(event), _REF.match(ref)
    if number is None and found:
        number = int(found[1]) or None
    head = _commit(event, "pull_request", "head", "sha") or _commit(event, "workflow_run", "head_sha")
    return Job(number=number, commit=head or (built if found or number is None else ""))


def _commit(event: Any, *path: str) -> str:
    found = text_at(event, *path)
    return found if _COMMIT.fullmatch(found) else ""


def _number(event: Any) -> int | None:
    """An issue that is no pull request does not count."""
    issue = at(event, "issue")
    if issue is not None and not (at(issue, "pull_request") or at(event, "is_pull") is True):
        return None
    return (
        number_at(event, "pull_request", "number")
        or number_at(issue, "number")
        or _number_of_run(event)
        or number_at(event, "number")
    )


def _number_of_run(event: Any) -> int | None:
    """Of a workflow that follows another. Pull requests from forks are not there, those to others are."""
    found = at(at(event, "workflow_run"), "pull_requests")
    home = text_at(event, "repository", "id")
    if not isinstance(found, list) or len(found) != 1 or text_at(found[0], "base", "repo", "id") != home:
        return None
    return number_at(found[0], "number")


def _event(path: str) -> Any:
    """None for a file that cannot be read or understood."""
    try:
        with open_regular(Path(path)) as file:
            content = file.read(_LARGEST + 1)
        return json.loads(content) if len(content) <= _LARGEST else None
    except (OSError, ValueError, RecursionError):
        return None


def write_summary(environ: Mapping[str, str], render: Callable[[int], str]) -> bool:
    """Adds to the job summary. False where there is none. render: markdown of at most that many characters.

    It is rendered anew for fewer characters while its bytes are too many. ForgeError when it cannot be made
    short enough or written.
    """
    path = environ.get("GITHUB_STEP_SUMMARY", "")
    if not path:
        return False
    room = SUMMARY_LIMIT - _size(path) - 1
    limit = room
    for _ in range(_TRIES):
        content = f"{render(max(0, limit))}\n".encode(errors="replace")
        if len(content) <= room:
            _append(path, content, "the job summary")
            return True
        limit = limit * room // len(content) - 1
    raise ForgeError(f"the job summary is longer than the {SUMMARY_LIMIT} bytes that GitHub takes")


def write_outputs(environ: Mapping[str, str], outputs: Mapping[str, str]) -> bool:
    """Adds outputs of the step, of any number of lines each. False where there is no file for them."""
    path = environ.get("GITHUB_OUTPUT", "")
    if not path:
        return False
    text = "".join(_output(name, value) for name, value in outputs.items())
    _append(path, text.encode(errors="replace"), "the outputs of the step")
    return True


def _output(name: str, value: str) -> str:
    """With an end that no value can hold, so that none can make another output."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"no name of an output: {name!r}")
    end = f"planner_{os.urandom(16).hex()}"
    return f"{name}<<{end}\n{value}\n{end}\n"


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def _append(path: str, content: bytes, what: str) -> None:
    try:
        with open(path, "ab", opener=_without_waiting) as file:
            os.set_blocking(file.fileno(), True)
            file.write(content)
    except (OSError, ValueError) as error:
        raise ForgeError(f"{what} cannot be written to {path}: {error}") from error


def _without_waiting(path: str, flags: int) -> int:
    """A pipe that nobody reads would never open."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o666)
