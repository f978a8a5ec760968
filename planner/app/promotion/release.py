"""The release that an environment would run, from its configuration and the project's git repository."""

from __future__ import annotations

import posixpath

from planner.app.opening import Request
from planner.config.environment_file import read_environment_file
from planner.config.load import Configuration
from planner.config.project import PROJECT_FILE
from planner.config.sources import Sources
from planner.errors import PlannerError
from planner.model.diagnostic import Diagnostics
from planner.model.project import PINNED
from planner.model.release import Release


def release_of(request: Request, configuration: Configuration) -> Release | None:
    """None where nothing is promoted. configuration: without errors, its files attached.

    PlannerError when git's history does not reach back to the commit of the templates, or when they include
    what is not in their folders.
    """
    promotable = configuration.project.promote
    if promotable is None:
        return None
    if promotable.templates:
        _refuse_what_no_pin_fixes(configuration)
    values = {name: configuration.variables[name].value for name in promotable.variables}
    contents = (desired.content for desired in configuration.resources.values() if desired.content)
    return Release(
        variables=values,
        templates=_templates(request, configuration.environment.name) if promotable.templates else "",
        archives={posixpath.normpath(content.source): content.sha256 for content in contents},
    )


def _refuse_what_no_pin_fixes(configuration: Configuration) -> None:
    for name in sorted(configuration.reads - {PROJECT_FILE}):
        if name.split("/", 1)[0] not in (*PINNED, "environments"):
            raise PlannerError(
                f"{name} is included in a template, and is no part of a release",
                advice="Move it into templates/, which is promoted by its commit.",
            )


def _templates(request: Request, environment: str) -> str:
    """The commit that last changed templates/ and files/; "" where they are not as a commit has them."""
    repository = request.trees.repository
    if repository is None or repository.head() is None:
        return ""
    sources = Sources(request.folder, texts=request.texts)
    found = read_environment_file(sources, environment, Diagnostics())
    if found is not None and found.templates:
        return repository.last_change(found.templates, *PINNED)
    folders = tuple(f"{name}/" for name in PINNED)
    if any(name.startswith(folders) for name in repository.changed_since("HEAD")):
        return ""
    return repository.last_change("HEAD", *PINNED)
