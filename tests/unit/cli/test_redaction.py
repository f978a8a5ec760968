from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from planner.cli.redaction import RedactedStream, Redactor, document_redaction
from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.ledger import FAILED, Entry, Ledger, ThreeWay
from planner.model.plan import Action
from planner.model.value import Deferred, Fingerprint, Reference
from planner.model.value_json import decode_value, encode_value

SECRET = 'pa"ss/wörd one'
A = Address("extension", "a")


def redactor(*secrets: str) -> Redactor:
    made = Redactor()
    made.watch(lambda: secrets)
    return made


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        'pa\\"ss/wörd one',
        'pa\\"ss/w\\u00f6rd one',
        "pa%22ss%2Fw%C3%B6rd%20one",
        "pa%22ss/w%C3%B6rd%20one",
        "pa%22ss%2Fw%C3%B6rd+one",
    ],
)
def test_every_form_of_a_secret_is_replaced(form: str) -> None:
    assert redactor(SECRET)(f"<{form}>") == "<(sensitive)>"


def test_the_longer_one_goes_first() -> None:
    assert redactor("token", "token-of-mine")("token-of-mine token") == "(sensitive) (sensitive)"


def test_lines_of_a_secret_are_secrets() -> None:
    assert (
        redactor("first line\nsecond line")("  second line\n  first line") == "  (sensitive)\n  (sensitive)"
    )


def test_what_stands_for_a_secret_is_not_searched_again() -> None:
    assert redactor("extension", "sensitive")("an extension") == "an (sensitive)"


def test_short_ones_are_not_searched_for() -> None:
    assert redactor("abc", "")("abcdef") == "abcdef"


def test_sources_are_asked_each_time() -> None:
    tokens: list[str] = []
    redact = Redactor()
    redact.watch(lambda: tokens)
    assert redact("bearer-1") == "bearer-1"
    tokens.append("bearer-1")
    assert redact("bearer-1") == "(sensitive)"


def test_inside_a_ledger_only_what_people_read_changes() -> None:
    """The result is a word that the renderer knows, even where it happens to be the secret."""
    entry = Entry(
        A,
        Action.UPDATE,
        FAILED,
        "no failed here",
        conflict=(ThreeWay(("x",), "failed", [1], {"k": "failed"}),),
    )
    found = redactor(FAILED).inside(Ledger((entry,))).entries[0]
    assert (found.result, found.reason) == (FAILED, "no (sensitive) here")
    assert found.conflict[0] == ThreeWay(("x",), "(sensitive)", [1], {"k": "(sensitive)"})


def test_inside_a_value_that_is_not_known_yet() -> None:
    value = Deferred(("at mysecret ", Reference(A, ("url",))))
    assert redactor("mysecret").inside([value]) == [Deferred(("at (sensitive) ", Reference(A, ("url",))))]


def test_without_secrets_nothing_is_copied() -> None:
    thing = Ledger()
    assert Redactor().inside(thing) is thing
    data: dict[str, Any] = {"attributes": {}}
    assert document_redaction(Redactor(), "p/e")(data) is data


def test_what_holds_no_secret_is_not_built_again() -> None:
    clean = Entry(A, Action.UPDATE, FAILED, "a reason", conflict=(ThreeWay(("x",), "a", [1], {"k": "b"}),))
    other = Entry(A, Action.UPDATE, FAILED, "a secretive reason")
    redact = redactor("secretive")
    assert redact.inside(clean) is clean
    found = redact.inside(Ledger((clean, other)))
    assert found == Ledger((clean, evolve(other, reason="a (sensitive) reason")))
    assert found.entries[0] is clean


def test_a_value_in_a_document_becomes_the_fingerprint_of_it() -> None:
    redact = document_redaction(redactor("mysecret", "abcd"), "p/e")
    data: dict[str, Any] = {
        "id": "mysecret",
        "attributes": {
            "url": "https://x/?mysecret",
            "abcd": "abcd",
            "name": "xabcdx",
            "n": 1,
            "l": ["mysecret"],
        },
        "reason": "as mysecret",
    }
    found = redact(data)
    assert found["id"] == "mysecret"
    assert found["reason"] == "as (sensitive)"
    assert found["attributes"]["name"] == "xabcdx"
    for path, text in (("url", "https://x/?mysecret"), ("abcd", "abcd")):
        kept = decode_value(found["attributes"][path])
        assert isinstance(kept, Fingerprint)
        assert kept.matches(text)
    assert found["attributes"]["l"][0].keys() == {"$sensitive"}
    assert data["attributes"] == {  # what was encoded is shared, and stays
        "url": "https://x/?mysecret",
        "abcd": "abcd",
        "name": "xabcdx",
        "n": 1,
        "l": ["mysecret"],
    }


def test_what_has_a_meaning_in_a_document_stays() -> None:
    redact = document_redaction(redactor("extension", "scrypt", "sensitive"), "p/e")
    reference = encode_value(Deferred(("see extension ", Reference(A, ("url",)))))
    fingerprint = encode_value(Fingerprint("00", "11"))
    found = redact({"attributes": {"a": reference, "b": fingerprint}})["attributes"]
    assert decode_value(found["a"]) == Deferred(("see (sensitive) ", Reference(A, ("url",))))
    assert found["b"] == fingerprint


class Broken(io.StringIO):
    def __init__(self, error: OSError, descriptor: int) -> None:
        super().__init__()
        self._error, self._descriptor = error, descriptor

    def write(self, text: str, /) -> int:
        raise self._error

    def fileno(self) -> int:
        return self._descriptor


@pytest.fixture
def broken() -> Callable[[OSError], Broken]:
    descriptor = os.open(os.devnull, os.O_WRONLY)
    return lambda error: Broken(error, descriptor)


@pytest.mark.parametrize("vital", [True, False])
def test_a_reader_who_went_away_is_no_error(broken: Callable[[OSError], Broken], vital: bool) -> None:
    assert RedactedStream(broken(BrokenPipeError()), str, vital=vital).write("text") == 4


def test_a_vital_stream_must_be_written(broken: Callable[[OSError], Broken]) -> None:
    error = OSError(28, "No space left on device")
    RedactedStream(broken(error), str).write("progress")
    with pytest.raises(PlannerError, match="cannot be written: No space left"):
        RedactedStream(broken(error), str, vital=True).write("result")


def test_a_stream_redacts_what_is_written() -> None:
    target = io.StringIO()
    stream = RedactedStream(target, redactor("mysecret"))
    assert stream.write("a mysecret b") == len("a mysecret b")
    assert target.getvalue() == "a (sensitive) b"
    assert stream.writable()
    assert not stream.isatty()
