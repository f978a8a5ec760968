from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import example, given
from hypothesis import strategies as st

from planner.engine.diff import differences, drift_of, without_ignored
from planner.engine.entry import accepted, replaced, take_over
from planner.model.codec import canonical, encode
from planner.model.facets import attributes_of
from planner.model.kept import Wanted
from planner.model.kind import ContentFacts, Kind
from planner.model.plan import AttributeDiff
from planner.model.resource import Desired, Observed, Prior
from planner.model.value import Deferred, Fingerprint, Secret, Value, is_sensitive, leaves

from .world import SALT, THING, address, later, observed, prior, ref

SECRET = Secret("hunter2")
PRINT = Fingerprint.of("hunter2", SALT)
OTHER = Fingerprint.of("other", SALT)


def diffs(wanted: dict[str, Value], **seen: Any) -> list[tuple[Any, ...]]:
    found = differences({"name": "a", **wanted}, prior("a", **seen), THING, SALT)
    return [(d.path, d.before, d.after) for d in found]


UNKNOWN_URL = later(ref("b", "url"))


@pytest.mark.parametrize(
    ("wanted", "seen", "found"),
    [
        pytest.param({}, {}, [], id="nothing"),
        pytest.param({"tier": "x"}, {"tier": "x"}, [], id="equal"),
        pytest.param({}, {"tier": "x"}, [], id="left out is left alone"),
        pytest.param({}, {"note": "x"}, [(("note",), "x", None)], id="left out is cleared"),
        pytest.param({"note": ""}, {}, [], id="empty is unset"),
        pytest.param({"note": None}, {}, [], id="null is unset"),
        pytest.param({"tags": ["a", "b"]}, {"tags": ["b", "a"]}, [], id="order of a set"),
        pytest.param(
            {"tags": ["b", "c"]},
            {"tags": ["a", "b"]},
            [(("tags", 0), "a", None), (("tags", 1), None, "c")],
            id="items of a set",
        ),
        pytest.param({"tags": ["a"]}, {"tags": ["a", "a"]}, [(("tags", 1), "a", None)], id="twice in a set"),
        pytest.param(
            {"rules": ["b", "a"]},
            {"rules": ["a", "b"]},
            [(("rules", 0), "a", "b"), (("rules", 1), "b", "a")],
            id="order of a list",
        ),
        pytest.param(
            {"rules": ["x", "a", "b"]}, {"rules": ["a", "b"]}, [(("rules", 0), None, "x")], id="insert"
        ),
        pytest.param({"rules": ["b"]}, {"rules": ["a", "b"]}, [(("rules", 0), "a", None)], id="removal"),
        pytest.param(
            {"settings": {"a": {"b": 2, "c": 1}}},
            {"settings": {"a": {"b": 1, "c": 1}}},
            [(("settings", "a", "b"), 1, 2)],
            id="nested",
        ),
        pytest.param(
            {"settings": {"a": 1}},
            {"settings": {"b": 1}},
            [(("settings", "a"), None, 1), (("settings", "b"), 1, None)],
            id="keys",
        ),
        pytest.param(
            {"settings": {"__a": 2, "b": 2, "_c": 2}},
            {"settings": {"__a": 1, "b": 1, "_c": 1}},
            [(("settings", "__a"), 1, 2), (("settings", "_c"), 1, 2), (("settings", "b"), 1, 2)],
            id="keys with underscores",
        ),
        pytest.param({"settings": {"a": 1.0}}, {"settings": {"a": 1}}, [], id="1.0 is 1"),
        pytest.param(
            {"settings": {"a": 1.0, "b": 2}},
            {"settings": {"a": 1, "b": 1}},
            [(("settings", "b"), 1, 2)],
            id="1.0 is 1 beside a change",
        ),
        pytest.param({"settings": True}, {"settings": 1}, [(("settings",), 1, True)], id="true is not 1"),
        pytest.param(
            {"settings": {"a": 1}}, {"settings": ["a"]}, [(("settings",), ["a"], {"a": 1})], id="type"
        ),
        pytest.param(
            {"source": UNKNOWN_URL}, {"source": "x"}, [(("source",), "x", UNKNOWN_URL)], id="unknown"
        ),
        pytest.param(
            {"settings": {"u": UNKNOWN_URL, "v": 1}},
            {"settings": {"u": "x", "v": 1}},
            [(("settings", "u"), "x", UNKNOWN_URL)],
            id="nested unknown",
        ),
        pytest.param({"url": "u"}, {}, [], id="the server's are not compared"),
        pytest.param({"file": "files/b"}, {"file": "files/a"}, [], id="the path of a file"),
        pytest.param({"password": SECRET}, {"password": PRINT}, [], id="same secret"),
        pytest.param({"password": SECRET}, {}, [(("password",), None, PRINT)], id="new secret"),
        pytest.param(
            {"password": SECRET}, {"password": OTHER}, [(("password",), OTHER, PRINT)], id="other secret"
        ),
        pytest.param({"tier": SECRET}, {"tier": "hunter2"}, [], id="a secret shown in clear"),
        pytest.param(
            {"tier": SECRET}, {"tier": "other"}, [(("tier",), OTHER, PRINT)], id="clear beside a secret"
        ),
        pytest.param(
            {"tier": "other"}, {"tier": PRINT}, [(("tier",), PRINT, OTHER)], id="clear after a secret"
        ),
        pytest.param({"tags": [SECRET, "z"]}, {"tags": ["z", PRINT]}, [], id="a set with a secret in it"),
    ],
)
def test_differences(wanted: dict[str, Value], seen: dict[str, Value], found: list[Any]) -> None:
    assert diffs(wanted, **seen) == found


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        ({}, []),
        ({"tier": "x"}, [(("tier",), "x", later(ref("a", "tier")))]),
        ({"settings": {"k": 1}}, [(("settings",), {"k": 1}, later(ref("a", "settings")))]),
        ({"note": "x"}, [(("note",), "x", None)]),  # left out means empty
        ({"source": "x"}, [(("source",), "x", None)]),  # no reply tells it
        ({"password": PRINT}, [(("password",), PRINT, None)]),
        (
            {"file": "files/a", "marker": "m"},
            [],
        ),  # content is compared elsewhere, and the server's is its own
    ],
)
def test_a_resource_made_anew_has_nothing_of_what_is_left_out(seen: Any, found: list[Any]) -> None:
    entry = prior("a", **seen)
    diffs = differences({"name": "a"}, entry, THING, SALT, anew=True)
    assert [(d.path, d.before, d.after) for d in diffs] == found


