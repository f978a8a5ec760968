"""jinja2, with what `{{ ... }}` prints kept as opaque tokens.

The printing hook (`finalize`) puts each value into a Tokens table and prints its token. Macros, call blocks,
set blocks and inherited blocks give TemplateText, which stays text; what is mixed into it becomes a token.
"""

from __future__ import annotations

import codecs
import sys
from collections.abc import Callable, Generator, Mapping
from functools import cached_property, lru_cache, partial
from types import CodeType, FrameType, FunctionType
from typing import Any, cast

import jinja2
from jinja2 import nodes
from jinja2.runtime import BlockReference, Context, Macro, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import pass_context

from planner.config import jinja_syntax as syntax
from planner.config.bounds import Formatter, check_method
from planner.config.filters import concatenate, filters, operate, tests
from planner.config.jobs import PER_CALL, PER_NODE, PER_PRINT, PER_WEIGHED, Effort, Lines, Weighted
from planner.config.scope import KindScope, LaterValue, ResourceScope, Scope, Unknown, seal
from planner.config.template_values import TemplateText, bare, kept_secret, made, opened, settled, untold
from planner.config.tokens import INVALID, Tokens
from planner.config.values import LARGEST, SMALLEST
from planner.model.value import Secret, Value

OnUndefined = Callable[[str, str, int], None]
"""Told of an undefined value that was printed: message, template's file name, line."""

_UNDEFINED = 1_000
"""Units of effort to tell of an undefined value: what it may have meant is looked for among all names."""

_PER_CHARACTER = 400
"""Units of effort that allow the time to compile a template. They are not spent: its size is bounded."""

_BY_KEY = (Scope, ResourceScope, KindScope, LaterValue)
_NO_TEXTS = frozenset({"encode", "maketrans", "to_bytes", "from_bytes"})


