"""Templates -> documents: each template rendered (work.py) and parsed, with its problems reported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from attrs import define, frozen

from planner.config.effort import MARKED_BUDGET
from planner.config.jobs import Ended, Runner, here
from planner.config.rendered_text import Marked, RenderedText, checked
from planner.config.sources import FOLDER, SUFFIXES, UnreadableSource
from planner.config.tokens import Tokens
from planner.config.work import Rendered, Workpiece, everything, marked
from planner.config.yaml_document import Written, YamlProblem, parse
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
        back = RenderedText(name, partial(self._marked, name))
        try:
            values = parse(checked(rendered.text), restore=tokens.placed)
        except YamlProblem as problem:
            self._report_yaml(problem, back)
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

    def _report_yaml(self, problem: YamlProblem, back: RenderedText) -> None:
        found = back.marked_problem(problem)

        def position(line: int) -> Position:
            return self.piece.sources.line(*back.template_line(line))

        self.diagnostics.error(problem.summary, detail=found.detail(position), position=position(found.line))


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}"