@pytest.mark.parametrize(
    ("wanted", "seen", "found"),
    [
        ({"key": SECRET, "b": 1}, {"key": OTHER, "b": 1}, [(("settings", "key"), OTHER, PRINT, True)]),
        ({"key": SECRET, "b": 2}, {"key": PRINT, "b": 1}, [(("settings", "b"), 1, 2, False)]),
        (
            {"key": SECRET, "b": 2},
            {"b": 1},
            [(("settings", "b"), 1, 2, False), (("settings", "key"), None, PRINT, True)],
        ),
        (
            {"key": SECRET},
            {"key": "clear"},
            [(("settings", "key"), Fingerprint.of("clear", SALT), PRINT, True)],
        ),
        ({"a": {"key": SECRET}}, {}, [(("settings", "a"), None, {"key": PRINT}, False)]),
        ([{"n": 1, "key": SECRET}], [{"n": 2, "key": PRINT}], [(("settings", 0, "n"), 2, 1, False)]),
    ],
)
def test_a_secret_hides_its_own_leaf(wanted: Any, seen: Any, found: Any) -> None:
    told = differences({"settings": wanted}, prior("a", settings=seen), THING, SALT)
    assert [(d.path, d.before, d.after, d.sensitive) for d in told] == found


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        (["a", SECRET], ["b", OTHER]),
        ([SECRET], ["clear"]),
        ({"key": SECRET}, "clear"),
        (SECRET, {"b": "clear"}),
    ],
)
def test_what_says_something_of_a_secret_is_hidden_with_it(wanted: Any, seen: Any) -> None:
    [diff] = differences({"settings": wanted}, prior("a", settings=seen), THING, SALT)
    assert (diff.path, diff.sensitive) == (("settings",), True)
    assert isinstance(diff.before, Fingerprint)
    assert isinstance(diff.after, Fingerprint)


@pytest.mark.parametrize(
    ("wanted", "seen", "unsure"),
    [({}, {}, True), ({}, {"password": OTHER}, False), ({"tier": Secret("t")}, {"password": PRINT}, False)],
)
def test_a_secret_of_which_no_fingerprint_is_known(wanted: Any, seen: Any, unsure: bool) -> None:
    [diff] = differences({"password": SECRET, **wanted}, prior("a", **seen), THING, SALT)
    assert diff.unsure is unsure


