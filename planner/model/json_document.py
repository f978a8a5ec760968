"""JSON documents that are printed and kept, in which everything can be seen."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import orjson

_NOT_ASCII: Final = re.compile("[^\x00-\x7e]+")


def visible(document: str) -> str:
    r"""A JSON document with `\u202e` in place of what steers a terminal or the direction of writing, and of
    whatever else cannot be seen. It means the same.
    """
    plain = document.isascii() and "\x7f" not in document
    return document if plain else _NOT_ASCII.sub(_seen, document)


def _seen(run: re.Match[str]) -> str:
    text = run[0]
    return (
        text if text.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
    )


def indented(data: Any) -> bytes:
    """data as an indented JSON document in UTF-8. TypeError for what is not plain JSON data."""
    return _seen_bytes(orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def one_line(data: Any) -> bytes:
    """data as one line, which ends with no line break."""
    return _seen_bytes(orjson.dumps(data))


def _seen_bytes(document: bytes) -> bytes:
    plain = document.isascii() and b"\x7f" not in document
    return document if plain else visible(document.decode()).encode()
