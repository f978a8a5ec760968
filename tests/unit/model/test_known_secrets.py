"""A secret is found in every form that others write it in."""

from __future__ import annotations

import base64
import html
import json
import random
import shlex
import unicodedata
from collections.abc import Callable, Iterator
from itertools import product
from urllib.parse import quote, quote_plus

import pytest

from planner.model.known_secrets import known_secrets

SECRETS = [
    "p@ss<w&r/Zz",
    "pässwörtß✓",
    "abcd",
    "a b+c",
    "Key-Zq7/8+9==",
    'it\'s "quoted"',
    "C:\\new\\table",
    "100%41 &lt;",
    "emoji 😀 and\ttab",
    "12345678",
]


def percent(text: str, style: str) -> str:
    return "".join(f"%{byte:{style}}" for byte in text.encode())


def escaped(text: str) -> str:
    units = text.encode("utf-16-be").hex(" ", 2).split()
    return "".join(f"\\u{unit}" for unit in units)


def partly(text: str) -> str:
    """Every other character behind an escape, of one kind and another."""
    ways = (str, lambda c: percent(c, "02x"), html.escape, lambda c: f"&#{ord(c)};", escaped)
    return "".join(ways[at % len(ways)](char) for at, char in enumerate(text))


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "percent": lambda s: percent(s, "02X"),
    "percent in small letters": lambda s: percent(s, "02x"),
    "URL": quote,
    "part of a URL": lambda s: quote(s, safe=""),
    "form": quote_plus,
    "HTML": html.escape,
    "numbered": lambda s: "".join(f"&#{ord(c)};" for c in s),
    "numbered in hex": lambda s: "".join(f"&#x{ord(c):X};" for c in s),
    "JSON": lambda s: json.dumps(s)[1:-1],
    "JSON in capitals": lambda s: escaped(s).upper().replace("\\U", "\\u"),
    "JSON with letters": lambda s: json.dumps(s, ensure_ascii=False)[1:-1],
    "JSON for HTML": lambda s: json.dumps(s)[1:-1].replace("<", "\\u003c").replace("/", "\\/"),
    "repr": repr,
    "ascii": ascii,
    "bytes": lambda s: repr(s.encode()),
    "octal": lambda s: "".join(f"\\{byte:03o}" for byte in s.encode()),
    "shell": shlex.quote,
    "doubled quotes": lambda s: s.replace("'", "''").replace('"', '""'),
    "braced": lambda s: "".join(f"\\u{{{ord(c):x}}}" for c in s),
    "hex": lambda s: s.encode().hex(),
    "hex dump": lambda s: s.encode().hex(" ").upper(),
    "fingerprint": lambda s: s.encode().hex(":"),
    "NFD": lambda s: unicodedata.normalize("NFD", s),
    "partly": partly,
    "base64 of JSON": lambda s: base64.b64encode(json.dumps({"x": s}).encode()).decode(),
}
AROUND: dict[str, Callable[[str], str]] = {
    "alone": str,
    "in words": lambda s: f"it says ({s}), so",
    "in JSON": json.dumps,
    "in JSON in JSON": lambda s: json.dumps({"body": json.dumps({"k": s})}),
    "in a URL": lambda s: f"https://x.example/?q={quote(s, safe='')}&r=1",
    "in a page": lambda s: f"<p title='{html.escape(s)}'>",
}


@pytest.mark.parametrize("secret", SECRETS)
def test_it_is_found(secret: str) -> None:
    known = known_secrets((secret, "another-one"))
    for form, around in product(FORMS, AROUND.values()):
        text = around(FORMS[form](secret))
        found = known.redact(text)
        assert "(sensitive)" in found, (form, text)
        assert not known.are_in(found.replace("(sensitive)", "")), (form, text, found)