@pytest.mark.parametrize(
    ("wanted", "seen", "forces"),
    [
        ("y", "x", True),
        ("y", None, False),
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 2}, {"a": 1}, True),
    ],
)
def test_immutable(wanted: Value, seen: Value, forces: bool) -> None:
    found = differences({"tier": wanted}, prior("a", tier=seen), THING, SALT)
    assert [d.forces_replacement for d in found] == [forces]


@pytest.mark.parametrize(
    ("path", "wanted", "seen", "kept"),
    [
        (("note",), {"note": "n"}, {"note": "o"}, {"note": "o"}),
        (("note",), {}, {"note": "o"}, {"note": "o"}),
        (("note",), {"note": "n"}, {}, {}),
        (
            ("settings", "a"),
            {"settings": {"a": 1, "b": 1}},
            {"settings": {"a": 2}},
            {"settings": {"a": 2, "b": 1}},
        ),
        (("settings", "a"), {"settings": {"b": 1}}, {"settings": {"a": 2}}, {"settings": {"a": 2, "b": 1}}),
        (("settings", "a"), {"settings": {"a": 1, "b": 1}}, {"settings": {"b": 2}}, {"settings": {"b": 1}}),
        (("rules", 1), {"rules": ["a", "b"]}, {"rules": ["x", "y"]}, {"rules": ["a", "y"]}),
        (
            ("rules", 0, "k"),
            {"rules": [{"k": 1, "l": 1}]},
            {"rules": [{"k": 2}]},
            {"rules": [{"k": 2, "l": 1}]},
        ),
        (("rules", 5), {"rules": ["a"]}, {"rules": ["x"]}, {"rules": ["a"]}),
    ],
)
def test_ignored_paths_stay_as_they_are(path: Any, wanted: Any, seen: Any, kept: Any) -> None:
    assert without_ignored(wanted, prior("a", **seen), [path], THING) == kept


def test_what_is_ignored_gives_no_diff() -> None:
    seen = prior("a", settings={"a": 2, "b": 1})
    kept = without_ignored({"settings": {"a": 1, "b": 3}}, seen, [("settings", "a")], THING)
    assert [d.path for d in differences(kept, seen, THING, SALT)] == [("settings", "b")]


def test_take_over_keeps_what_the_server_does_not_show() -> None:
    before = prior("a", password=PRINT, file="files/a", source="https://x", note="gone")
    seen = take_over(before, Observed("id-a", {"name": "b"}, "7"), THING, SALT)
    assert seen.attributes == {"password": PRINT, "file": "files/a", "source": "https://x", "name": "b"}
    assert (seen.version, seen.dependencies) == ("7", before.dependencies)


@pytest.mark.parametrize(
    ("known", "shown"),
    [
        (PRINT, "hunter2"),
        (PRINT, "rotated"),
        ({"key": PRINT, "b": 1}, {"key": "hunter2", "b": 1}),
        ({"deep": {"key": PRINT}}, {"deep": {"key": "hunter2", "more": 1}}),
        (["x", PRINT], ["hunter2", "x"]),
        ([{"n": "x"}, {"n": "y", "key": PRINT}], [{"n": "y", "key": "hunter2"}, {"n": "x"}]),
        ([PRINT], ["x", "hunter2"]),
        ([PRINT, "x"], ["hunter2"]),
    ],
)
def test_a_secret_shown_in_clear_stays_a_fingerprint(known: Value, shown: Value) -> None:
    before = prior("a", settings=known)
    seen = take_over(before, observed(before, settings=shown), THING, SALT)
    texts = [leaf for _, leaf in leaves(seen.attributes["settings"])]
    assert not {"hunter2", "rotated"} & {leaf for leaf in texts if isinstance(leaf, str)}
    if "rotated" not in str(shown):
        assert PRINT in texts


@pytest.mark.parametrize("shown", ["hunter2", "****", {"key": "hunter2"}, ["hunter2", {"key": "hunter2"}]])
@pytest.mark.parametrize("known", [{}, {"password": PRINT}])
def test_what_stands_in_a_reply_for_a_secret_is_not_believed(known: Any, shown: Value) -> None:
    seen = take_over(prior("a", **known), Observed("id-a", {"password": shown}), THING, SALT)
    assert seen.attributes.get("password") == known.get("password")


SHOWING = evolve(
    THING, attributes={**THING.attributes, "password": evolve(THING.attributes["password"], shown_as="stamp")}
)


