"""The release that an environment would run, by its configuration and git; who brings it there, and for which
pull request, as the CI says, else git or the machine.
"""

from __future__ import annotations

import getpass
import platform
import posixpath
from collections.abc import Iterator

from planner.app.opening import Request
from planner.config.environment_file import PINS, Pins, name_of, pins_name
from planner.config.load import Configuration
from planner.config.project import PROJECT_FILE
from planner.errors import PlannerError
from planner.model.project import PINNED
from planner.model.release import Release
from planner.promote.log import legible
from planner.vcs import Repository


def release_of(request: Request, configuration: Configuration) -> Release | None:
    """The release that the configuration brings; None where nothing is promoted. configuration: without
    errors, its files attached.

    PlannerError when git's history does not reach back to the commit of the templates, or when they include
    what is not in their folders.
    """
    promotable = configuration.project.promote
    if promotable is None:
        return None
    if promotable.templates:
        _refuse_what_no_pin_fixes(configuration)
    values = {name: configuration.variables[name].value for name in promotable.variables}
    templates = _templates(request, configuration.pins) if promotable.templates else ""
    return Release(values, templates, archives_of(configuration))


def archives_of(configuration: Configuration) -> dict[str, str]:
    """Path in the project -> sha256."""
    contents = (desired.content for desired in configuration.resources.values() if desired.content)
    return {posixpath.normpath(content.source): content.sha256 for content in contents}


def _refuse_what_no_pin_fixes(configuration: Configuration) -> None:
    for name in sorted(configuration.reads - {PROJECT_FILE}):
        if name.split("/", 1)[0] not in (*PINNED, PINS, "environments"):
            raise PlannerError(
                f"{name} is included in a template, and is no part of a release",
                advice="Move it into templates/, which is promoted by its commit.",
            )


def overrides(configuration: Configuration) -> Iterator[str]:
    """The pins that something else stands in place of: "var.size by --var size, over pins/prod.yaml:3"."""
    for name, assigned in configuration.variables.items():
        if assigned.pin:
            yield f"var.{name} by {assigned.origin}, over {assigned.pin}"


def _templates(request: Request, pins: Pins | None) -> str:
    """The commit that last changed templates/ and files/; "" where they are not as a commit has them."""
    repository = request.trees.repository
    if repository is None or repository.head() is None:
        return ""
    if pins is not None and pins.templates:
        return repository.last_change(pins.templates, *PINNED)
    folders = tuple(f"{name}/" for name in PINNED)
    if any(name.startswith(folders) for name in repository.changed_since("HEAD")):
        return ""
    return repository.last_change("HEAD", *PINNED)


def actor(request: Request) -> str:
    """PLANNER_ACTOR; the user that started the CI's job; git's user.email; user@host."""
    from planner.forge.registry import ACTOR_VARIABLES  # noqa: PLC0415 - all forges, of a promotion

    environ = request.inputs.environ
    for name in ("PLANNER_ACTOR", *ACTOR_VARIABLES):
        if environ.get(name, "").strip():
            return legible(environ[name].strip())
    repository = request.trees.repository
    return legible((repository.user() if repository else "") or f"{_user()}@{platform.node()}")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id that has no name
        return "unknown"


def pull_request(request: Request) -> str:
    """ "#12" or "!12": the one that the CI's job is for, or that the commit says it merged; "" for none."""
    from planner.forge.registry import KINDS, MESSAGES, job_in  # noqa: PLC0415 - as above

    job, repository = job_in(request.inputs.environ), request.trees.repository
    if job.number and job.forge:
        return f"{KINDS[job.forge].facts.mark}{job.number}"
    try:
        message = repository.message("HEAD") if repository else ""
    except PlannerError:
        return ""
    found = next((match for pattern in MESSAGES if (match := pattern.search(message))), None)
    return f"#{found[1]}" if found and found[1].isdigit() else found[1] if found else ""


def promoters(request: Request, environment: str) -> frozenset[str]:
    """Who brings a release into it, by every name that git has for the author of its pins' latest change.

    Where nothing is pinned, the environment's own file counts too. Where these changes are not committed, it
    is whoever works here. Where no pin says which templates run, whoever changed them last brings them too.
    PlannerError when git's history is cut off before these changes.
    """
    repository, pins = request.trees.repository, request.pins_of(environment)
    is_pinned = pins is None or bool(pins.file.document)
    names = (pins_name(environment), *(() if is_pinned else (name_of(request.folder, environment),)))
    if repository is None or repository.head() is None or _are_changed(request, repository, names):
        return frozenset({actor(request)})
    follows = request.project.promotes_templates and not (pins and pins.templates)
    return frozenset().union(*map(repository.authors, (*names, *(PINNED if follows else ()))))


def _are_changed(request: Request, repository: Repository, names: tuple[str, ...]) -> bool:
    changed = {*request.texts, *repository.changed_since("HEAD")}
    return not changed.isdisjoint(names)
