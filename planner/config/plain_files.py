"""planner.yaml, environment files and variable files: plain YAML, no templates."""

from __future__ import annotations

from functools import cached_property

from attrs import define

from planner.config.sources import Sources, UnreadableSource
from planner.config.validation import Checker
from planner.config.wording import describe
from planner.config.yaml_document import LineTrace, Written, YamlProblem, parse, plain
from planner.model.diagnostic import Diagnostics, Position
from planner.model.value import Path, Value


@define(slots=False)
class PlainFile:
    """A parsed file; scalars are Literal where the core schema reads them as something else than text."""

    name: str
    sources: Sources
    document: dict[str, Written]

    def position(self, path: Path) -> Position:
        """The place of a value, or of the nearest thing around it that has one."""
        place: Path = (0, *path)
        while place and place not in self._trace:
            place = place[:-1]
        return self.sources.line(self.name, self._trace.get(place, 1))

    @cached_property
    def _trace(self) -> LineTrace:
        trace: LineTrace = {}
        parse(self.sources.text(self.name), trace=trace)
        return trace


def read_plain(sources: Sources, name: str, diagnostics: Diagnostics) -> PlainFile | None:
    """The file's one document, a mapping (an empty file is an empty one); None when it cannot be used."""

    def position(line: int) -> Position:
        return sources.line(name, line)

    try:
        documents = parse(sources.text(name))
    except UnreadableSource as error:
        diagnostics.error(error.summary, position=error.position, advice=error.advice)
        return None
    except YamlProblem as problem:
        diagnostics.error(problem.summary, detail=problem.detail(position), position=position(problem.line))
        return None
    document = documents[0] if documents else {}
    if len(documents) > 1 or not isinstance(document, dict):
        found = f"{len(documents)} documents" if len(documents) > 1 else describe(plain(document))
        diagnostics.error(f"the file must hold one mapping, not {found}", position=position(1))
        return None
    return PlainFile(name, sources, document)


def check_plain(file: PlainFile, value: Value, checker: Checker, diagnostics: Diagnostics) -> None:
    """Reports what in value, the file's whole document, does not fit the schema."""
    for problem in checker.problems(value):
        diagnostics.error(problem.summary, position=file.position(problem.path), advice=problem.advice)