class _Template(jinja2.Template):
    @classmethod
    def _from_namespace(cls, environment: Any, namespace: Any, *more: Any) -> _Template:
        # compiled templates look these names up in their module: Markup, Macro and the rest become ours
        ours: TemplateEnvironment = environment
        namespace.update(ours.runtime_names)
        template = cast(_Template, super()._from_namespace(environment, namespace, *more))
        ours.on_compiled(template.filename or "", template.debug_info)
        return template


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """Renders templates whose values all go into one table.

    tokens: where printed values go; marks: file -> number, when lines are traced.
    """

    template_class = _Template
    code_generator_class = syntax.BoundedCode
    intercepted_binops = frozenset(ImmutableSandboxedEnvironment.default_binop_table)

    def __init__(
        self,
        loader: jinja2.BaseLoader,
        tokens: Tokens,
        *,
        on_undefined: OnUndefined,
        on_compiled: Callable[[str, Lines], None] = lambda _name, _lines: None,
        marks: dict[str, int] | None = None,
        undefined: type[Unknown] = Unknown,
    ) -> None:
        self.tokens, self.marks, self.on_compiled = tokens, marks, on_compiled
        self.text_class = TemplateText.bound_to(tokens)
        self.effort = tokens.effort
        self.runtime_names = _runtime_names(self.text_class, self.effort)
        super().__init__(
            loader=loader,
            undefined=undefined,
            optimized=False,  # jinja folds constants by its own rules: 'a' ~ true would be "aTrue"
            autoescape=True,
            finalize=_printer(tokens, on_undefined),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            extensions=[syntax.LineMarks, "jinja2.ext.do", "jinja2.ext.loopcontrols"],
        )
        self.filters = {**filters(), syntax.TURN: self.effort.turn}
        self.filters |= {syntax.WEIGHED: self._weighed, syntax.MADE: partial(made, self.effort)}
        if marks is not None:
            self.filters[syntax.ORIGINS] = syntax.with_origins
        self.tests = dict(tests())
        self.globals = {key: self.globals[key] for key in ("range", "dict", "cycler", "joiner", "namespace")}

    @cached_property
    def lexer(self) -> syntax.KeepingLexer:
        return syntax.KeepingLexer(self)

    def compile(  # type: ignore[override]  # jinja has an overload for each kind of result
        self, source: Any, name: str | None = None, filename: str | None = None, **options: Any
    ) -> Any:
        if self.marks is not None or not isinstance(source, str):  # marks number the files of one rendering
            return super().compile(source, name, filename, **options)
        self.effort.allow(_PER_CHARACTER * len(source))
        return _compiled(source, name, filename)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        self.effort.allow(_PER_CHARACTER * len(source))
        tree = super()._parse(source, name, filename)
        return syntax.rewritten(tree if self.marks is None else syntax.annotated(tree), name, filename)

    def _weighed(self, value: Any) -> Any:
        if value.__class__ is str:
            self.effort.left -= len(value)
        elif value.__class__ is not int:
            self.effort.weigh((value,))
        return value

    def call_binop(self, _context: Context, operator: str, left: Any, right: Any) -> Any:
        return operate(self.effort, operator, left, right, self.binop_table[operator])

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        __self.effort.spend(PER_CALL)
        args = tuple(map(settled, args))
        if isinstance(__obj, Macro):  # what happens in it is counted, and kept secret, there
            try:
                return super().call(__context, __obj, *args, **kwargs)
            except TypeError as error:
                raise untold(error, *args, kwargs) from None
        bound = getattr(__obj, "__self__", None)
        if isinstance(bound, str) or isinstance(__obj, FunctionType):  # a function wraps str.format
            args = tuple(map(opened, args))
        return __self._called(__context, __obj, (bound, *args, kwargs), args, kwargs)

    def _called(
        self, context: Context, function: Any, sources: tuple[Any, ...], args: tuple[Any, ...], kwargs: Any
    ) -> Any:
        self.effort.weigh(sources)
        if isinstance(sources[0], str):
            check_method(function.__name__, sources[0], args)
        try:
            result = super().call(context, function, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - see untold
            raise untold(error, *sources, function) from None
        if isinstance(function, BlockReference):
            return self.text_class(result)
        return made(self.effort, result, *sources)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        if super().wrap_str_format(value) is None:
            return None
        text, by_map = value.__self__, value.__name__ == "format_map"

        def formatted(*args: Any, **kwargs: Any) -> str:
            formatter = Formatter(self)
            try:
                found = formatter.vformat(str(text), *(((), *args) if by_map else (args, kwargs)))
            except Exception as error:  # noqa: BLE001 - see untold
                raise untold(error, text, *args, kwargs) from None
            return cast(str, seal(found)) if formatter.secret or isinstance(text, Secret) else found

        return formatted

    def getattr(self, obj: Any, attribute: str) -> Any:
        obj = opened(obj)
        if isinstance(obj, _BY_KEY) or (isinstance(obj, Mapping) and attribute in obj):
            return self.getitem(obj, attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        obj = opened(obj)
        result = super().getitem(obj, opened(argument))
        return kept_secret(result, obj) if isinstance(obj, str) else result

    def get_template(self, name: Any, *args: Any, **kwargs: Any) -> jinja2.Template:
        return super().get_template(opened(name), *args, **kwargs)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return attr not in _NO_TEXTS and super().is_safe_attribute(obj, attr, value)


@lru_cache(maxsize=64)
def _compiled(source: str, name: str | None, filename: str | None) -> CodeType:
    """The code of a template, which is the same for every environment: a project's are compiled once, however
    many environments of it are rendered one after the other."""
    return jinja2.Environment.compile(_compiling(), source, name, filename)


@lru_cache(maxsize=1)
def _compiling() -> TemplateEnvironment:
    return TemplateEnvironment(jinja2.BaseLoader(), Tokens(), on_undefined=lambda _what, _file, _line: None)


def prepare() -> None:
    """Makes what every environment makes anew in a fork of this process: patterns, filters, tests, codecs."""
    _compiling().from_string("{{ 1 }}").render()
    codecs.lookup("utf-8-sig")


def _runtime_names(text_class: type[TemplateText], effort: Effort) -> dict[str, Any]:
    class TextMacro(Macro):
        def _invoke(self, arguments: list[Any], _autoescape: bool) -> str:
            return text_class(super()._invoke(arguments, False))

    def markup_join(parts: Any) -> Any:
        for part in parts:
            if not isinstance(part, str):
                effort.weigh((part,))
        result = concatenate(parts)
        effort.spend(PER_CALL + (2 * str.__len__(result) if isinstance(result, str) else 0))
        return result

    return {
        "Markup": text_class,
        "Macro": TextMacro,
        "Buffer": syntax.Buffer,
        syntax.NUMBER: syntax.number_of,
        "markup_join": markup_join,
        "escape": lambda value: value,  # what is printed has passed finalize, which gives text of ours only
    }


def _printer(tokens: Tokens, on_undefined: OnUndefined) -> Callable[[Context, Any], str]:
    @pass_context  # with a context jinja does not print constants while it compiles, before there is a table
    def printed(_context: Context, value: Any) -> str:
        if value.__class__ is int and SMALLEST <= value <= LARGEST:  # as _paid, for what loops count with
            tokens.effort.spend(PER_PRINT + PER_WEIGHED)
            return tokens.put(value)
        names: tuple[str, ...] = ()
        if value.__class__ is syntax.Originated:
            value, names = value.value, value.names
        if value.__class__ is str:
            tokens.effort.spend(PER_PRINT + len(value))
            return tokens.put(bare(value), names)
        if isinstance(value, TemplateText):
            return str(value)
        if isinstance(value, Undefined):
            file, line = _template_line()
            tokens.effort.spend(_UNDEFINED)
            on_undefined(value._undefined_message, file, line)
            return tokens.put(INVALID)
        return tokens.put(_paid(tokens.effort, value), names)

    return printed


def _paid(effort: Effort, value: Any) -> Value:
    """What is printed, as the configuration keeps it."""
    value = settled(value)
    effort.spend(PER_PRINT)
    effort.weigh((value,))
    if isinstance(value, Weighted):
        effort.spend(PER_NODE // PER_WEIGHED * value.weight)  # each part of it is copied
    return bare(value)


def _template_line() -> tuple[str, int]:
    """File and line of the innermost template on the stack."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        template = frame.f_globals.get("__jinja_template__")
        if template is not None:
            return str(template.filename), int(template.get_corresponding_lineno(frame.f_lineno))
        frame = frame.f_back
    return "", 0


def render(template: jinja2.Template) -> str:
    """The rendered text. TemplateRuntimeError, raised inside the template, when it grows too long."""
    stream = cast(Generator[str, None, None], template.generate())
    pieces: list[str] = []
    room = syntax.Buffer.room
    for piece in stream:
        room -= str.__len__(piece)
        if room < 0:
            stream.throw(syntax.TextTooLong())
        pieces.append(piece)
    return "".join(pieces)
