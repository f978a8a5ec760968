"""Filters, methods and operators whose result can be far larger than their arguments: checked first.

Each check raises TemplateRuntimeError when the result would not fit; what they let through is as jinja and
Python make it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from itertools import chain, islice
from typing import Any, Final

from jinja2.exceptions import TemplateRuntimeError
from jinja2.filters import FILTERS as JINJAS
from jinja2.filters import make_attrgetter, sync_do_sum
from jinja2.sandbox import SandboxedFormatter
from jinja2.utils import pass_environment

from planner.config.scope import LaterValue, holds_secret
from planner.config.template_values import bare, indented, kept_secret
from planner.model.value import text_length

MAX_TEXT: Final = 10_000_000
MAX_ITEMS: Final = 1_000_000
MAX_BITS: Final = 100_000
MAX_WIDTH: Final = 10_000
"""Columns, digits or decimals that a format asks for."""
MAX_DIGITS: Final = 4_000

_WIDTHS: Final = re.compile(r"[%)][#0 +-]*(\*|\d+)?(?:\.(\*|\d+))?")
_NUMBER: Final = re.compile(r"\d+")


def check_length(length: int, sample: str | list[Any] | tuple[Any, ...] = "") -> None:
    most = MAX_TEXT if isinstance(sample, str) else MAX_ITEMS
    if length > most:
        raise TemplateRuntimeError(f"the result would be longer than {most:,}")


def _check_count(count: object, most: int = MAX_TEXT) -> None:
    if isinstance(count, int) and abs(count) > most:
        raise TemplateRuntimeError(f"at most {most:,} can be asked for")


# Operators


def check_operator(operator: str, left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int):
        _check_bits(operator, left, right)
    elif operator == "+" and isinstance(left, str | list | tuple) and isinstance(right, str | list | tuple):
        check_length(len(left) + len(right), left)
    elif operator == "*":
        for repeated, times in ((left, right), (right, left)):
            if isinstance(repeated, str | list | tuple) and isinstance(times, int):
                check_length(len(repeated) * times, repeated)


def _check_bits(operator: str, left: int, right: int) -> None:
    if operator == "**" and left.bit_length() * abs(right) > MAX_BITS:
        raise TemplateRuntimeError("the power would be too large a number")
    if operator == "*" and left.bit_length() + right.bit_length() > MAX_BITS:
        raise TemplateRuntimeError("the product would be too large a number")


def check_indent(text: str, width: int | str = 4, *_rest: object, **_more: object) -> None:
    margin = len(width) if isinstance(width, str) else width
    if isinstance(margin, int):
        _check_count(margin)
        check_length(str.__len__(text) + (str.count(text, "\n") + 1) * max(margin, 0))


def formatted(text: str, given: Any) -> Any:
    """text % given: with values only, and no wider than a line may be."""
    values = tuple(map(_plain, given)) if isinstance(given, tuple) else _plain(given)
    for width in chain.from_iterable(_WIDTHS.findall(text)):
        _check_width(width)
    largest = max(map(_extent, values if isinstance(values, tuple) else (values,)), default=0)
    check_length(len(text) + text.count("%") * largest)
    return kept_secret(text % values, text, values)


def _check_width(width: str) -> None:
    if width == "*":
        raise TemplateRuntimeError("a width cannot be given as *; write it into the format")
    if len(width) > 5 or (width and int(width) > MAX_WIDTH):
        raise TemplateRuntimeError(f"a format may ask for at most {MAX_WIDTH:,} columns")


def _plain(value: Any) -> Any:
    if isinstance(value, LaterValue):
        value._refuse()
    return bare(value)


def _extent(value: Any) -> int:
    """About how long value is as text."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(_extent(key) + _extent(item) for key, item in value.items())
    return sum(map(_extent, value)) if isinstance(value, list) else max(20, text_length(value))


class Formatter(SandboxedFormatter):
    """str.format with values only. secret: whether one of them was a secret."""

    secret, _length = False, 0

    def convert_field(self, value: Any, conversion: Any) -> Any:
        plain = _plain(value)
        self.secret = self.secret or holds_secret(plain)
        return super().convert_field(plain, conversion)

    def format_field(self, value: Any, format_spec: str) -> Any:
        for number in _NUMBER.findall(format_spec):
            _check_width(number)
        text = super().format_field(value, format_spec)
        self._length += len(text)
        check_length(self._length)
        return text


