"""Redaction: known secrets are taken out of everything before it leaves the program.

Texts are redacted before they are rendered, since a renderer may break a secret over two lines; streams, as a
net below that; and what is written to files, by `document_redaction`.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import IO, Any, Final, TypeVar, cast
from urllib.parse import quote, quote_plus

import attrs

from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.value import Fingerprint
from planner.model.value_json import encode_value
from planner.render.escaping import escape
from planner.state.redaction import Redact, Redaction

SHORTEST: Final = 4
"""Shorter secrets are not searched for: they would match everywhere. As values they are hidden anyway."""

SHORTEST_PART: Final = 6
"""In a file a shorter secret only counts as a whole text: as a part it would be found in ids."""

SHORTEST_ENCODED: Final = 8
"""What is searched for as base64 too."""

_URL_SAFE: Final = str.maketrans("+/", "-_")

SHOWN: Final = "(sensitive)"

PROSE: Final = frozenset(
    [
        "summary",
        "detail",
        "advice",
        "text",
        "reason",
        "message",
        "notes",
        "parts",
        "before",
        "after",
        "desired",
        "prior",
        "observed",
        "attributes",
    ]
)
"""The fields of the model that hold what people read, and values."""

T = TypeVar("T")


class Redactor:
    """Replaces secrets, also in their JSON and URL forms. Sources are asked each time: logins add tokens."""

    def __init__(self) -> None:
        self._sources: list[Callable[[], Iterable[str]]] = []
        self._known: tuple[str, ...] = ()
        self._forms: tuple[str, ...] = ()
        self._pattern = re.compile("")

    def watch(self, source: Callable[[], Iterable[str]]) -> None:
        self._sources.append(source)

    def __call__(self, text: str) -> str:
        found = any(form in text for form in self.forms)
        return self._pattern.sub(SHOWN, text) if found else text

    @property
    def forms(self) -> tuple[str, ...]:
        """What is searched for, the longest first."""
        known = tuple(secret for source in self._sources for secret in source())
        if known != self._known:
            forms = {form for secret in known for form in _forms(secret) if len(form) >= SHORTEST}
            self._forms = tuple(sorted(forms, key=lambda form: (-len(form), form)))
            self._pattern = re.compile("|".join(map(re.escape, self._forms)))
            self._known = known
        return self._forms

    def inside(self, thing: T) -> T:
        """A plan, ledger, diagnostic or value with its texts redacted; thing itself without any secrets."""
        return cast(T, _inside(thing, self, prose=True)) if self.forms else thing


def _inside(thing: Any, redact: Callable[[str], str], *, prose: bool) -> Any:
    """prose: whether a text here is one for people, and not a word that the program knows."""
    if isinstance(thing, str):
        return redact(thing) if prose else thing
    if isinstance(thing, Mapping):
        return {key: _inside(item, redact, prose=prose) for key, item in thing.items()}
    if isinstance(thing, tuple | list):
        return type(thing)(_inside(item, redact, prose=prose) for item in thing)
    if attrs.has(type(thing)) and not isinstance(thing, Address | Fingerprint):
        return attrs.evolve(thing, **dict(_changed_fields(thing, redact)))
    return thing


def _changed_fields(thing: Any, redact: Callable[[str], str]) -> Iterable[tuple[str, Any]]:
    for field in attrs.fields(type(thing)):
        found = getattr(thing, field.name)
        redacted = _inside(found, redact, prose=field.name in PROSE)
        if redacted != found:
            yield field.name, redacted


def _forms(secret: str) -> Iterable[str]:
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield json.dumps(json.dumps(secret)[1:-1])[1:-1]  # a body quoted in another one
    yield quote(secret)
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield repr(secret)[1:-1]
    if len(secret) >= SHORTEST_ENCODED:
        yield from _encoded(secret.encode(errors="replace"))
    yield from secret.splitlines()


def _encoded(secret: bytes) -> Iterable[str]:
    """The part of base64 (RFC 4648) that is the same whatever stands around secret, for its three offsets."""
    for offset in range(3):
        whole = b64encode(b"\0" * offset + secret).decode().rstrip("=")
        inner = whole[(0, 2, 3)[offset] : len(whole) - (0 if (offset + len(secret)) % 3 == 0 else 1)]
        yield inner
        yield inner.translate(_URL_SAFE)


def document_redaction(redactor: Redactor, environment: str) -> Redact:
    """For state, journal and saved plans. environment: what the salt of fingerprints is made from."""
    salt = hashlib.sha256(environment.encode()).hexdigest()[:32]
    redaction = Redaction(value=partial(_stand_in, redactor, salt), prose=redactor)
    return lambda data: redaction(data) if redactor.forms else data


def _stand_in(redactor: Redactor, salt: str, text: str) -> Any:
    found = any(form in text and (len(form) >= SHORTEST_PART or form == text) for form in redactor.forms)
    return encode_value(Fingerprint.of(text, salt)) if found else text


class RedactedStream(io.TextIOBase):
    """A text stream in front of another one.

    vital: an error when it cannot be written; the others only tell, and what they tell of must not stop.
    Nothing more is written once the reader of a pipe went away, as `head` does.
    """

    def __init__(self, stream: IO[str], redact: Callable[[str], str], *, vital: bool = False) -> None:
        self._stream, self._redact, self._vital = stream, redact, vital

    def write(self, text: str, /) -> int:
        self._guarded(lambda: self._stream.write(self._redact(text)))
        return len(text)

    def flush(self) -> None:
        self._guarded(self._stream.flush)

    def _guarded(self, write: Callable[[], object]) -> None:
        try:
            write()
        except OSError as error:
            self._give_up()
            if self._vital and not isinstance(error, BrokenPipeError):
                raise PlannerError(f"the output cannot be written: {error.strerror}") from error

    def _give_up(self) -> None:
        """What is left in buffers goes nowhere, or the interpreter would try again as it exits."""
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def isatty(self) -> bool:
        return self._stream.isatty()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._stream.fileno()


class _OneLine(logging.Formatter):
    """What a record says comes from anywhere, and a terminal may show it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        return escape(super().formatMessage(record))


def log_to(stream: Any, level: int) -> None:
    """Sends the project's log to stream, from level on."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_OneLine("%(asctime)s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("planner")
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False
