"""Until when certificates are valid, read from stores that others made, and told on a day."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import NoEncryption, PrivateFormat, pkcs12
from hypothesis import given
from hypothesis import strategies as st

from planner.app.lint import lint_paths
from planner.archives.lint import lint
from planner.archives.lint.der import elements
from planner.archives.lint.families.keys import check
from planner.archives.lint.tree import File
from planner.model.lint import Finding

from .cases import zipped
from .cases.keys import ENCRYPTED, certificate, der, jks
from .cases.keys import pkcs12 as sealed
from .cases.saml import signed_by
from .test_linter import made as made_tree

END = datetime(2030, 3, 31, 12, tzinfo=UTC)
KEY = ec.generate_private_key(ec.SECP256R1())


def made(name: str = "ca.example", end: datetime = END) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(subject, subject, KEY.public_key(), 7, datetime(2020, 1, 1), end)
    return builder.sign(KEY, hashes.SHA256())


def store(password: str = "", rounds: int = 2000) -> bytes:
    """One of PKCS#12, with a key and certificates."""
    how = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(rounds).build(password.encode() or b"-")
    return pkcs12.serialize_key_and_certificates(
        b"a", KEY, made(), [made("other")], how if password else NoEncryption()
    )


def with_digest(rounds: bytes) -> bytes:
    """An encrypted store, and how often its password was digested."""
    sha256 = der(0x30, der(6, bytes.fromhex("608648016503040201")))
    digest = der(0x30, der(0x30, sha256, der(4, b"x")), der(4, b"salt"), der(2, rounds))
    return der(0x30, elements(sealed(kind=ENCRYPTED))[0].content, digest)


def found(name: str, data: bytes) -> list[tuple[str, str]]:
    """Rules and what they say; for what was not looked at, no rule."""
    said = check(File(name, len(data), lambda: io.BytesIO(data)))
    return [(item.rule.id if isinstance(item, Finding) else "", item.sentence) for item in said]


def ends(day: str, name: str = "ca.example") -> tuple[str, str]:
    return "keys-certificate-ends", f"has a certificate that is valid until {day}: {name}"


BOTH = [ends("2030-03-31"), ends("2030-03-31", "other")]
NEVER = ends("2999-12-31")
PASSWORD = ("keys-password", "has another password than changeit")
UNREAD = ("keys-unread", "has certificates that are read with its password only")
ENCRYPTED_SO = ("", "its certificates cannot be decrypted here; they were not looked at")
ODD = ("", "it is not written as PKCS#12 mostly is; its certificates were not looked at")


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.p12", store(), BOTH),
        ("cacerts", store(), [PASSWORD, *BOTH]),  # it has a digest, made with no password
        ("cacerts", store("changeit"), BOTH),
        ("cacerts", store("other"), [PASSWORD]),
        ("cacerts", store("changeit", rounds=100_001), [ENCRYPTED_SO]),
        ("cacerts", with_digest(b"\x01"), [PASSWORD]),
        ("cacerts", with_digest(b"\x7f\xff\xff\xff"), [UNREAD]),
        ("a.p12", store("changeit"), [UNREAD]),
        ("a.p12", b"\x30\x80" + store()[4:] + b"\0\0", [ODD]),
        ("a.p12", b"\x30\x00", [ODD]),
        ("a.p12", b"\x30\x84\x00\x20\x00\x00" + b"\x05\x00" * 1024 * 1024, [ODD]),
        ("a.jks", jks("x", certificate(b"\x17\x0d491231000000Z")), [ends("2049-12-31"), NEVER]),
        ("a.jks", jks("x", certificate(b"\x17\x0d500101000000Z")), [ends("1950-01-01"), NEVER]),
        ("a.jks", jks("x", certificate(b"\x18\x0f20500101000000Z")), [ends("2050-01-01"), NEVER]),
        *(
            (
                "a.jks",
                jks("x", data),
                [("", "1 of its certificates cannot be read: when they end is not known"), NEVER],
            )
            for data in (
                b"",
                b"\x30\x00",
                certificate()[:40],
                certificate(b"\x17\x02no"),
                certificate(b"\x18\x0f00010101000000Z"),
                b"\x30\x88" + b"\xff" * 8,
            )
        ),
        (
            "a.jks",
            jks("x", *(certificate(b"\x17\x0d3001%02d000000Z" % day) for day in range(1, 25))),
            [ends(f"2030-01-{day:02}") for day in range(1, 21)],
        ),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else None,  # they hold chance
)
def test_a_store(name: str, data: bytes, expected: list[tuple[str, str]]) -> None:
    assert found(name, data) == expected


STORES = (store(), store("changeit"), jks("changeit", certificate()), signed_by(certificate()))


@given(st.sampled_from(STORES), st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=3)), max_size=4))
def test_nothing_that_stands_in_a_store_keeps_others_from_being_looked_at(
    data: bytes, changes: list[tuple[int, bytes]]
) -> None:
    for place, put in changes:
        at = place % len(data)
        data = data[:at] + put + data[at + 1 :]
    files = {"cacerts": data, "saml/idp.xml": data, "dictionaries/words.txt": b"\xff"}
    assert "words-not-utf8" in {item.rule.id for item in lint(made_tree(files)).findings}


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        ("2030-02-28T23:59:59Z", []),
        ("2030-03-01T00:00:00Z", ["a.p12"] * 2),
        ("2031-01-01T00:00:00Z", ["a.p12"] * 2),
    ],
)
def test_it_is_told_from_a_month_before_on(tmp_path: Path, now: str, ends: list[str]) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"a.p12": store(), "scripts/x.js": b""}))
    (report,) = lint_paths(tmp_path, [tmp_path / "a.zip"], lambda: now)
    assert [item.member for item in report.findings] == ["scripts/x.js", *ends]
