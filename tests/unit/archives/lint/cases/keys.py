from __future__ import annotations

from hashlib import sha1

from . import Case


def jks(password: str) -> bytes:
    """One with a certificate and a key, as keytool writes it."""

    def sized(data: bytes, size: int = 4) -> bytes:
        return len(data).to_bytes(size) + data

    certificate = sized(b"X.509", 2) + sized(b"\x30\x01c")
    trusted = b"\0\0\0\2" + sized(b"ca", 2) + bytes(8) + certificate
    key = b"\0\0\0\1" + sized(b"own", 2) + bytes(8) + sized(b"key") + b"\0\0\0\2" + certificate * 2
    data = b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\2" + trusted + key
    return (
        data + sha1(password.encode("utf-16-be") + b"Mighty Aphrodite" + data, usedforsecurity=False).digest()
    )


PKCS12 = b"\x30\x82\x01\x00" + bytes(256)
GOOD = {
    "cacerts": jks("changeit"),
    "truststore/a.jks": jks("other"),
    "a.p12": PKCS12,
    "b.pfx": b"\x30\x80" + PKCS12,
}
CUT = {
    "a.jks": jks("changeit")[:-1],
    "b.jks": jks("changeit") + b"\n",
    "c.jks": jks("changeit")[:50],
    "d.p12": PKCS12[:-1],
    "e.p12": b"\x30",
}

CASES = {
    "keys-no-store": Case(
        {"cacerts": b"-----BEGIN CERTIFICATE-----\n", "truststore/ca.JKS": b"", "a.p12": b"PK"},
        {**GOOD, "c.keystore": b"\xce\xce\xce\xce", "truststore/ca.crt": b"-----BEGIN"},
        ("a.p12", "cacerts", "truststore/ca.JKS"),
    ),
    "keys-cut": Case(CUT, GOOD, tuple(CUT)),
    "keys-password": Case({"cacerts": jks("other")}, GOOD, ("cacerts",)),
}
