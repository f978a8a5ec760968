"""What is wrong with YAML text, and how it is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from planner.model.diagnostic import Diagnostics, Position

MAX_MESSAGE = 400
SAME_LINE: Final = (
    "The same line gives it more than once: put what a loop goes over into the name, as in name_{{ x }}, "
    "or take out what its list holds twice."
)
"""Advice on a name that is there already, and comes from the same place in a template."""


_BRACKETS: Final = "What begins with [ or { ends with ] or }; between entries there is a comma."
_ADVICE: Final = (
    ("mapping values are not allowed", "A text that has a colon and a blank in it stands in quotes."),
    ("cannot start any token", "A text that begins with this character stands in quotes."),
    ("expected alphabetic or numeric", "A text that begins with * or & stands in quotes."),
    (
        "expected key",
        "What is in one mapping is indented alike; in single quotes a quote is written ''.",
    ),
    ("expected ':'", "After a key there is a colon and a blank."),
    ("expected ',' or", _BRACKETS),
    ("expected node content", _BRACKETS),
    ("unexpected end of stream", "Perhaps a quote is not closed."),
)
"""Part of what the parser says, and what is mostly meant by it."""


class YamlProblem(Exception):
    """YAML that cannot be read, or that says something nobody can mean. line: from 1. summary: what is wrong.
    context: a sentence with {} for the place of another line.
    """

    def __init__(self, line: int, summary: str, context: tuple[str, int] | None = None) -> None:
        summary = summary if len(summary) <= MAX_MESSAGE else f"{summary[:MAX_MESSAGE]}…"
        super().__init__(summary)
        self.line, self.summary, self.context = line, summary, context
        self.advice = next((advice for words, advice in _ADVICE if words in summary), "")

    def report(self, diagnostics: Diagnostics, position: Callable[[int], Position]) -> None:
        """position: of a line."""
        sentence, line = self.context or ("", self.line)
        detail = sentence.format(position(line)) if line < self.line else ""
        diagnostics.error(self.summary, detail=detail, position=position(self.line), advice=self.advice)


class GivenTwice(YamlProblem):
    """A key that its mapping has already. first: the line where it stands, 0 where that is not known."""

    def __init__(self, line: int, key: str, first: int) -> None:
        context = ("It was first given at {}.", first) if first else None
        super().__init__(line, f'the key "{key}" is given twice', context)
        self.first = first

    def report(self, diagnostics: Diagnostics, position: Callable[[int], Position]) -> None:
        here = position(self.line)
        if 0 < self.first < self.line and position(self.first) == here:
            diagnostics.error(self.summary, position=here, advice=SAME_LINE)
        else:
            super().report(diagnostics, position)
