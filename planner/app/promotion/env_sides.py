"""One side of a comparison: an environment as its files say, rendered without asking anything."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from attrs import evolve, frozen

from planner.app.caller import Caller
from planner.app.opening import Request, configure_files
from planner.app.promotion.release import release_of
from planner.config.load import Configuration, choose_environment
from planner.config.sources import Sources
from planner.config.variables import PREFIX, assign
from planner.model.diagnostic import Diagnostics
from planner.model.kind import Kind
from planner.model.release import Release


@frozen
class Side:
    """unset: sensitive variables that have no value here; a text stands in for each.

    release: what the files bring; where nothing is promoted, its archives alone.
    """

    configuration: Configuration
    kinds: Mapping[str, Kind]
    release: Release
    unset: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.configuration.environment.name


def read_side(request: Request, caller: Caller, name: str) -> Side:
    """The environment as the files have it. InvalidConfiguration with every problem found."""
    environment = choose_environment(request.project, name)
    own = evolve(request, environment=environment.name)
    unset = _unset(own, environment.name)
    given = {f"{PREFIX}{variable}": _stand_in(variable) for variable in unset}
    own = evolve(own, inputs=evolve(own.inputs, environ={**own.inputs.environ, **given}))
    configuration, kinds = configure_files(own, caller)
    configuration.refuse_errors()
    release = release_of(own, configuration) or Release(archives=_archives(configuration))
    return Side(configuration, {kind: file.kind for kind, file in kinds.items()}, release, unset)


def _unset(request: Request, environment: str) -> tuple[str, ...]:
    """The sensitive variables that nothing gives a value, and that a text can stand in for."""
    declared = request.projects.at(request.folder)
    project = declared.project
    secret = {name: variable for name, variable in project.variables.items() if variable.sensitive}
    filled = {
        name: evolve(variable, has_default=True, default=_stand_in(name)) for name, variable in secret.items()
    }
    sources = Sources(request.folder, texts=request.texts)
    trial = evolve(declared, project=evolve(project, variables={**project.variables, **filled}))
    found = assign(trial, environment, sources, request.inputs, Diagnostics())
    return tuple(name for name in secret if name in found and found[name].value == _stand_in(name))


def _stand_in(name: str) -> str:
    return f"(not set: {name})"


def _archives(configuration: Configuration) -> dict[str, str]:
    """Path in the project -> sha256."""
    contents = (desired.content for desired in configuration.resources.values() if desired.content)
    return {posixpath.normpath(content.source): content.sha256 for content in contents}
