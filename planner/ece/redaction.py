"""What a log line or an error message must not show, and the log of requests and replies."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson
from attrs import frozen

from planner.model.known_secrets import known_secrets
from planner.model.value import Secret
from planner.net.bodies import one_line

if TYPE_CHECKING:
    from planner.ece.operations import Message
    from planner.ece.verdicts import Circumstances
    from planner.net.wire import Received

HIDDEN: Final = "(redacted)"
TRACE: Final = 5
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


@frozen(eq=False, repr=False)
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


@frozen(eq=False, repr=False)
class WireLog:
    """Requests and replies on the logger planner.ece: one line each at DEBUG, their bodies at TRACE.

    Never shows Authorization, tokens, passwords or the queries of URLs. hidden: the names of more fields
    whose values are not shown.
    """

    log: logging.Logger
    hidden: Callable[[], Collection[str]] = frozenset

    def request(self, message: Message, at: Circumstances) -> float:
        """Returns the time of the start, for the other two."""
        if self.log.isEnabledFor(logging.DEBUG):
            self.log.debug("> %s, attempt %d", _line(message, at), at.attempt)
        if self.log.isEnabledFor(TRACE):
            body = "(upload)" if message.upload else body_for_log(message.body, at.secrets, self.hidden())
            self.log.log(TRACE, "> %s", body)
        return time.perf_counter()

    def reply(self, message: Message, at: Circumstances, received: Received, start: float) -> None:
        self.ended(message, at, str(received.status), start)
        if self.log.isEnabledFor(TRACE):
            self.log.log(TRACE, "< %s", body_for_log(received.content, at.secrets, self.hidden()))

    def ended(self, message: Message, at: Circumstances, words: str, start: float) -> None:
        """The exchange ended without a reply: words say why."""
        if self.log.isEnabledFor(logging.DEBUG):
            line, spent = _line(message, at), (time.perf_counter() - start) * 1000
            said = redact(words, at.secrets)
            self.log.debug("< %s, attempt %d: %s in %.1f ms", line, at.attempt, said, spent)

    def pause(self, message: Message, seconds: float) -> None:
        self.log.debug("%s: again in %.2f s", message.operation.name, seconds)


def _line(message: Message, at: Circumstances) -> str:
    return one_line(redact(f"{message.operation.method} {message.path}", at.secrets))
