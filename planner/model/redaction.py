"""Secrets taken out of an object of the model, as its fields say: one that says nothing is redacted.

    a field of ...                          on display              in a file
    values (`Value`, mappings of them)      said                    what stands for them: a fingerprint
    any other text                          said                    said
    IDENTITY                                said                    as it is: what it names would be lost
    names of resources (`Address`)          said                    as it is, likewise
    WORD                                    as it is                as it is

"said" is the text with a mark in the place of each secret. The keys in values are said too, where they are
not the names of attributes, variables or outputs, as the first keys of a mapping of values are. In keys and
names only long secrets are: a short one is an ordinary word there. What a project names so is refused
(`named`), as it would be in every file.
Nearly always nothing changes, and a plan has ten thousand resources: what stays the same is not built again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import cache
from types import MappingProxyType, NoneType
from typing import Any, Final, TypeVar, cast

import attrs

from planner.model.address import Address
from planner.model.known_secrets import KnownSecrets
from planner.model.value import Fingerprint, Path, Reference, Value

T = TypeVar("T")

_NO_TEXTS: Final[frozenset[type]] = frozenset({bool, float, NoneType, Fingerprint})


class Role(Enum):
    """What the texts of a field are."""

    SAID = "said"
    VALUES = "values"
    NAMED_VALUES = "values by their names"
    PATH = "keys on the way to a value"
    IDENTITY = "identity"
    WORD = "word"


IDENTITY: Final[Mapping[Any, Any]] = MappingProxyType({"redaction": Role.IDENTITY})
"""Metadata of a field that says which thing of many it is about."""

WORD: Final[Mapping[Any, Any]] = MappingProxyType({"redaction": Role.WORD})
"""Metadata of a field whose text is the program's own, or a name that planner.yaml gives."""

ON_THIS_MACHINE: Final[Mapping[Any, Any]] = MappingProxyType({"on_this_machine": True})
"""Metadata of a field that means nothing elsewhere, and is never written down."""

FOR_PEOPLE: Final[Mapping[Any, Any]] = MappingProxyType({"for_people": True})
"""Metadata of a field that apply does not act on. Every other field of a plan belongs to its digest."""


@attrs.frozen
class Ways:
    """What becomes of a text; itself, not a copy, when nothing does. number: of a whole number in a value."""

    said: Callable[[str], str]
    value: Callable[[str], Value]
    identity: Callable[[str], str]
    name: Callable[[str], str]
    key: Callable[[str], str]
    number: Callable[[int], Value]


def for_display(thing: T, known: KnownSecrets) -> T:
    """A plan, ledger, diagnostic or value for people to read; thing itself when no secret is in it."""
    say = known.redact
    key = known.redact_key
    return _redacted(thing, known, Ways(say, say, say, key, key, lambda number: say(str(number))))


def for_file(thing: T, known: KnownSecrets, stand_in: Callable[[str], Value]) -> T:
    """A plan, state or record of a journal to be kept; thing itself when no secret is in it.

    stand_in: what stands for a value that holds a secret.
    """

    def value(text: str) -> Value:
        return stand_in(text) if known.are_among(text) else text

    key = known.redact_key
    ways = Ways(known.redact, value, _kept, _kept, key, lambda number: stand_in(str(number)))
    return _redacted(thing, known, ways)


def _kept(value: Any) -> Any:
    return value


def named(thing: object, known: KnownSecrets) -> tuple[str, ...]:
    """What names something in thing, and holds a secret: it would be kept as it is."""
    found: set[str] = set()

    def note(text: str) -> str:
        found.add(text)
        return text

    _changed(thing, Role.SAID, Ways(_kept, _kept, note, note, _kept, _kept))
    return tuple(sorted(text for text in known.holding(found) if known.redact_key(text) != text))


def _redacted(thing: T, known: KnownSecrets, ways: Ways) -> T:
    """All texts are looked through together first, which takes a fraction of the time."""
    if not known:
        return thing
    found = known.holding(_texts_in(thing))
    if not found and not known.numbers:
        return thing
    return cast(T, _changed(thing, Role.SAID, _of_those(found, known, ways)))


def _texts_in(thing: object) -> set[str]:
    """Every text in thing, layer by layer, whatever it is: also those that no way asks about."""
    found: set[str] = set()
    layer: list[Any] = [thing]
    while layer:
        below: list[Any] = []
        for item in layer:
            kind = item.__class__
            if kind is str:
                found.add(item)
            elif kind is Address:
                found.add(item.name)
            elif not item or kind in _NO_TEXTS:
                pass
            elif fields := roles(kind):
                below += [getattr(item, name) for name, _ in fields]
            elif isinstance(item, str):
                found.add(item)
            elif isinstance(item, tuple | list):
                below += item
            elif isinstance(item, Mapping):
                below += (*item, *item.values())
        layer = below
    return found