@pytest.mark.parametrize(
    ("before", "now", "sent"),
    [("1", "1", False), ("1", "2", True), ("1", None, True), (None, "1", False), (None, None, False)],
)
def test_a_secret_is_sent_again_when_what_is_shown_of_it_moves(before: Any, now: Any, sent: bool) -> None:
    held = prior("a", password=PRINT, stamp=before)
    seen = take_over(held, observed(held, stamp=now), SHOWING, SALT)
    (*found,) = differences({"password": SECRET}, seen, SHOWING, SALT)
    assert [(d.path, d.unsure) for d in found] == [(("password",), True)] * sent
    moved = [] if before == now else [("stamp",)]
    assert [d.path for d in drift_of(held, seen, SHOWING, SALT)] == moved


VAULT = evolve(
    THING,
    attributes=attributes_of(
        {
            "properties": {
                "adopt": {"type": "boolean", "x-local": True},
                "vault": {
                    "type": "object",
                    "x-partial": True,
                    "x-leave": "clear",
                    "additionalProperties": {
                        "type": "object",
                        "x-present": True,
                        "properties": {
                            "value": {"writeOnly": True, "x-partial": False, "x-accept": "adopt"},
                            "file": {},
                        },
                    },
                },
            }
        }
    ),
    content=None,
)
KNOWN = {"k": {"value": PRINT}}
ONE = {"vault": {"k": {"value": SECRET}}}


@pytest.mark.parametrize(
    ("held", "shown", "drift", "told"),
    [
        (KNOWN, {"k": {"file": False}, "theirs": {"file": True}}, [], []),
        (KNOWN, {"theirs": {}}, [("vault", "k", "value")], [(("vault", "k", "value"), False)]),
        ({}, {"theirs": {}}, [], [(("vault", "k", "value"), False)]),
        ({}, {"k": {"file": False}}, [], [(("vault", "k", "value"), True)]),
    ],
)
def test_a_secret_goes_with_what_holds_it(held: Any, shown: Any, drift: Any, told: Any) -> None:
    """told: of the diffs, the path, and whether it is not known what is there."""
    before = Prior(address("a"), "id-a", {"vault": held})
    seen = take_over(before, Observed("id-a", {"vault": shown}), VAULT, SALT, wanted=Wanted(ONE))
    assert [d.path for d in drift_of(before, seen, VAULT, SALT)] == drift
    assert [(d.path, d.unsure) for d in differences(ONE, seen, VAULT, SALT)] == told


@pytest.mark.parametrize(
    ("declared", "held", "kept", "paths"),
    [
        ({"adopt": True, **ONE}, {"k": {"value": None}}, KNOWN, ["k"]),
        ({"adopt": True, **ONE}, {"k": {"value": OTHER}}, {"k": {"value": OTHER}}, []),
        ({"adopt": True, **ONE}, {"k": None}, {"k": None}, []),
        ({"adopt": True, **ONE}, {}, {}, []),
        ({"adopt": False, **ONE}, {"k": {"value": None}}, {"k": {"value": None}}, []),
        (ONE, {"k": {"value": None}}, {"k": {"value": None}}, []),
        (
            {"adopt": True, "vault": {"k": {"value": {"a": SECRET}}, "l": {"value": SECRET}}},
            {"k": {"value": None}, "l": {"value": None}},
            {"k": {"value": {"a": PRINT}}, "l": {"value": PRINT}},
            ["k", "l"],
        ),
    ],
)
def test_a_secret_that_is_there_is_accepted_as_declared(
    declared: Any, held: Any, kept: Any, paths: list[str]
) -> None:
    before = Prior(address("a"), "id-a", {"adopt": False, "vault": held})
    found, told = accepted(before, Desired(address("a"), declared), VAULT, SALT)
    adopt = {"adopt": declared["adopt"]} if "adopt" in declared else {}
    assert found.attributes == {**adopt, "vault": kept}
    assert told == [("vault", key, "value") for key in paths]


def test_a_null_beside_a_fingerprint_stays_null() -> None:
    before = prior("a", settings={"key": PRINT})
    seen = take_over(before, observed(before, settings={"key": None}), THING, SALT)
    assert seen.attributes["settings"] == {"key": None}


def test_a_secret_that_the_server_hides_is_kept() -> None:
    before = prior("a", settings={"bucket": "b", "key": PRINT})
    seen = take_over(before, observed(before, settings={"bucket": "c"}), THING, SALT)
    assert seen.attributes["settings"] == {"bucket": "c", "key": PRINT}
    assert [d.path for d in drift_of(before, seen, THING, SALT)] == [("settings", "bucket")]


