from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from attrs import evolve

from planner.app.caller import Silent
from planner.app.disclosure import discretion
from planner.app.redaction import Redactor, document_redaction
from planner.config.load import Configuration
from planner.kinds.registry import read_kind_file
from planner.model.address import Address
from planner.model.ledger import FAILED, Entry, Ledger, ThreeWay
from planner.model.plan import Action
from planner.model.release import Gate, Release
from planner.model.resource import Desired, Prior
from planner.model.state import Intent, Outcome, State
from planner.model.value import Deferred, Fingerprint, Reference, Value, at
from planner.promote.log import Force, Log, Run, Verification, read_log, write_log
from planner.state.store import Store

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
    assert document_redaction(Redactor(), "p/e")(thing) is thing


def test_what_holds_no_secret_is_not_built_again() -> None:
    clean = Entry(A, Action.UPDATE, FAILED, "a reason", conflict=(ThreeWay(("x",), "a", [1], {"k": "b"}),))
    other = Entry(A, Action.UPDATE, FAILED, "a secretive reason")
    redact = redactor("secretive")
    assert redact.inside(clean) is clean
    found = redact.inside(Ledger((clean, other)))
    assert found == Ledger((clean, evolve(other, reason="a (sensitive) reason")))
    assert found.entries[0] is clean


def test_a_value_in_a_file_becomes_the_fingerprint_of_it() -> None:
    attributes: dict[str, Value] = {
        "url": "https://x/?mysecret",
        "abcd": "abcd",
        "name": "xabcdx",
        "text": "for abcd!",
        "n": 1,
        "l": ["mysecret"],
    }
    intent = Intent(1, A, "create", "2025-01-01T00:00:00Z", id="mysecret", attributes=attributes)
    found = document_redaction(redactor("mysecret", "abcd"), "p/e")(intent)
    assert found.id == "mysecret"
    assert found.attributes.keys() == attributes.keys()
    assert found.attributes["name"] == "xabcdx"
    for path, text in (("url", "https://x/?mysecret"), ("abcd", "abcd"), ("text", "for abcd!")):
        fingerprint = found.attributes[path]
        assert isinstance(fingerprint, Fingerprint)
        assert fingerprint.matches(text)
    assert isinstance(at(found.attributes, ("l", 0)), Fingerprint)
    assert intent.attributes["l"] == ["mysecret"]


def test_what_has_a_meaning_in_a_file_stays() -> None:
    redact = document_redaction(redactor("extension", "scrypt", "sensitive", "failed"), "p/e")
    fingerprint = Fingerprint("00", "11")
    values: dict[str, Value] = {
        "a": Deferred(("see extension ", Reference(A, ("extension",)))),
        "b": fingerprint,
    }
    outcome = Outcome(1, A, "failed", Prior(A, "1", values))
    found = redact(outcome)
    assert (found.address, found.result) == (A, "failed")
    assert found.prior is not None
    assert found.prior.attributes["a"] == Deferred(("see (sensitive) ", Reference(A, ("extension",))))
    assert found.prior.attributes["b"] is fingerprint


def test_keys_that_no_kind_names_are_no_place_for_a_secret() -> None:
    values: dict[str, Value] = {
        "my-secret": {"my-secret 1": 1, "x my-secret": [{"my-secret": "a"}], "name": "n"}
    }
    prior = Prior(A, "1", values)
    found = document_redaction(redactor("my-secret", "name"), "p/e")(prior)
    assert found.attributes == {
        "my-secret": {"(sensitive) 1": 1, "x (sensitive)": [{"(sensitive)": "a"}], "name": "n"}
    }
    two = {"a": {"my-secret": 1, "my%2Dsecret": 2, "(sensitive)": 3}}
    assert redactor("my-secret").inside(Prior(A, "1", two)).attributes == {
        "a": {"(sensitive) 2": 1, "(sensitive) 3": 2, "(sensitive)": 3}
    }


def test_a_number_may_be_a_secret() -> None:
    found = redactor("12345678").inside(Prior(A, "1", {"a": [12345678, 1234567], "b": 123456789}))
    assert found.attributes == {"a": ["(sensitive)", 1234567], "b": 123456789}


def test_records_of_promotions_stay_readable() -> None:
    secret = "the-secret"
    gate = Gate("soak", True, f"seen by {secret}", forced=f"for {secret}")
    release = Release({"text": f"x-{secret}", "list": [secret, 1], "plain": "8.15"}, secret, {secret: secret})
    log = Log(
        (
            Run(release, "2026-08-23T12:00:00Z", known_as=secret, by=f"{secret}@example.org", gates=(gate,)),
            Verification(secret, secret, True, "2026-08-23T12:00:00Z", url=f"https://x/?{secret}"),
            Force(secret, "soak", f"because of {secret}", "ann", "2026-08-23T12:00:00Z"),
        )
    )
    state = document_redaction(redactor(secret), "p/e")(State("p", "dev", promotions=write_log(log)))
    run, checked, forced = read_log(state.promotions).records
    assert isinstance(run, Run)
    assert isinstance(checked, Verification)
    assert isinstance(forced, Force)
    assert run.release == Release(
        {"text": "x-(sensitive)", "list": ["(sensitive)", 1], "plain": "8.15"}, secret, {secret: secret}
    )
    assert (run.known_as, run.by) == (secret, "(sensitive)@example.org"), "ids are structure, and stay"
    assert run.gates == (Gate("soak", True, "seen by (sensitive)", forced="for (sensitive)"),)
    assert (checked.check, checked.url) == (secret, "https://x/?(sensitive)")
    assert forced.reason == "because of (sensitive)"


DESIRED = Desired(Address("door", "front"), {"name": "front"})
DOOR = """
kind: door
title: Door
attributes:
  type: object
  required: [name]
  properties:
    name: {type: string}
    id: {type: string, readOnly: true, x-stable: true}
    sesame: {type: string, readOnly: true, x-once: needed}
    first: {type: object, readOnly: true, properties: {knock: {type: string, x-once: extra}}}
natural_key: [name]
api:
  id: id
  names: {sesame: word}
  list: {operation: list, method: GET, path: /doors}
  create: {operation: create, method: POST, path: /doors}
  delete: {operation: delete, method: DELETE, path: "/doors/{id}"}
"""


def test_what_is_shown_once_is_hidden_by_its_name_before_anybody_knows_it(tmp_path: Path) -> None:
    """By the name that replies have for it, at any depth, and only where bodies are logged."""
    path = tmp_path / "door.yaml"
    path.write_text(DOOR)
    kinds = {"door": read_kind_file(path)}
    configuration = cast(Configuration, SimpleNamespace(resources={DESIRED.address: DESIRED}))
    store = cast(Store, SimpleNamespace(load=lambda: State("p", "dev")))
    hidden = [discretion(Silent(logs_bodies=logs), configuration, kinds, store) for logs in (True, False)]
    assert [sorted(each.fields()) for each in hidden] == [["knock", "word"], []]
