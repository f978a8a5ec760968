"""Attribute values as plain JSON data, and back.

    value                   JSON
    None, bool, str, int,   itself; a number JSON cannot hold (too large, infinite, not a number) becomes
    float, list, mapping    {"$number": "18446744073709551616"}, and so does one that JSON would write in
                            another way: {"$number": "8.10"}
    Fingerprint             {"$sensitive": "scrypt:<salt hex>:<hash hex>"}
    Deferred                {"$deferred": ["text", {"ref": "extension.synonyms", "path": ["url"]}, ...]};
                            a concealed secret among its parts is {"sensitive": true}
    a key beginning "$"     gets another "$" in front, so that no data can pass for one of the above

Secrets have no encoding: they are concealed (`planner.model.value.conceal`) before they come here, and one
that was forgotten raises TypeError. Encoded data may share parts with the value: treat it as frozen.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import NoneType
from typing import Any, Final

import orjson

from planner.model.address import Address
from planner.model.value import (
    CONCEALED,
    KEYED,
    SCRYPT,
    Deferred,
    Fingerprint,
    Path,
    Reference,
    Secret,
    StandIn,
    Value,
)
from planner.yaml12.number import Number, WrittenFloat, WrittenInt, is_written, plain_number, read_number

Data = dict[str, Any]

_FINGERPRINT: Final = re.compile(rf"({KEYED}|{SCRYPT}):((?:[0-9a-fA-F]{{2}})*):((?:[0-9a-fA-F]{{2}})*)\Z")
_AS_IT_IS: Final[frozenset[type]] = frozenset({str, bool, NoneType})
_AS_IT_IS_READ: Final[frozenset[type]] = frozenset({str, bool, NoneType, int, float})
_ONLY_TEXT: Final = frozenset({str})


def encode_value(value: Value) -> Any:
    """value as plain JSON data. TypeError for a Secret, UNKNOWN, a key that is no text, any other class."""
    kind = type(value)
    if kind in _AS_IT_IS:
        return value
    encode = _ENCODERS.get(kind) or _encoder_of_subclass(value)
    return encode(value)


def _encoder_of_subclass(value: Value) -> Callable[[Any], Any]:
    if isinstance(value, Mapping):
        return encode_mapping
    if isinstance(value, str) and not isinstance(value, Secret):
        return str.__str__
    if isinstance(value, Secret):
        raise TypeError("a secret reached the encoder; conceal it first")
    raise TypeError(f"a value of type {type(value).__name__} cannot be written as JSON")


def encode_mapping(value: Mapping[str, Value]) -> Data:
    """A mapping of values as plain JSON data; itself when nothing in it needs encoding."""
    if type(value) is dict and _has_plain_keys(value):
        return _with_changed(value, _AS_IT_IS, encode_value)
    return {_escape(key): encode_value(item) for key, item in value.items()}


def _with_changed(value: Data, as_it_is: frozenset[type], change: Callable[[Any], Any]) -> Data:
    """value with its items changed; itself, which saves a copy, when nothing comes out as something else."""
    if as_it_is.issuperset(map(type, value.values())):
        return value
    changed = {}
    for key, item in value.items():
        if type(item) not in as_it_is and (after := change(item)) is not item:
            changed[key] = after
    return {**value, **changed} if changed else value


def _has_plain_keys(value: Mapping[str, Value]) -> bool:
    return _ONLY_TEXT.issuperset(map(type, value)) and "$" not in "".join(value)


def _escape(key: object) -> str:
    if type(key) is not str:
        raise TypeError(f"a key of type {type(key).__name__} cannot be written as JSON")
    return f"${key}" if key.startswith("$") else key


def _encode_stand_in(value: StandIn) -> Data:
    return value.noted(encode_mapping, lambda it: encode_mapping({**it}))


def _encode_list(value: list[Value] | tuple[Value, ...]) -> list[Any]:
    return [encode_value(item) for item in value]


def _encode_int(value: int) -> int | Data:
    return value if -(2**63) <= value < 2**64 else {"$number": str(value)}


def _encode_float(value: float) -> float | Data:
    return value if math.isfinite(value) else {"$number": repr(value)}


def _encode_written(value: Number) -> Any:
    # a template may write numbers that no file can: 1_000 and 0b11 are kept as what they are
    known = read_number(repr(value)) is not None
    return {"$number": repr(value)} if known else encode_value(plain_number(value))


def _encode_fingerprint(value: Fingerprint) -> Data:
    return {"$sensitive": f"{value.form}:{value.salt}:{value.hash}"}


def _encode_deferred(value: Deferred) -> Data:
    return {"$deferred": [_encode_part(part) for part in value.parts]}


def _encode_part(part: str | Reference) -> Any:
    if isinstance(part, Reference):
        return encode_reference(part)
    if isinstance(part, Secret) and part == CONCEALED:
        return {"sensitive": True}
    return encode_value(part)


def encode_reference(reference: Reference) -> Data:
    """{"ref": "kind.name", "path": [...]}."""
    return {"ref": str(reference.address), "path": list(reference.path)}


_ENCODERS: Final[Mapping[type, Callable[[Any], Any]]] = {
    dict: encode_mapping,
    StandIn: _encode_stand_in,
    list: _encode_list,
    tuple: _encode_list,
    int: _encode_int,
    float: _encode_float,
    WrittenInt: _encode_written,
    WrittenFloat: _encode_written,
    Fingerprint: _encode_fingerprint,
    Deferred: _encode_deferred,
}


_NOT_ASCII: Final = re.compile("[^\x00-\x7e]+")


def visible(document: str) -> str:
    r"""A JSON document with `\u202e` in place of what steers a terminal or the direction of writing, and of
    whatever else cannot be seen. It means the same.
    """
    plain = document.isascii() and "\x7f" not in document
    return document if plain else _NOT_ASCII.sub(_seen, document)


def _seen(run: re.Match[str]) -> str:
    text = run[0]
    return (
        text if text.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
    )


def indented(data: Any) -> bytes:
    """data as an indented JSON document in UTF-8. TypeError for what is not plain JSON data."""
    return _seen_bytes(orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def one_line(data: Any) -> bytes:
    """data as one line, which ends with no line break."""
    return _seen_bytes(orjson.dumps(data))


def _seen_bytes(document: bytes) -> bytes:
    plain = document.isascii() and b"\x7f" not in document
    return document if plain else visible(document.decode()).encode()


_JSON_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_MARK: Final = "\uf892"
"""No value holds it: templates keep it for themselves."""
_MARKED: Final = re.compile(f'"{_MARK}({_JSON_NUMBER.pattern}){_MARK}"')


def json_text(value: Value, **options: Any) -> str:
    """value as JSON text, with numbers as they were written, where JSON can write them so.

    options: of json.dumps.
    """
    return visible(_MARKED.sub(r"\1", json.dumps(_marked(value), ensure_ascii=False, **options)))


def is_json_number(value: Number) -> bool:
    """Whether JSON can write a number as it was written."""
    return _JSON_NUMBER.fullmatch(repr(value)) is not None


def _marked(value: Value) -> Value:
    """value with a text for each number that json.dumps would write in its own way."""
    if is_written(value):
        return f"{_MARK}{value!r}{_MARK}" if is_json_number(value) else plain_number(value)
    if isinstance(value, Mapping):
        return {str(key) if is_written(key) else key: _marked(item) for key, item in value.items()}
    return [_marked(item) for item in value] if isinstance(value, list | tuple) else value


def decode_value(data: Any) -> Value:
    """The value that `encode_value` made data from. ValueError for a "$" key that means nothing."""
    kind = type(data)
    if kind is dict:
        return _decode_tagged(data)
    if kind is list:
        plain = _AS_IT_IS_READ.issuperset(map(type, data))
        found: Value = data if plain else [_decode_item(item) for item in data]
        return found
    scalar: Value = data
    return scalar


def _decode_item(data: Any) -> Value:
    """Many lists hold equal mappings of texts, as what is loaded by many deployments: these are one then."""
    if type(data) is dict and _ONLY_TEXT.issuperset(map(type, data.values())):
        return _one_of_equals(tuple(data.items()))
    return decode_value(data)


@lru_cache(maxsize=4096)
def _one_of_equals(items: tuple[tuple[str, str], ...]) -> Value:
    return decode_value(dict(items))


def decode_mapping(data: object) -> Mapping[str, Value]:
    """What `encode_mapping` made data from. TypeError, ValueError for anything else."""
    if not isinstance(data, dict):
        raise TypeError("expected a mapping")
    if len(data) == 1 and next(iter(data)) in _DECODERS:
        raise ValueError(f"expected a mapping, found {next(iter(data))}")
    return _decode_keys(data)


def _decode_tagged(data: Data) -> Value:
    if len(data) == 1:
        ((key, item),) = data.items()
        if key in _DECODERS:
            return _DECODERS[key](item)
    return _decode_keys(data)


def _decode_keys(data: Data) -> Data:
    if "$" in "".join(data):
        return {_unescape(key): decode_value(item) for key, item in data.items()}
    return _with_changed(data, _AS_IT_IS_READ, decode_value)


def _unescape(key: str) -> str:
    if not key.startswith("$"):
        return key
    if not key.startswith("$$"):
        raise ValueError(f"the key {key!r} has no meaning here; known are {', '.join(_DECODERS)}")
    return key[1:]


def _decode_number(data: object) -> Number:
    if not isinstance(data, str):
        raise TypeError("$number wants text")
    found = float(data) if data in ("inf", "-inf", "nan") else read_number(data)
    if found is None:
        raise ValueError(f"$number wants a number, not {data!r}")
    return found


def _decode_fingerprint(data: object) -> Fingerprint:
    match = _FINGERPRINT.match(data) if isinstance(data, str) else None
    if match is None:
        raise ValueError(f"$sensitive wants {KEYED}:<salt hex>:<hash hex>, or {SCRYPT}")
    form, salt, hash_ = match.groups()
    return Fingerprint(salt, hash_, form)


def _decode_deferred(data: object) -> Deferred:
    if not isinstance(data, list):
        raise TypeError("$deferred wants a list")
    return Deferred(tuple(map(_decode_part, data)))


def _decode_part(data: object) -> str | Reference:
    if isinstance(data, str):
        return data
    if data == {"sensitive": True}:
        return CONCEALED
    return decode_reference(data)


def decode_reference(data: object) -> Reference:
    """What `encode_reference` made data from."""
    if not isinstance(data, dict) or data.keys() != {"ref", "path"}:
        raise ValueError('a reference wants {"ref": "<kind>.<name>", "path": [...]}')
    return Reference(decode_address(data["ref"]), decode_path(data["path"]))


def decode_address(data: object) -> Address:
    """ "kind.name" -> Address. TypeError, ValueError when it is not of that form."""
    if type(data) is not str:
        raise TypeError(f"expected an address, found {type(data).__name__}")
    return Address.parse(data)


def decode_path(data: object) -> Path:
    """["rules", 0] -> ("rules", 0)."""
    if not isinstance(data, list) or not all(type(key) in (str, int) for key in data):
        raise TypeError("expected a list of names and indices")
    return tuple(data)


_DECODERS: Final[Mapping[str, Callable[[object], Value]]] = {
    "$number": _decode_number,
    "$sensitive": _decode_fingerprint,
    "$deferred": _decode_deferred,
}
