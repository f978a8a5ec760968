"""What is done with jinja, as jobs (planner.config.jobs): they get a Workpiece, and may be ended."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any, Final

import jinja2
from attrs import Factory, define, evolve, field, frozen
from jinja2.exceptions import TemplateError, TemplateNotFound, TemplateSyntaxError

from planner.config.filters import filters
from planner.config.jinja_errors import EXPRESSION, explain, explain_syntax, place_of
from planner.config.jobs import BUDGET, Effort, Link, TooMuchWork
from planner.config.rendering import OnUndefined, TemplateEnvironment, render
from planner.config.scope import Locals, Scope, Unknown, looked_through, with_later_values
from planner.config.sources import FOLDER, PlainFile, Sources, UnreadableSource
from planner.config.tokens import BROKEN, INVALID, Tokens, broken_at
from planner.config.values import Literal, Written
from planner.config.yaml_problem import YamlProblem
from planner.model.diagnostic import ERROR, Diagnostic, Diagnostics, Position, did_you_mean
from planner.model.value import Path, Secret, Value


@frozen(eq=False, repr=False)
class Workpiece:
    """All that a job on templates needs. scope: name -> value of what templates see, except `local`. project:
    the file with the locals, whose values may hold expressions. effort: what all of it may take.
    """

    sources: Sources
    scope: Mapping[str, Any] = field(factory=dict)
    project: PlainFile | None = None
    locals: Mapping[str, Value] = field(factory=dict)
    effort: Effort = field(factory=Effort)

    def again(self, *names: str, budget: int = BUDGET) -> Workpiece:
        """This piece for another job, with the texts of these files and no others: all that a job gets is
        sent to it.

        It tells no places of locals; the first job did.
        """
        texts = {name: self.sources.text(name) for name in names}
        sources = evolve(self.sources, read_files=texts, lines={})
        return evolve(self, sources=sources, project=None, effort=Effort(budget))

    def local_position(self, path: Path) -> Position:
        return self.project.position(("locals", *path)) if self.project else Position("")


@frozen
class Rendered:
    """What became of a template: its text, None when there is none, and the tokens that are new in it.

    problems: found since the last. read: files, with their texts. name: "" for the locals.
    """

    name: str
    text: str | None
    tokens: Tokens
    problems: tuple[Diagnostic, ...]
    read: Mapping[str, str]


def everything(piece: Workpiece, names: Iterable[str], link: Link) -> Iterator[Rendered]:
    """Every local, so that each problem is reported, used or not; then the templates of these names."""
    at_work = Rendering(piece, link)
    for name in piece.locals:
        link.at(("locals", name))
        at_work.scope["local"][name]
    yield at_work.rendered("", None)
    tokens = Tokens(effort=piece.effort)
    environment = at_work.environment(tokens, at_work.undefined_at)  # one, to compile macros once
    for name in names:
        link.at(name)
        yield at_work.rendered(name, at_work.text(name, environment), tokens)


Valued = tuple[Value, tuple[Diagnostic, ...]]
"""A value, and what is wrong with the text that it was made of."""


def valued(piece: Workpiece, text: str, link: Link) -> Iterator[Valued]:
    """An expression, or a text with some in `{{ }}`."""
    at_work = Rendering(piece, link)
    if "{{" in text or "{%" in text:
        yield at_work.value(text)
        return
    try:  # by itself first: else the error would be about the braces
        at_work.environment(Tokens(effort=piece.effort), at_work.undefined_at).compile_expression(text)
    except TemplateSyntaxError as error:
        summary, advice = explain_syntax(error, EXPRESSION)
        yield INVALID, (Diagnostic(ERROR, summary, advice=advice),)
    else:
        yield at_work.value(f"{{{{ {text} }}}}")


def marked(piece: Workpiece, name: str, link: Link) -> Iterator[Marked]:
    """Nothing when it does not work: with its marks the text may not fit where it did without."""
    again = Rendering(piece, link)
    tokens, marks = Tokens(effort=again.piece.effort), dict[str, int]()
    environment = again.environment(tokens, again.undefined_at, marks)
    try:
        text = render(environment.get_template(name.removeprefix(FOLDER)))
    except (TemplateError, TooMuchWork, MemoryError):
        return
    yield text, Tokens(tokens.values, tokens.names), list(marks)


@define(slots=False, eq=False, repr=False)
class Rendering:
    """piece with its locals in scope."""

    piece: Workpiece
    link: Link
    _problems: Diagnostics = field(factory=Diagnostics)
    _reported: set[tuple[str, str, int]] = field(factory=set)
    _failed: set[str] = field(factory=set)
    _sent: int = 0
    _read: int = field(default=Factory(lambda self: len(self.piece.sources.read_files), takes_self=True))

    def __attrs_post_init__(self) -> None:
        self.piece.effort.allow = self.link.allow

    @cached_property
    def scope(self) -> dict[str, Any]:
        return {**self.piece.scope, "local": Locals(self._local, self.piece.locals)}

    @cached_property
    def _unknown(self) -> type[Unknown]:
        return Unknown.within(self.scope, filters())

    def environment(
        self, tokens: Tokens, on_undefined: OnUndefined, marks: dict[str, int] | None = None
    ) -> TemplateEnvironment:
        loader = _Loader(self.piece.sources)
        environment = TemplateEnvironment(
            loader,
            tokens,
            on_undefined=on_undefined,
            on_compiled=self.link.compiled,
            marks=marks,
            undefined=self._unknown,
        )
        environment.globals.update(self.scope)
        return environment

    def text(self, name: str, environment: TemplateEnvironment) -> str | None:
        """The rendered text of a template; None when it could not be rendered."""
        try:
            self.piece.sources.text(name)
            return render(environment.get_template(name.removeprefix(FOLDER)))
        except UnreadableSource as error:
            self._problems.error(error.summary, position=error.position, advice=error.advice)
        except Exception as error:  # noqa: BLE001 - expressions of a template can raise anything
            self._report(name, error)
        return None

    def rendered(self, name: str, text: str | None, tokens: Tokens | None = None) -> Rendered:
        found, self._problems = tuple(self._problems), Diagnostics()
        new = Tokens() if tokens is None else tokens.last(len(tokens.values) - self._sent)
        self._sent += len(new.values)
        files = self.piece.sources.read_files
        read = dict(islice(reversed(files.items()), len(files) - self._read))
        self._read = len(files)
        return Rendered(name, text, new, found, read)

    def value(self, text: str) -> Valued:
        """The value of a text that stands in no file."""
        tokens = Tokens(effort=self.piece.effort)
        environment = self.environment(tokens, self.undefined_at)
        try:
            found = tokens.restore(checked(render(environment.from_string(text))))
        except Exception as error:  # noqa: BLE001 - expressions can raise anything
            self._report("", error)
            found = INVALID
        empty = self._empty_in(text)
        if empty and not (self._problems.has_errors and all(name.startswith("local.") for name in empty)):
            self._problems = Diagnostics()  # what else is wrong only follows
            self._problems.error(f"{max(empty)} has no value", advice="`planner validate` says why.")
        return found, tuple(self._problems)

    def undefined_at(self, message: str, file: str, line: int) -> None:
        self._undefined(message, self.piece.sources.line(file, line))

    def _undefined(self, message: str, position: Position) -> None:
        key = (message, position.file, position.line or 0)
        if key not in self._reported:
            self._reported.add(key)
            summary, _, advice = message.partition("\n")
            self._tell(summary.rstrip("."), position, advice)

    def _report(self, name: str, error: Exception) -> None:
        file, line = place_of(error, name)
        summary, advice = explain(error)
        self._tell(summary, self.piece.sources.line(file, line), advice)

    def _tell(self, summary: str, position: Position, advice: str) -> None:
        """Nothing of what follows from a variable or a local that has no value: that is reported itself."""
        if not self._has_no_value(position.text or ""):
            self._problems.error(summary, position=position, advice=advice)

    def _has_no_value(self, text: str) -> bool:
        """Whether an expression in text names a variable or a local that has none."""
        return bool(self._empty_in(text))

    def _empty_in(self, text: str) -> set[str]:
        """The variables and locals in text that have no value."""
        variables = self.piece.scope.get("var")
        missing = variables._missing if isinstance(variables, Scope) else ()
        without = {f"var.{name}" for name in missing} | {f"local.{name}" for name in self._failed}
        return without.intersection(_NAME.findall(text)) if without else without

    def _local(self, name: str) -> Any:
        return looked_through(with_later_values(self._computed(self.piece.locals[name], (name,))))

    def _computed(self, value: Written, path: Path) -> Value:
        if isinstance(value, Literal):
            return value.value
        if isinstance(value, dict):
            return {key: self._computed(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self._computed(item, (*path, index)) for index, item in enumerate(value)]
        return self._expression(value, path) if isinstance(value, str) and "{" in value else value

    def _expression(self, text: str, path: Path) -> Value:
        """The value of a text with `{{ ... }}` in it; INVALID when it has a problem."""
        name = str(path[0])
        where = f'local "{name}"'

        def undefined(message: str, _file: str, _line: int) -> None:
            self._undefined(f"{where}: {message}", self.piece.local_position(path))
            self._failed.add(name)

        tokens = Tokens(effort=self.piece.effort)
        try:
            return tokens.restore(checked(render(self.environment(tokens, undefined).from_string(text))))
        except Exception as error:  # noqa: BLE001 - expressions can raise anything
            summary, advice = explain(error)
            self._tell(f"{where}: {summary}", self.piece.local_position(path), advice)
            self._failed.add(name)
            return INVALID
        finally:
            if self._has_no_value(text):
                self._failed.add(name)


@define(eq=False, repr=False)
class _Loader(jinja2.BaseLoader):
    sources: Sources

    def get_source(
        self, _environment: jinja2.Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        name = posixpath.normpath(FOLDER + template)
        try:
            return self.sources.template(name), name, lambda: True
        except UnreadableSource as error:
            if error.missing and not isinstance(template, Secret):
                error.advice = did_you_mean(template, self.sources.includable())
            raise TemplateNotFound(template) from error


_NAME: Final = re.compile(r"\b(?:var|local)\.[A-Za-z_]\w*")


Marked = tuple[str, Tokens, list[str]]
"""A text with line marks, its tokens, and the names of the files that the marks number."""


def checked(text: str) -> str:
    """text, a rendered one. YamlProblem when a token in it is broken."""
    broken = broken_at(text)
    if broken is not None:
        raise YamlProblem(text.count("\n", 0, broken) + 1, BROKEN)
    return text