# Methods of texts


def check_method(name: str, text: str, args: tuple[Any, ...]) -> None:
    """name: of the method of text that is called with args."""
    if name in _CHECKED_METHODS:
        _CHECKED_METHODS[name](text, *args)


def _at_most(most: int, name: str = "") -> Callable[..., None]:
    """A check of the first argument, which filters may be given by name."""

    def check(_text: object, count: object = 0, *_rest: object, **named: object) -> None:
        _check_count(named.get(name, count), most)

    return check


def _tabs(text: str, size: object = 8, *_rest: object) -> None:
    if isinstance(size, int):
        check_length(len(text) + text.count("\t") * max(size, 0))


def _replacement(text: str, old: object = "", new: object = "", *_rest: object) -> None:
    if isinstance(old, str) and isinstance(new, str):
        check_length(len(text) + text.count(old) * len(new))


def _joining(text: str, parts: object = (), *_rest: object) -> None:
    if isinstance(parts, Iterable):
        lengths = [len(part) for part in parts if isinstance(part, str)]
        check_length(sum(lengths) + len(text) * len(lengths))


def _translation(text: str, table: object = None, *_rest: object) -> None:
    if isinstance(table, Mapping):
        check_length(len(text) * max((len(new) for new in table.values() if isinstance(new, str)), default=1))


_CHECKED_METHODS: Final[Mapping[str, Callable[..., None]]] = {
    **dict.fromkeys(("center", "ljust", "rjust", "zfill"), _at_most(MAX_TEXT)),
    "expandtabs": _tabs,
    "replace": _replacement,
    "join": _joining,
    "translate": _translation,
}


# Filters


def _wrapping(text: str, *args: Any, wrapstring: str | None = None, **_more: object) -> None:
    separator = args[2] if len(args) > 2 else wrapstring
    check_length(len(text) * len(separator or "\n"))


def _replacing(text: object, old: object = "", new: object = "", *_rest: object, **_more: object) -> None:
    _replacement(str(text), str(old), str(new))


def _digits(value: object, *_rest: object, **_more: object) -> None:
    if isinstance(value, str) and len(value) > MAX_DIGITS:
        raise TemplateRuntimeError(f"a text of more than {MAX_DIGITS:,} characters is read as no number")


def _checked(function: Callable[..., Any], check: Callable[..., None]) -> Callable[..., Any]:
    """A filter, after a check of what it is given."""
    first = 1 if hasattr(function, "jinja_pass_arg") else 0  # jinja's own context comes before the values

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        check(*args[first:], **kwargs)
        return function(*args, **kwargs)

    return call


def format_text(value: str, *args: Any, **kwargs: Any) -> Any:
    if args and kwargs:
        raise TemplateRuntimeError("format takes values by place or by name, not both")
    return formatted(str(value), kwargs or args)


@pass_environment
def total(environment: Any, values: Iterable[Any], attribute: str | int | None = None, start: Any = 0) -> Any:
    """sum, where lists are joined in one go: one after the other takes the square of the time."""
    if not isinstance(start, list | tuple):
        return sync_do_sum(environment, values, attribute, start)
    parts = values if attribute is None else map(make_attrgetter(environment, attribute), values)
    found = list(islice(chain(start, chain.from_iterable(parts)), MAX_ITEMS + 1))
    check_length(len(found), found)
    return found


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "center": _checked(JINJAS["center"], _at_most(MAX_TEXT, "width")),
    "wordwrap": _checked(JINJAS["wordwrap"], _wrapping),
    "replace": _checked(JINJAS["replace"], _replacing),
    "format": format_text,
    "batch": _checked(JINJAS["batch"], _at_most(MAX_ITEMS, "linecount")),
    "slice": _checked(JINJAS["slice"], _at_most(MAX_ITEMS, "slices")),
    "round": _checked(JINJAS["round"], _at_most(300, "precision")),
    "int": _checked(JINJAS["int"], _digits),
    "indent": _checked(indented, check_indent),
    "sum": total,
}
"""In place of jinja's."""
