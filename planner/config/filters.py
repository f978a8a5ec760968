"""The filters, tests and operators of templates: jinja's own, kept honest about secrets and later values.

A result made from a secret is a secret. A value not known until apply is refused, but by `default`. Filters
that would let data become structure (`safe` and its kin) or make two renderings differ (`random`) are gone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

from jinja2.exceptions import TemplateRuntimeError
from jinja2.filters import FILTERS
from jinja2.tests import TESTS
from markupsafe import Markup

from planner.config.scope import LaterValue, joined, seal
from planner.model.value import Secret, Value, join_text

REMOVED = ("safe", "e", "escape", "forceescape", "xmlattr", "urlize", "striptags", "random", "pprint")
_TAKES_LATER_VALUES = frozenset({"default", "d", "join"})
_TESTS_ON_LATER_VALUES = frozenset({"defined", "undefined"})
MAX_TEXT = 1_000_000


def tojson(value: Value, indent: int | None = None) -> str:
    """value as JSON text: a string, so it needs no quoting in YAML."""
    return json.dumps(value, indent=indent, ensure_ascii=False, default=_no_json)


def _no_json(value: object) -> object:
    if isinstance(value, LaterValue):
        value._refuse()
    raise TemplateRuntimeError(f"{type(value).__name__} has no JSON form")


def join_items(value: Iterable[Value], separator: str = "", attribute: str | None = None) -> Value:
    items = [item[attribute] if attribute is not None else item for item in value]
    parts = [part for item in items for part in (separator, item)][1:]
    return concatenate(parts)


def concatenate(parts: Iterable[Value]) -> Value:
    """What `~` does: texts and values to one text, a Markup when macro output is among them."""
    items = list(parts)
    markup = next((item for item in items if isinstance(item, Markup)), None)
    if markup is not None:
        return type(markup)("").join(items)
    if any(isinstance(item, LaterValue) for item in items):
        return joined(items)
    try:
        return join_text(items)
    except ValueError as error:
        raise TemplateRuntimeError(str(error)) from None


def indent(text: str, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    """text with its lines after the first indented, as jinja's own; macro output stays template text."""
    margin = width if isinstance(width, str) else " " * width
    head, *rest = str(text).split("\n")
    lines = [margin + head if first else head, *(margin + line if line or blank else line for line in rest)]
    return type(text)("\n".join(lines))


def holds_secret(value: Value) -> bool:
    if isinstance(value, str):
        return isinstance(value, Secret)
    if isinstance(value, Mapping):
        return any(map(holds_secret, value.values()))
    return isinstance(value, list | tuple) and any(map(holds_secret, value))


def _careful(function: Callable[..., Any], takes_later: bool) -> Callable[..., Any]:
    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        given = (*args, *kwargs.values())
        for value in given:
            if isinstance(value, LaterValue) and not takes_later:
                value._refuse()
        result = function(*args, **kwargs)
        return seal(result) if any(map(holds_secret, given)) else result

    return call


def _removed(name: str) -> Callable[..., Any]:
    def refuse(*_args: Any, **_kwargs: Any) -> Any:
        raise TemplateRuntimeError(
            f'there is no filter "{name}" here: values never become structure, no quoting needed'
        )

    return refuse


def filters() -> dict[str, Callable[..., Any]]:
    ours = {"tojson": tojson, "join": join_items, "indent": indent}
    kept: dict[str, Callable[..., Any]] = {
        name: f for name, f in {**FILTERS, **ours}.items() if name not in REMOVED
    }
    careful = {name: _careful(f, name in _TAKES_LATER_VALUES) for name, f in kept.items()}
    return {**careful, **{name: _removed(name) for name in REMOVED}}


def tests() -> dict[str, Callable[..., Any]]:
    return {name: _careful(test, name in _TESTS_ON_LATER_VALUES) for name, test in TESTS.items()}


def guarded_operator(
    operator: str, left: Value, right: Value, plain: Callable[[Value, Value], Value]
) -> Value:
    """`+ * % **` inside templates: bounded in size, and a secret stays one."""
    if operator == "*" and _too_long(left, right):
        raise TemplateRuntimeError(f"the repeated text would be longer than {MAX_TEXT:,} characters")
    if operator == "**" and isinstance(right, int | float) and abs(right) > 1000:
        raise TemplateRuntimeError("exponents up to 1000 are allowed")
    result = plain(left, right)
    return seal(result) if holds_secret(left) or holds_secret(right) else result


def _too_long(left: Value, right: Value) -> bool:
    for text, times in ((left, right), (right, left)):
        if isinstance(text, str | list | tuple) and isinstance(times, int) and len(text) * times > MAX_TEXT:
            return True
    return False
