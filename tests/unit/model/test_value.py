from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest

from planner.model.address import Address
from planner.model.value import (
    CONCEALED,
    SCRYPT,
    UNKNOWN,
    Deferred,
    Fingerprint,
    Reference,
    Secret,
    Value,
    at,
    conceal,
    conceal_as,
    dotted,
    is_deferred,
    is_sensitive,
    leaves,
    renewed,
    resolve,
    scalar_text,
    stretched,
)

SALT = "ab" * 16
A = Address("extension", "a")
URL, ID = Reference(A, ("url",)), Reference(A, ("id",))
SECRET = Secret("hunter2")
PRINT = Fingerprint.of("hunter2", SALT)


def test_a_secret_hides_from_repr_and_stays_one_when_cut() -> None:
    assert repr(SECRET) == "(sensitive)"
    assert repr({"k": [SECRET]}) == "{'k': [(sensitive)]}"
    assert SECRET == "hunter2"
    assert repr(SECRET[:3]) == "(sensitive)"


def test_an_older_fingerprint_is_scrypt_with_its_salt() -> None:
    # RFC 7914, section 12, has no vector for n=16384, r=8, p=1 with 32 bytes: the first 32 of the 64
    older = Fingerprint(
        b"SodiumChloride".hex(), "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2", SCRYPT
    )
    assert older.matches("pleaseletmein")
    assert not older.matches("pleaseletmeout")


def test_a_fingerprint_is_keyed_by_its_salt() -> None:
    key = hashlib.scrypt(b"planner fingerprint key", salt=b"\xab" * 16, n=16384, r=8, p=1, dklen=32)
    assert Fingerprint(SALT, hmac.digest(key, b"hunter2", "sha256").hex()) == PRINT
    assert PRINT.matches(SECRET)
    assert not PRINT.matches("other")
    assert Fingerprint.of("hunter2", "cd" * 16) != PRINT


def test_the_key_is_made_once_for_many_secrets() -> None:
    stretched.cache_clear()
    for number in range(1000):
        Fingerprint.of(f"secret {number}", SALT)
    assert stretched.cache_info().misses == 1


OLDER = Fingerprint(SALT, stretched("hunter2", SALT).hex(), SCRYPT)


@pytest.mark.parametrize(
    ("value", "kept", "concealed"),
    [
        (SECRET, OLDER, OLDER),
        (SECRET, PRINT, PRINT),
        (SECRET, "hunter2", PRINT),
        (Secret("other"), OLDER, Fingerprint.of("other", SALT)),
        ({"a": SECRET, "b": 1}, {"a": OLDER}, {"a": OLDER, "b": 1}),
        ([SECRET, "x"], [OLDER, "y"], [OLDER, "x"]),
        ([SECRET], [OLDER, OLDER], [PRINT]),
        ("x", OLDER, "x"),
    ],
)
def test_what_is_the_same_keeps_its_fingerprint(value: Any, kept: Any, concealed: Any) -> None:
    assert conceal_as(value, kept, SALT) == concealed


@pytest.mark.parametrize(
    ("kept", "value", "after"),
    [
        (OLDER, SECRET, PRINT),
        (OLDER, Secret("other"), OLDER),
        (OLDER, None, OLDER),
        (PRINT, SECRET, PRINT),
        ({"a": OLDER, "b": 1}, {"a": SECRET, "b": 2}, {"a": PRINT, "b": 1}),
        ([OLDER], [SECRET], [PRINT]),
        ([OLDER], [], [OLDER]),
    ],
)
def test_older_fingerprints_are_made_anew_where_the_secret_is_at_hand(
    kept: Any, value: Any, after: Any
) -> None:
    assert renewed(kept, value, SALT) == after


LOOKUP: dict[Reference, Any] = {URL: "repo://1", ID: 7}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (1, 1),
        (Deferred((ID,)), 7),
        (Deferred(("n-", ID)), "n-7"),
        (Deferred((URL, "/", ID)), "repo://1/7"),
        ({"a": [Deferred((ID,))], "b": (Deferred((URL,)),)}, {"a": [7], "b": ["repo://1"]}),
        (Deferred((SECRET, ID)), "hunter27"),
        (Deferred((Reference(A, ("x",)),)), Deferred((Reference(A, ("x",)),))),
        (Deferred((ID, Reference(A, ("x",)))), Deferred((ID, Reference(A, ("x",))))),
    ],
)
def test_resolve(value: Any, found: Any) -> None:
    assert resolve(value, lambda reference: LOOKUP.get(reference, UNKNOWN)) == found


@pytest.mark.parametrize(
    ("put_in", "kept"),
    [(PRINT, True), (Deferred((ID,)), True), (UNKNOWN, True), ("x", False), (True, False), (1.5, False)],
)
def test_what_is_not_known_keeps_a_text_deferred(put_in: Any, kept: bool) -> None:
    value = Deferred(("x", URL))
    assert (resolve(value, lambda _: put_in) == value) is kept


def test_a_fingerprint_alone_takes_the_place_of_its_reference() -> None:
    assert resolve(Deferred((URL,)), lambda _: PRINT) == PRINT


def test_a_secret_in_a_text_makes_it_secret() -> None:
    assert isinstance(resolve(Deferred(("x", URL)), lambda _: SECRET), Secret)


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), (True, "true"), (False, "false"), (8, "8"), (8.1, "8.1"), (1e30, "1e+30")]
)
def test_scalars_in_a_text(value: Any, text: str) -> None:
    assert scalar_text(value) == text


@pytest.mark.parametrize(("value", "name"), [(None, "null"), ([], "a list"), ({}, "a mapping")])
def test_what_has_no_place_in_a_text(value: Any, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} cannot be part of a text"):
        resolve(Deferred(("x", URL)), lambda _: value)


@pytest.mark.parametrize(
    ("value", "sensitive", "deferred"),
    [
        (1, False, False),
        ([{"k": SECRET}], True, False),
        ([PRINT], True, False),
        (Deferred((ID,)), False, True),
        ({"a": Deferred(("x", SECRET, ID))}, True, True),
    ],
)
def test_what_values_hold(value: Any, sensitive: bool, deferred: bool) -> None:
    assert (is_sensitive(value), is_deferred(value)) == (sensitive, deferred)


def test_conceal_leaves_no_secret() -> None:
    value: Value = {"a": SECRET, "b": [SECRET, 1], "c": Deferred((SECRET, ID)), "d": PRINT}
    found = conceal(value, SALT)
    assert found == {"a": PRINT, "b": [PRINT, 1], "c": Deferred((CONCEALED, ID)), "d": PRINT}
    assert "hunter2" not in [*map(str, (leaf for _, leaf in leaves(found)))]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ((), {"a": [1]}),
        (("a",), [1]),
        (("a", 0), 1),
        (("a", 1), UNKNOWN),
        (("b",), UNKNOWN),
        (("a", 0, "x"), UNKNOWN),
    ],
)
def test_at(path: Any, found: Any) -> None:
    assert at({"a": [1]}, path) == found


def test_names_of_paths_and_references() -> None:
    assert dotted(("rules", 0, "source")) == "rules[0].source"
    assert dotted(("rules", "10.0.0.0/8", "text")) == 'rules["10.0.0.0/8"].text'
    assert [dotted(path) for path in ((), ("a b",), (0, ""), ("a", "b-c_d"))] == [
        "",
        "a b",
        '[0][""]',
        "a.b-c_d",
    ]
    assert str(Deferred(("x-", URL))) == "x-${resource.extension.a.url}"
    assert Deferred(("x-", URL)).references == (URL,)
    assert repr(UNKNOWN) == "(known after apply)"
