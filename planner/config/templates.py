"""Templates -> documents: each template rendered and parsed, with its problems reported."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jinja2
from attrs import define, field, frozen
from jinja2.exceptions import SecurityError, TemplateError, TemplateNotFound, TemplateSyntaxError

from planner.config.rendered_text import RenderedText
from planner.config.rendering import TemplateEnvironment, render
from planner.config.scope import NotKnownYet
from planner.config.sources import Sources, UnreadableSource
from planner.config.tokens import Tokens
from planner.config.yaml_document import YamlProblem, parse
from planner.model.diagnostic import Diagnostics, Position, did_you_mean
from planner.model.value import Path, Value

FOLDER = "templates/"


@frozen
class Document:
    """One YAML document of a template. locate: path in the document -> position in the template."""

    template: str
    value: Value
    locate: Callable[[Path], Position]


@define(eq=False)
class _Loader(jinja2.BaseLoader):
    sources: Sources

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        name = FOLDER + template
        try:
            return self.sources.text(name), name, lambda: True
        except UnreadableSource as error:
            raise TemplateNotFound(template, message=f"{name}: {error.summary}") from None


@define
class Templates:
    """Renders the project's templates with a scope: name -> value of what templates see."""

    sources: Sources
    scope: Mapping[str, Any]
    diagnostics: Diagnostics
    _reported: set[tuple[str, str, int]] = field(factory=set)

    def documents(self) -> list[Document]:
        found = []
        for name in self.sources.templates():
            found += self._documents_of(name)
        return found

    def render(self, name: str) -> tuple[str, Tokens] | None:
        """The rendered text of a template and its tokens; None when it could not be rendered."""
        tokens = Tokens()
        try:
            text = self._render(name, tokens, None)
        except UnreadableSource as error:
            self.diagnostics.error(error.summary, position=error.position, advice=error.advice)
        except (MemoryError, RecursionError) as error:
            what = "too much memory" if isinstance(error, MemoryError) else "too deep a recursion"
            self.diagnostics.error(f"the template needs {what}", position=Position(name))
        except Exception as error:  # noqa: BLE001 - expressions of a template can raise anything
            self._report(name, error)
        else:
            return text, tokens
        return None

    def expression(self, text: str, position: Callable[[], Position]) -> Value:
        """The value of a text with `{{ ... }}` in it, as in locals."""
        tokens = Tokens()
        environment = self._environment(tokens, None, lambda m, _f, _l: self._undefined(m, position()))
        return tokens.restore(render(environment.from_string(text)))

    def _documents_of(self, name: str) -> list[Document]:
        rendered = self.render(name)
        if rendered is None:
            return []
        text, tokens = rendered
        back = RenderedText(name, lambda: self._render_marked(name))
        try:
            values = parse(text, restore=tokens.restore)
        except YamlProblem as error:
            file, line = back.template_line(error.line)
            self.diagnostics.error(error.summary, detail=error.detail, position=self.sources.line(file, line))
            return []

        def locate(index: int, path: Path) -> Position:
            return self.sources.line(*back.find((index, *path)))

        return [Document(name, value, partial(locate, index)) for index, value in enumerate(values)]

    def _render(self, name: str, tokens: Tokens, marks: dict[str, int] | None) -> str:
        self.sources.text(name)
        environment = self._environment(tokens, marks, self._undefined_at)
        return render(environment.get_template(name.removeprefix(FOLDER)))

    def _render_marked(self, name: str) -> tuple[str, Tokens, list[str]]:
        tokens, marks = Tokens(), dict[str, int]()
        return self._render(name, tokens, marks), tokens, list(marks)

    def _environment(
        self, tokens: Tokens, marks: dict[str, int] | None, on_undefined: Callable[[str, str, int], None]
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
            summary, _, advice = message.partition(". ")
            self.diagnostics.error(summary.rstrip("."), position=position, advice=advice)

    def _report(self, name: str, error: Exception) -> None:
        file, line = _place(name, error)
        position = self.sources.line(file, line) if line else Position(file)
        summary, detail, advice = _explain(error)
        self.diagnostics.error(summary, detail=detail, position=position, advice=advice)


def _place(name: str, error: Exception) -> tuple[str, int]:
    """File and line of the template where error was raised; line 0 when it is not known."""
    if isinstance(error, TemplateSyntaxError):
        return error.filename or FOLDER + (error.name or name), error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if frame.filename.startswith(FOLDER)]
    return (inside[-1].filename, inside[-1].lineno or 0) if inside else (name, 0)


def _explain(error: Exception) -> tuple[str, str, str]:
    """summary, detail, advice."""
    message = getattr(error, "message", None) or str(error)
    if isinstance(error, TemplateNotFound):
        return _not_found(error)
    if isinstance(error, TemplateSyntaxError):
        return _syntax(message)
    if isinstance(error, NotKnownYet):
        name, _, why = message.partition(" is ")
        return f"{name} cannot be used this way", f"It is {why}.", ""
    if isinstance(error, SecurityError):
        return f"not allowed in a template: {message}", "", ""
    if isinstance(error, TemplateError):
        summary, _, advice = message.partition(". ")
        return summary.rstrip("."), "", advice
    return f"the expression failed: {message}", f"Raised as {type(error).__name__}.", ""


def _not_found(error: TemplateNotFound) -> tuple[str, str, str]:
    wanted = str(error.name)
    if ".." in wanted.split("/") or wanted.startswith("/"):
        return (
            f'the include "{wanted}" leaves the project',
            "",
            "Includes and imports are named relative to templates/, and stay inside the project.",
        )
    return (
        f'there is no template "{wanted}" to include',
        error.message if error.message and error.message != wanted else "",
        "Includes and imports are named relative to templates/.",
    )


def _syntax(message: str) -> tuple[str, str, str]:
    for what in ("filter", "test"):
        if message.startswith(f"No {what} named "):
            word = message.removeprefix(f"No {what} named ").strip("'.")
            from planner.config.filters import filters, tests  # noqa: PLC0415

            return (
                f'there is no {what} "{word}"',
                "",
                did_you_mean(word, filters() if what == "filter" else tests()),
            )
    return f"not a jinja template: {message.rstrip('.')}", "", ""
