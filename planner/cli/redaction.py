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
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import IO, Any, Final, TypeVar
from urllib.parse import quote, quote_plus

from attrs import frozen

from planner.cli.inside import changed_inside
from planner.errors import PlannerError
from planner.model.value import Fingerprint
from planner.model.value_json import Data, encode_value
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

T = TypeVar("T")


@frozen
class Known:
    """The secrets that are known at one time. forms: what is searched for, the longest first."""

    forms: tuple[str, ...] = ()
    pattern: re.Pattern[str] = re.compile("")

    @classmethod
    def of(cls, secrets: Iterable[str]) -> Known:
        found = {form for secret in secrets for form in _forms(secret) if len(form) >= SHORTEST}
        forms = tuple(sorted(found, key=lambda form: (-len(form), form)))
        return cls(forms, re.compile("|".join(map(re.escape, forms))))

    def redact(self, text: str) -> str:
        """text itself when no secret is in it."""
        for form in self.forms:  # looking for each by itself is many times faster than the pattern
            if form in text:
                return self.pattern.sub(SHOWN, text)
        return text

    def in_file(self, text: str) -> bool:
        """Whether a text of a file holds a secret."""
        return any(form in text and (len(form) >= SHORTEST_PART or form == text) for form in self.forms)


class Redactor:
    """Replaces secrets, also in their JSON and URL forms. Sources are asked each time: logins add tokens."""

    def __init__(self) -> None:
        self._sources: list[Callable[[], Iterable[str]]] = []
        self._secrets: tuple[str, ...] = ()
        self._known = Known()

    def watch(self, source: Callable[[], Iterable[str]]) -> None:
        self._sources.append(source)

    def known(self) -> Known:
        """For many texts: asking the sources takes longer than looking through one."""
        secrets = tuple(secret for source in self._sources for secret in source())
        if secrets != self._secrets:
            self._known, self._secrets = Known.of(secrets), secrets
        return self._known

    def __call__(self, text: str) -> str:
        return self.known().redact(text)

    @property
    def forms(self) -> tuple[str, ...]:
        """What is searched for, the longest first."""
        return self.known().forms

    def inside(self, thing: T) -> T:
        """A plan, ledger, diagnostic or value with its texts redacted; thing itself without any secrets."""
        known = self.known()
        return changed_inside(thing, known.redact) if known.forms else thing


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

    def redact(data: Data) -> Data:
        known = redactor.known()
        if not known.forms:
            return data
        return Redaction(value=partial(_stand_in, known, salt), prose=known.redact)(data)

    return redact


def _stand_in(known: Known, salt: str, text: str) -> Any:
    return encode_value(Fingerprint.of(text, salt)) if known.in_file(text) else text


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
