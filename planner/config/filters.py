"""The filters, tests and operators of templates: jinja's own, kept honest about secrets and later values.

A result made from a secret is a secret. A value not known until apply is refused, but by `default` and
`join`. Filters that would let data become structure (`safe` and its kin) or make two renderings differ
(`random`) are gone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache, wraps
from typing import Any, cast

from jinja2.exceptions import TemplateRuntimeError
from jinja2.filters import FILTERS
from jinja2.runtime import Undefined
from jinja2.tests import TESTS

from planner.config.scope import LaterValue, holds_secret, joined, seal
from planner.config.template_text import TemplateText, bare, indented, opened, trimmed
from planner.config.tokens import INVALID
from planner.config.wording import describe
from planner.model.value import Value

Function = Callable[..., Any]

REMOVED = ("safe", "e", "escape", "forceescape", "xmlattr", "urlize", "striptags", "random", "pprint")
MAX_TEXT = 10_000_000
MAX_ITEMS = 1_000_000
MAX_BITS = 100_000

_TAKES_LATER_VALUES = frozenset({"default", "d", "join"})
_TESTS_ON_LATER_VALUES = frozenset({"defined", "undefined"})
_TAKES_TEMPLATE_TEXT = frozenset({"default", "d", "join", "indent", "trim"})
_NUMBERS = frozenset({"int", "float"})


def tojson(value: Value, indent: int | None = None) -> str:
    """value as JSON text: a string, so it needs no quoting in YAML."""
    return json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False, default=_no_json)


def _no_json(value: object) -> object:
    if isinstance(value, LaterValue):
        value._refuse()
    if isinstance(value, Undefined):
        value._fail_with_undefined_error()
    raise TemplateRuntimeError(f"{describe(value)} has no JSON form")


def join_items(value: Iterable[Value], separator: str = "", attribute: str | None = None) -> Value:
    items = [item[attribute] if attribute is not None else item for item in value]
    return concatenate([part for item in items for part in (separator, item)][1:])


def concatenate(parts: Iterable[Value]) -> Value:
    """What `~` does: texts and values to one text; template text when some is among them."""
    items = list(parts)
    _check_length(sum(str.__len__(item) for item in items if isinstance(item, str)))
    text = next((item for item in items if isinstance(item, TemplateText)), None)
    return joined(map(bare, items)) if text is None else type(text)("").join(items)


def kept_secret(result: Any, *sources: Any) -> Any:
    """result, sealed when a source holds a secret. Template text keeps its secrets behind its tokens."""
    if isinstance(result, TemplateText) or not any(map(holds_secret, sources)):
        return result
    return seal(result)


def _careful(name: str, function: Function, takes_later: bool) -> Function:
    first = 1 if hasattr(function, "jinja_pass_arg") else 0  # jinja's own context comes before the values
    keeps_text = name in _TAKES_TEMPLATE_TEXT

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not keeps_text:
            args = tuple(map(opened, args))
            kwargs = {key: opened(value) for key, value in kwargs.items()}
        given = (*args[first:], *kwargs.values())
        for value in given:
            if isinstance(value, LaterValue) and not takes_later:
                value._refuse()
            if value is INVALID:
                return INVALID
        if name in _NUMBERS and any(map(holds_secret, given)):
            raise TemplateRuntimeError("a sensitive text cannot become a number: numbers are shown")
        return kept_secret(function(*args, **kwargs), *given)

    return call


def _removed(name: str) -> Function:
    why = (
        "Two renderings would differ."
        if name == "random"
        else "Values never become structure, so they need no escaping."
    )

    def refuse(*_args: Any, **_kwargs: Any) -> Any:
        raise TemplateRuntimeError(f'there is no filter "{name}" here\n{why}')

    return refuse


def _as_text(value: Value) -> Value:
    return concatenate([value])


@cache
def filters() -> Mapping[str, Function]:
    ours = {"tojson": tojson, "join": join_items, "indent": indented, "trim": trimmed, "string": _as_text}
    known = cast(Mapping[str, Function], {**FILTERS, **ours})
    careful = {name: _careful(name, f, name in _TAKES_LATER_VALUES) for name, f in known.items()}
    return {**careful, **{name: _removed(name) for name in REMOVED}}


@cache
def tests() -> Mapping[str, Function]:
    known = cast(Mapping[str, Function], TESTS)
    return {name: _careful(name, test, name in _TESTS_ON_LATER_VALUES) for name, test in known.items()}


def operate(operator: str, left: Any, right: Any, plain: Callable[[Any, Any], Any]) -> Any:
    """An arithmetic operator: bounded in size; a secret stays one; later values take only `+`."""
    if operator == "+" and any(isinstance(side, TemplateText | LaterValue) for side in (left, right)):
        return _added(left, right)
    left, right = opened(left), opened(right)
    for side in (left, right):
        if isinstance(side, LaterValue):
            side._refuse()
    _check_size(operator, left, right)
    return kept_secret(plain(left, right), left, right)


def _added(left: Any, right: Any) -> Any:
    """`+` with template text or a later value: only with a text on the other side it is surely a joining."""
    for side, other in ((left, right), (right, left)):
        if isinstance(side, LaterValue) and not isinstance(other, str):
            side._refuse()
    return concatenate([left, right])


def _check_size(operator: str, left: Any, right: Any) -> None:
    if operator == "**" and isinstance(left, int) and isinstance(right, int):
        if left.bit_length() * abs(right) > MAX_BITS:
            raise TemplateRuntimeError("the power would be too large a number")
    elif operator == "+" and isinstance(left, str | list) and isinstance(right, str | list):
        _check_length(len(left) + len(right), left)
    elif operator == "*":
        for repeated, times in ((left, right), (right, left)):
            if isinstance(repeated, str | list | tuple) and isinstance(times, int):
                _check_length(len(repeated) * times, repeated)


def _check_length(length: int, sample: str | list[Any] | tuple[Any, ...] = "") -> None:
    most = MAX_TEXT if isinstance(sample, str) else MAX_ITEMS
    if length > most:
        raise TemplateRuntimeError(f"the result would be longer than {most:,}")
