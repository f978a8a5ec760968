"""Known secrets, found in a text in whatever form they come back.

As they are or behind escapes (planner.model.encodings), with accents apart, and as base64 and hex: in one
line or several, whatever stands before them. Shorter ones than SHORTEST would be found everywhere.
"""

from __future__ import annotations

import json
import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Final
from urllib.parse import quote, quote_plus

from attrs import frozen

from planner.model.encodings import Reading, placed_readings, readings, squeezed

SHORTEST: Final = 4

SHORTEST_PART: Final = 6
"""Among values a shorter secret only counts as a word by itself: inside of words it would be found in ids."""

SHORTEST_IN_KEYS: Final = 8

SHOWN: Final = "(sensitive)"

_BASE64: Final = ascii_uppercase + ascii_lowercase + digits + "+/"
_URL_SAFE: Final = str.maketrans("+/", "-_")
_AT_ONCE: Final = 500
_WORD: Final = re.compile(r"\w")

Span = tuple[int, int]


Encoded = tuple[str, str]
"""A pattern, after a sample that is in every text which it matches: looking for that is many times faster."""


@frozen
class KnownSecrets:
    """Secrets to look for in texts. plain: looked for in each reading of a text, the shortest first. encoded:
    likewise, as base64 and hex.

    accented: whether any of them has letters that may be written in two ways. numbers: those that are digits.
    """

    plain: tuple[str, ...] = ()
    encoded: tuple[Encoded, ...] = ()
    accented: bool = False
    numbers: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.plain)

    def redact(self, text: str, mark: str = SHOWN) -> str:
        """text with mark in the place of each secret; text itself when it holds none."""
        spans = self.spans(text)
        if not spans:
            return text
        pieces: list[str] = []
        at = 0
        for start, end in spans:
            pieces += text[at:start], mark
            at = end
        return "".join((*pieces, text[at:]))

    def redact_key(self, key: str) -> str:
        """Redact, as `redact` does, a key, which may be a word of a format: shorter secrets are left in
        it.
        """
        long = any(end - start >= SHORTEST_IN_KEYS for start, end in self.spans(key))
        return self.redact(key) if long else key

    def are_in(self, text: str) -> bool:
        """Whether any is. Fast where none is, as nearly always."""
        return any(self._are_read(reading) for reading in readings(text))

    def are_among(self, text: str) -> bool:
        """Whether a value holds one: a short one only as a word by itself."""
        return any(
            end - start >= SHORTEST_PART
            or not (_WORD.match(text[start - 1 : start]) or _WORD.match(text[end : end + 1]))
            for start, end in self.spans(text)
        )

    def holding(self, texts: Iterable[str]) -> frozenset[str]:
        """Which of many texts hold one: looking through them together takes a fraction of the time."""
        every = tuple(texts)
        some = (every[at : at + _AT_ONCE] for at in range(0, len(every), _AT_ONCE))
        suspects = (text for part in some if self.are_in("\0".join(part)) for text in part)
        return frozenset(filter(self.are_in, suspects))

    def spans(self, text: str) -> list[Span]:
        """Where they are, in order; those that overlap as one."""
        if not (self.plain and self.are_in(text)):
            return []
        merged: list[Span] = []
        for start, end in sorted({span for reading in placed_readings(text) for span in self._in(reading)}):
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    def _are_read(self, text: str) -> bool:
        if self.accented and not text.isascii():
            text = unicodedata.normalize("NFD", text)
        for secret in self.plain:
            if secret in text:
                return True
        return self._are_encoded(text)

    def _are_encoded(self, text: str) -> bool:
        if len(text) <= SHORTEST:
            return False
        dense = squeezed(text)
        for sample, pattern in self.encoded:  # noqa: SIM110 - half as fast in other words
            if sample in dense and re.search(pattern, dense):
                return True
        return False

    def _in(self, reading: Reading) -> Iterator[Span]:
        if self.accented and not reading.text.isascii():
            reading = reading.decomposed()
        for secret in self.plain:
            at = reading.text.find(secret)
            while at >= 0:
                yield reading.place(at, at + len(secret))
                at = reading.text.find(secret, at + 1)
        if self._are_encoded(reading.text):
            dense = reading.squeezed()
            for sample, pattern in self.encoded:
                if sample in dense.text:
                    yield from (dense.place(*found.span()) for found in re.finditer(pattern, dense.text))


