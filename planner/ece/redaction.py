"""What a log line or an error message must not show."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

import orjson

from planner.ece.plain_text import one_line
from planner.model.value import Secret

HIDDEN: Final = "(redacted)"
BODY_LIMIT: Final = 2000
# A shorter secret would be found in ordinary words, and give itself away by what is missing.
SHORTEST_SECRET: Final = 4

_NAMES = r"passw|pass_|passphrase|token|secret|credential|api_?key|authorization|cookie|private_?key|keystore"
_SECRET_NAME = re.compile(rf"{_NAMES}|(?:^|_)(?:pass|key)$", re.IGNORECASE)
# Backslashes: a URL inside JSON may have its slashes escaped.
_URL = re.compile(
    r"""(https?:(?:\\?/){2})([^\s"'<>/?#\\]*@)?([^\s"'<>?#]*)(\?[^\s"'<>]*|\#[^\s"'<>]*)?""", re.IGNORECASE
)
_AUTHORIZATION = re.compile(
    r"""((?:proxy-)?authorization["']?\s*[:=]\s*["']?)(?:(?:apikey|basic|bearer)\s+)?[^\s"',]+""",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"\b(apikey|basic|bearer)\s+[\w+/=.~-]{16,}", re.IGNORECASE)
_FIELD = re.compile(rf'("[^"\\]*(?:{_NAMES})[^"\\]*"\s*:\s*)"(?:\\.|[^"\\])*"?', re.IGNORECASE)
_ASSIGNED = re.compile(rf"\b([\w-]*(?:{_NAMES})[\w-]*=)[^\s&\"']+", re.IGNORECASE)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """text without the known secrets, credentials in headers and fields, and the queries of URLs.

    A query goes whole: download URLs carry their tokens there.
    """
    for secret in sorted({*secrets}, key=len, reverse=True):
        text = _without(text, secret)
    text = _URL.sub(_bare_url, text)
    text = _AUTHORIZATION.sub(rf"\1{HIDDEN}", text)
    text = _SCHEME.sub(rf"\1 {HIDDEN}", text)
    text = _FIELD.sub(rf'\1"{HIDDEN}"', text)
    return _ASSIGNED.sub(rf"\1{HIDDEN}", text)


def _without(text: str, secret: str) -> str:
    if len(secret) < SHORTEST_SECRET:
        return text
    for form in {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote(secret),
    }:
        text = text.replace(form, HIDDEN)
    return text


def _bare_url(match: re.Match[str]) -> str:
    scheme, user, rest, query = match.groups()
    return f"{scheme}{HIDDEN + '@' if user else ''}{rest}{query[0] + HIDDEN if query else ''}"


def redact_value(value: Any, secrets: Iterable[str] = ()) -> Any:
    """The same for JSON data: what sits under a name of a secret goes whole, whatever it is."""
    if isinstance(value, Secret):
        return HIDDEN
    if isinstance(value, str):
        return redact(value, secrets)
    if isinstance(value, Mapping):
        return {str(key): _redact_item(str(key), item, secrets) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact_value(item, secrets) for item in value]
    return value


def _redact_item(key: str, item: Any, secrets: Iterable[str]) -> Any:
    if _SECRET_NAME.search(key) and item is not None and not isinstance(item, bool):
        return HIDDEN
    return redact_value(item, secrets)


def body_for_log(content: bytes | None, secrets: Iterable[str] = ()) -> str:
    """The body of a request or a reply as one bounded line."""
    if not content:
        return "(empty)"
    try:
        text = orjson.dumps(redact_value(orjson.loads(content), secrets)).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        text = redact(content[: BODY_LIMIT * 4].decode("utf-8", "replace"), secrets)
    return one_line(text, BODY_LIMIT)
