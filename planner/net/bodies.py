"""What the body of a reply holds: JSON, and how much of it; text, made safe to show.

Text is shown in one line, bounded, without anything that a terminal would obey.
"""

from __future__ import annotations

import re
from http import HTTPStatus
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


_LIMIT: Final = 400

# ECMA-48: strings (OSC, DCS, SOS, PM, APC) with their end, control sequences (CSI), other escapes.
_ESCAPES = re.compile(
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]"
)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_UNSEEN = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def one_line(text: str, limit: int = _LIMIT) -> str:
    """text without escape sequences, control, format and private-use characters; at most limit characters."""
    # Far more than will be shown, yet bounded: a gateway's page may be megabytes.
    text = _ESCAPES.sub("", text[: limit * 20])
    text = "".join(" " if char.isspace() else char for char in text if char.isspace() or char.isprintable())
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def status_words(status: int, said: str = "") -> str:
    """ "409 Conflict: what the server said"."""
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    words = f"{status} {phrase}".strip()
    return words if said in ("", phrase, words) else f"{words}: {said}"


def looks_like_html(text: str | bytes) -> bool:
    return text[:1000].lstrip()[:1] in ("<", b"<")


def html_words(text: str) -> str:
    """The title of an HTML page, else its first words."""
    import html  # noqa: PLC0415 - only where a page came instead of a reply

    text = text[:50_000]
    title = _TITLE.search(text)
    words = title.group(1) if title else _TAG.sub(" ", _UNSEEN.sub(" ", text))
    return one_line(html.unescape(words), 120)
