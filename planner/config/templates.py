"""Templates -> documents: each template rendered and parsed, with its problems reported."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import jinja2
from attrs import define, field, frozen
from jinja2.exceptions import TemplateNotFound

from planner.config.effort import MARKED_BUDGET, Effort
from planner.config.failures import explain, place_of
from planner.config.rendered_text import RenderedText
from planner.config.rendering import OnUndefined, TemplateEnvironment, render
from planner.config.sources import FOLDER, SUFFIXES, Sources, UnreadableSource
from planner.config.tokens import BROKEN, INVALID, Tokens, broken_at
from planner.config.yaml_document import YamlProblem, parse
from planner.model.diagnostic import Diagnostics, Position
from planner.model.value import Path, Value


@frozen
class Document:
    """One YAML document of a template. locate: path in the document -> position in the template."""

    template: str
    value: Value
    locate: Callable[[Path], Position]
    names: Callable[[Path], tuple[str, ...]]


@define(eq=False)
class _Loader(jinja2.BaseLoader):
    sources: Sources

    def get_source(
        self, _environment: jinja2.Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        name = posixpath.normpath(FOLDER + template)
        try:
            return self.sources.template(name), name, lambda: True
        except UnreadableSource as error:
            raise TemplateNotFound(template) from error


@define
class Templates:
    """Renders the project's templates with a scope: name -> value of what templates see."""

    sources: Sources
    scope: Mapping[str, Any]
    diagnostics: Diagnostics
    effort: Effort = field(factory=Effort)
    _reported: set[tuple[str, str, int]] = field(factory=set)

    def documents(self) -> list[Document]:
        tokens = Tokens(effort=self.effort)
        environment = self._environment(tokens, self._undefined_at)  # one, to compile macros once
        found = []
        for name in self._names():
            found += self._documents_of(name, environment)
        return found

    def _names(self) -> list[str]:
        try:
            names = self.sources.templates()
        except UnreadableSource as error:
            self.diagnostics.error(error.summary, position=error.position, advice=error.advice)
            return []
        if not names:
            self.diagnostics.warning(
                "there are no templates", detail=f"{FOLDER} holds no {_listed(SUFFIXES)} file."
            )
        return names

    def expression(self, text: str, position: Callable[[], Position], where: str) -> Value:
        """The value of a text with `{{ ... }}` in it, as in locals; INVALID when it has a problem.

        where: what the text is, for the beginning of messages.
        """

        def undefined(message: str, _file: str, _line: int) -> None:
            self._undefined(f"{where}: {message}", position())

        tokens = Tokens(effort=self.effort)
        environment = self._environment(tokens, undefined)
        try:
            return tokens.restore(_checked(render(environment.from_string(text))))
        except Exception as error:  # noqa: BLE001 - expressions can raise anything
            summary, detail, advice = explain(error)
            self.diagnostics.error(f"{where}: {summary}", detail=detail, position=position(), advice=advice)
            return INVALID

    def _documents_of(self, name: str, environment: TemplateEnvironment) -> list[Document]:
        text = self._rendered(name, environment)
        if text is None:
            return []
        back = RenderedText(name, partial(self._render_marked, name))
        try:
            values = parse(_checked(text), restore=environment.tokens.placed)
        except YamlProblem as problem:
            self._report_yaml(problem, back)
            return []

        def locate(index: int, path: Path) -> Position:
            return self.sources.line(*back.find((index, *path)))

        def names(index: int, path: Path) -> tuple[str, ...]:
            return back.names((index, *path))

        return [
            Document(name, value, partial(locate, index), partial(names, index))
            for index, value in enumerate(values)
        ]

    def _rendered(self, name: str, environment: TemplateEnvironment) -> str | None:
        """The rendered text of a template; None when it could not be rendered."""
        try:
            self.sources.text(name)
            return render(environment.get_template(name.removeprefix(FOLDER)))
        except UnreadableSource as error:
            self.diagnostics.error(error.summary, position=error.position, advice=error.advice)
        except Exception as error:  # noqa: BLE001 - expressions of a template can raise anything
            self._report(name, error)
        return None

    def _render_marked(self, name: str) -> tuple[str, Tokens, list[str]]:
        # an effort of its own: what could be rendered once can be rendered again
        tokens, marks = Tokens(effort=Effort(MARKED_BUDGET)), dict[str, int]()
        environment = self._environment(tokens, self._undefined_at, marks)
        text = render(environment.get_template(name.removeprefix(FOLDER)))
        return text, tokens, list(marks)

    def _environment(
        self, tokens: Tokens, on_undefined: OnUndefined, marks: dict[str, int] | None = None
    ) -> TemplateEnvironment:
        environment = TemplateEnvironment(
            _Loader(self.sources), tokens, on_undefined=on_undefined, marks=marks
        )
        environment.globals.update(self.scope)
        return environment

    def _undefined_at(self, message: str, file: str, line: int) -> None:
        self._undefined(message, self.sources.line(file, line))

    def _undefined(self, message: str, position: Position) -> None:
        key = (message, position.file, position.line or 0)
        if key not in self._reported:
            self._reported.add(key)
            summary, _, advice = message.partition("\n")
            self.diagnostics.error(summary.rstrip("."), position=position, advice=advice)

    def _report(self, name: str, error: Exception) -> None:
        file, line = place_of(error, name)
        position = self.sources.line(file, line) if line else Position(file)
        summary, detail, advice = explain(error)
        self.diagnostics.error(summary, detail=detail, position=position, advice=advice)

    def _report_yaml(self, problem: YamlProblem, back: RenderedText) -> None:
        marked = back.marked_problem(problem)

        def position(line: int) -> Position:
            return self.sources.line(*back.template_line(line))

        self.diagnostics.error(
            problem.summary, detail=marked.detail(position), position=position(marked.line)
        )


def _checked(text: str) -> str:
    """text, a rendered one. YamlProblem when a token in it is broken."""
    broken = broken_at(text)
    if broken is not None:
        raise YamlProblem(text.count("\n", 0, broken) + 1, BROKEN)
    return text


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}"
