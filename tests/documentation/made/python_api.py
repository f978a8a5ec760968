"""What a program may use, of planner/app/api.py."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import planner
from planner.app import api


def made() -> str:
    names = [name for name in planner.__all__ if not name.startswith("_")]
    return "\n".join(part for name in names for part in _thing(getattr(api, name)))


def _thing(thing: Any) -> Iterator[str]:
    name = getattr(thing, "__name__", "")
    yield f"### {name}\n"
    if not inspect.isclass(thing):
        yield _signature(thing)
    yield f"{_words(thing)}\n"
    if inspect.isclass(thing):
        for member, value in vars(thing).items():
            if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
                yield _signature(value.fget if isinstance(value, property) else value, name)
                if inspect.getdoc(value):
                    yield f"{_words(value)}\n"


def _words(thing: object) -> str:
    paragraphs = (inspect.getdoc(thing) or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _signature(function: Any, owner: str = "") -> str:
    name = f"{owner}.{getattr(function, '__name__', '')}" if owner else getattr(function, "__name__", "")
    given = str(inspect.signature(function)).replace("'", "")
    given = re.sub(r"<function .*? at 0x[0-9a-f]+>", "...", re.sub(r"\(self(, )?", "(", given))
    return f"```text\n{name}{given}\n```\n"
