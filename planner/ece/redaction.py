"""What a log line or an error message must not show."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

import orjson
from attrs import frozen

from planner.model.known_secrets import known_secrets
from planner.model.value import Secret
from planner.net.plain_text import one_line

HIDDEN: Final = "(redacted)"
BODY_LIMIT: Final = 2000
_READ_AT_MOST: Final = 1024 * 1024

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


@frozen
class Discretion:
    """What logs and messages must not show, asked each time. texts: secrets. fields: names in bodies."""

    texts: Callable[[], Iterable[str]] = tuple
    fields: Callable[[], Collection[str]] = frozenset


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """text without the known secrets, credentials in headers and fields, and the queries of URLs.

    A query goes whole: download URLs carry their tokens there.
    """
    text = known_secrets(tuple(secrets)).redact(text, HIDDEN)
    text = _URL.sub(_bare_url, text)
    text = _AUTHORIZATION.sub(rf"\1{HIDDEN}", text)
    text = _SCHEME.sub(rf"\1 {HIDDEN}", text)
    text = _FIELD.sub(rf'\1"{HIDDEN}"', text)
    return _ASSIGNED.sub(rf"\1{HIDDEN}", text)


def _bare_url(match: re.Match[str]) -> str:
    scheme, user, rest, query = match.groups()
    return f"{scheme}{HIDDEN + '@' if user else ''}{rest}{query[0] + HIDDEN if query else ''}"


def redact_value(value: Any, secrets: Iterable[str] = (), hidden: Collection[str] = ()) -> Any:
    """The same for JSON data: what sits under a name of a secret goes whole, whatever it is.

    hidden: more such names.
    """
    if isinstance(value, Secret):
        return HIDDEN
    if isinstance(value, str):
        return redact(value, secrets)
    if isinstance(value, Mapping):
        return {
            redact(str(key), secrets): _redact_item(str(key), item, secrets, hidden)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact_value(item, secrets, hidden) for item in value]
    return value


def _redact_item(key: str, item: Any, secrets: Iterable[str], hidden: Collection[str]) -> Any:
    if (key in hidden or _SECRET_NAME.search(key)) and item is not None and not isinstance(item, bool):
        return HIDDEN
    return redact_value(item, secrets, hidden)


def redacted_body(content: bytes, secrets: Iterable[str] = (), hidden: Collection[str] = ()) -> str:
    """A body without secrets, whole: whoever cuts it afterwards shows no half of one."""
    try:
        return orjson.dumps(redact_value(orjson.loads(content), secrets, hidden)).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return redact(content[:_READ_AT_MOST].decode("utf-8", "replace"), secrets)
    except RecursionError:
        return "(nested too deeply to be shown)"


def body_for_log(content: bytes | None, secrets: Iterable[str] = (), hidden: Collection[str] = ()) -> str:
    """The body of a request or a reply as one bounded line. hidden: names of fields that are not shown."""
    return one_line(redacted_body(content, secrets, hidden), BODY_LIMIT) if content else "(empty)"
