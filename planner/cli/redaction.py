"""Redaction: known secrets are taken out of every text before it leaves the program."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterable
from typing import IO, Any
from urllib.parse import quote, quote_plus

SHORTEST = 4
"""Shorter secrets are not searched for: they would match everywhere. They are still never printed as values."""

SHOWN = "(sensitive)"


class Redactor:
    """Replaces secrets, also in their JSON and URL forms. Sources are asked anew, since a login adds tokens."""

    def __init__(self) -> None:
        self._sources: list[Callable[[], Iterable[str]]] = []
        self._known: tuple[str, ...] = ()
        self._forms: tuple[str, ...] = ()

    def watch(self, source: Callable[[], Iterable[str]]) -> None:
        self._sources.append(source)

    def __call__(self, text: str) -> str:
        for form in self._current():
            if form in text:
                text = text.replace(form, SHOWN)
        return text

    def _current(self) -> tuple[str, ...]:
        known = tuple(secret for source in self._sources for secret in source())
        if known != self._known:
            self._known = known
            forms = {form for secret in known if len(secret) >= SHORTEST for form in _forms(secret)}
            self._forms = tuple(sorted(forms, key=lambda form: (-len(form), form)))
        return self._forms


def _forms(secret: str) -> Iterable[str]:
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield quote(secret, safe="")
    yield quote_plus(secret)
    for line in secret.splitlines():
        if len(line) >= SHORTEST:
            yield line


class RedactedStream(io.TextIOBase):
    """A text stream in front of another one."""

    def __init__(self, stream: IO[str], redact: Callable[[str], str]) -> None:
        self._stream, self._redact = stream, redact

    def write(self, text: str, /) -> int:
        self._stream.write(self._redact(text))
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding


def log_to(stream: Any, level: int) -> None:
    """Sends the project's log to stream, from level on."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("planner")
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False
