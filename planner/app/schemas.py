"""The JSON Schemas by which editors check and complete a project's files: of the installed kinds, and of the
project's own variables.

What a template says is known only when it is rendered. Before, `{{ ... }}` fits in place of any value, and
how often something stands there says nothing: a loop repeats it, and of two branches only one is taken.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from planner.config.blocks import NAME_ADVICE, meta_of
from planner.config.rollouts import SCHEMA as ROLLOUT
from planner.config.statements import SCHEMAS as STATEMENTS
from planner.model.kind import Kind
from planner.model.project import Project
from planner.resources import schema
from planner.yaml12.core_schema import plain_value

FOLDER = ".schemas"
PROJECT, ENVIRONMENT = "project.schema.json", "environment.schema.json"
TEMPLATE, PINS = "template.schema.json", "pins.schema.json"

_BRACES: Final = r"\{\{.*\}\}"
_ANY_VALUE: Final = {"type": "string", "pattern": _BRACES}


def editor_schemas(kinds: Iterable[Kind], project: Project) -> Mapping[str, str]:
    """The texts of the schemas, by the paths of their files in the project."""
    found = {
        PROJECT: schema(PROJECT),
        ENVIRONMENT: environment_schema(project),
        TEMPLATE: template_schema(kinds),
        PINS: schema(PINS),
    }
    texts = ((name, json.dumps(rules, indent=2, ensure_ascii=False)) for name, rules in found.items())
    return {f"{FOLDER}/{name}": f"{text}\n" for name, text in texts}


def modeline(folder: Path, template: Path) -> str:
    """The line by which a template below the project's folder names its schema; "" where there is none."""
    rules, template, folder = folder.resolve() / FOLDER / TEMPLATE, template.resolve(), folder.resolve()
    if not (rules.is_file() and template.is_relative_to(folder)):
        return ""
    up = "../" * (len(template.relative_to(folder).parts) - 1)
    return f"# yaml-language-server: $schema={up}{FOLDER}/{TEMPLATE}\n"


def environment_schema(project: Project) -> dict[str, Any]:
    """Of environments/<name>.yaml, which is plain YAML."""
    rules = schema(ENVIRONMENT)
    own = {name: _edited(variable.schema, braces=False) for name, variable in project.variables.items()}
    variables = {**rules["properties"]["variables"], "properties": own, "additionalProperties": False}
    return {**rules, "properties": {**rules["properties"], "variables": variables}}


def template_schema(kinds: Iterable[Kind]) -> dict[str, Any]:
    """Of a template that is not rendered yet."""
    by_name = {kind.name: kind for kind in kinds}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"planner/{TEMPLATE}",
        "title": "A template",
        "$defs": {name: rules for kind in by_name.values() for name, rules in _definitions(kind)},
        **_mapping("Blocks of resources and outputs, and statements about them."),
        "additionalProperties": False,
        "properties": {
            "resource": {
                **_mapping("Resources by kind and name."),
                "additionalProperties": False,
                "properties": {name: _of_kind(by_name[name]) for name in sorted(by_name)},
            },
            "output": _mapping("Values to print after an apply, by name."),
            **{name: _one_or_many(name) for name in ("moved", "import", "removed")},
            "check": {
                **_mapping("Conditions on resources, by name."),
                "additionalProperties": _edited(STATEMENTS["check"]),
            },
            "rollout": {
                **_mapping("Roll-outs, by name."),
                "additionalProperties": {"title": "rollout", **_edited(ROLLOUT)},
            },
        },
    }


def _mapping(description: str) -> dict[str, Any]:
    return cast(dict[str, Any], _edited({"type": ["object", "null"], "description": description}))


def _of_kind(kind: Kind) -> dict[str, Any]:
    """The resources of a kind, by name."""
    rules = _named_apart(kind.declaration_schema, kind)
    rules.pop("$defs", None)
    meta = {name: STATEMENTS[name] for name in meta_of(kind)}
    lifecycle = dict(STATEMENTS["lifecycle"]["properties"])
    if not kind.stays:
        del lifecycle["on_leave"]  # which is an error there
    if kind.content is None:
        del lifecycle["replace_on"]  # likewise
    meta["lifecycle"] = {**STATEMENTS["lifecycle"], "properties": lifecycle}
    names = _edited({"title": "name", "pattern": "^[A-Za-z_][A-Za-z0-9_-]*$", "x-advice": NAME_ADVICE})
    resource = _edited({**rules, "properties": {**rules["properties"], **meta}})
    of_kind = {"propertyNames": names, "additionalProperties": {"title": kind.title, **resource}}
    return {**_mapping(kind.title), **of_kind}


def _definitions(kind: Kind) -> Iterator[tuple[str, Any]]:
    """What the schemas of a kind refer to, for the top of the template's."""
    for name, rules in kind.declaration_schema.get("$defs", {}).items():
        yield f"{kind.name}.{name}", _edited(_named_apart(rules, kind))


