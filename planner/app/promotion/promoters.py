"""Who brings a release into an environment: whoever wrote its pins."""

from __future__ import annotations

from planner.app.opening import Request
from planner.app.promotion.actor import actor
from planner.config.environment_file import name_of, read_environment_file
from planner.config.sources import Sources
from planner.model.diagnostic import Diagnostics
from planner.model.tree import PINNED
from planner.vcs import Repository, repository_of


def promoters(request: Request, environment: str) -> frozenset[str]:
    """By every name that git has for the author of the latest change to the environment's file.

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
