"""The CI of GitHub, and of Gitea, which is made like it.

What a job is for stands in the JSON file of an event, parts of which strangers write.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from attrs import evolve

from planner.forge.ci import Ci, Environ, Job, run_of
from planner.forge.reading import at, number_at, text_at
from planner.links import open_regular

_LARGEST: Final = 64 * 1024 * 1024
"""Bytes. GitHub's own limit is 25 MB."""

_REF: Final = re.compile(r"refs/pull/(\d{1,15})/", re.ASCII)
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


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
