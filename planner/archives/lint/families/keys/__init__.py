"""Key stores and trust stores, JKS and PKCS#12: whether they are whole, and until when their certificates are
valid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from planner.archives.lint.certificates import VALIDITY, Certificate, endings
from planner.archives.lint.der import elements
from planner.archives.lint.families.keys import jks, pkcs12
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
ENDS: Final = Rule(
    "keys-certificate-ends",
    WARNING,
    "has a certificate that ends within 30 days, or has ended",
    "Connections that rest on it fail from then on; the others in the store are as good as before.",
    "Put its successor into the store, or take it out: `keytool -delete -alias NAME -keystore cacerts`.",
    VALIDITY,
)
UNREAD: Final = Rule(
    "keys-unread",
    WARNING,
    "has certificates that are read with its password only",
    "It is not known here, so when they end is not either. What a trust store holds is no secret.",
    "Make trust stores without a password, or as JKS. Of others see for yourself: "
    "`keytool -list -v -keystore a.p12`, and allow this rule.",
    _TYPES,
)

_NAMED: Final = re.compile(r".*\.(?:jks|p12|pfx|keystore|truststore)", re.IGNORECASE)
_JKS, _JCEKS = b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce"
_JVM, _CHANGEIT = "cacerts", "changeit"
"""The trust store of Java, and the password that opens it."""
_SETTINGS: Final = "elasticsearch.keystore"
"""Elasticsearch's own, of another form."""
_LONGEST: Final = 4 * 1024 * 1024


def recognise(name: str, _start: bytes) -> Sign | None:
    base = name.rpartition("/")[2]
    if base == _JVM:
        return Sign(Strength.NAME, "it is called cacerts")
    if _NAMED.fullmatch(base) and name != _SETTINGS:
        return Sign(Strength.NAME, f"its name ends with .{base.rpartition('.')[2]}")
    return None


def check(file: File) -> Iterator[Finding | Unchecked]:
    if file.size > _LONGEST:
        yield Unchecked(file.name, f"it has more than {_LONGEST:,} bytes; it was not looked at")
        return
    with file.stream() as stream:
        data = stream.read()
    if data.startswith(_JKS):
        yield from _jks(file.name, data)
    elif data[:1] == b"\x30":
        yield from _pkcs12(file.name, data)
    elif not data.startswith(_JCEKS):
        yield NO_STORE.at()


def _jks(name: str, data: bytes) -> Iterator[Finding | Unchecked]:
    try:
        found = jks.certificates(data)
    except ValueError:
        yield CUT.at()
        return
    if name == _JVM and not jks.opens(data, _CHANGEIT):
        yield PASSWORD.at()
    yield from endings(name, ENDS, map(Certificate, found))


def _pkcs12(name: str, data: bytes) -> Iterator[Finding | Unchecked]:
    """Of the trust store of Java the password is known; of others what needs none is read."""
    if not _is_whole(data):
        yield CUT.at()
        return
    try:
        opens = pkcs12.opens(data, _CHANGEIT) if name == _JVM else None
        found, whole = pkcs12.certificates(data, _CHANGEIT if opens else None)
    except ValueError:
        yield Unchecked(name, "it is not written as PKCS#12 mostly is; its certificates were not looked at")
        return
    if opens is False:
        yield PASSWORD.at()
    elif opens and not whole:
        yield Unchecked(name, "its certificates cannot be decrypted here; they were not looked at")
    elif not whole:
        yield UNREAD.at()
    yield from endings(name, ENDS, map(Certificate, found))


def _is_whole(data: bytes) -> bool:
    """Whether its outer sequence ends where it does. One that has no length says nothing of that."""
    try:
        return data[1:2] == b"\x80" or len(elements(data)) == 1
    except ValueError:
        return False


FAMILY: Final = Family("keys", "a key store", (NO_STORE, CUT, PASSWORD, ENDS, UNREAD), recognise, check)
