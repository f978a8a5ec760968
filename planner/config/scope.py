"""What templates see: `var`, `local`, `env`, `project`, `resource`, and values not known until apply."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final, NoReturn

from jinja2 import StrictUndefined
from jinja2.exceptions import TemplateRuntimeError
from jinja2.utils import missing

from planner.config.jobs import LISTS, Weighted
from planner.config.tokens import join
from planner.config.values import describe
from planner.model.address import NAME, Address
from planner.model.diagnostic import did_you_mean, nearest
from planner.model.value import Deferred, Path, Reference, Secret, Value, text_length, with_each

NAMESPACES = ("var", "local", "env", "project", "resource")


class NotKnownYet(TemplateRuntimeError):
    """A template asked something of a value that is known only after apply."""


class Scope:
    """A namespace of the templates. Not a Mapping, so that a variable may be called `items` or `keys`.

    _what: what one entry is called in messages, as "variable". _missing: names that have only a stand-in.
    """

    def __init__(self, what: str, values: Mapping[str, Any], missing: Iterable[str] = ()) -> None:
        self._what, self._values = what, values
        self._missing = set(missing)

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def _unknown(self, key: str) -> str:
        return f'{self._what} "{key}" is not declared'

    def _near(self, key: str) -> str:
        return did_you_mean(key, self._values)


class ProjectName(str):
    """`{{ project }}` and `{{ project.name }}` both print the project's name."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return str(self)


class Locals(Scope):
    """Entries computed on first use, so that locals may use each other in any order."""

    def __init__(self, compute: Callable[[str], Any], names: Iterable[str]) -> None:
        super().__init__("local", dict.fromkeys(names))
        self._compute = compute
        self._done: dict[str, Any] = {}
        self._running: list[str] = []

    def __getitem__(self, key: str) -> Any:
        if key in self._running:
            chain = " -> ".join([*self._running[self._running.index(key) :], key])
            raise TemplateRuntimeError(f"locals use each other in a circle: {chain}")
        if key in self and key not in self._done:
            self._running.append(key)
            try:
                self._done[key] = self._compute(key)
            finally:
                self._running.pop()
        return self._done[key]


class ResourceScope:
    """`resource.<kind>`. Python would ask what can be indexed for one item after the other, without end.

    _kinds: the names of all, for messages.
    """

    __slots__ = ("_kinds",)
    __iter__ = None

    def __init__(self, kinds: Iterable[str] = ()) -> None:
        self._kinds = tuple(kinds)

    def __getitem__(self, kind: str) -> KindScope:
        _refuse_secret(kind)
        return KindScope(kind)


class KindScope:
    """`resource.<kind>.<name>`, or `resource.<kind>[<expression>]`."""

    __slots__ = ("_kind",)

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def __getitem__(self, name: str) -> LaterValue:
        _refuse_secret(name)
        if not (isinstance(name, str) and NAME.match(name) and NAME.match(self._kind)):
            raise TemplateRuntimeError(f"resource.{self._kind}[{name!r}] does not name a resource")
        return LaterValue(Deferred((Reference(Address(self._kind, str(name)), ()),)))


def _refuse_secret(key: object) -> None:
    if isinstance(key, Secret):
        raise TemplateRuntimeError("a sensitive text cannot be part of a reference: references are shown")


