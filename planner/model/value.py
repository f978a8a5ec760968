"""Attribute values: plain JSON data, secrets, and values that are not known yet.

A number may know how it was written (planner.yaml12.number).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, SupportsIndex, TypeVar, overload

from attrs import frozen

from planner.model.address import Address
from planner.yaml12.number import is_written, plain_number

Path = tuple[str | int, ...]
T = TypeVar("T")

_SIMPLE: Final = frozenset({str, int, float, bool, NoneType})
"""Of these most values are: they hold no secret, no reference and no other value."""


class Secret(str):
    """A sensitive string. It compares as a string, and hides itself from repr()."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "(sensitive)"

    def __getitem__(self, key: SupportsIndex | slice) -> Secret:
        return Secret(super().__getitem__(key))

    def __iter__(self) -> Iterator[Secret]:
        return map(Secret, super().__iter__())


SCRYPT: Final = "scrypt"
KEYED: Final = "hmac"


@frozen
class Fingerprint:
    """What is kept of a secret. salt, hash: hex. form: how the hash was made.

    KEYED: HMAC-SHA256 (RFC 2104) with a key that scrypt (RFC 7914, n=16384, r=8, p=1) makes of the salt, once
    a run. SCRYPT: scrypt over each secret, as planner wrote it before; it is understood, and no longer made.
    """

    salt: str
    hash: str
    form: str = KEYED

    @classmethod
    def of(cls, secret: object, salt: str) -> Fingerprint:
        return cls(salt, _hashed(KEYED, str(secret), salt))

    def matches(self, secret: object) -> bool:
        return self.hash == _hashed(self.form, str(secret), self.salt)


def _hashed(form: str, secret: str, salt: str) -> str:
    if form == SCRYPT:
        return stretched(secret, salt).hex()
    return hmac.digest(stretched(_KEY, salt), secret.encode(), "sha256").hex()


_KEY: Final = "planner fingerprint key"
"""What scrypt makes keys of: that of a fingerprint is no fingerprint itself."""


@lru_cache(maxsize=4096)
def stretched(text: str, salt: str) -> bytes:
    """scrypt over text, which takes some 40 ms."""
    return hashlib.scrypt(text.encode(), salt=bytes.fromhex(salt), n=16384, r=8, p=1, dklen=32)


@frozen(cache_hash=True)
class Reference:
    """`resource.<kind>.<name>.<path>`: an attribute of another resource."""

    address: Address
    path: Path

    def __str__(self) -> str:
        return _written(self)


@lru_cache(maxsize=4096)
def _written(reference: Reference) -> str:
    """What many resources refer to is written many times."""
    return ".".join(["resource", str(reference.address), *map(str, reference.path)])


@frozen
class Deferred:
    """A value made of references and text, put together when the references are known.

    One reference alone takes the value with its type; several parts are joined as text.
    """

    parts: tuple[str | Reference, ...]

    @property
    def references(self) -> tuple[Reference, ...]:
        return tuple(part for part in self.parts if isinstance(part, Reference))

    def __str__(self) -> str:
        if len(self.parts) == 1 and isinstance(self.parts[0], Reference):  # nearly always
            return f"${{{self.parts[0]}}}"
        return "".join(f"${{{p}}}" if isinstance(p, Reference) else p for p in self.parts)


class StandIn(dict[str, Any]):
    """What the address of a resource stands for: by name, references to attributes of it, each alone.

    There is one for each address, however many lists name it: what is found out about it is noted at it.
    """

    __slots__ = ("_notes",)

    def __init__(self, references: Mapping[str, Deferred]) -> None:
        super().__init__(references)
        self._notes: dict[object, Any] = {}

    def noted(self, what: object, find: Callable[[Mapping[str, Any]], T]) -> T:
        """What find says of it, found out once. what: under what it is noted."""
        notes = self._notes
        found: T = notes[what] if what in notes else notes.setdefault(what, find(self))
        return found


