"""The model as plain JSON data, and back: what state files, journals and saved plans are made of.

Values are encoded as planner.model.value_json says, an Address as "kind.name", other classes as mappings.
Secrets have no encoding: they are concealed (`planner.model.value.conceal`) before they come here, and one
that was forgotten raises TypeError. Documents (plan, state) have all their top-level fields; the objects
in them leave out fields that equal their default. Encoded data may share parts with the model: treat it
as frozen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from itertools import islice
from typing import Any, Final, TypeVar, cast, get_args, get_origin

import attrs
import orjson
from cattrs import BaseValidationError, Converter, ForbiddenExtraKeysError, transform_error
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from planner.model import value_json
from planner.model.address import Address
from planner.model.members import KnownContent
from planner.model.plan import DriftReport, Plan
from planner.model.redaction import FOR_PEOPLE, ON_THIS_MACHINE
from planner.model.resource import Prior
from planner.model.rollout import Begun, Failure, Milestone
from planner.model.state import Applied, Intent, Outcome, Record, State
from planner.model.value import Path, Reference, Value
from planner.model.value_json import Data

T = TypeVar("T")
Hook = Callable[[Any, Any], Any]

_DUMP: Final = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATETIME


def canonical(data: object) -> bytes:
    """data as compact JSON with sorted keys. TypeError for what is not plain JSON data, a Secret included."""
    return orjson.dumps(data, option=_DUMP | orjson.OPT_PASSTHROUGH_DATACLASS)


def digest(data: object) -> str:
    """ "sha256:<hex>" over the canonical form of data."""
    return f"sha256:{hashlib.sha256(canonical(data)).hexdigest()}"


_AT_ONCE: Final = 256


def digest_with(before: Data, name: str, entries: Iterable[tuple[str, object]], after: Data) -> str:
    """As `digest` of {**before, name: dict(entries), **after}, of which all is in the order of its keys. The
    entries, which may be many, need not be there at one time."""
    hashed = hashlib.sha256(canonical(before)[:-1] + b"," + canonical(name) + b":{")
    left, comma = iter(entries), b""
    while some := dict(islice(left, _AT_ONCE)):
        hashed.update(comma + canonical(some)[1:-1])
        comma = b","
    hashed.update(b"}," + canonical(after)[1:])
    return f"sha256:{hashed.hexdigest()}"


def _exactly(kind: type, name: str) -> Hook:
    """A hook that takes only kind itself: cattrs would call str() on whatever it finds."""

    def structure(data: object, _: Any) -> object:
        if type(data) is not kind:
            raise TypeError(f"expected {name}, found {_name_of(data)}")
        return data

    return structure


def _name_of(data: object) -> str:
    names = {str: "text", int: "a number", float: "a number", bool: "true or false", list: "a list"}
    return "nothing" if data is None else names.get(type(data), "a mapping")


def _hook(decode: Callable[[Any], Any]) -> Hook:
    """A hook as cattrs calls it, from a function that needs no type."""
    return lambda data, _: decode(data)


def _value_fields(cls: type) -> dict[str, Any]:
    """The fields of cls that hold a value, with how it is encoded, and those that are not encoded."""
    value = override(unstruct_hook=value_json.encode_value, struct_hook=_hook(value_json.decode_value))
    fields = attrs.fields(attrs.resolve_types(cls))
    found = {field.name: value for field in fields if field.type is Value}
    return found | {field.name: override(omit=True) for field in fields if field.metadata == ON_THIS_MACHINE}


def _unstructure_factory(cls: type, converter: Converter) -> Callable[[Any], Data]:
    omit = cls not in (Plan, DriftReport, _Document)
    return make_dict_unstructure_fn(cls, converter, _cattrs_omit_if_default=omit, **_value_fields(cls))


def _structure_factory(cls: type, converter: Converter) -> Hook:
    make: Hook = make_dict_structure_fn(cls, converter, _cattrs_forbid_extra_keys=True, **_value_fields(cls))

    def structure(data: object, kind: Any) -> Any:
        if type(data) is not dict:
            raise TypeError(f"expected a mapping, found {_name_of(data)}")
        return make(data, kind)

    return structure


def _tuple_factory(cls: Any, converter: Converter) -> Hook:
    items: Any = list.__class_getitem__(get_args(cls)[0])
    make = converter.get_structure_hook(items)

    def structure(data: object, _: Any) -> Any:
        if type(data) is not list:
            raise TypeError(f"expected a list, found {_name_of(data)}")
        return tuple(make(data, items)) if data else ()

    return structure


@cache
def _converter(*, detailed: bool = False) -> Converter:
    """Set up at first use: it compiles a function per class. detailed: tells where a problem is; slower."""
    converter = Converter(unstruct_collection_overrides={tuple: list}, detailed_validation=detailed)
    converter.register_unstructure_hook_factory(attrs.has, _unstructure_factory)
    converter.register_structure_hook_factory(attrs.has, _structure_factory)
    converter.register_structure_hook_factory(lambda cls: cast(Any, get_origin(cls)) is tuple, _tuple_factory)
    for kind, name in ((str, "text"), (int, "a whole number"), (bool, "true or false")):
        converter.register_structure_hook(kind, _exactly(kind, name))
    converter.register_unstructure_hook(Address, str)
    converter.register_structure_hook(Address, _hook(value_json.decode_address))
    converter.register_unstructure_hook(Reference, value_json.encode_reference)
    converter.register_structure_hook(Reference, _hook(value_json.decode_reference))
    converter.register_unstructure_hook_func(lambda cls: cls == Path, list)
    converter.register_structure_hook_func(lambda cls: cls == Path, _hook(value_json.decode_path))
    values = Mapping[str, Value]
    converter.register_unstructure_hook_func(lambda cls: cls == values, value_json.encode_mapping)
    converter.register_structure_hook_func(lambda cls: cls == values, _hook(value_json.decode_mapping))
    return converter


def encode(value: Any) -> Data:
    """Any class of the model as a mapping, without what equals its default; a document, as a plan, has all
    its fields, as in its schema without format_version and digest.
    """
    return cast(Data, _converter().unstructure(value))


def decode(data: object, kind: type[T]) -> T:
    """The instance of kind that `encode` made data from. ValueError: each problem as "problem @ path"."""
    with suppress(Exception):
        return _converter().structure(data, kind)
    try:
        return _converter(detailed=True).structure(data, kind)
    except (BaseValidationError, ForbiddenExtraKeysError, TypeError, ValueError) as error:
        raise ValueError("; ".join(transform_error(error, format_exception=_explain))) from error


def _explain(error: BaseException, _: type | None) -> str:
    if isinstance(error, KeyError):
        return "is missing"
    if isinstance(error, ForbiddenExtraKeysError):
        return f"unknown: {', '.join(sorted(error.extra_fields))}"
    return str(error)


def for_digest(data: Any, cls: type = Plan) -> Any:
    """What `encode` made of cls, without what is for people. Other data stays as it is."""
    if isinstance(data, list):
        return [for_digest(item, cls) for item in data]
    if not isinstance(data, dict):
        return data
    for_people, held = _parts(cls)
    kept = {key: item for key, item in data.items() if key not in for_people}
    for key in held.keys() & kept.keys():
        kept[key] = for_digest(kept[key], held[key])
    return kept


@cache
def _parts(cls: type) -> tuple[frozenset[str], Mapping[str, type]]:
    """The fields of cls that are for people only; the classes that others hold and that have such fields."""
    fields = attrs.fields(attrs.resolve_types(cls))
    for_people = frozenset(field.name for field in fields if field.metadata == FOR_PEOPLE)
    kinds = ((field.name, kind) for field in fields for kind in _within(field.type))
    held = {name: kind for name, kind in kinds if isinstance(kind, type) and attrs.has(kind)}
    return for_people, {name: kind for name, kind in held.items() if any(_parts(kind))}


def _within(kind: Any) -> Iterator[Any]:
    """A type, and those that it is made of, however deep."""
    yield kind
    for part in get_args(kind):
        yield from _within(part)


def encode_record(record: Record) -> Data:
    """{"intent": {...}}, {"outcome": {...}} or {"milestone": {...}}, as in schemas/journal.schema.json."""
    return {type(record).__name__.lower(): encode(record)}


def decode_record(data: object) -> Record:
    """The record that `encode_record` made data from. ValueError: each problem as "problem @ path"."""
    match data:
        case {"intent": intent, **rest} if not rest:
            return decode(intent, Intent)
        case {"outcome": outcome, **rest} if not rest:
            return decode(outcome, Outcome)
        case {"milestone": milestone, **rest} if not rest:
            return decode(milestone, Milestone)
    raise ValueError("expected an intent, an outcome or a milestone @ $")


def encode_state(state: State) -> Data:
    """state as in schemas/state.schema.json, without format_version and digest.

    Resources and deposed ones are one list sorted by address; the latter are marked `deposed`. What is known
    of an archive is told with each that has it.
    """
    fields = {name: getattr(state, name) for name in attrs.fields_dict(_Document)}
    document = encode(_Document(**{**fields, "resources": tuple(state.resources.values())}))
    left = ({**entry, "deposed": True} for entry in document.pop("deposed"))
    by_address = zip(state.entries, (*document["resources"], *left), strict=True)
    known = {sha256: encode(content) for sha256, content in state.contents.items()}
    document["resources"] = [
        {**entry, **known.get(prior.content_sha256 or "", {})}
        for prior, entry in sorted(by_address, key=lambda item: item[0].address)
    ]
    return {name: item for name, item in document.items() if item or name not in _WHERE_THERE}


_WHERE_THERE: Final = ("rollouts", "failures")
"""Fields that a state has only where there is something to say."""


@attrs.frozen
class _Document:
    """A state as it is written, what is deposed apart."""

    project: str
    environment: str
    lineage: str
    serial: int
    applied: Applied | None
    outputs: Mapping[str, Value]
    promotions: tuple[Mapping[str, Value], ...]
    in_doubt: tuple[Intent, ...]
    rollouts: tuple[Begun, ...] = attrs.field(default=(), kw_only=True)
    failures: tuple[Failure, ...] = attrs.field(default=(), kw_only=True)
    resources: tuple[Prior, ...]
    deposed: tuple[Prior, ...]


def decode_state(data: object) -> State:
    """The state that `encode_state` made data from. ValueError: each problem as "problem @ path"."""
    data, contents = _split(data)
    document = decode(data, _Document)
    resources = {prior.address: prior for prior in document.resources}
    if len(resources) != len(document.resources):
        raise ValueError("an address occurs twice @ $.resources")
    fields = attrs.asdict(document, recurse=False)
    return State(**{**fields, "resources": resources, "contents": contents})


_OF_CONTENT: Final = frozenset(attrs.fields_dict(KnownContent))


def _split(data: object) -> tuple[object, dict[str, KnownContent]]:
    """data with the deposed ones taken out of the resources, and what is known of their archives."""
    if not isinstance(data, dict) or not isinstance(data.get("resources"), list):
        return data, {}
    if "deposed" in data:
        raise ValueError("unknown: deposed @ $")
    live: list[object] = []
    deposed: list[object] = []
    contents: dict[str, KnownContent] = {}
    for entry in data["resources"]:
        if not isinstance(entry, dict):
            live.append(entry)
            continue
        is_live = entry.get("deposed") is not True
        if is_live and _OF_CONTENT.isdisjoint(entry):  # nearly always
            live.append(entry)
            continue
        told = {key: item for key, item in entry.items() if key in _OF_CONTENT}
        if told:
            contents[str(entry.get("content_sha256"))] = decode(told, KnownContent)
        rest = {key: item for key, item in entry.items() if key not in told and (is_live or key != "deposed")}
        (live if is_live else deposed).append(rest)
    return {**data, "resources": live, "deposed": deposed}, contents
