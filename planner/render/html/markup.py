"""Escaped text, and the files of this package."""

from __future__ import annotations

import html
from collections.abc import Iterable
from importlib.resources import files

from markupsafe import Markup


def part(name: str) -> str:
    """A file of this package."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def lines(value: Iterable[str]) -> Markup:
    """Lines that are escaped for a terminal already, as `planner.render.values` makes them."""
    return Markup(html.escape("\n".join(value), quote=False))  # noqa: S704 - it is escaped here