class LaterValue:
    """A Deferred value inside a template. It can be printed, joined with `~` or `+`, and looked into.

    Whatever would need its value now raises NotKnownYet, which says why.
    """

    __slots__ = ("_deferred",)

    def __init__(self, deferred: Deferred) -> None:
        self._deferred = deferred

    def __getitem__(self, key: str | int) -> LaterValue:
        _refuse_secret(key)
        parts = self._deferred.parts
        if len(parts) != 1 or not isinstance(parts[0], Reference) or not isinstance(key, str | int):
            self._refuse()
        path: Path = (*parts[0].path, key)
        return LaterValue(Deferred((Reference(parts[0].address, path),)))

    def _refuse(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise NotKnownYet(
            f"{' and '.join(map(str, self._deferred.references))} is perhaps known only after apply\n"
            "Print it or join it to a text with ~; no filter, test, comparison, condition or loop can use it."
        )

    __str__ = __bool__ = __len__ = __iter__ = __contains__ = __eq__ = __ne__ = __lt__ = _refuse
    __le__ = __gt__ = __ge__ = __hash__ = __int__ = __float__ = __format__ = __call__ = _refuse
    __neg__ = __pos__ = __index__ = __reversed__ = __add__ = __radd__ = _refuse


def with_later_values(value: Value) -> Any:
    """A value as templates see it, its Deferred values as LaterValue."""
    if isinstance(value, Deferred):
        return LaterValue(value)
    return with_each(value, with_later_values)


def joined(parts: Iterable[Value]) -> Any:
    """Texts and values as one text. TemplateRuntimeError for what has no place inside a text."""
    try:
        return with_later_values(join(list(parts)))
    except ValueError as error:
        raise TemplateRuntimeError(str(error)) from None


_METHODS: Final = [name for name in dir(str) if not name.startswith("_")]
_REFERENCE = "resource.{}.<name>.<attribute>"
_INSTEAD: Final = {
    **{name: name for name in NAMESPACES},
    **dict.fromkeys(("variable", "variables", "vars"), "var.<name>"),
    "locals": "local.<name>",
    "environment": "env.name",
    "resources": _REFERENCE.format("<kind>"),
}
_IN_SCOPE = f"Templates know {', '.join(NAMESPACES[:-1])} and {NAMESPACES[-1]}. A text stands in quotes."


def _ways(scope: Mapping[str, Any]) -> dict[str, str]:
    """What is known by some name -> how it is written."""
    kinds: Iterable[str] = getattr(scope.get("resource"), "_kinds", ())
    found = {**_INSTEAD, **{kind: _REFERENCE.format(kind) for kind in kinds}}
    for space in ("local", "var"):
        found |= {name: f"{space}.{name}" for name in getattr(scope.get(space), "_values", ())}
    return found


class Unknown(StrictUndefined):
    """jinja's strict undefined, with a message that names what is declared. _scope: all that is. _filters:
    the names of filters.
    """

    _scope: ClassVar[Mapping[str, Any]] = {}
    _filters: ClassVar[Collection[str]] = ()

    @classmethod
    def within(cls, scope: Mapping[str, Any], filters: Collection[str]) -> type[Unknown]:
        return type("Unknown", (cls,), {"_scope": scope, "_filters": filters})

    def _meant(self, name: str) -> str:
        ways = _ways(self._scope)
        if name in ways:
            return f'Write "{ways[name]}".'
        if name in self._filters:
            return f"It is a filter, and stands behind the value: value | {name}"
        near = nearest(name, ways)
        return f'Did you mean "{ways[near]}"?' if near else _IN_SCOPE

    def _entry_meant(self, scope: Scope, name: str) -> str:
        way = _ways(self._scope).get(name, "")
        return scope._near(name) or (f'Write "{way}".' if way else "")

    @property
    def _undefined_message(self) -> str:
        owner = self._undefined_obj
        name = "(sensitive)" if isinstance(self._undefined_name, Secret) else self._undefined_name
        if self._undefined_hint:
            return self._undefined_hint
        if isinstance(owner, Scope):
            return f"{owner._unknown(str(name))}\n{self._entry_meant(owner, str(name))}"
        if owner is missing:
            return f'"{name}" is not defined\n{self._meant(str(name))}'
        if isinstance(owner, Mapping):
            return f'there is no key "{name}" in this mapping\n{did_you_mean(str(name), map(str, owner))}'
        shown = name if isinstance(name, int) else f'"{name}"'
        near = did_you_mean(str(name), _METHODS) if isinstance(owner, str) else ""
        return f"{describe(owner)} has no {'item' if isinstance(name, int) else 'attribute'} {shown}\n{near}"


UNTOLD = "the expression failed on a sensitive text"


def seal(value: Any) -> Any:
    """value with every text in it a Secret, for sensitive variables. What is undefined says no name."""
    if isinstance(value, StrictUndefined):
        return Unknown(hint=UNTOLD)
    if isinstance(value, str):
        return Secret(value)
    return map(seal, value) if isinstance(value, Iterator) else with_each(value, seal)


class _OpenList(list[Any], Weighted):
    """A list without a secret in it, so that nobody has to look through it each time it is used."""


class _OpenMapping(dict[str, Any], Weighted):
    """What _OpenList is, for mappings."""


def holds_secret(value: Any) -> bool:
    if isinstance(value, str):
        return isinstance(value, Secret)
    if isinstance(value, _OpenList | _OpenMapping):
        return False
    if isinstance(value, Mapping):
        return Secret in map(type, value) or any(map(holds_secret, value.values()))
    return isinstance(value, LISTS) and any(map(holds_secret, value))


def looked_through(value: Any) -> Any:
    """value with its lists and mappings marked in which no secret is."""
    if isinstance(value, Weighted) or not isinstance(value, dict | list):
        return value
    within: Any = with_each(value, looked_through)
    if holds_secret(within):
        return within
    found = _OpenMapping(within) if isinstance(within, dict) else _OpenList(within)
    found.weight = _weight((*within, *within.values()) if isinstance(within, dict) else within)
    return found


def _weight(items: Iterable[Any]) -> int:
    return sum(map(_weight_of, items))


def _weight_of(item: Any) -> int:
    if isinstance(item, str):
        return 10 + len(item)
    if isinstance(item, Weighted):
        return 10 + item.weight
    return 10 + (_weight(item) if isinstance(item, tuple | list) else text_length(item))
