"""HTML as a type of its own: what is `Html` has been escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NewType

from planner.render.escaping import escape

Html = NewType("Html", str)
"""Markup. Only this module may make one of a plain string."""

NOTHING: Final = Html("")


def text(value: str) -> Html:
    """Foreign text. Control characters and what changes the direction of writing are shown as escapes."""
    return Html(html.escape(escape(value), quote=False))


def marked(value: str) -> Html:
    """Foreign text, what stands between backticks in it as code."""
    parts = enumerate(value.split("`"))
    return join(element("code", text(part)) if index % 2 else text(part) for index, part in parts)


def lines(value: Iterable[str]) -> Html:
    """Lines that are escaped for a terminal already, as `planner.render.values` makes them."""
    return Html(html.escape("\n".join(value), quote=False))


def join(parts: Iterable[Html], separator: str = "") -> Html:
    return Html(html.escape(separator).join(parts))


def element(name: str, /, *children: Html, **attributes: str | None) -> Html:
    """`element("a", text("here"), class_="link", href="#top")`. An attribute that is None is left out.

    `_` in the names of attributes stands for `-`; one at the end is dropped.
    """
    if not attributes:
        return Html(f"<{name}>{''.join(children)}</{name}>")
    return Html(f"<{name}{_attributes(attributes)}>{''.join(children)}</{name}>")


def void(name: str, /, **attributes: str | None) -> Html:
    """An element that has no end, as `input`."""
    return Html(f"<{name}{_attributes(attributes)}>")


def span(style: str, *children: Html) -> Html:
    return element("span", *children, class_=style)


def _attributes(attributes: dict[str, str | None]) -> str:
    return "".join(_attribute(name, value) for name, value in attributes.items() if value is not None)


@lru_cache(maxsize=512)  # most are classes, a few hundred thousand times the same
def _attribute(name: str, value: str) -> str:
    return f' {name.rstrip("_").replace("_", "-")}="{html.escape(escape(value))}"'
