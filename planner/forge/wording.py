"""What a forge says about what does not work."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

from planner.net.plain_text import html_words, looks_like_html, one_line

_LIMIT: Final = 300
_SAYING: Final = ("message", "error_description", "error", "errors", "detail", "code", "field")


def status_words(status: int, said: str) -> str:
    """ "403 Forbidden: what the forge said"."""
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    return " ".join(filter(None, (str(status), phrase))) + (f": {said}" if said and said != phrase else "")


def said_in(text: str, data: Any) -> str:
    """What an error says, for people: one line. data: text as JSON, None when it is none."""
    if data is not None:
        return one_line("; ".join(dict.fromkeys(_texts(data, 0))), _LIMIT)
    return html_words(text) if looks_like_html(text) else one_line(text, _LIMIT)


def _texts(data: Any, depth: int) -> Iterator[str]:
    """The forges nest what they say in lists and objects; GitLab goes by the names of the fields."""
    if isinstance(data, str) and data:
        yield data
    elif isinstance(data, list) and depth < 4:
        for item in data[:10]:
            yield from _texts(item, depth + 1)
    elif isinstance(data, dict) and depth < 4:
        known = [data[name] for name in _SAYING if name in data]
        for item in known or (list(data.values())[:10] if depth else []):
            yield from _texts(item, depth + 1)
