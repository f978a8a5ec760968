"""No error quotes what was made of a secret: all filters, tests, methods, operators, globals are tried."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from typing import Any

import jinja2
import pytest

from planner.config.jinja_errors import explain
from planner.config.rendering import TemplateEnvironment, render
from planner.config.scope import ResourceScope, Scope, seal
from planner.config.tokens import Tokens
from planner.model.value import Secret

SECRET = "Zq7x.Kw9P"
PARTS = ("zq7x", "kw9p", "x7qz", "p9wk")
"""Of it, in small letters, as it is and backwards."""

Forms = Sequence[Callable[[], Any]]
SECRETS: Forms = (
    lambda: seal(SECRET.upper()),
    lambda: seal("{0:" + SECRET.lower() + "}"),
    lambda: seal([SECRET.upper()]),
    lambda: {Secret(SECRET.upper()): seal(SECRET.lower())},
)
"""What a template may make of one; anew each time, since some of it is used up."""

MORE: Forms = (
    lambda: seal(SECRET),
    lambda: seal(SECRET[::-1]),
    lambda: seal("{" + SECRET.upper() + "}"),
    lambda: seal("%(" + SECRET.upper() + ")q %"),
    lambda: seal("__" + SECRET.upper() + "__"),
    lambda: seal([[SECRET.upper(), 1]]),
)
PLAIN: Forms = (
    lambda: "abc",
    lambda: "{0} {a}",
    lambda: [{"a": 1}, 7],
)


class Sandbox:
    """A template sees var.a and var.b."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.values: dict[str, Any] = {}
        self.environment = TemplateEnvironment(
            jinja2.DictLoader({}), Tokens(), on_undefined=lambda message, *_: self.told.append(message)
        )
        names = {"var": Scope("variable", self.values), "resource": ResourceScope()}
        self.environment.globals |= names

    def says(self, expression: str, secrets: Forms) -> Iterator[str]:
        """What people are told of an expression with secrets in one place or the other."""
        try:
            template = self.environment.from_string("{{ " + expression + " }}")
        except jinja2.TemplateSyntaxError:
            return  # `1 is callable(1)` has no more than its grammar to say
        for a in secrets:
            yield from self._rendered(template, a(), "abc")
        if "var.b" in expression:
            for a, b in product(PLAIN, secrets):
                yield from self._rendered(template, a(), b())

    def _rendered(self, template: jinja2.Template, a: Any, b: Any) -> list[str]:
        self.told.clear()
        self.values |= {"a": a, "b": b}
        self.environment.effort.left = 10_000_000
        try:
            render(template)
        except Exception as error:  # noqa: BLE001 - anything may be raised, and is told
            self.told += explain(error)
        return self.told


SANDBOX = Sandbox()


def calls(name: str, function: object) -> list[str]:
    """name(...) with var.b in each place, by place and by name."""
    places = ("", "var.b", "1, var.b", "'a', var.b", "*var.b", "**{var.b: 1}", "**var.b", "var.b, var.b")
    named = (f"{parameter}=var.b" for parameter in parameters_of(function))
    return [name, *(f"{name}({given})" for given in (*places, *named))]


def parameters_of(function: Any) -> list[str]:
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [item.name for item in found if item.default is not inspect.Parameter.empty]


def used(expression: str) -> tuple[str, str]:
    """As it is, and used further, which starts what is lazy."""
    return expression, f"({expression})|list"


def quoted(expressions: Iterable[str], secrets: Forms) -> set[tuple[str, str]]:
    """The expressions with errors that quote the secret, and these. There have to be errors at all."""
    said = {
        (expression, text) for expression in expressions for text in SANDBOX.says(expression, secrets) if text
    }
    assert said
    return {(e, text) for e, text in said if any(part in text.lower() for part in PARTS)}


pytestmark = pytest.mark.parametrize(
    "secrets", [SECRETS, pytest.param(MORE, marks=pytest.mark.long)], ids=["some", "more"]
)


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(n for n in SANDBOX.environment.filters if n.isidentifier()))
def test_filters(name: str, secrets: Forms) -> None:
    function = SANDBOX.environment.filters[name]
    assert quoted((e for call in calls(name, function) for e in used(f"var.a|{call}")), secrets) == set()


@pytest.mark.parametrize("name", sorted(SANDBOX.environment.tests))
def test_tests(name: str, secrets: Forms) -> None:
    ways = [f"var.a is {call}" for call in calls(name, None)]
    ways += [f"[var.a]|select({name!r}, var.b)|list", f"[var.a]|rejectattr(var.b, {name!r})|list"]
    assert quoted(ways, secrets) == set()


TYPES = (str, list, dict, tuple, int, float)
METHODS = sorted({name for kind in TYPES for name in dir(kind) if name[0] != "_"})


@pytest.mark.long
@pytest.mark.parametrize("name", METHODS)
def test_methods(name: str, secrets: Forms) -> None:
    assert quoted((e for call in calls(name, None) for e in used(f"var.a.{call}")), secrets) == set()


@pytest.mark.parametrize("name", sorted(SANDBOX.environment.globals))
def test_globals(name: str, secrets: Forms) -> None:
    ends = ("", ".next()", "[var.b]", ".nope", "()", "|list", "|first", ".thing.a", ".thing[var.b].id")
    assert quoted((f"{call}{end}" for call in calls(name, None) for end in ends), secrets) == set()


@pytest.mark.parametrize("operator", ["+", "-", "*", "/", "//", "%", "**", "~", "<", "==", "in", "and"])
def test_operators(operator: str, secrets: Forms) -> None:
    sides = ("var.a", "resource.thing.a.id")
    ways = [f"{left} {operator} var.b" for left in sides] + [f"var.b {operator} var.a"]
    ways += ["-var.b", "var.a[var.b]", "var.a|attr(var.b)", "nope[var.b]", "var[var.b]"]
    assert quoted(ways, secrets) == set()