def test_what_did_not_move_is_taken_over_as_it_is() -> None:
    before = prior("a", file="files/a", marker={"size": 1}, tags=["x"])
    assert take_over(before, observed(before, tags=["x"]), THING, SALT) is before


@pytest.mark.parametrize("shown", [True, 1.0, {"k": False}], ids=str)
def test_a_value_of_another_type_has_moved(shown: Any) -> None:
    before = prior("a", settings=int(shown) if not isinstance(shown, dict) else {"k": 0})
    seen = take_over(before, observed(before, settings=shown), THING, SALT)
    assert repr(seen.attributes["settings"]) == repr(shown)


SHOWN = st.sampled_from(["", "a", 0, 1, 1.0, True, False, None, [1], [True], {"k": 0}, {"k": False}, [PRINT]])
NAMES = ("name", "tags", "source", "file", "id", "marker", "password", "users", "unknown")
STAMPS = st.sampled_from([None, "1", "2"])
FETCHING = evolve(THING, content=ContentFacts("file", "marker", ("source", "tags")))


@example(kind=THING, known={"file": None}, moved="name", to="", sha256=None, stamps=(None, None))
@given(
    kind=st.sampled_from([THING, FETCHING]),
    known=st.dictionaries(st.sampled_from(NAMES), SHOWN, max_size=4),
    moved=st.sampled_from(NAMES),
    to=SHOWN,
    sha256=STAMPS,
    stamps=st.tuples(STAMPS, STAMPS),
)
def test_the_short_way_of_taking_over_gives_what_the_long_one_does(
    kind: Kind,
    known: dict[str, Value],
    moved: str,
    to: Value,
    sha256: str | None,
    stamps: tuple[str | None, str | None],
) -> None:
    entry = Prior(address("a"), "id-a", known, version=stamps[0], content_sha256=sha256)
    remote = {name: item for name, item in known.items() if name != "file" and not is_sensitive(item)}
    for shown in (remote, {**remote, moved: to}, {n: item for n, item in remote.items() if n != moved}):
        if not is_sensitive(shown):
            there = Observed("id-a", shown, stamps[1])
            short, long = take_over(entry, there, kind, SALT), take_over(entry, there, kind, SALT, secrets={})
            assert canonical(encode(short)) == canonical(encode(long))


@pytest.mark.parametrize(
    ("before", "now", "moved"),
    [(None, None, False), (None, "m", False), ("m", "m", False), ("m", "n", True), ("m", None, True)],
)
def test_a_file_counts_as_replaced_when_its_marker_moves(before: Any, now: Any, moved: bool) -> None:
    assert replaced({"marker": before}, {"marker": now}, THING) is moved
    entry = prior("a", marker=before, content_sha256="s")
    seen = take_over(entry, observed(entry, marker=now), THING, SALT)
    assert seen.content_sha256 == (None if moved else "s")


def test_what_is_fetched_says_nothing_while_an_uploaded_file_is_there() -> None:
    entry = prior("a", marker="m", content_sha256="s")
    seen = take_over(entry, observed(entry, source="https://x"), THING, SALT)
    assert "source" not in seen.attributes
    assert [d.path for d in differences({"source": "https://x"}, seen, THING, SALT)] == [("source",)]


def test_drift_tells_every_attribute_that_moved() -> None:
    before = prior("a", note="x", tags=["a", "b"], tier="t")
    seen = take_over(before, observed(before, note="y", tags=["b", "a"], tier=None, stamp="2"), THING, SALT)
    assert drift_of(before, seen, THING, SALT) == (
        AttributeDiff(("tier",), "t", None, forces_replacement=True),
        AttributeDiff(("note",), "x", "y"),
        AttributeDiff(("stamp",), "1", "2"),
    )


def test_drift_of_a_secret_is_salted_and_shows_nothing() -> None:
    before = prior("a", tier=PRINT)
    seen = take_over(before, observed(before, tier="other"), THING, SALT)
    (found,) = drift_of(before, seen, THING, SALT)
    assert found == AttributeDiff(("tier",), PRINT, OTHER, sensitive=True, forces_replacement=True)


def test_a_deferred_secret_is_concealed() -> None:
    found = differences({"note": Deferred((SECRET, ref("b", "id")))}, prior("a", note="x"), THING, SALT)
    assert "hunter2" not in repr(found)
    [diff] = found
    assert isinstance(diff.after, Deferred)
    assert diff.after.parts[0] == "(sensitive)"
