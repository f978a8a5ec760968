"""What is done with jinja, as jobs (planner.config.jobs): they get a Workpiece, and may be ended."""

from __future__ import annotations

import posixpath
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any

import jinja2
from attrs import Factory, define, evolve, field, frozen
from jinja2.exceptions import SecurityError, TemplateError, TemplateNotFound, TemplateSyntaxError

from planner.config.filters import filters, tests
from planner.config.jobs import BUDGET, Effort, Link, TooMuchWork
from planner.config.rendering import OnUndefined, TemplateEnvironment, render
from planner.config.scope import Locals, looked_through, with_later_values
from planner.config.sources import FOLDER, Hidden, Outside, PlainFile, Sources, UnreadableSource
from planner.config.tokens import BROKEN, INVALID, Tokens, broken_at
from planner.config.values import Literal, Written
from planner.config.yaml_document import MAX_MESSAGE, YamlProblem
from planner.model.diagnostic import Diagnostic, Diagnostics, Position, did_you_mean
from planner.model.value import Path, Secret, Value


@frozen
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


@define(slots=False)
class Rendering:
    """piece with its locals in scope."""

    piece: Workpiece
    link: Link
    _problems: Diagnostics = field(factory=Diagnostics)
    _reported: set[tuple[str, str, int]] = field(factory=set)
    _sent: int = 0
    _read: int = field(default=Factory(lambda self: len(self.piece.sources.read_files), takes_self=True))

    def __attrs_post_init__(self) -> None:
        self.piece.effort.allow = self.link.allow

    @cached_property
    def scope(self) -> dict[str, Any]:
        return {**self.piece.scope, "local": Locals(self._local, self.piece.locals)}

    def environment(
        self, tokens: Tokens, on_undefined: OnUndefined, marks: dict[str, int] | None = None
    ) -> TemplateEnvironment:
        loader = _Loader(self.piece.sources)
        environment = TemplateEnvironment(
            loader, tokens, on_undefined=on_undefined, on_compiled=self.link.compiled, marks=marks
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

    def undefined_at(self, message: str, file: str, line: int) -> None:
        self._undefined(message, self.piece.sources.line(file, line))

    def _undefined(self, message: str, position: Position) -> None:
        key = (message, position.file, position.line or 0)
        if key not in self._reported:
            self._reported.add(key)
            summary, _, advice = message.partition("\n")
            self._problems.error(summary.rstrip("."), position=position, advice=advice)

    def _report(self, name: str, error: Exception) -> None:
        file, line = place_of(error, name)
        summary, advice = explain(error)
        self._problems.error(summary, position=self.piece.sources.line(file, line), advice=advice)

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
        where = f'local "{path[0]}"'

        def undefined(message: str, _file: str, _line: int) -> None:
            self._undefined(f"{where}: {message}", self.piece.local_position(path))

        tokens = Tokens(effort=self.piece.effort)
        try:
            return tokens.restore(checked(render(self.environment(tokens, undefined).from_string(text))))
        except Exception as error:  # noqa: BLE001 - expressions can raise anything
            summary, advice = explain(error)
            position = self.piece.local_position(path)
            self._problems.error(f"{where}: {summary}", position=position, advice=advice)
            return INVALID


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


Marked = tuple[str, Tokens, list[str]]
"""A text with line marks, its tokens, and the names of the files that the marks number."""


def checked(text: str) -> str:
    """text, a rendered one. YamlProblem when a token in it is broken."""
    broken = broken_at(text)
    if broken is not None:
        raise YamlProblem(text.count("\n", 0, broken) + 1, BROKEN)
    return text


Explained = tuple[str, str]
"""summary, advice"""

_OUR_CLASSES = (
    ("LaterValue", "a value known only after apply"),
    ("ResourceScope", "resource"),
    ("Secret", "a sensitive text"),
)
_ENDLESS = "Look for a macro, include or local that needs itself."
_IN_OTHER_WORDS: tuple[tuple[type[Exception], str, str, str], ...] = (
    (MemoryError, "", "it needs more memory than there is", ""),
    (RecursionError, "", "nested too deeply, perhaps without end", _ENDLESS),
    # of Python, which jinja compiles templates to
    (SyntaxError, "", "nested too deeply: too many loops and conditions inside each other", ""),
    (OverflowError, "Range too big", "range() gives at most 100,000 numbers", ""),
    (ValueError, "integer string conversion", "a number has more than 4,300 digits", ""),
)
"""class of the error, part of its message, what is said, advice"""
_RELATIVE = "Includes and imports are named relative to templates/."


def place_of(error: BaseException, name: str) -> tuple[str, int]:
    """File and line of the template where error was raised; line 0 when it is not known."""
    if isinstance(error, TemplateSyntaxError):
        return error.filename or name, error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if frame.filename.startswith(FOLDER)]
    return (inside[-1].filename, inside[-1].lineno or 0) if inside else (name, 0)


def explain(error: Exception) -> Explained:
    """What a template raised, in words."""
    message = getattr(error, "message", None) or str(error)
    if isinstance(error, TemplateNotFound):
        return _not_found(error)
    if isinstance(error, TemplateSyntaxError):
        return _syntax(message)
    for kind, words, said, advice in _IN_OTHER_WORDS:
        if isinstance(error, kind) and words in message:
            return said, advice
    if isinstance(error, SecurityError):
        return f"not allowed in a template: {_short(message)}", ""
    summary, _, advice = message.partition("\n")
    if isinstance(error, TemplateError | TooMuchWork):
        return _short(summary), advice
    for ours, told in _OUR_CLASSES:
        summary = summary.replace(ours, told)
    return f"the expression failed: {_short(summary)}", ""


def _short(message: str) -> str:
    return (message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}…").rstrip(".")


def _not_found(error: TemplateNotFound) -> Explained:
    name = "(sensitive)" if isinstance(error.name, Secret) else str(error.name)
    cause = error.__cause__
    if isinstance(cause, Outside):
        return f'the include "{name}" leaves the project', _RELATIVE
    if isinstance(cause, Hidden):
        return f'the include "{name}" names a hidden file', cause.advice
    if isinstance(cause, UnreadableSource) and not cause.missing:
        return f'"{name}" cannot be included: {cause.summary}', cause.advice
    return f'there is no template "{name}" to include', _RELATIVE


def _syntax(message: str) -> Explained:
    for what, known in (("filter", filters()), ("test", tests())):
        if message.startswith(f"No {what} named "):
            word = message.removeprefix(f"No {what} named ").strip("'.")
            return f'there is no {what} "{_short(word)}"', did_you_mean(word, known)
    return f"not a jinja template: {_short(message)}", ""
