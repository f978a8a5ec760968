"""Command lines that a user can run next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.cli.wiring import Opened


def command_line(here: Opened, verb: str, *rest: str) -> str:
    """planner VERB with the folder, environment and variables of this command, but for sensitive ones."""
    folder = here.request.folder
    where = [] if folder == Path() else ["-C", str(folder)]
    return shlex.join(["planner", *where, verb, "-e", here.environment.name, *_inputs(here), *rest])


def plain_command_line(folder: Path, environment: str, *words: str) -> str:
    """planner WORDS for an environment of the project in folder."""
    where = [] if folder == Path() else ["-C", str(folder)]
    return shlex.join(["planner", *where, *words, "-e", environment])


def _inputs(here: Opened) -> Iterator[str]:
    declared = here.configuration.project.variables
    for name in here.request.inputs.files:
        yield from ("--var-file", name)
    for name, text in here.request.inputs.assignments:
        if not declared[name].sensitive:  # who runs it again sets a secret again; a stand-in would be applied
            yield from ("--var", f"{name}={text}")
