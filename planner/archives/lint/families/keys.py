"""Key stores and trust stores, JKS and PKCS#12. No certificate in them is looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha1
from typing import Final

from planner.archives.lint.family import Family, Sign, Strength
from planner.archives.lint.tree import File
from planner.model.diagnostic import WARNING
from planner.model.lint import Finding, Rule, Unchecked

_TYPES: Final = (
    "https://docs.oracle.com/en/java/javase/17/docs/specs/security/standard-names.html#keystore-types"
)
_BUNDLES: Final = "https://www.elastic.co/guide/en/cloud/current/ec-custom-bundles.html"

NO_STORE: Final = Rule(
    "keys-no-store",
    WARNING,
    "is neither JKS nor PKCS#12, as its name says",
    "Java opens stores of these types. A file of certificates between lines of `-----BEGIN` is none.",
    "Make one: `keytool -importcert -file ca.crt -keystore cacerts -storepass changeit`.",
    _TYPES,
)
CUT: Final = Rule(
    "keys-cut",
    WARNING,
    "is not as long as it says",
    "It was cut off, or changed on its way: text modes of transfers and version control do that.",
    "Make the store again, or fetch it as a binary file.",
    _TYPES,
)
PASSWORD: Final = Rule(
    "keys-password",
    WARNING,
    "has another password than changeit",
    "The trust store of Java, `cacerts`, is opened with that one. A store that was changed on its way "
    "looks the same.",
    "Set it: `keytool -storepasswd -keystore cacerts`.",
    _BUNDLES,
)

_NAMED: Final = re.compile(r".*\.(?:jks|p12|pfx|keystore|truststore)", re.IGNORECASE)
_JKS, _JCEKS = b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce"
_SALT: Final = b"Mighty Aphrodite"
"""What Java puts between the password and the entries, before it makes the digest at the end."""
_DIGEST: Final = 20
_LONGEST: Final = 16 * 1024 * 1024


def recognise(name: str, _start: bytes) -> Sign | None:
    if name == "cacerts":
        return Sign(Strength.PLACE, "it is called cacerts")
    base = name.rpartition("/")[2]
    if _NAMED.fullmatch(base):
        return Sign(Strength.NAME, f"its name ends with .{base.rpartition('.')[2]}")
    return None


def check(file: File) -> Iterator[Finding | Unchecked]:
    if file.size > _LONGEST:
        yield Unchecked(file.name, f"it has more than {_LONGEST:,} bytes; it was not looked at")
        return
    with file.stream() as stream:
        data = stream.read()
    if data.startswith(_JKS):
        if _end_of_jks(data) != len(data):
            yield CUT.at()
        elif file.name == "cacerts" and not _opens(data, "changeit"):
            yield PASSWORD.at()
    elif data[:1] == b"\x30":
        if _end_of_der(data) not in (None, len(data)):
            yield CUT.at()
    elif not data.startswith(_JCEKS):
        yield NO_STORE.at()


def _opens(data: bytes, password: str) -> bool:
    made = sha1(password.encode("utf-16-be") + _SALT + data[:-_DIGEST], usedforsecurity=False)
    return made.digest() == data[-_DIGEST:]


def _end_of_der(data: bytes) -> int | None:
    """Where the outer sequence ends; None where only its end marks it."""
    first = data[1] if len(data) > 1 else 0
    if first < 0x80:
        return 2 + first
    size = first & 0x7F
    return 2 + size + int.from_bytes(data[2 : 2 + size]) if size else None


def _end_of_jks(data: bytes) -> int:
    """Where it has to end; -1 where what stands there is no entry."""
    version, count = int.from_bytes(data[4:8]), int.from_bytes(data[8:12])
    place = 12
    for _ in range(count):
        tag = int.from_bytes(data[place : place + 4])
        if tag not in (1, 2) or place >= len(data):
            return -1
        place = _past(data, place + 4, 2) + 8
        certificates = 1
        if tag == 1:
            place = _past(data, place, 4)
            certificates = int.from_bytes(data[place : place + 4])
            place += 4
        for _ in range(certificates):
            if place >= len(data):
                return -1
            place = _past(data, _past(data, place, 2) if version == 2 else place, 4)
    return place + _DIGEST


def _past(data: bytes, place: int, size: int) -> int:
    """Behind what begins with its length, a number of size bytes."""
    return place + size + int.from_bytes(data[place : place + size])


FAMILY: Final = Family("keys", "a key store", (NO_STORE, CUT, PASSWORD), recognise, check)