def _of_those(found: frozenset[str], known: KnownSecrets, ways: Ways) -> Ways:
    """ways, for these texts and known numbers only."""

    def only(way: Callable[[str], Any]) -> Callable[[str], Any]:
        return lambda text: way(text) if text in found else text

    def number(value: int) -> Value:
        return ways.number(value) if value in known.numbers else value

    said, key = only(ways.said), only(ways.key)
    return Ways(said, only(ways.value), only(ways.identity), only(ways.name), key, number)


def _changed(thing: Any, role: Role, ways: Ways) -> Any:
    kind = thing.__class__
    if not thing or kind in _NO_TEXTS:
        return thing
    if kind is str or isinstance(thing, str):
        return _text(thing, role, ways)
    if kind is Address or kind is Reference:
        return _name(thing, ways)
    if isinstance(thing, int):
        return ways.number(thing) if role in _VALUES else thing
    if role is Role.PATH:
        return _path(thing, ways)
    if fields := roles(kind):
        return _changed_object(thing, fields, ways)
    if isinstance(thing, Mapping):
        return _mapping(thing, role, ways)
    if isinstance(thing, tuple | list):
        found = _those_changed(enumerate(thing), role, ways)
        return type(thing)(found.get(index, item) for index, item in enumerate(thing)) if found else thing
    return thing


_VALUES: Final = frozenset({Role.VALUES, Role.NAMED_VALUES})


def _text(text: str, role: Role, ways: Ways) -> Any:
    if role is Role.SAID:
        return ways.said(text)
    if role in _VALUES:
        return ways.value(text)
    return ways.identity(text) if role is Role.IDENTITY else text


def _name(thing: Any, ways: Ways) -> Any:
    """A reference is the name of an attribute: nothing of it changes where it is to be followed again."""
    if isinstance(thing, Address):
        name = ways.name(thing.name)
        return thing if name is thing.name else Address(thing.kind, name)
    path = tuple(ways.name(key) if isinstance(key, str) else key for key in thing.path)
    address = _name(thing.address, ways)
    return thing if address is thing.address and path == thing.path else Reference(address, path)


def _path(thing: Path, ways: Ways) -> Path:
    after = (*thing[:1], *(ways.key(key) if isinstance(key, str) else key for key in thing[1:]))
    return thing if after == thing else after


def _mapping(thing: Mapping[Any, Any], role: Role, ways: Ways) -> Any:
    named = role is Role.NAMED_VALUES
    found = _those_changed(thing.items(), Role.VALUES if named else role, ways)
    keys = {} if named or role is Role.WORD else _keys_changed(thing, role, ways)
    if keys:
        return {keys.get(key, key): found.get(key, item) for key, item in thing.items()}
    return {**thing, **found} if found else thing


def _keys_changed(thing: Mapping[Any, Any], role: Role, ways: Ways) -> dict[Any, Any]:
    """Two that become the same are told apart by a number, so that none is lost."""
    way = ways.identity if role is Role.IDENTITY else ways.key
    changed: dict[Any, Any] = {}
    for key in thing:
        after = _name(key, ways) if isinstance(key, Address) else way(key) if isinstance(key, str) else key
        if after is not key:
            changed[key] = after
    taken = set(thing) - changed.keys()
    for key, after in changed.items():
        number = 2
        while changed[key] in taken:
            changed[key], number = _numbered(after, number), number + 1
        taken.add(changed[key])
    return changed


def _numbered(key: Any, number: int) -> Any:
    return Address(key.kind, f"{key.name} {number}") if isinstance(key, Address) else f"{key} {number}"


def _those_changed(items: Iterable[tuple[Any, Any]], role: Role, ways: Ways) -> dict[Any, Any]:
    """The items that changed, by their key."""
    found = {}
    for key, item in items:
        after = _changed(item, role, ways)
        if after is not item:
            found[key] = after
    return found


def _changed_object(thing: Any, fields: Iterable[tuple[str, Role]], ways: Ways) -> Any:
    found = {}
    for name, role in fields:
        before = getattr(thing, name)
        after = _changed(before, role, ways)
        if after is not before:
            found[name] = after
    return attrs.evolve(thing, **found) if found else thing


@cache
def roles(cls: type) -> tuple[tuple[str, Role], ...]:
    """The fields of a class of the model with what each holds; none for other classes."""
    if not attrs.has(cls):
        return ()
    fields = (field for field in attrs.fields(attrs.resolve_types(cls)) if field.init)
    return tuple((field.name, _role(field)) for field in fields if field.type not in {bool, int})


def _role(field: attrs.Attribute[Any]) -> Role:
    declared: Role | None = field.metadata.get("redaction")
    if declared is not None:
        return declared
    held: object = field.type
    if held == Mapping[str, Value]:
        return Role.NAMED_VALUES
    if held == Path:
        return Role.PATH
    return Role.VALUES if held is Value else Role.SAID
