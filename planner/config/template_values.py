"""What values become while a template works with them: text of the template, plain data, secrets.

Macros, set blocks, call blocks and inherited blocks give TemplateText. It holds tokens. Printed, joined,
indented or trimmed it stays text of the template. Whoever looks into it (a comparison, a condition, a loop,
another filter, a method, a slice) finds the value behind it instead.

What is made of a secret is one, and an error over a secret does not quote it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Any, ClassVar, Final

from jinja2.exceptions import TemplateRuntimeError
from jinja2.runtime import LoopContext, Undefined
from markupsafe import Markup

from planner.config import scope
from planner.config.jobs import Effort, TooMuchWork
from planner.config.tokens import BROKEN, INVALID, MARK, MARK_CLOSE, MARK_OPEN, OPEN, Tokens, holds_token
from planner.config.values import LARGEST, SMALLEST, describe
from planner.model.value import Secret, Value

_NAMED: Final = 10


def _asked(ask: Callable[..., Any]) -> Callable[..., Any]:
    """A method of template text that asks the value behind it."""
    return lambda text, *others: ask(text.value(), *map(opened, others))


class TemplateText(Markup):
    """A text of the template itself. One subclass per rendering, made by `bound_to`."""

    __slots__ = ()
    tokens: ClassVar[Tokens]

    @classmethod
    def bound_to(cls, tokens: Tokens) -> type[TemplateText]:
        """The class of the template text whose tokens stand for their values."""
        return type("Bound", (cls,), {"__slots__": (), "tokens": tokens})

    @classmethod
    def escape(cls, s: Any, /) -> TemplateText:
        """s as a part of template text: a token, if it is not template text already."""
        return s if isinstance(s, cls) else cls(cls.tokens.put(bare(s)))

    def stored(self) -> Value:
        """The value behind the text, with its type when the text is one whole token."""
        try:
            value = self.tokens.restore(MARK.sub("", str(self)))
        except ValueError as error:
            raise TemplateRuntimeError(str(error)) from None
        self.tokens.effort.weigh((value,))
        return value

    def value(self) -> Any:
        return scope.with_later_values(self.stored())

    __repr__, __hash__, __bool__ = _asked(repr), _asked(hash), _asked(bool)
    __eq__, __ne__ = _asked(operator.eq), _asked(operator.ne)
    __lt__, __le__ = _asked(operator.lt), _asked(operator.le)
    __gt__, __ge__ = _asked(operator.gt), _asked(operator.ge)
    __len__, __iter__ = _asked(len), _asked(iter)
    __getitem__, __contains__ = _asked(operator.getitem), _asked(operator.contains)


def opened(value: Any) -> Any:
    """The value behind template text; anything else as it is."""
    return value.value() if isinstance(value, TemplateText) else value


def bare(value: Any) -> Value:
    """A value of a template as the configuration keeps it: plain data, Secret or Deferred."""
    if value.__class__ is str and OPEN not in value:
        return value
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return _number(value)
    if isinstance(value, scope.LaterValue):
        return value._deferred
    if isinstance(value, Mapping):
        return {_key(key): bare(item) for key, item in value.items()}
    if isinstance(value, list | tuple | range | Iterator | KeysView | ValuesView | ItemsView):
        return [bare(item) for item in value]
    if isinstance(value, Undefined):
        value._fail_with_undefined_error()
    if isinstance(value, scope.Scope | scope.ResourceScope | scope.KindScope):
        raise TemplateRuntimeError(f"a namespace cannot be printed\n{_instead_of(value)}")
    raise TemplateRuntimeError(f"{describe(value)} cannot be printed")


def _instead_of(space: scope.Scope | scope.ResourceScope | scope.KindScope) -> str:
    if not isinstance(space, scope.Scope):
        return "Write resource.<kind>.<name>.<attribute>."
    names = [*space._values]
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"Name one of its entries: {', '.join(names[:_NAMED])}{more}." if names else "It has no entries."


def _text(value: str) -> Value:
    if isinstance(value, TemplateText):
        return value.stored()
    if holds_token(value):
        raise TemplateRuntimeError(BROKEN)
    return value if isinstance(value, Secret) or value is INVALID else str(value)


def _number(value: int) -> int:
    if SMALLEST <= value <= LARGEST:
        return value
    raise TemplateRuntimeError("a number of more than 64 bits cannot be printed")


def _key(key: Any) -> str:
    found = bare(key)
    if isinstance(found, Secret):
        raise TemplateRuntimeError("a sensitive text cannot be a key: keys are shown")
    if isinstance(found, str):
        return found
    if isinstance(found, int | float) and not isinstance(found, bool):
        return repr(found)
    raise TemplateRuntimeError(f"a key must be a text, not {describe(found)}")


def indented(text: str, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    """text with its lines after the first indented; template text stays template text."""
    margin = width if isinstance(width, str) else " " * width
    if margin.strip():
        raise TemplateRuntimeError("indent takes a number of spaces, or a text of white space")
    head, *rest = str(text).split("\n")
    lines = [margin + line if blank or MARK.sub("", line) else line for line in rest]
    whole = "\n".join([margin + head if first else head, *lines])
    return type(text)(whole) if isinstance(text, TemplateText) else whole


_BEFORE = re.compile(rf"(?:\s|{MARK.pattern})*+")


def trimmed(text: str, chars: str | None = None) -> str:
    """text without the white space (or chars) around it; template text stays template text."""
    if not isinstance(text, TemplateText) or chars is not None:
        return str(opened(text)).strip(chars)
    whole = str(text)
    before = _BEFORE.match(whole)
    start = before.end() if before else 0
    marks = [mark.group() for mark in MARK.finditer(whole[:start])]
    return type(text)("".join(marks[-1:]) + _without_end(whole[start:]))


def _without_end(text: str) -> str:
    text = text.rstrip()
    while text.endswith(MARK_CLOSE):
        text = text[: text.rindex(MARK_OPEN, 0, text.rindex(MARK_OPEN))].rstrip()
    return text


_NO_ITERATORS: Final = frozenset({str, int, bool, type(None), dict, list, tuple, Secret})
_QUOTES_NOTHING: Final = (scope.NotKnownYet, TooMuchWork, MemoryError, RecursionError)


class Untold(TemplateRuntimeError):
    def __init__(self) -> None:
        super().__init__(f"{scope.UNTOLD}\nWhy is not said: the reason might quote it.")


def kept_secret(result: Any, *sources: Any) -> Any:
    """result, sealed when a source holds a secret. Template text keeps its secrets behind its tokens."""
    if isinstance(result, TemplateText) or not any(map(scope.holds_secret, sources)):
        return result
    return _sealed_items(result) if isinstance(result, Iterator) else scope.seal(result)


def _sealed_items(items: Iterator[Any]) -> Iterator[Any]:
    """What is lazy fails where it is used, far from the secret."""
    try:
        yield from map(scope.seal, items)
    except Exception as error:  # noqa: BLE001 - see untold
        raise untold(error, Secret()) from None


def made(effort: Effort, result: Any, *sources: Any) -> Any:
    """What a filter, a call or an operator gives: paid for, a secret where it must be, and looked through."""
    result = kept_secret(result, *sources)
    if isinstance(result, str):
        effort.spend(2 * str.__len__(result))
    elif type(result) in (list, dict):
        effort.weigh((result,))
        return scope.looked_through(result)
    return result


def untold(error: Exception, *sources: Any) -> Exception:
    """error, or one in its place that quotes nothing, when a source of what failed holds a secret."""
    if isinstance(error, (*_QUOTES_NOTHING, Untold)) or not any(map(scope.holds_secret, sources)):
        return error
    if any(isinstance(source, Undefined) and source._undefined_message == str(error) for source in sources):
        return error  # of a name in the template, which hides it where it is a secret itself
    return Untold().with_traceback(error.__traceback__)


def settled(value: Any) -> Any:
    """An iterator as a list, so that what is in it can be looked at."""
    if type(value) in _NO_ITERATORS or not isinstance(value, Iterator) or isinstance(value, LoopContext):
        return value
    return list(value)