def test_what_stands_around_it_stays() -> None:
    known = known_secrets(("p@ss<w&r/Zz",))
    assert known.redact("a%20p%40ss%3Cw%26r/Zz%20b") == "a%20(sensitive)%20b"
    assert known.redact('{"m": "p@ss\\u003cw\\u0026r\\/Zz", "n": 1}') == '{"m": "(sensitive)", "n": 1}'
    assert known.redact("&lt;p@ss&lt;w&amp;r/Zz&gt;") == "&lt;(sensitive)&gt;"


def wrapped(data: bytes, width: int) -> str:
    text = base64.b64encode(data).decode()
    return "\n".join(text[at : at + width] for at in range(0, len(text), width))


@pytest.mark.parametrize("secret", SECRETS)
def test_base64_whatever_stands_around_it(secret: str) -> None:
    known = known_secrets((secret,))
    around = [b"", b"u", b"us", b"use", b"user:", b"\xff\xff\xff", b"\0\0"]
    for before, after in product(around, around):
        data = before + secret.encode() + after
        for text in (
            base64.b64encode(data).decode(),
            base64.urlsafe_b64encode(data).decode().rstrip("="),
            *(wrapped(data, width) for width in (4, 7, 64, 76)),
            json.dumps(wrapped(data, 8)),
        ):
            assert known.are_in(text), (before, after, text)


def others() -> Iterator[str]:
    yield from (
        "",
        "abc",
        "ABCD",
        "p@ss<w",
        "https://x.example/?a=1&b=%20",
        '{"a": "\\u00e4\\n"}',
        "dbca abdc",
    )
    made = random.Random(7)  # noqa: S311 - only texts
    yield from (base64.b64encode(made.randbytes(60)).decode() for _ in range(2000))
    yield from (made.randbytes(32).hex() for _ in range(2000))


def test_nothing_else_is_found() -> None:
    known = known_secrets(("p@ss<w&r/Zz", "pässwörtß✓", "wxyz1", "abcd"))
    for text in others():
        if "abcd" not in text and b"abcd".hex() not in text:
            assert known.redact(text) is text


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_of_a_certificate_with_its_key_only_the_key_is_secret(end: str) -> None:
    def pem(what: str, *lines: str) -> str:
        return end.join((f"-----BEGIN {what}-----", *lines, f"-----END {what}-----", ""))

    own, ca = pem("CERTIFICATE", "MIIBszCC", "AVmgAwIB"), pem("CERTIFICATE", "MIIC/+==")
    secret = own + pem("EC PRIVATE KEY", "MHcCAQEE", "IBkg4LVW") + ca
    known = known_secrets((secret, "-----BEGIN OTHER-----"))
    for public in (own, ca, own + ca, pem("EC PRIVATE KEY"), "-----BEGIN CERTIFICATE-----", "MIIBszCC"):
        assert known.redact(public) == public
    for hidden in (secret, "MHcCAQEE", "IBkg4LVW", "-----BEGIN OTHER-----"):
        assert known.redact(f"<{hidden}>") == "<(sensitive)>"


def test_among_values_a_short_one_is_a_word_by_itself() -> None:
    known = known_secrets(("abcd", "longer-one"))
    assert [
        known.are_among(text) for text in ("abcd", "for abcd.", "x=abcd", "xabcd", "abcde", "abcd_1")
    ] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
    assert known.are_among("xlonger-oney")
    assert known.are_among(base64.b64encode(b"user:abcd").decode())


def test_those_that_overlap_go_together() -> None:
    assert known_secrets(("abcdef", "defghi", "token", "token-of-mine")).redact(
        "abcdefghi token-of-mine token"
    ) == ("(sensitive) (sensitive) (sensitive)")


@pytest.mark.parametrize("many", [1, 3, 1200])
def test_many_texts_at_once(many: int) -> None:
    known = known_secrets(("p@ss<w&r/Zz",))
    clean = [f"text {number}" for number in range(many)]
    assert known.holding(clean) == frozenset()
    assert known.holding([*clean, "p%40ss%3Cw%26r/Zz", *clean]) == {"p%40ss%3Cw%26r/Zz"}
