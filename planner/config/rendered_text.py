"""A rendered template, and the way back from a place in it to the line of the template.

No positions are kept while all goes well. The first time one is asked for, the template is rendered again with
line marks, and its text is read again with a trace of lines; both give the same text, so the places agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property

from attrs import define

from planner.config.tokens import DIGITS, MARK_CLOSE, MARK_OPEN, Tokens, decode
from planner.config.yaml_document import LineTrace, YamlProblem, parse
from planner.model.value import Path

_MARK = re.compile(f"{MARK_OPEN}([{DIGITS}]+){MARK_OPEN}([{DIGITS}]+){MARK_CLOSE}")

MarkedRendering = Callable[[], tuple[str, Tokens, list[str]]]
"""Renders once more with marks: the text, its tokens, and the names of the files the marks number."""


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
        while path and path not in self._trace:
            path = path[:-1]
        return self.template_line(self._trace.get(path, 1))

    @cached_property
    def _marked(self) -> tuple[str, list[tuple[str, int]]]:
        text, _, files = self._rendering
        place = (self.name, 1)
        lines = []
        for line in text.split("\n"):
            marks = [(files[decode(file)], decode(number)) for file, number in _MARK.findall(line)]
            lines.append(marks[0] if marks else place)
            place = marks[-1] if marks else place
        return _MARK.sub("", text), lines

    @cached_property
    def _rendering(self) -> tuple[str, Tokens, list[str]]:
        return self.again()

    @cached_property
    def _trace(self) -> LineTrace:
        trace: LineTrace = {}
        try:
            parse(self._marked[0], restore=self._rendering[1].restore, trace=trace)
        except YamlProblem:
            pass  # it was reported when the text was first read; what came before it has its places
        return trace
