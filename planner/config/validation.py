"""JSON Schema checks whose messages are for people."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NoReturn, cast

from attrs import frozen
from jsonschema_rs import Draft202012Validator

from planner.config.tokens import INVALID
from planner.config.values import Literal, Written, plain, step
from planner.model.address import Address
from planner.model.diagnostic import Diagnostics, Position, did_you_mean
from planner.model.value import (
    UNKNOWN,
    Deferred,
    Path,
    Secret,
    Value,
    at,
    dotted,
    plain_numbers,
    with_each,
)

_PLAIN = frozenset({str, bool, int, float, type(None)})


@frozen
class Problem:
    """What a value does that its schema forbids. path: where in the checked value; for a missing or unknown
    key, the key itself is its end.
    """

    path: Path
    summary: str
    advice: str = ""


class Checker:
    """A compiled JSON Schema 2020-12. what: how a key is called in messages, "attribute" or "key".

    also: keys that are known elsewhere, for suggestions. ValueError or jsonschema_rs.ValidationError when the
    schema is none; nothing is fetched for it.
    """

    def __init__(self, schema: Mapping[str, Any], what: str = "attribute", also: Iterable[str] = ()) -> None:
        self.schema = schema
        self._what, self._also = what, also
        self._validator = _compiled(schema)
        self._quick = _quicker(schema)

    def problems(self, value: Written, name: str = "", whole: str = "the value") -> Iterator[Problem]:
        """What is wrong with value. Deferred values fit everywhere; secrets are never shown.

        name: what value is called in messages; "" when the names of its parts say enough, and whole is it.
        """
        if self._quick and isinstance(value, dict) and self._quick(value):
            return
        known = _known(value)
        if self._validator.is_valid(known):
            return
        given = plain(value)
        for error in _as_they_follow(self._validator.iter_errors(known), known):
            path = tuple(error.instance_path)
            here = at(given, path)
            if not (isinstance(here, Deferred) or here is INVALID):
                yield from self._explain(error, path, given, dotted((name, *path) if name else path), whole)

    def _explain(self, error: Any, path: Path, value: Value, name: str, whole: str) -> Iterator[Problem]:
        kind, inside = error.kind, f" in {name}" if name else ""
        if kind.name in ("additionalProperties", "unevaluatedProperties"):
            near = [*self._unused(path, value), *([] if path else self._also)]
            for key in kind.unexpected:
                if INVALID not in key:
                    summary = f'unknown {self._what} "{key}"{inside}'
                    yield Problem((*path, key), summary, did_you_mean(key, near) or _known_keys(near))
        elif kind.name == "falseSchema" and path:
            yield Problem(path, f"{name} cannot be set here")
        elif kind.name == "required":
            summary = f'missing required {self._what} "{kind.property}"{inside}'
            yield Problem(path, summary, self._expected((*path, kind.property)))
        else:
            schema, here = self._below(path), at(value, path)
            *branch, keyword = error.schema_path
            rules = at(self.schema, tuple(branch))
            rule = at(self.schema, (*branch, keyword))
            told = rules.get("x-advice", "") if isinstance(rules, Mapping) else ""
            advice = str(told or schema.get("x-advice", "")) or _instead(kind, here, schema)
            yield Problem(path, f"{name or whole} {_wrong(kind, here, rule)}", advice)

    def _expected(self, path: Path) -> str:
        """What can be written there, where the schema names something."""
        schema, key = self._below(path), path[-1]
        if isinstance(options := schema.get("enum"), list):
            return f"It must be {_one_of(options)}."
        examples = schema.get("examples")
        return f"For example: {key}: {json.dumps(examples[0])}" if isinstance(examples, list) else ""

    def _unused(self, path: Path, value: Value) -> list[str]:
        here = at(value, path)
        used = here if isinstance(here, Mapping) else {}
        return [key for key in self._below(path).get("properties", {}) if key not in used]

    def _below(self, path: Path) -> Mapping[str, Any]:
        schema: Any = self.schema
        for key in path:
            schema = self._followed(step(schema, key))
        return schema if isinstance(schema, Mapping) else {}

    def _followed(self, schema: Any) -> Any:
        target = str(schema.get("$ref", "")) if isinstance(schema, Mapping) else ""
        return self.schema.get("$defs", {}).get(target.removeprefix("#/$defs/"), schema)


def _quicker(schema: Mapping[str, Any]) -> Callable[[dict[str, Any]], bool] | None:
    """Whether a value fits for sure, found out of what addresses stand for by their places alone; None where
    they stand for nothing."""
    items = [at(rules, ("items",)) for rules in schema.get("properties", {}).values()]
    if not any(isinstance(item, Mapping) and "x-stands-for" in item for item in items):
        return None
    from planner.model.standing import marked, taking_marks  # noqa: PLC0415 - only for kinds with such lists

    rules = taking_marks(schema)
    validator = _compiled(rules) if rules else None
    return (lambda value: validator.is_valid(_known(marked(value)))) if validator else None


def _compiled(schema: Mapping[str, Any]) -> Draft202012Validator:
    rules = dict(plain_numbers(schema))
    return Draft202012Validator(rules, validate_formats=True, retriever=_retrieve_nothing)


def _as_they_follow(errors: Iterable[Any], value: Any) -> list[Any]:
    """errors in the order of their places in value; that of jsonschema_rs changes with its versions."""
    places: dict[int, dict[Any, int]] = {}

    def place(error: Any) -> list[int]:
        here, found = value, []
        for key in error.instance_path:
            if isinstance(key, str) and id(here) not in places:
                places[id(here)] = {name: number for number, name in enumerate(here)}
            found.append(places[id(here)][key] if isinstance(key, str) else key)
            here = here[key]
        return found

    return sorted(errors, key=place)


def _retrieve_nothing(uri: str) -> NoReturn:
    raise ValueError(f"a schema refers to {uri}, and only #/... is followed")


TYPES = {
    "string": "a text",
    "object": "a mapping",
    "array": "a list",
    "null": "null",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
_LIMITS: Mapping[str, str] = {
    "minimum": "must be at least {limit}, not {shown}",
    "maximum": "must be at most {limit}, not {shown}",
    "exclusiveMinimum": "must be more than {limit}, not {shown}",
    "exclusiveMaximum": "must be less than {limit}, not {shown}",
    "minLength": "must have at least {limit} characters: {shown}",
    "maxLength": "must have at most {limit} characters: {shown}",
    "minItems": "must have {limit} or more items",
    "maxItems": "must have {limit} or fewer items",
    "minProperties": "must have {limit} or more entries",
    "maxProperties": "must have {limit} or fewer entries",
}


def _wrong(kind: Any, value: Value, rule: Value = UNKNOWN) -> str:
    """What is wrong with value, as the end of a sentence that begins with its name.

    rule: what the schema says, where it is known: numbers in it as they are written there.
    """
    shown = _shown(value)
    if kind.name == "minLength" and kind.limit == 1:
        return "must not be empty"
    if kind.name in _LIMITS:
        return _LIMITS[kind.name].format(limit=kind.limit if rule is UNKNOWN else rule, shown=shown)
    if kind.name == "enum":
        return f"must be {_one_of(rule if isinstance(rule, list) else kind.options)}, not {shown}"
    if kind.name == "const":
        return f"must be {_shown(kind.expected_value if rule is UNKNOWN else rule)}, not {shown}"
    if kind.name in _OTHERS:
        return _OTHERS[kind.name](kind, shown)
    return f"does not fit its schema ({kind.name}): {shown}"


_MOST_KEYS = 20
"""Keys that are few enough to be named."""


_WORD: Final = re.compile(r"[\w.*/-]+")


def _known_keys(keys: list[str]) -> str:
    return f"Known: {', '.join(keys)}." if 0 < len(keys) <= _MOST_KEYS else ""


def _instead(kind: Any, value: Value, schema: Mapping[str, Any]) -> str:
    """How to write what has another type, or is no option: "" where nobody can tell."""
    if kind.name == "enum":
        return did_you_mean(value, map(str, kind.options)) if type(value) is str else ""
    types = set(map(str, kind.types)) if kind.name == "type" else set[str]()
    if types == {"array"} and _WORD.fullmatch(str(value)) and not isinstance(value, Secret):
        return f"Write it as a list: [{value}]"
    if types == {"object"}:
        return _known_keys(list(schema.get("properties", ())))
    return ""


def _untyped(kind: Any, shown: str) -> str:
    types = set(map(str, kind.types))
    return f"must be {' or '.join(words for name, words in TYPES.items() if name in types)}, not {shown}"


def _no_form(kind: Any, shown: str) -> str:
    """What is wrong by the only form whose type fits, when there is only one."""
    fitting = [errors for errors in kind.context if all(error.kind.name != "type" for error in errors)]
    if len(fitting) == 1 and len(fitting[0]) == 1 and _shown(fitting[0][0].instance) == shown:
        return _wrong(fitting[0][0].kind, fitting[0][0].instance)
    return f"is none of the forms it may have: {shown}"


def _excluded(kind: Any, _shown: str) -> str:
    schema = getattr(kind, "schema", None)
    names = schema.get("required") if isinstance(schema, Mapping) and set(schema) == {"required"} else None
    if not names:
        return "is of a form that it may not have"
    together = " and ".join(f'"{name}"' for name in names)
    return f"cannot have {together} together" if len(names) > 1 else f"cannot have {together}"


def _unmatched(kind: Any, shown: str) -> str:
    pattern = getattr(kind, "pattern", None)
    if pattern is None:  # a pattern that tries too many ways: jsonschema_rs gives up, and so it never hangs
        return f"cannot be matched with its pattern, which takes too long: {shown}"
    return f"does not match {pattern}: {shown}"


_OTHERS: Mapping[str, Callable[[Any, str], str]] = {
    "type": _untyped,
    "pattern": _unmatched,
    "format": lambda kind, shown: f"must be of the format {kind.format}: {shown}",
    "multipleOf": lambda kind, shown: f"must be a multiple of {kind.multiple_of}, not {shown}",
    "uniqueItems": lambda _kind, _shown: "must not have the same item twice",
    "falseSchema": lambda _kind, _shown: "cannot be set here",
    "propertyNames": lambda kind, _shown: f"has a key that {_wrong(kind.error.kind, kind.error.instance)}",
    "anyOf": _no_form,
    "oneOf": lambda _kind, shown: f"must be of exactly one of the forms it may have: {shown}",
    "not": _excluded,
}


def _one_of(options: Iterable[Value]) -> str:
    shown = [_shown(option) for option in options]
    return shown[0] if len(shown) == 1 else f"one of {', '.join(shown)}"


def _shown(value: Value) -> str:
    if isinstance(value, Secret):
        return "(sensitive)"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, str) and len(value) > 60:
        value = f"{value[:57]}..."
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool | None) else str(value)


def _known(value: Written) -> Value:
    """value as the validator takes it: exact str and dict, a text in place of what is not known yet."""
    if type(value) in _PLAIN or (type(value) is dict and _PLAIN.issuperset(map(type, value.values()))):
        return cast(Value, value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Deferred):
        return f"known after apply: {value}"  # what differs is not the same item twice
    if isinstance(value, Mapping | list | tuple):
        return with_each(cast(Value, value), _known)
    return plain_numbers(value.value if isinstance(value, Literal) else value)


@frozen(eq=False, repr=False)
class Place:
    """Where a checked value comes from, and where problems with it are reported. locate: path below the
    resource or output -> position. address: None for an output.

    names: path -> the variables and locals that the value there was made of.
    """

    locate: Callable[[Path], Position]
    diagnostics: Diagnostics
    address: Address | None = None
    names: Callable[[Path], tuple[str, ...]] = lambda _path: ()

    def error(self, path: Path, summary: str, *, detail: str = "", advice: str = "") -> None:
        place = self.locate(path)
        self.diagnostics.error(summary, detail=detail, position=place, address=self.address, advice=advice)

    def warning(self, path: Path, summary: str, *, advice: str) -> None:
        place = self.locate(path)
        self.diagnostics.warning(summary, position=place, address=self.address, advice=advice)

    def report(self, problems: Iterable[Problem], path: Path = (), about: str = "") -> bool:
        """Whether there are none. path: of what they are about. about: said before each."""
        found = list(problems)
        for problem in found:
            self.error((*path, *problem.path), f"{about}{problem.summary}", advice=problem.advice)
        return not found

    def below(self, prefix: Path, address: Address | None = None) -> Place:
        return Place(
            lambda path: self.locate((*prefix, *path)),
            self.diagnostics,
            address,
            lambda path: self.names((*prefix, *path)),
        )


def holds_invalid(value: Written) -> bool:
    """Whether something undefined was printed into value; that was reported where it was printed."""
    if isinstance(value, dict):
        return any(INVALID in key or holds_invalid(item) for key, item in value.items())
    return value is INVALID or (isinstance(value, list) and any(map(holds_invalid, value)))