class _Unknown:
    """Known after apply."""

    def __repr__(self) -> str:
        return "(known after apply)"

    def __reduce__(self) -> str:
        return "UNKNOWN"  # there is one, also in another process


UNKNOWN: Final = _Unknown()

if TYPE_CHECKING:
    _Scalar = None | bool | int | float | str | Fingerprint | Deferred | _Unknown
    Value = _Scalar | Sequence["Value"] | Mapping[str, "Value"]
    """What an attribute, a variable or an output may hold."""
else:
    Value = Any  # by which a field that holds one is known: see planner.model.redaction and codec

Lookup = Callable[[Reference], Value]


def resolve(value: Value, lookup: Lookup, known: dict[int, Value] | None = None) -> Value:
    """value with every Deferred put in whose references lookup knows; the others stay Deferred.

    lookup answers UNKNOWN for what is not known yet. known: for who resolves many values at one time, what
    stand-ins came to.
    """
    if type(value) in _SIMPLE:
        return value
    if isinstance(value, Deferred):
        return _put_together(value, [lookup(p) if isinstance(p, Reference) else p for p in value.parts])
    if known is None or type(value) is not StandIn:
        return with_each(value, lambda item: resolve(item, lookup, known))
    if id(value) not in known:
        known[id(value)] = with_each(value, lambda item: resolve(item, lookup))
    return known[id(value)]


def with_each(value: Value, change: Callable[[Any], Value]) -> Value:
    """A mapping or list with change made to each value in it; any other value as it is."""
    if isinstance(value, Mapping):
        return {key: change(item) for key, item in value.items()}
    return [change(item) for item in value] if isinstance(value, list | tuple) else value


def _put_together(deferred: Deferred, parts: list[Value]) -> Value:
    if any(part is UNKNOWN or isinstance(part, Deferred) for part in parts):
        return deferred
    if len(parts) > 1 and any(isinstance(part, Fingerprint) for part in parts):
        return deferred  # the secret behind a fingerprint is not known here
    return parts[0] if len(parts) == 1 else join_text(parts)


def join_text(parts: list[Value]) -> str:
    """Scalars joined, numbers as they were written; a Secret among them makes the whole a Secret.

    ValueError for a list, a mapping or null, which have no place inside a text.
    """
    text = "".join(map(scalar_text, parts))
    return Secret(text) if any(isinstance(part, Secret) for part in parts) else text


