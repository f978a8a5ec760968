"""Templates -> documents: each template rendered (template_jobs.py) and parsed, with its problems reported.

No positions are kept while all goes well. The first time one is asked for, the template is rendered again
with line marks, and its text is read again with a trace of lines; both give the same data, so paths agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, cached_property, partial

from attrs import define, field, frozen

from planner.config.jobs import MARKED_BUDGET, Ended, Runner
from planner.config.sources import FOLDER, SUFFIXES, UnreadableSource, nearest
from planner.config.template_jobs import Marked, Rendered, Workpiece, checked, everything, marked
from planner.config.tokens import MARK, Tokens, decode
from planner.config.validation import Place
from planner.config.values import Written
from planner.config.yaml_document import LINE_END, LineTrace, parse
from planner.config.yaml_problem import YamlProblem
from planner.model.diagnostic import Diagnostics, Position
from planner.model.value import Path


@frozen
class Document:
    """One YAML document of a template."""

    template: str
    value: Written
    place: Place


_DOLLARS = re.compile(r"\$\{\s*((?:var|local|resource)\.[^{}\s]+)\s*\}")


@define(eq=False, repr=False)
class Templates:
    """The project's locals and templates. run: how what jinja does is done."""

    piece: Workpiece
    diagnostics: Diagnostics
    run: Runner

    def documents(self) -> Iterator[Document]:
        """Each as soon as it is there."""
        tokens = Tokens()
        try:
            for rendered in self.run(partial(everything, self.piece, self._names())):
                yield from self._documents_of(rendered, tokens)
                self._tell_dollars(rendered.name)
        except Ended as end:
            self._report_end(end)
        self._tell_overlooked()

    def _names(self) -> list[str]:
        try:
            names = self.piece.sources.templates()
        except UnreadableSource as error:
            self.diagnostics.error(error.summary, position=error.position, advice=error.advice)
            return []
        if not names:
            *most, last = SUFFIXES
            detail = f"{FOLDER} holds no {', '.join(most)} or {last} file."
            self.diagnostics.warning("there are no templates", detail=detail)
        return names

    def _tell_dollars(self, name: str) -> None:
        """`${var.x}` means something to Terraform; here it is a text like any other."""
        text = self.piece.sources.read_files.get(name, "")
        for found in _DOLLARS.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            self.diagnostics.warning(
                f"{found[0]} is taken as a text",
                position=self.piece.sources.line(name, line),
                advice=f"Write {{{{ {found[1]} }}}}.",
            )

    def _tell_overlooked(self) -> None:
        advice = f"The names of templates end in {', '.join(SUFFIXES)}."
        for name in self.piece.sources.overlooked():
            if name not in self.piece.sources.read_files:
                self.diagnostics.warning(f"{name} is not read", position=Position(name), advice=advice)

    def _documents_of(self, rendered: Rendered, tokens: Tokens) -> list[Document]:
        self.diagnostics.extend(rendered.problems)
        self.piece.sources.read_files.update(rendered.read)
        tokens.add(rendered.tokens)
        if rendered.text is None:
            return []
        name = rendered.name
        back = _WayBack(name, cache(partial(self._marked, name)))
        try:
            values = parse(checked(rendered.text), restore=tokens.placed)
        except YamlProblem as problem:
            found = back.read.problem or problem  # its lines are the ones that template_line knows
            found.report(self.diagnostics, lambda line: self.piece.sources.line(*back.template_line(line)))
            return []
        line = self.piece.sources.line
        place = Place(lambda path: line(*back.find(path)), self.diagnostics, names=back.names)
        return [Document(name, value, place.below((index,))) for index, value in enumerate(values)]

    def _marked(self, name: str) -> Marked:
        """The template rendered with marks, without a text where it cannot be made: then no more is known of
        places than the template.
        """
        # an effort of its own: what could be rendered once can be rendered again
        piece = self.piece.again(name, budget=MARKED_BUDGET)
        try:
            found = list(self.run(partial(marked, piece, name)))
        except Ended:
            found = []
        return found[0] if found else ("", Tokens(), [])

    def _report_end(self, end: Ended) -> None:
        where, position = "", None
        if isinstance(end.place, tuple):
            where, position = f'local "{end.place[1]}": ', self.piece.local_position(end.place[1:])
        elif end.place is not None:
            position = self._position(end.file or end.place, end.line)
        self.diagnostics.error(f"{where}{end.summary}", position=position, advice=end.advice)

    def _position(self, file: str, line: int) -> Position:
        with suppress(UnreadableSource):  # it went away meanwhile
            self.piece.sources.text(file)
            return self.piece.sources.line(file, line)
        return Position(file, line or None)


MOST_LINES = 2_000_000
"""Lines whose places are kept; what is wrong further down is shown at the last of them."""

_BEFORE_TEXT = re.compile(rf"(?:[ \t]|{MARK.pattern})*+")


def _place(files: list[str], mark: tuple[str, str]) -> tuple[str, int]:
    return files[decode(mark[0])], decode(mark[1])


@define(eq=False, repr=False)
class _Reading:
    """What is known of the values up to the first problem. texts: of the scalars, with their tokens."""

    lines: LineTrace = field(factory=dict)
    texts: dict[Path, str] = field(factory=dict)
    problem: YamlProblem | None = None


@define(slots=False, eq=False, repr=False)
class _WayBack:
    """From a place in a rendered template to a line of one. again: renders it with marks, once."""

    name: str
    again: Callable[[], Marked]

    def template_line(self, rendered_line: int) -> tuple[str, int]:
        """File and line of the template that gave a line (from 1) of the rendered text."""
        lines = self._marked[1]
        return lines[min(rendered_line, len(lines)) - 1] if lines else (self.name, 1)

    def find(self, path: Path) -> tuple[str, int]:
        """File and line of a value, or of the nearest thing around it that has a place."""
        return self.template_line(nearest(self.read.lines, path))

    def names(self, path: Path) -> tuple[str, ...]:
        """The variables and locals that the value at path, or what is below it, was made of."""
        return tuple(self._names.get(path, ()))

    @cached_property
    def _names(self) -> dict[Path, dict[str, None]]:
        """What each value, and each mapping and list around it, was made of; the keys are in order."""
        tokens = self.again()[1]
        found: dict[Path, dict[str, None]] = {}
        for place, text in self.read.texts.items():
            names = tokens.names_in(text)
            for end in range(len(place) + 1) if names else ():
                found.setdefault(place[:end], {}).update(dict.fromkeys(names))
        return found

    @cached_property
    def _marked(self) -> tuple[str, list[tuple[str, int]]]:
        """The text without marks, and for each of its lines the place that its first visible text has."""
        text, _, files = self.again()
        place = (self.name, 1)
        lines = []
        places: dict[tuple[str, int], tuple[str, int]] = {}  # each once, however often a loop repeats it
        for line in LINE_END.split(text, MOST_LINES)[:MOST_LINES]:
            before = _BEFORE_TEXT.match(line)
            marks = MARK.findall(line)
            leading = MARK.findall(before.group()) if before else []
            here = _place(files, leading[-1]) if leading else place
            lines.append(places.setdefault(here, here))
            place = _place(files, marks[-1]) if marks else place
        return MARK.sub("", text), lines

    @cached_property
    def read(self) -> _Reading:
        found, restore = _Reading(), self.again()[1].restore
        try:
            parse(self._marked[0], restore=restore, trace=found.lines, texts=found.texts)
        except YamlProblem as problem:
            found.problem = problem
        return found
