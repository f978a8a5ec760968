"""Taking what is needed out of a forge's JSON, whatever else it may be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")


def text_at(data: Any, *path: str) -> str:
    """The text or number under these names, "" when there is none."""
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    if isinstance(data, bool) or not isinstance(data, str | int):
        return ""
    return str(data)


def id_at(data: Any, *path: str) -> str:
    """An id that a later request can name, "" when there is none; dots and slashes are parts of addresses."""
    found = text_at(data, *path)
    return found if _ID.fullmatch(found) else ""


def is_about(data: Any, ends: Mapping[tuple[str, ...], str]) -> bool:
    """Whether data holds these texts at these places, as far as it tells them."""
    return all(text_at(data, *path) in ("", wanted) for path, wanted in ends.items())


def number_at(data: Any, *path: str) -> int | None:
    """A number from 1 that can be one of a pull request, None when there is none."""
    found = text_at(data, *path)
    good = found.isascii() and found.isdigit() and len(found) < 16 and int(found) > 0
    return int(found) if good else None


def at(data: Any, name: str) -> Any:
    return data.get(name) if isinstance(data, dict) else None
