"""Templates -> documents: each template rendered (work.py) and parsed, with its problems reported.

No positions are kept while all goes well. The first time one is asked for, the template is rendered again
with line marks, and its text is read again with a trace of lines; both give the same data, so paths agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from itertools import islice

from attrs import define, frozen

from planner.config.jobs import MARKED_BUDGET, Ended, Runner, here
from planner.config.sources import FOLDER, SUFFIXES, UnreadableSource
from planner.config.tokens import MARK, Tokens, decode
from planner.config.work import Marked, Rendered, Workpiece, checked, everything, marked
from planner.config.written import Written
from planner.config.yaml_document import LINE_END, LineTrace, YamlProblem, parse
from planner.model.diagnostic import Diagnostics, Position
from planner.model.value import Path


@frozen
class Document:
    """One YAML document of a template. locate: path in the document -> position in the template."""

    template: str
    value: Written
    locate: Callable[[Path], Position]
    names: Callable[[Path], tuple[str, ...]]


@define
class Templates:
    """The project's locals and templates. run: how what jinja does is done."""

    piece: Workpiece
    diagnostics: Diagnostics
    run: Runner = here

    def documents(self) -> Iterator[Document]:
        """Each as soon as it is there."""
        tokens = Tokens()
        try:
            for rendered in self.run(partial(everything, self.piece, self._names())):
                yield from self._documents_of(rendered, tokens)
        except Ended as end:
            self._report_end(end)

    def _names(self) -> list[str]:
        try:
            names = self.piece.sources.templates()
        except UnreadableSource as error:
            self.diagnostics.error(error.summary, position=error.position, advice=error.advice)
            return []
        if not names:
            self.diagnostics.warning(
                "there are no templates", detail=f"{FOLDER} holds no {_listed(SUFFIXES)} file."
            )
        return names

    def _documents_of(self, rendered: Rendered, tokens: Tokens) -> list[Document]:
        self.diagnostics.extend(rendered.problems)
        self.piece.sources.read_files.update(rendered.read)
        tokens.add(rendered.tokens)
        if rendered.text is None:
            return []
        name = rendered.name
        back = _WayBack(name, partial(self._marked, name))
        try:
            values = parse(checked(rendered.text), restore=tokens.placed)
        except YamlProblem as problem:
            found = back.marked_problem(problem)
            found.report(self.diagnostics, lambda line: self.piece.sources.line(*back.template_line(line)))
            return []

        def locate(index: int, path: Path) -> Position:
            return self.piece.sources.line(*back.find((index, *path)))

        def names(index: int, path: Path) -> tuple[str, ...]:
            return back.names((index, *path))

        return [
            Document(name, value, partial(locate, index), partial(names, index))
            for index, value in enumerate(values)
        ]

    def _marked(self, name: str) -> Marked:
        """Without a text where it cannot be made: then no more is known of places than the template."""
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
        try:
            self.piece.sources.text(file)
        except UnreadableSource:  # it went away meanwhile
            return Position(file, line or None)
        return self.piece.sources.line(file, line) if line else Position(file)


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}"


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
class _WayBack:
    """From a place in a rendered template to a line of one. again: renders it once more, with marks."""

    name: str
    again: Callable[[], Marked]

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