def scalar_text(value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    name = "null" if value is None else f"a {'mapping' if isinstance(value, Mapping) else 'list'}"
    raise ValueError(f"{name} cannot be part of a text")


def text_length(value: Value) -> int:
    """How many characters a text or a number has that was written in some way; 0 for any other value."""
    if isinstance(value, str):
        return str.__len__(value)
    return len(repr(value)) if is_written(value) else 0


@overload
def plain_numbers(value: Mapping[str, Value]) -> Mapping[str, Value]: ...
@overload
def plain_numbers(value: Value) -> Value: ...
def plain_numbers(value: Value) -> Value:
    """value with numbers that are only numbers, for whoever takes no text of them: APIs, validators."""
    if type(value) in _SIMPLE or type(value) is StandIn:
        return value
    if is_written(value):
        return plain_number(value)
    if isinstance(value, Mapping):
        plain = _SIMPLE.issuperset(map(type, value.values()))
        return value if plain else {key: plain_numbers(item) for key, item in value.items()}
    return [plain_numbers(item) for item in value] if isinstance(value, list | tuple) else value


def leaves(value: Value, path: Path = ()) -> Iterator[tuple[Path, Value]]:
    """Every scalar (and Secret, Deferred, Fingerprint) in value, with its path."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path, value


def references(value: Value) -> list[Reference]:
    """Every reference in value, in its order."""
    return [found for _, leaf in leaves(value) if isinstance(leaf, Deferred) for found in leaf.references]


def is_deferred(value: Value) -> bool:
    return isinstance(value, Deferred) or any(map(is_deferred, _within(value)))


def is_sensitive(value: Value) -> bool:
    if type(value) in _SIMPLE or type(value) is StandIn:
        return False
    if isinstance(value, Deferred):
        return any(isinstance(part, Secret) for part in value.parts)
    within = _within(value)
    if _SIMPLE.issuperset(map(type, within)):
        return isinstance(value, Secret | Fingerprint)
    return any(map(is_sensitive, within))


def _within(value: Value) -> Iterable[Value]:
    """The values of a mapping or list; () for any other value."""
    if type(value) in _SIMPLE:
        return ()
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple) else ()


def conceal(value: Value, salt: str) -> Value:
    """value with every Secret replaced by its fingerprint; it may share parts with value."""
    if type(value) in _SIMPLE or type(value) is StandIn:
        return value
    if isinstance(value, Secret):
        return Fingerprint.of(value, salt)
    if isinstance(value, Deferred):
        secret = any(isinstance(part, Secret) for part in value.parts)
        parts = (CONCEALED if isinstance(part, Secret) else part for part in value.parts)
        return Deferred(tuple(parts)) if secret else value
    if isinstance(value, Mapping):
        plain = type(value) is dict and _SIMPLE.issuperset(map(type, value.values()))
        return value if plain else {key: conceal(item, salt) for key, item in value.items()}
    return with_each(value, lambda item: conceal(item, salt))


def conceal_as(value: Value, kept: Value, salt: str) -> Value:
    """value as `conceal` gives it, with the fingerprints that kept has of the same secrets there."""
    if isinstance(value, Secret) and isinstance(kept, Fingerprint) and kept.matches(value):
        return kept
    if isinstance(value, Mapping) and isinstance(kept, Mapping):
        return {key: conceal_as(item, kept.get(key), salt) for key, item in value.items()}
    if isinstance(value, list | tuple) and isinstance(kept, list | tuple) and len(value) == len(kept):
        return [conceal_as(item, other, salt) for item, other in zip(value, kept, strict=True)]
    return conceal(value, salt)


def renewed(kept: Value, value: Value, salt: str) -> Value:
    """kept with fingerprints of the present form where value has the secrets of older ones; else itself."""
    if isinstance(kept, Fingerprint):
        older = kept.form != KEYED and isinstance(value, Secret) and kept.matches(value)
        return Fingerprint.of(value, salt) if older else kept
    if isinstance(kept, Mapping) and isinstance(value, Mapping):
        return {key: renewed(item, value.get(key), salt) for key, item in kept.items()}
    if isinstance(kept, list | tuple) and isinstance(value, list | tuple) and len(kept) == len(value):
        return [renewed(item, other, salt) for item, other in zip(kept, value, strict=True)]
    return kept


CONCEALED: Final = Secret("(sensitive)")


def fingerprints(value: Value, salt: str) -> Value:
    """value as `conceal` gives it, with a fingerprint also for a text that is secret in part."""
    if isinstance(value, Deferred) and is_sensitive(value):
        return Fingerprint.of(str(value), salt)
    return with_each(value, lambda item: fingerprints(item, salt)) if _within(value) else conceal(value, salt)


def at(value: object, path: Path) -> Value:
    """The value below path; UNKNOWN where there is none."""
    below: Any = value
    for key in path:
        try:
            below = below[key]
        except (KeyError, IndexError, TypeError):
            return UNKNOWN
    found: Value = below
    return found


def dotted(path: Path) -> str:
    """("rules", 0, "source") -> "rules[0].source", ("rules", "10.0.0.0/8") -> 'rules["10.0.0.0/8"]'."""
    first, *below = path or ("",)
    return "".join((str(first) if isinstance(first, str) else f"[{first}]", *map(_step, below)))


def _step(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    return f'["{key}"]' if _NO_NAME.search(key) else f".{key}"


_NO_NAME: Final = re.compile(r"[./\s\[\]]|^$")
"""In a key, what would not be read as a part of one name."""