def _named_apart(rules: Any, kind: Kind) -> Any:
    """A schema whose references lead to the kind's definitions among those of all kinds."""
    if isinstance(rules, Mapping):
        found = {word: _named_apart(rule, kind) for word, rule in rules.items()}
        if isinstance(target := rules.get("$ref"), str):
            found["$ref"] = target.replace("#/$defs/", f"#/$defs/{kind.name}.")
        return found
    return [_named_apart(rule, kind) for rule in rules] if isinstance(rules, list) else rules


def _one_or_many(name: str) -> dict[str, Any]:
    """A block that holds one entry, or a list of them."""
    entry = {"title": name, **_edited(STATEMENTS[name])}
    return {**entry, "type": ["object", "array", "null", "string"], "items": entry}


def _types(rules: Mapping[str, Any]) -> list[str]:
    types = rules.get("type", [])
    return [types] if isinstance(types, str) else list(types)


_NAMED: Final = frozenset({"properties", "patternProperties", "dependentSchemas"})
_LISTED: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_ONE: Final = frozenset({"items", "contains", "additionalProperties", "propertyNames", "then"})

_NOT_FOR_EDITORS: Final = frozenset({"readOnly", "writeOnly"})
_NOT_BEFORE: Final = frozenset(
    {"not", "else", "uniqueItems", "minItems", "maxItems", "minProperties", "maxProperties"}
)
"""What cannot be told of a template before it is rendered."""

_OF_WHOLE_TEXTS: Final = frozenset({"enum", "const", "format", "maxLength"})
_ABOUT: Final = frozenset({"title", "description", "default", "examples"})


def _edited(rules: Any, *, braces: bool = True) -> Any:
    """A schema as it is for somebody who types: a plain number stands for a text, and with braces `{{ ... }}`
    for anything. So may true, false and null, but editors would offer these everywhere.
    """
    if not isinstance(rules, Mapping):
        return rules
    below = partial(_edited, braces=braces)
    left_out = _NOT_FOR_EDITORS | (_NOT_BEFORE if braces else frozenset())
    kept = {word: rule for word, rule in rules.items() if word not in left_out and not word.startswith("x-")}
    found = {word: _each(word, rule, below) for word, rule in kept.items()}
    types = _types(found)
    if "x-stands-for" in rules:
        found |= {"type": [*types, "string"], "pattern": _addresses(rules["x-stands-for"])}
        types = _types(found)
    if "oneOf" in found:  # a number may stand for a text, so that it fits two
        found["allOf"] = [*found.get("allOf", ()), {"anyOf": found.pop("oneOf")}]
    if found.keys() & {"enum", "const"}:
        found = _with_readings(found)
    elif "string" in types:
        found["type"] = [*types, *({"number"} - {*types})]
    if "pattern" in found and "x-advice" in rules:
        found["patternErrorMessage"] = rules["x-advice"]
    return _with_braces(found, types) if braces else found


def _addresses(kinds: Iterable[str]) -> str:
    """What an address of a resource of these kinds looks like."""
    return rf"^(resource\.)?({'|'.join(kinds)})\.[A-Za-z_][A-Za-z0-9_-]*$"


def _with_readings(found: dict[str, Any]) -> dict[str, Any]:
    """A schema of certain values that takes its texts also as YAML reads them unquoted: 8.15 for "8.15"."""
    values = found.get("enum", [found.get("const")])
    read = [plain_value(value) for value in values if isinstance(value, str)]
    if not (others := [value for value in read if not isinstance(value, str | None)]):
        return found
    rest = {word: rule for word, rule in found.items() if word not in ("type", "enum", "const")}
    return {**rest, "enum": [*values, *others]}


def _each(word: str, rule: Any, below: Callable[[Any], Any]) -> Any:
    if word in _NAMED and isinstance(rule, Mapping):
        return {name: below(item) for name, item in rule.items()}
    if word in _LISTED and isinstance(rule, list):
        return [below(item) for item in rule]
    return below(rule) if word in _ONE else rule


def _with_braces(found: dict[str, Any], types: list[str]) -> dict[str, Any]:
    """A schema that `{{ ... }}` fits too, as a key as well. types: what it takes without."""
    if "if" in found:
        found["if"] = _certain(found["if"])
    if found.get("additionalProperties") is False:
        found["patternProperties"] = {**found.get("patternProperties", {}), _BRACES: True}
    if found.keys() & _OF_WHOLE_TEXTS:
        about = {word: found.pop(word) for word in _ABOUT & found.keys()}
        return {**about, "anyOf": [found, _ANY_VALUE]}
    if "pattern" in found:
        found["pattern"] += f"|{_BRACES}"
    elif types and "string" not in types:
        wanted = f'Expected {" or ".join(types)}, or braces: "{{{{ ... }}}}".'
        found |= {"type": [*types, "string"], "pattern": _BRACES, "patternErrorMessage": wanted}
    return found


def _certain(rules: Any) -> Any:
    """A condition that holds only of what is known: braces are not."""
    if not isinstance(rules, Mapping) or "properties" not in rules:
        return rules
    known = {name: {"allOf": [rule, {"not": _ANY_VALUE}]} for name, rule in rules["properties"].items()}
    return {**rules, "properties": known}
