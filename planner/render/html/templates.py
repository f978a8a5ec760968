"""The templates of the page, and what they may call.

Whatever a template prints is escaped, twice: what would steer a terminal or the direction of writing is made
visible, then markup is. Only `Markup` goes through. Line breaks and indentation of a template are no part of
the page.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from planner.model.preview import IN_WORDS
from planner.render import gates
from planner.render.escaping import escape
from planner.render.html.graph import graph_of
from planner.render.html.markup import lines, part
from planner.render.html.sides import side, sides
from planner.render.values import plural
from planner.render.view import CALLS, CHECKED

_SIGNS: Final = MappingProxyType(
    {"create": "+", "update": "~", "replace": "-/+", "delete": "-", "state": ".", "drift": "~"}
)
_WORDS: Final = MappingProxyType({"state": "state only", "drift": "drifted"})


def rendered(name: str, **given: Any) -> str:
    return _environment().get_template(name).render(given)


def macro(name: str, template: str) -> Any:
    """A macro as a function that returns Markup."""
    return getattr(_environment().get_template(template).module, name)


@cache
def _environment() -> Environment:
    loader = FunctionLoader(lambda name: "".join(map(str.strip, part(name).splitlines())))
    environment = Environment(loader=loader, autoescape=True, finalize=_visible, undefined=StrictUndefined)
    environment.filters |= {"code": _code, "paragraphs": _paragraphs}
    environment.globals |= {
        "calls": CALLS,
        "checked": CHECKED,
        "gate_about": gates.about,
        "gate_state": gates.state_of,
        "graph_of": graph_of,
        "group_words": _WORDS,
        "in_words": IN_WORDS,
        "plural": plural,
        "side": side,
        "sides": sides,
        "signs": _SIGNS,
    }
    return environment


def _visible(value: object) -> object:
    return value if isinstance(value, Markup | int) else escape(str(value))


def _code(value: str) -> Markup:
    """What stands between backticks in it as code."""
    code = Markup("<code>{}</code>")
    parts = enumerate(lines([escape(part)]) for part in value.split("`"))
    return Markup().join(code.format(part) if index % 2 else part for index, part in parts)


def _paragraphs(value: str) -> Markup:
    """With its line breaks."""
    return lines(map(escape, value.split("\n")))
