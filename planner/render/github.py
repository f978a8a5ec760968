"""Annotations as workflow commands, which GitHub and Gitea show at the files of a pull request."""

from __future__ import annotations

from collections.abc import Iterable

from planner.render.annotations import Annotation
from planner.render.escaping import escape


def github(found: Iterable[Annotation]) -> str:
    return "".join(f"{_command(item)}\n" for item in found)


def _command(item: Annotation) -> str:
    line = f",line={item.line}" if item.line else ""
    title = _property(item.rule.id)
    return f"::{item.rule.severity} file={_property(item.file)}{line},title={title}::{_data(item.text)}"


def _data(text: str) -> str:
    """A command is one line: a break in it is written as %0A."""
    return "%0A".join(map(_encoded, text.split("\n")))


def _encoded(text: str) -> str:
    return escape(text).replace("%", "%25")


def _property(text: str) -> str:
    return _encoded(text).replace(":", "%3A").replace(",", "%2C")
