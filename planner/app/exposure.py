"""Values of sensitive variables in files that git tracks: everybody who has the repository has them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from planner.config.load import Configuration
from planner.config.variables import PREFIX
from planner.model.diagnostic import ERROR, Diagnostic, Position
from planner.model.project import Origin
from planner.vcs import repository_of


def exposed(configuration: Configuration, folder: Path) -> Iterator[Diagnostic]:
    """An error for each value that is used, and comes from a tracked file: the environment's or a --var-file.

    The line is named, and not shown. A default in planner.yaml is refused wherever that is.
    """
    found = [
        (variable.name, place)
        for variable in configuration.project.variables.values()
        if variable.sensitive and variable.name in configuration.variables
        if (place := _place(configuration.variables[variable.name].origin)) is not None
    ]
    repository = repository_of(folder) if found else None
    if repository is None:
        return
    for name, place in found:
        if any(repository.tracks(path) for path in {folder / place.file, Path(place.file)} if path.exists()):
            yield Diagnostic(
                ERROR,
                f'variable "{name}" is sensitive, and git tracks the file that sets it',
                position=place,
                advice=f"Take it out, set {PREFIX}{name} instead, and change the secret: history keeps it.",
            )


def _place(origin: Origin) -> Position | None:
    """The file and line that a value comes from; None where it comes from no file."""
    file, _, line = origin.place.rpartition(":")
    return Position(file, int(line)) if file and line.isdigit() else None
