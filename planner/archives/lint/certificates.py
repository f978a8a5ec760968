"""Until when certificates are valid: a finding that says from which day on it is one.

Nothing here knows which day it is: what is found in an archive is the same on every day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from attrs import frozen

from planner.archives.lint.der import Element, elements, inside
from planner.model.lint import Finding, Rule, Unchecked

VALIDITY: Final = (
    "https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/security/cert/X509Certificate.html"
    "#checkValidity()"
)
_AHEAD: Final = timedelta(days=30)
_TOLD: Final = 20
_LONGEST: Final = 100
_VERSION, _UTC_TIME, _BMP = 0xA0, 0x17, 0x1E
_COMMON_NAME: Final = b"\x55\x04\x03"


@frozen
class Certificate:
    """One of X.509. data: its DER. line: of the file that it is in, None where that has none."""

    data: bytes
    line: int | None = None


def endings(member: str, rule: Rule, found: Iterable[Certificate]) -> Iterator[Finding | Unchecked]:
    """For each certificate a finding, for the days from a month before its last one on.

    The first to end come first, and only so many of them: whoever mends these is told of the others.
    """
    ends: dict[tuple[date, str], int | None] = {}
    unread = 0
    for item in found:
        try:
            ends.setdefault(_end(item.data), item.line)
        except ValueError:
            unread += 1
    if unread:
        yield Unchecked(member, f"{unread:,} of its certificates cannot be read: when they end is not known")
    for (day, name), line in sorted(ends.items(), key=lambda item: item[0])[:_TOLD]:
        sentence = f"has a certificate that is valid until {day}: {name}"
        yield rule.at(line, sentence=sentence, since=str(day - _AHEAD))


def _end(certificate: bytes) -> tuple[date, str]:
    """The last day, and the name of whom it is for. ValueError: it is no certificate of X.509."""
    known = [field for field in inside(certificate, 0) if field.tag != _VERSION]
    if len(known) < 5:
        raise ValueError("a certificate has more fields")
    validity, subject = elements(known[3].content), known[4]
    if len(validity) != 2:
        raise ValueError("a validity has a begin and an end")
    return _day(validity[1]), _name(subject)


def _day(time: Element) -> date:
    """UTCTime has two digits of the year, of 1950 to 2049; GeneralizedTime four."""
    text = time.content.decode("ascii")
    if time.tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
    if year < 1900:
        raise ValueError("no certificate is that old")
    return date(year, month, day)


def _name(subject: Element) -> str:
    """Its common name, or else the last of its parts, which says most."""
    parts = [inside(part.content) for part in elements(subject.content)]
    named = [(part[0].content, _text(part[1])) for part in parts if len(part) == 2]
    return next(
        (text for oid, text in reversed(named) if oid == _COMMON_NAME), named[-1][1] if named else "-"
    )


def _text(value: Element) -> str:
    return value.content[:_LONGEST].decode("utf-16-be" if value.tag == _BMP else "utf-8", "replace")