@lru_cache(maxsize=16)
def known_secrets(secrets: tuple[str, ...]) -> KnownSecrets:
    """What to look for so as to find secrets, and the lines of those that have several."""
    lines = {line for secret in secrets for line in (secret, *_lines(secret))}
    forms = [_forms(line) for line in lines if len(line) >= SHORTEST]
    plain = {form for some, _ in forms for form in some}
    return KnownSecrets(
        tuple(sorted(plain, key=lambda text: (len(text), text))),
        tuple(sorted({form for _, some in forms for form in some})),
        not all(map(str.isascii, plain)),
        frozenset(int(form) for form in plain if form.isascii() and form.isdigit() and form[0] != "0"),
    )


_PUBLIC: Final = re.compile(
    r"-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----|^-----(BEGIN|END) [A-Z0-9 ]+-----\r?$",
    re.MULTILINE,
)
"""In PEM (RFC 7468): certificates, which whoever connects is shown, and the lines that every other has."""


def _lines(secret: str) -> list[str]:
    """The lines of a secret, but for those that are no secret by themselves."""
    return _PUBLIC.sub("", secret).splitlines()


@lru_cache(maxsize=1024)
def _forms(secret: str) -> tuple[frozenset[str], frozenset[Encoded]]:
    """The forms of a secret, as plain text and encoded: nearly the same secrets are asked for again and
    again.
    """
    encoded = {form for written in _written(secret) for form in _encoded(written.encode())}
    return frozenset(_plain(secret)), frozenset(encoded)


def _plain(secret: str) -> Iterator[str]:
    """A secret in each of its readings, as a text that holds it may read like any; blanks as forms send them
    too.
    """
    for reading in readings(secret):
        if len(reading) >= SHORTEST:
            apart = unicodedata.normalize("NFD", reading)
            yield from (apart, apart.replace(" ", "+"))


def _written(secret: str) -> set[str]:
    """What may be encoded as base64 and hex: secret, in the middle of JSON, of a URL, of a form."""
    quoted = json.dumps(secret)[1:-1]
    return {
        secret.encode(errors="replace").decode(),
        unicodedata.normalize("NFD", secret).encode(errors="replace").decode(),
        quoted,
        json.dumps(secret, ensure_ascii=False)[1:-1].encode(errors="replace").decode(),
        quote(secret, safe="", errors="replace"),
        quote_plus(secret, errors="replace"),
    }


def _encoded(data: bytes) -> Iterator[Encoded]:
    """A sample and a pattern for each form."""
    for form in (data.hex(), data.hex().upper()):
        yield form, form
    for offset in range(3):
        yield from _base64(data, offset)


def _base64(data: bytes, offset: int) -> Iterator[Encoded]:
    """data in base64 (RFC 4648) after offset bytes, whatever these are and whatever follows.

    The characters at its ends hold bits of what stands around it, and so are one of several.
    """
    begin, end = 8 * offset, 8 * (offset + len(data))
    first, last = -(-begin // 6), end // 6
    whole = b64encode(b"\0" * offset + data).decode()
    sample = whole[first:last]
    before = _one_of(whole[first - 1], 6 * first - begin, 0) if 6 * first > begin else ""
    after = _one_of(whole[last], 0, end - 6 * last) if end > 6 * last else ""
    inner = "".join(_either(char) for char in sample)
    for form in {sample, sample.translate(_URL_SAFE)}:
        yield form, before + inner + after


def _one_of(char: str, low: int, high: int) -> str:
    """The characters that have the `low` last or the `high` first of six bits in common with char."""
    value = _BASE64.index(char)
    mask = (1 << low) - 1 if low else (0x3F << (6 - high)) & 0x3F
    found = "".join(other for at, other in enumerate(_BASE64) if at & mask == value & mask)
    return f"[{re.escape(found + found.translate(_URL_SAFE))}]"


def _either(char: str) -> str:
    return {"+": "[+-]", "/": "[/_]"}.get(char, char)
