"""What a body of JSON holds, and how much it may."""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

MOST_ELEMENTS: Final = 2_000_000
"""Of lists and mappings, in one document: several times what ten thousand resources need. Each takes up to
two hundred bytes once it is read, however short it is written."""

DEEPEST: Final = 100
"""Levels; what nests deeper is no answer of any API, and whoever walks through it would fail half-way."""

_NESTS: Final = (dict, list)
_TEXTS: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)",
    re.DOTALL,
)


_MENDED: Final = 16 * 1024 * 1024
"""Bytes. To look at every escape of more takes too long."""


class NotJSON(ValueError):
    """The body of a reply is something else than JSON."""


def parsed(content: bytes) -> Any:
    """The JSON of a body, None when it is empty. Raises NotJSON.

    Half of a surrogate pair, which a server may have cut a text to, becomes U+FFFD: it is no character, and
    cannot be stored.
    """
    if not content:
        return None
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        if not content.strip():
            return None
        if len(content) > _MENDED or b"\\u" not in content:
            raise NotJSON(str(error)) from error
        try:
            return orjson.loads(_ESCAPE.sub(_whole, content))
        except orjson.JSONDecodeError:
            raise NotJSON(str(error)) from error


def _whole(escape: re.Match[bytes]) -> bytes:
    is_half = len(escape[0]) == len(rb"\ud800")
    return rb"\ufffd" if is_half else escape[0]


def nests_too_deep(value: Any) -> bool:
    """Whether lists and mappings of value lie more than 100 levels in each other."""
    layer = [value]
    for _ in range(DEEPEST):
        nested = [item for item in layer if isinstance(item, _NESTS)]
        if not nested:
            return False
        layer = [child for item in nested for child in (item.values() if isinstance(item, dict) else item)]
    return True


def holds_too_many(content: bytes, most: int = MOST_ELEMENTS) -> bool:
    """Whether content, when it is JSON, has more elements than a reader has memory for.

    Nothing is read for it: an element has a comma before it, or a bracket. Those within texts are looked away
    from only where it matters, and there are not too many texts for that.
    """
    if len(content) <= most or _marks(content) <= most:
        return False
    quotes = content.count(b'"') - content.count(b'\\"')
    return quotes > 2 * most or _marks(_TEXTS.sub(b"", content)) > most


def _marks(content: bytes) -> int:
    return content.count(b",") + content.count(b"[") + content.count(b"{")
