"""Annotations as SARIF 2.1.0, which code scanning of forges and editors read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote

from planner import __version__
from planner.model.lint import Rule
from planner.render.annotations import Annotation

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(found: Iterable[Annotation]) -> dict[str, Any]:
    """One run, with the rules that found something."""
    items = list(found)
    rules = {item.rule.id: item.rule for item in items}
    places = {name: index for index, name in enumerate(rules)}
    driver = {"name": "planner", "version": __version__, "rules": [_rule(rule) for rule in rules.values()]}
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": [_result(item, places) for item in items]}],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.sentence},
        "fullDescription": {"text": rule.explanation},
        "help": {"text": rule.advice},
        **({"helpUri": rule.source} if rule.source else {}),
        "defaultConfiguration": {"level": rule.severity},
    }


def _result(item: Annotation, places: dict[str, int]) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(item.file)}}
    if item.line:
        place["region"] = {"startLine": item.line}
    return {
        "ruleId": item.rule.id,
        "ruleIndex": places[item.rule.id],
        "level": item.rule.severity,
        "message": {"text": item.text},
        "locations": [{"physicalLocation": place}],
    }
