from __future__ import annotations

from hashlib import sha1

from . import Case

DATA, ENCRYPTED = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06"
X509_BAG = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x03"
NEVER = b"\x18\x0f29991231235959Z"
LONG_AGO = b"\x17\x0d200530104838Z"


def der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    length = bytes([size]) if size < 0x80 else b"\x82" + size.to_bytes(2)
    return bytes([tag]) + length + content


def certificate(end: bytes = NEVER, name: str = "ca.example") -> bytes:
    """As far as its subject."""
    subject = der(0x31, der(0x30, der(6, b"\x55\x04\x03"), der(0x0C, name.encode())))
    version, serial, algorithm, issuer = der(0xA0, der(2, b"\2")), der(2, b"\1"), der(0x30), der(0x30)
    validity = der(0x30, b"\x17\x0d000101000000Z", end)
    return der(0x30, der(0x30, version, serial, algorithm, issuer, validity, der(0x30, subject)))


def jks(password: str, *certificates: bytes) -> bytes:
    """One with a key and its two certificates, and others, as keytool writes it."""

    def sized(data: bytes, size: int = 4) -> bytes:
        return len(data).to_bytes(size) + data

    typed = [sized(b"X.509", 2) + sized(data) for data in (certificate(), *certificates)]
    trusted = [b"\0\0\0\2" + sized(b"ca", 2) + bytes(8) + data for data in typed]
    key = b"\0\0\0\1" + sized(b"own", 2) + bytes(8) + sized(b"key") + b"\0\0\0\2" + typed[0] * 2
    data = b"\xfe\xed\xfe\xed\0\0\0\2" + (len(trusted) + 1).to_bytes(4) + b"".join(trusted) + key
    return (
        data + sha1(password.encode("utf-16-be") + b"Mighty Aphrodite" + data, usedforsecurity=False).digest()
    )


def pkcs12(*certificates: bytes, kind: bytes = DATA) -> bytes:
    """A store without a password; kind: what it says of its certificates."""
    bags = [
        der(0x30, der(6, X509_BAG), der(0xA0, der(0x30, der(6, b"x"), der(0xA0, der(4, data)))))
        for data in certificates
    ]
    part = der(0x30, der(6, kind), der(0xA0, der(4, der(0x30, *bags))))
    safe = der(0x30, der(6, DATA), der(0xA0, der(4, der(0x30, part))))
    return der(0x30, der(2, b"\3"), safe)


PKCS12 = pkcs12(certificate())
GOOD = {
    "cacerts": jks("changeit"),
    "truststore/a.jks": jks("other"),
    "a.p12": PKCS12,
}
CUT = {
    "a.jks": jks("changeit")[:-1],
    "b.jks": jks("changeit") + b"\n",
    "c.jks": jks("changeit")[:50],
    "d.p12": PKCS12[:-1],
    "e.p12": b"\x30",
    "f.p12": PKCS12 + b"\n",
}
ENDED = certificate(LONG_AGO)

CASES = {
    "keys-no-store": Case(
        {"cacerts": b"-----BEGIN CERTIFICATE-----\n", "truststore/ca.JKS": b"", "a.p12": b"PK"},
        {**GOOD, "c.keystore": b"\xce\xce\xce\xce", "truststore/ca.crt": b"-----BEGIN"},
        ("a.p12", "cacerts", "truststore/ca.JKS"),
    ),
    "keys-cut": Case(CUT, GOOD, tuple(CUT)),
    "keys-password": Case({"cacerts": jks("other")}, GOOD, ("cacerts",)),
    "keys-certificate-ends": Case(
        {"a.jks": jks("other", ENDED), "b.p12": pkcs12(certificate(), ENDED), "cacerts": pkcs12(ENDED)},
        GOOD,
        ("a.jks", "b.p12", "cacerts"),
    ),
    "keys-unread": Case({"a.pfx": pkcs12(kind=ENCRYPTED)}, GOOD, ("a.pfx",)),
}
