"""The pull request that an apply is for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from planner.errors import PlannerError
from planner.forge.registry import KINDS, MESSAGES, job_in
from planner.vcs import repository_of


def pull_request(folder: Path, environ: Mapping[str, str]) -> str:
    """ "#12" or "!12": the one that the CI's job is for, or that the commit says it merged; "" for none."""
    job = job_in(environ)
    if job.number and job.forge:
        return f"{KINDS[job.forge].facts.mark}{job.number}"
    repository = repository_of(folder)
    try:
        message = repository.message("HEAD") if repository else ""
    except PlannerError:
        return ""
    found = next((match for pattern in MESSAGES if (match := pattern.search(message))), None)
    return f"#{found[1]}" if found and found[1].isdigit() else found[1] if found else ""
