"""Text of a server, made safe to show: one line, bounded, without anything a terminal would obey."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

LIMIT: Final = 400

# ECMA-48: strings (OSC, DCS, SOS, PM, APC) with their end, control sequences (CSI), other escapes.
_ESCAPES = re.compile(
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]"
)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_UNSEEN = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def one_line(text: str, limit: int = LIMIT) -> str:
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
