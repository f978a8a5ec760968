"""Who does it and for which pull request, as the CI says, else git or the machine; who brings a release."""

from __future__ import annotations

import getpass
import platform
from collections.abc import Mapping
from pathlib import Path

from planner.app.opening import Request
from planner.config.environment_file import name_of, read_environment_file
from planner.config.sources import Sources
from planner.errors import PlannerError
from planner.forge.registry import ACTOR_VARIABLES, KINDS, MESSAGES, job_in
from planner.model.diagnostic import Diagnostics
from planner.model.project import PINNED
from planner.promote.log import legible
from planner.vcs import Repository, repository_of


def actor(folder: Path, environ: Mapping[str, str]) -> str:
    """PLANNER_ACTOR; the user that started the CI's job; git's user.email; user@host."""
    for name in ("PLANNER_ACTOR", *ACTOR_VARIABLES):
        if environ.get(name, "").strip():
            return legible(environ[name].strip())
    repository = repository_of(folder)
    return legible((repository.user() if repository else "") or f"{_user()}@{platform.node()}")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id that has no name
        return "unknown"


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


def promoters(request: Request, environment: str) -> frozenset[str]:
    """Who brings a release into it, by every name that git has for the author of its file's latest change.

    Where that change is not committed: whoever works here. Where no pin says which templates run, whoever
    changed them last brings them too. PlannerError when git's history is cut off before these changes.
    """
    repository = repository_of(request.folder)
    name = name_of(request.folder, environment)
    if repository is None or repository.head() is None or _is_changed(request, repository, name):
        return frozenset({actor(request.folder, request.inputs.environ)})
    names = (name, *PINNED) if _follows_templates(request, environment) else (name,)
    return frozenset().union(*(repository.authors(name) for name in names))


def _is_changed(request: Request, repository: Repository, name: str) -> bool:
    return name in request.texts or name in repository.changed_since("HEAD")


def _follows_templates(request: Request, environment: str) -> bool:
    """Whether templates/ and files/ are promoted, and the environment's are those that are checked out."""
    sources = Sources(request.folder, texts=request.texts)
    found = read_environment_file(sources, environment, Diagnostics())
    return request.project.promotes_templates and not (found and found.templates)
