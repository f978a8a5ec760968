"""The block `check`: jinja conditions on resources, evaluated when the values are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

import jinja2
from jinja2.exceptions import TemplateError, TemplateRuntimeError, TemplateSyntaxError

from planner.config.failures import explain
from planner.config.rendering import TemplateEnvironment
from planner.config.reporting import holds_invalid
from planner.config.shaping import shaped
from planner.config.tokens import Tokens
from planner.config.validation import Checker, Problem, later_parts
from planner.config.yaml_document import Literal
from planner.errors import PlannerError
from planner.model.address import NAME, Address
from planner.model.declarations import Check
from planner.model.diagnostic import ERROR, WARNING, Diagnostics, Position
from planner.model.value import UNKNOWN, Lookup, Path, Reference, Secret, Value, dotted

Locate = Callable[[Path], Position]

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["condition", "message"],
    "additionalProperties": False,
    "properties": {
        "condition": {"type": ["string", "boolean"]},
        "message": {"type": "string", "minLength": 1},
        "severity": {"enum": [ERROR, WARNING]},
    },
}


def read_checks(
    body: Value, locate: Locate, scope: Mapping[str, Any], diagnostics: Diagnostics
) -> Iterator[Check]:
    """`check: {name: {condition: "...", message: ..., severity: error}}`.

    condition: a jinja expression without braces, or a boolean that `{{ ... }}` printed.
    """
    if isinstance(body, Literal) and body.value is None:
        return
    if not isinstance(body, dict):
        diagnostics.error("check must be a mapping of names", position=locate(("check",)))
        return
    checker = Checker(SCHEMA, "argument")
    for name, raw in body.items():
        place: Path = ("check", name)
        if holds_invalid(raw):
            continue
        entry = shaped(raw, SCHEMA)
        problems = list(checker.problems(entry)) + list(_too_late(entry))
        for problem in problems:
            diagnostics.error(
                f"check {name}: {problem.summary}",
                position=locate((*place, *problem.path)),
                advice=problem.advice,
            )
        if not problems and not _is_plain(entry["message"]):
            diagnostics.error(
                f"check {name}: its message must be a plain text",
                detail="It is shown to everybody, and before anything is applied: no secret can be in it "
                "and no value of a resource.",
                position=locate((*place, "message")),
            )
        elif not problems:
            yield from _check(name, entry, locate(place), scope, diagnostics)


def _too_late(entry: Value) -> Iterator[Problem]:
    """What is known only after an apply, but for the message, whose own error says more."""
    for path, _ in later_parts(entry):
        if path != ("message",):
            what = dotted(path) or "what it is"
            yield Problem(
                path,
                f"{what} must be known before anything is applied",
                "Write the condition without braces: it may ask for what is known only then.",
            )


def _is_plain(text: Value) -> bool:
    return isinstance(text, str) and not isinstance(text, Secret)


def _check(
    name: str, entry: dict[str, Any], position: Position, scope: Mapping[str, Any], diagnostics: Diagnostics
) -> Iterator[Check]:
    condition = entry["condition"]
    evaluate: Callable[[Lookup], bool | None]
    if isinstance(condition, bool):
        evaluate = _constant(condition)
    else:
        try:
            evaluate = _expression(name, condition, scope)
        except (TemplateSyntaxError, RecursionError, SyntaxError, ValueError) as error:
            said = error if isinstance(error, TemplateSyntaxError) else explain(error)[0]
            diagnostics.error(f"check {name}: not a jinja expression: {said}", position=position)
            return
    yield Check(name, entry["message"], entry.get("severity", ERROR), evaluate, str(condition), position)


def _constant(value: bool) -> Callable[[Lookup], bool | None]:
    return lambda _lookup: value


def _expression(name: str, text: str, scope: Mapping[str, Any]) -> Callable[[Lookup], bool | None]:
    environment = TemplateEnvironment(jinja2.DictLoader({}), Tokens(), on_undefined=_never)
    environment.globals.update(scope)
    compiled = environment.compile_expression(text, undefined_to_none=False)

    def evaluate(lookup: Lookup) -> bool | None:
        try:
            return bool(compiled(resource=_Resources(lookup)))
        except _NotYet:
            return None
        except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError) as error:
            summary, _, advice = explain(error)
            raise PlannerError(f"check {name} cannot be evaluated: {summary}", advice=advice) from None

    return evaluate


def _never(message: str, _file: str, _line: int) -> NoReturn:
    raise AssertionError(f"an expression prints nothing: {message}")


class _NotYet(Exception):
    """A value of the condition is not known yet."""


class _Resources:
    """`resource.<kind>.<name>.<attribute>` with the values that lookup knows."""

    __slots__ = ("_lookup", "_path")

    def __init__(self, lookup: Lookup, path: tuple[str, ...] = ()) -> None:
        self._lookup, self._path = lookup, path

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        return self[key]

    def __getitem__(self, key: str) -> Any:
        if not isinstance(key, str):
            raise TemplateRuntimeError(f"{key!r} names no resource")
        path = (*self._path, key)
        if len(path) < 3:
            return _Resources(self._lookup, path)
        kind, name, attribute = path
        if not (NAME.match(kind) and NAME.match(name)):
            raise TemplateRuntimeError(f"resource.{kind}.{name} does not name a resource")
        value = self._lookup(Reference(Address(kind, name), (attribute,)))
        if value is UNKNOWN:
            raise _NotYet
        return value
