"""A rendered template, and the way back from a place in it to the line of the template.

No positions are kept while all goes well. The first time one is asked for, the template is rendered again
with line marks, and its text is read again with a trace of lines; both give the same data, so paths agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import islice

from attrs import define, frozen

from planner.config.tokens import BROKEN, MARK, Tokens, broken_at, decode
from planner.config.yaml_document import LINE_END, LineTrace, YamlProblem, parse
from planner.model.value import Path


def checked(text: str) -> str:
    """text, a rendered one. YamlProblem when a token in it is broken."""
    broken = broken_at(text)
    if broken is not None:
        raise YamlProblem(text.count("\n", 0, broken) + 1, BROKEN)
    return text


Marked = tuple[str, Tokens, list[str]]
"""A text with line marks, its tokens, and the names of the files that the marks number."""
MarkedRendering = Callable[[], Marked]
"""Renders once more with marks."""

MOST_LINES = 2_000_000
"""Lines whose places are kept; what is wrong further down is shown at the last of them."""

_BEFORE_TEXT = re.compile(rf"(?:[ \t]|{MARK.pattern})*+")


def _lines(text: str) -> Iterator[str]:
    start = 0
    for end in LINE_END.finditer(text):
        yield text[start : end.start()]
        start = end.end()
    yield text[start:]


def _place(files: list[str], mark: tuple[str, str]) -> tuple[str, int]:
    return files[decode(mark[0])], decode(mark[1])


@frozen
class _Reading:
    """lines: of the values. texts: of the scalars, with their tokens."""

    lines: LineTrace
    texts: dict[Path, str]
    problem: YamlProblem | None = None


@define(slots=False)
class RenderedText:
    """name: the template. again: see MarkedRendering."""

    name: str
    again: MarkedRendering

    def template_line(self, rendered_line: int) -> tuple[str, int]:
        """File and line of the template that gave a line (from 1) of the rendered text."""
        lines = self._marked[1]
        return lines[min(rendered_line, len(lines)) - 1] if lines else (self.name, 1)

    def find(self, path: Path) -> tuple[str, int]:
        """File and line of a value, or of the nearest thing around it that has a place."""
        trace = self._read.lines
        while path and path not in trace:
            path = path[:-1]
        return self.template_line(trace.get(path, 1))

    def marked_problem(self, problem: YamlProblem) -> YamlProblem:
        """The problem as the marked text has it, whose lines are the ones that template_line knows."""
        return self._read.problem or problem

    def names(self, path: Path) -> tuple[str, ...]:
        """The variables and locals that the value at path, or what is below it, was made of."""
        return tuple(self._names.get(path, ()))

    @cached_property
    def _names(self) -> dict[Path, dict[str, None]]:
        """What each value, and each mapping and list around it, was made of; the keys are in order."""
        tokens = self._rendering[1]
        found: dict[Path, dict[str, None]] = {}
        for place, text in self._read.texts.items():
            names = tokens.names_in(text)
            for end in range(len(place) + 1) if names else ():
                found.setdefault(place[:end], {}).update(dict.fromkeys(names))
        return found

    @cached_property
    def _marked(self) -> tuple[str, list[tuple[str, int]]]:
        """The text without marks, and for each of its lines the place that its first visible text has."""
        text, _, files = self._rendering
        place = (self.name, 1)
        lines = []
        places: dict[tuple[str, int], tuple[str, int]] = {}  # each once, however often a loop repeats it
        for line in islice(_lines(text), MOST_LINES):
            before = _BEFORE_TEXT.match(line)
            marks = MARK.findall(line)
            leading = MARK.findall(before.group()) if before else []
            here = _place(files, leading[-1]) if leading else place
            lines.append(places.setdefault(here, here))
            place = _place(files, marks[-1]) if marks else place
        return MARK.sub("", text), lines

    @cached_property
    def _rendering(self) -> Marked:
        return self.again()

    @cached_property
    def _read(self) -> _Reading:
        """What is known of the values up to the first problem, and the problem."""
        lines: LineTrace = {}
        texts: dict[Path, str] = {}
        try:
            parse(self._marked[0], restore=self._rendering[1].restore, trace=lines, texts=texts)
        except YamlProblem as problem:
            return _Reading(lines, texts, problem)
        return _Reading(lines, texts)
