"""jinja2, with what `{{ ... }}` prints kept as opaque tokens.

The printing hook (`finalize`) puts each value into a Tokens table and prints its token. Macros, call blocks
and set blocks give Structure, the one Markup that may stay text; whatever is mixed into it becomes a token.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any, cast

import jinja2
from jinja2.exceptions import TemplateRuntimeError
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import Context, Macro, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import pass_context
from markupsafe import Markup

from planner.config.filters import concatenate, filters, guarded_operator, holds_secret, tests
from planner.config.scope import KindScope, LaterValue, ResourceScope, Scope, Unknown, seal
from planner.config.tokens import BROKEN, INVALID, MARK_CLOSE, MARK_OPEN, Tokens, encode, holds_token
from planner.model.value import Value

MAX_RENDERED = 64 * 1024 * 1024

OnUndefined = Callable[[str, str, int], None]
"""Told of an undefined value that was printed: message, template's file name, line."""


class LineMarks(Extension):
    """Puts (template, line) marks into template text, so that a rendered line finds its template line.

    Only used when a problem has to be shown; see rendered_text.RenderedText.
    """

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        environment = cast(TemplateEnvironment, self.environment)
        for token in stream:
            if environment.marks is None or token.type != "data":
                yield token
                continue
            source = environment.marks.setdefault(stream.filename or "", len(environment.marks))
            lines = [
                f"{MARK_OPEN}{encode(source)}{MARK_OPEN}{encode(token.lineno + offset)}{MARK_CLOSE}{line}"
                for offset, line in enumerate(token.value.split("\n"))
            ]
            yield Token(token.lineno, token.type, "\n".join(lines))


class _Template(jinja2.Template):
    @classmethod
    def _from_namespace(
        cls,
        environment: jinja2.Environment,
        namespace: Any,
        globals: Any,  # noqa: A002 - jinja's name
    ) -> _Template:
        # compiled templates look these names up in their module: Markup, Macro and the rest become ours
        namespace.update(cast(TemplateEnvironment, environment).runtime_names)
        return cast(_Template, super()._from_namespace(environment, namespace, globals))


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """One per rendering. tokens: where printed values go; marks: file -> number, when lines are traced."""

    template_class = _Template
    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(
        self,
        loader: jinja2.BaseLoader,
        tokens: Tokens,
        *,
        on_undefined: OnUndefined,
        marks: dict[str, int] | None = None,
    ) -> None:
        self.marks = marks
        super().__init__(
            loader=loader,
            undefined=Unknown,
            autoescape=True,
            finalize=_printer(tokens, on_undefined),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            extensions=[LineMarks, "jinja2.ext.do", "jinja2.ext.loopcontrols"],
        )
        self.filters.clear()
        self.filters.update(filters())
        self.tests.clear()
        self.tests.update(tests())
        self.globals = {key: self.globals[key] for key in ("range", "dict", "cycler", "joiner", "namespace")}
        self.runtime_names = _runtime_names(tokens)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "+" and (isinstance(left, Markup) or isinstance(right, Markup)):
            return concatenate([left, right])
        return guarded_operator(
            operator,
            left,
            right,
            lambda a, b: super(TemplateEnvironment, self).call_binop(context, operator, a, b),
        )

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        result = super().call(__context, __obj, *args, **kwargs)
        bound = getattr(__obj, "__self__", None)
        secret = any(map(holds_secret, (bound, *args, *kwargs.values())))
        return seal(result) if secret and not isinstance(result, Markup) else result

    def getitem(self, obj: Any, argument: Any) -> Any:
        result = super().getitem(obj, argument)
        return seal(result) if isinstance(obj, str) and holds_secret(obj) else result


def _runtime_names(tokens: Tokens) -> dict[str, Any]:
    class Structure(Markup):
        """Text of the template itself. Anything else that is mixed into it is printed as a token."""

        __slots__ = ()

        @classmethod
        def escape(cls, s: Any, /) -> Structure:
            return cls(s) if isinstance(s, Structure) else cls(tokens.put(_bare(s)))

        def replace(self, old: str, new: str, count: Any = -1, /) -> Structure:
            return Structure(str(self).replace(str(old), str(self.escape(new)), count))

    class StructureMacro(Macro):
        def _invoke(self, arguments: list[Any], autoescape: bool) -> str:
            return Structure(super()._invoke(arguments, False))

    def markup_join(parts: Any) -> Any:
        return concatenate(parts)

    def escape(value: Any) -> Any:
        return value  # what is printed has passed finalize, which gives text of ours only

    return {"Markup": Structure, "Macro": StructureMacro, "markup_join": markup_join, "escape": escape}


def _printer(tokens: Tokens, on_undefined: OnUndefined) -> Callable[[Context, Any], str]:
    @pass_context  # with a context jinja does not print constants while it compiles, before there is a table
    def printed(context: Context, value: Any) -> str:
        if isinstance(value, Markup):
            return _structure(value)
        if isinstance(value, Undefined):
            file, line = _template_line()
            on_undefined(getattr(value, "message", value._undefined_message), file, line)
            return tokens.put(INVALID)
        return tokens.put(_bare(value))

    return printed


def _structure(value: Markup) -> str:
    if type(value) is Markup:
        raise TemplateRuntimeError(
            "only macros, includes, call and set blocks give template text; print a value without Markup"
        )
    return str(value)


def _bare(value: Any) -> Value:
    """A value as the configuration keeps it: plain data, Secret or Deferred."""
    if isinstance(value, LaterValue):
        return value._deferred
    if isinstance(value, str):
        if holds_token(value):
            raise TemplateRuntimeError(BROKEN)
        return value
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {_key(key): _bare(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_bare(item) for item in value]
    if isinstance(value, Scope | ResourceScope | KindScope):
        raise TemplateRuntimeError("a namespace cannot be printed; name one of its entries")
    if isinstance(value, Iterator | range):
        return [_bare(item) for item in value]
    raise TemplateRuntimeError(f"{type(value).__name__} cannot be printed")


def _key(key: Any) -> str:
    if isinstance(key, str):
        return str(key)
    if isinstance(key, int | float) and not isinstance(key, bool):
        return repr(key)
    raise TemplateRuntimeError(f"a key must be text, not {type(key).__name__}")


def _template_line() -> tuple[str, int]:
    """File and line of the innermost template on the stack."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        template = frame.f_globals.get("__jinja_template__")
        if template is not None:
            return str(template.filename), int(template.get_corresponding_lineno(frame.f_lineno))
        frame = frame.f_back
    return "", 0


def render(template: jinja2.Template, limit: int = MAX_RENDERED) -> str:
    """The rendered text. TemplateRuntimeError when it grows over limit characters."""
    pieces: list[str] = []
    size = 0
    for piece in template.generate():
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise TemplateRuntimeError(f"the rendered text is longer than {limit // 1024 // 1024} MiB")
    return "".join(pieces)
