"""The filters, tests and operators of templates: jinja's own, kept honest about secrets and later values.

A result made from a secret is a secret. A value not known until apply is refused, except by `default` and
`join`. Filters that would let data become structure (`safe` and its kin) or make two renderings differ
(`random`) are gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, wraps
from typing import Any, cast

from jinja2.exceptions import TemplateRuntimeError
from jinja2.filters import FILTERS
from jinja2.runtime import Undefined
from jinja2.tests import TESTS
from jinja2.utils import pass_environment

from planner.config import bounds
from planner.config.bounds import check_indent, check_length, check_operator, formatted
from planner.config.jobs import PER_CALL, Effort
from planner.config.scope import LaterValue, holds_secret, joined
from planner.config.template_values import TemplateText, bare, made, opened, settled, trimmed, untold
from planner.config.tokens import INVALID
from planner.config.values import describe
from planner.model.value import Value, leaves, text_length
from planner.model.value_json import is_json_number, json_text
from planner.yaml12.number import is_written

Function = Callable[..., Any]

REMOVED = ("safe", "e", "escape", "forceescape", "xmlattr", "urlize", "striptags", "random", "pprint")
_TAKES_LATER_VALUES = frozenset({"default", "d", "join"})
_TESTS_ON_LATER_VALUES = frozenset({"defined", "undefined"})
_TAKES_TEMPLATE_TEXT = frozenset({"default", "d", "join", "indent", "trim"})
_PLAIN = frozenset({str, int, bool, float, type(None)})
_NUMBERS = frozenset({"int", "float"})
_LOOKS_INTO_TEXTS_ONLY = frozenset(
    {"length", "count", "first", "last", "default", "d", "defined", "undefined"}
)
_TAKES_TEXT = frozenset(
    {"upper", "lower", "capitalize", "title", "replace", "wordcount", "wordwrap", "truncate"}
    | {"center", "format", "urlencode", "trim", "indent"}
)


def tojson(value: Value, indent: int | None = None) -> str:
    """value as JSON text: a string, so it needs no quoting in YAML."""
    check_indent("", indent or 0)
    odd = next((leaf for _, leaf in leaves(value) if is_written(leaf) and not is_json_number(leaf)), None)
    if odd is not None:
        raise TemplateRuntimeError(
            f"JSON cannot write {odd} as it is written\nMake it another number, as with | int or | float."
        )
    return json_text(value, indent=indent, allow_nan=False, default=_no_json)


def _no_json(value: object) -> object:
    if isinstance(value, LaterValue):
        value._refuse()
    if isinstance(value, Undefined):
        value._fail_with_undefined_error()
    raise TemplateRuntimeError(f"{describe(value)} has no JSON form")


def join_items(value: Iterable[Any], separator: str = "", attribute: str | None = None) -> Any:
    items = [item[attribute] if attribute is not None else item for item in value]
    return concatenate([part for item in items for part in (separator, item)][1:])


def concatenate(parts: Iterable[Any]) -> Any:
    """What `~` does: texts and values to one text; template text when some is among them."""
    items = list(parts)
    check_length(sum(map(text_length, items)))
    text = next((item for item in items if isinstance(item, TemplateText)), None)
    return joined(map(bare, items)) if text is None else type(text)("").join(items)


def _careful(name: str, function: Function, takes_later: bool) -> Function:
    passed = hasattr(function, "jinja_pass_arg")  # jinja's own context or environment comes before the values
    keeps_text = name in _TAKES_TEMPLATE_TEXT
    looks_into_all = name not in _LOOKS_INTO_TEXTS_ONLY

    def taken(value: Any) -> Any:
        value = settled(value)
        if not keeps_text:
            value = opened(value)
        if isinstance(value, LaterValue) and not takes_later:
            value._refuse()
        return value

    @wraps(function)
    def call(place: Any, *args: Any, **kwargs: Any) -> Any:
        effort: Effort = getattr(place, "environment", place).effort
        effort.spend(PER_CALL)
        if not kwargs and _PLAIN.issuperset([value.__class__ for value in args]):
            effort.weigh(args)
            return made(effort, function(place, *args) if passed else function(*args))
        args = tuple(map(taken, args))
        if kwargs:
            kwargs = {key: taken(value) for key, value in kwargs.items()}
        given = (*args, *kwargs.values()) if kwargs else args
        if any(value is INVALID for value in given):
            return INVALID
        _check_kind(name, given)
        sources = given if looks_into_all else tuple(value for value in given if isinstance(value, str))
        effort.weigh(sources)
        try:
            result = function(place, *args, **kwargs) if passed else function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - filters raise anything; the reason may quote a secret
            raise untold(error, *sources, kwargs) from None
        return made(effort, result, *sources)

    return call if passed else cast(Function, pass_environment(call))


def _check_kind(name: str, given: tuple[Any, ...]) -> None:
    if name in _NUMBERS and any(map(holds_secret, given)):
        raise TemplateRuntimeError("a sensitive text cannot become a number: numbers are shown")
    if name in _TAKES_TEXT and given and type(given[0]) is not str:
        bare(given[0])  # refuses functions and namespaces: Python would print where they are in memory


def _removed(name: str) -> Function:
    why = "Values never become structure, so they need no escaping."
    if name == "random":
        why = "Two renderings would differ."

    def refuse(*_args: Any, **_kwargs: Any) -> Any:
        raise TemplateRuntimeError(f'there is no filter "{name}" here\n{why}')

    return refuse


@cache
def filters() -> Mapping[str, Function]:
    ours: dict[str, Function] = {**bounds.FILTERS, "tojson": tojson, "join": join_items, "trim": trimmed}
    known: dict[str, Function] = {**FILTERS, **ours, "string": lambda value: concatenate([value])}
    careful = {name: _careful(name, f, name in _TAKES_LATER_VALUES) for name, f in known.items()}
    return {**careful, **{name: _removed(name) for name in REMOVED}}


@cache
def tests() -> Mapping[str, Function]:
    known = cast(Mapping[str, Function], TESTS)
    return {name: _careful(name, test, name in _TESTS_ON_LATER_VALUES) for name, test in known.items()}


def operate(effort: Effort, operator: str, left: Any, right: Any, plain: Callable[[Any, Any], Any]) -> Any:
    """An arithmetic operator: bounded in size; a secret stays one; later values take only `+`."""
    if type(left) is int and type(right) is int:
        check_operator(operator, left, right)
        effort.left -= left.bit_length() + right.bit_length()
        return plain(left, right)
    if operator == "+" and any(isinstance(side, TemplateText | LaterValue) for side in (left, right)):
        return _added(left, right)
    left, right = opened(left), opened(right)
    for side in (left, right):
        if isinstance(side, LaterValue):
            side._refuse()
    effort.weigh((left, right))
    check_operator(operator, left, right)
    work = formatted if operator == "%" and isinstance(left, str) else plain
    try:
        return made(effort, work(left, right), left, right)
    except Exception as error:  # noqa: BLE001 - see untold
        raise untold(error, left, right) from None


def _added(left: Any, right: Any) -> Any:
    """`+` with template text or a later value: only with a text on the other side it is surely a joining."""
    for side, other in ((left, right), (right, left)):
        if isinstance(side, LaterValue) and not isinstance(other, str):
            side._refuse()
    return concatenate([left, right])
