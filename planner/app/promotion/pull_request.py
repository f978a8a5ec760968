"""The pull request that an apply is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from planner.errors import PlannerError
from planner.forge.ci import running
from planner.vcs import repository_of

_MERGED: Final = (
    re.compile(r"\AMerge pull request (?:'.*' \()?(#\d{1,15})\b"),  # GitHub; Gitea, Forgejo
    re.compile(r"\AMerged? (?:PR|in .*pull request) (#?\d{1,15})\b"),  # Azure DevOps, Bitbucket Cloud
    re.compile(r"\APull request (#\d{1,15}): "),  # Bitbucket Data Center
    re.compile(r"^See merge request \S*(!\d{1,15})$", re.MULTILINE),  # GitLab
    re.compile(r"\A[^\n]*\((#\d{1,15})\)(?:\n|\Z)"),  # squashed on GitHub, Gitea
)


def pull_request(folder: Path, environ: Mapping[str, str]) -> str:
    """ "#12" or "!12": the one that the CI's job is for, or that the commit says it merged; "" for none."""
    ci = running(environ)
    job = ci.job(environ) if ci else None
    if job is not None and job.number:
        return f"{'!' if job.forge == 'gitlab' else '#'}{job.number}"
    repository = repository_of(folder)
    try:
        message = repository.message("HEAD") if repository else ""
    except PlannerError:
        return ""
    found = next((match for pattern in _MERGED if (match := pattern.search(message))), None)
    return f"#{found[1]}" if found and found[1].isdigit() else found[1] if found else ""
