from __future__ import annotations

import pytest

from planner.config.tokens import (
    BROKEN,
    CLOSE,
    DIGITS,
    INVALID,
    OPEN,
    Tokens,
    broken_at,
    decode,
    encode,
    holds_token,
    join,
)
from planner.model.address import Address
from planner.model.value import Deferred, Reference, Secret, Value

URL = Reference(Address("thing", "a"), ("url",))


@pytest.mark.parametrize("number", [0, 1, 15, 16, 255, 10**9])
def test_numbers(number: int) -> None:
    assert decode(encode(number)) == number
    assert set(encode(number)) <= set(DIGITS)


@pytest.mark.parametrize("change", [str.upper, str.lower, str.strip, str.title, str.casefold])
def test_tokens_survive(change: object) -> None:
    token = Tokens().put("x")
    assert callable(change)
    assert change(token) == token


@pytest.mark.parametrize(
    "value", [None, True, 8.1, "", "8.10", ["x"], {"a": 1}, Secret("s"), Deferred((URL,))]
)
def test_a_whole_token_is_the_value_itself(value: Value) -> None:
    tokens = Tokens()
    tokens.put("other")
    assert tokens.restore(tokens.put(value)) is value


def test_text_without_tokens_is_itself() -> None:
    text = "no token"
    assert Tokens().restore(text) is text


def test_text_with_tokens_is_joined() -> None:
    tokens = Tokens()
    text = f"a{tokens.put(True)}b{tokens.put(8.1)}{tokens.put('c')}"
    assert tokens.restore(text) == "atrueb8.1c"


@pytest.mark.parametrize(
    "text",
    [
        OPEN,
        f"a{OPEN}b",
        OPEN + DIGITS[0],
        f"{OPEN}{CLOSE}",
        f"{OPEN}x{CLOSE}",
        OPEN + DIGITS[5] + CLOSE,
        f"a{OPEN}{DIGITS[0]}{CLOSE}{OPEN}",
        f"a{OPEN}{DIGITS[0]}{CLOSE}b{CLOSE}",
    ],
)
def test_broken_tokens_are_refused(text: str) -> None:
    tokens = Tokens()
    tokens.put("value")
    with pytest.raises(ValueError, match="was cut or changed") as caught:
        tokens.restore(text)
    assert str(caught.value) == BROKEN


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", None),
        ("plain \\ text \\n \\u00e9 \\", None),
        (f"a{OPEN}{DIGITS[0]}{CLOSE}b", None),
        (f"a{OPEN}{DIGITS[0]}", 1),
        (f"ab{CLOSE}", 2),
        (f"abc{DIGITS[0]}", 3),
        (f"{OPEN}{DIGITS[0]}{CLOSE}{CLOSE}", 3),
        ('"\\uf890"', 1),
        ('"\\uF89', 1),
        ('"\\U0000f881"', 1),
    ],
)
def test_the_first_broken_token(text: str, place: int | None) -> None:
    assert broken_at(text) == place


def test_looking_for_broken_tokens_is_linear() -> None:
    token = f"{OPEN}{DIGITS[1]}{CLOSE}"
    assert broken_at(("\\" + token + " " * 50) * 50_000) is None


def test_holds_token() -> None:
    assert holds_token(f"a{Tokens().put(1)}")
    assert not holds_token(f"{OPEN} {CLOSE}")


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        (["a", 1, True], "a1true"),
        (["a", Deferred((URL,)), "b", 1], Deferred(("a", URL, "b1"))),
        ([Deferred(("a", URL)), Deferred((URL, "b"))], Deferred(("a", URL, URL, "b"))),
        (
            ["a", Secret("s"), Deferred((URL,)), Secret("t"), "b"],
            Deferred(("a", Secret("s"), URL, Secret("t"), "b")),
        ),
        (["a", INVALID], INVALID),
        ([INVALID, Deferred((URL,))], INVALID),
    ],
)
def test_join(parts: list[Value], whole: Value) -> None:
    found = join(parts)
    assert found == whole
    assert type(found) is type(whole)


def test_join_keeps_secrets() -> None:
    assert isinstance(join(["a", Secret("s")]), Secret)
    deferred = join(["a", Secret("s"), Deferred((URL,))])
    assert isinstance(deferred, Deferred)
    assert [type(part) for part in deferred.parts] == [str, Secret, Reference]


@pytest.mark.parametrize("value", [None, [], {}])
def test_join_refuses_what_is_no_scalar(value: Value) -> None:
    for parts in (["a", value], [Deferred((URL,)), value]):
        with pytest.raises(ValueError, match="cannot be part of a text"):
            join(parts)
