"""Where two views differ, and that what is kept, compared and sent fits together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from planner.model.agreement import Passes, agree, declared, of_server, proven, unlike
from planner.model.body import body_of
from planner.model.facets import Attribute, attributes_of
from planner.model.kept import ALL, Keeping, Shape, Wanted, hidden_in, lasting, left, shape_of, without
from planner.model.kind import Kind
from planner.model.value import Fingerprint, Path, Secret, Value

SALT = "ab" * 16
PRINT, OTHER = Fingerprint.of("hunter2", SALT), Fingerprint.of("other", SALT)
RULES = yaml.safe_load("""
type: object
$defs:
  rule:
    type: object
    properties:
      key: {type: string}
      id: {readOnly: true, x-stable: true}
      text: {}
      seen: {x-volatile: true}
      pass: {writeOnly: true}
properties:
  free: {type: object}
  set: {type: array, x-unordered: true, items: {$ref: "#/$defs/rule"}}
  list: {type: array, items: {$ref: "#/$defs/rule"}}
  keyed: {type: array, x-key: key, items: {$ref: "#/$defs/rule"}}
  some: {type: array, x-key: key, items: {$ref: "#/$defs/rule", x-partial: true}}
  one: {$ref: "#/$defs/rule"}
  quiet: {type: object, properties: {a: {x-echoed: false}, b: {x-local: true}, c: {}}}
  partial:
    type: object
    x-partial: true
    properties:
      one: {$ref: "#/$defs/rule"}
      keyed: {type: array, x-key: key, items: {$ref: "#/$defs/rule"}}
      gone: {x-leave: clear, type: object}
      whole: {x-partial: false, x-leave: clear, type: object}
""")
TREE = attributes_of(RULES)
KIND = Kind("thing", "Thing", TREE, RULES)


@pytest.mark.parametrize(
    ("name", "known", "there", "passes", "paths"),
    [
        ("free", {"a": 1}, {"a": 1, "b": None}, declared, []),
        ("free", {"a": {"b": None}}, {"a": {}}, declared, []),
        ("free", {"a": [{"b": None}]}, {"a": [{}]}, declared, []),
        ("free", {"a": 1}, {"a": 2, "b": 3}, declared, [()]),
        ("free", {"a": PRINT, "b": 1}, {"a": OTHER, "b": 1}, declared, [("a",)]),
        ("free", {"a": PRINT, "b": 1}, {"a": Secret("hunter2"), "b": 2}, declared, [("b",)]),
        ("one", {"text": 1}, {"text": 1, "id": 7}, declared, []),
        ("one", {"text": 1}, {"text": 1, "id": 7}, proven, [("id",)]),
        ("one", None, {"id": 7, "seen": 1}, declared, [()]),
        ("one", None, {"id": 7}, declared, []),
        ("one", {"text": 1, "pass": PRINT}, {"text": 1}, proven, []),
        ("one", {"text": 1, "pass": PRINT}, {"text": 1}, declared, [("pass",)]),
        ("one", {"text": PRINT}, {}, proven, []),
        ("one", {"seen": 1}, {"seen": 2}, of_server, []),
        ("set", [{"text": 1}, {"text": 2}], [{"text": 2, "id": 1}, {"text": 1, "id": 2}], declared, []),
        ("set", [{"text": 1}], [{"text": 2, "id": 1}], declared, [(0,), (0,)]),
        (
            "list",
            [{"text": 1}, {"text": 2}],
            [{"text": 1, "id": 1}, {"text": 3, "id": 2}],
            declared,
            [(1, "text")],
        ),
        ("list", [{"text": 1}], [{"text": 1, "id": 1}, {"text": 2}], declared, [()]),
        ("keyed", [{"key": "a"}, {"key": "b"}], [{"key": "b", "id": 1}, {"key": "a", "id": 2}], declared, []),
        ("keyed", [{"key": "a", "text": 1}], [{"key": "a", "text": 2}], declared, [("a", "text")]),
        ("keyed", [{"key": "a"}], [{"key": "b", "id": 1}], declared, [("a",), ("b",)]),
        ("keyed", [{"key": "a"}, {"key": "a"}], [{"key": "a"}], declared, [("a (2)",)]),
        ("keyed", None, [], declared, []),
        ("some", [{"key": "a"}], [{"key": "a", "text": 1}], declared, []),
        ("some", [{"key": "a"}], [{"key": "a"}, {"key": "b", "text": 1}], declared, [("b",)]),
        ("some", [{"key": "a"}, {"key": "b"}], [{"key": "a"}], declared, [("b",)]),
        ("some", [], [{"key": "a"}], of_server, [("a",)]),
        ("quiet", {"a": 1, "b": 1, "c": 1}, {"c": 1}, proven, []),
        ("quiet", {"a": 1, "b": 1, "c": 1}, {"a": 2}, proven, [("a",), ("c",)]),
        ("partial", {}, {"x": 1}, declared, []),
        ("partial", {"x": 1}, {"x": 1, "y": 1}, proven, []),
        ("partial", {"x": None}, {"x": 1}, proven, [("x",)]),
        ("partial", {"x": {"y": 1}}, {"x": {"z": 1}}, proven, [("x", "y")]),
        ("partial", {"x": {"y": 1}}, {}, declared, [("x", "y")]),
        (
            "partial",
            {"keyed": [{"key": "a"}]},
            {"keyed": [{"key": "b"}, {"key": "a", "text": 1}]},
            declared,
            [],
        ),
        ("partial", {"keyed": [{"key": "a"}]}, {"keyed": [{"key": "b"}]}, declared, [("keyed", "a")]),
        ("partial", {"list": [1, 2]}, {"list": [1, 2, 3]}, declared, [("list",)]),
        ("partial", {"whole": {"x": 1}}, {"whole": {"x": 1, "y": 2}}, declared, [("whole",)]),
        ("partial", {"whole": {"x": 1}}, {"y": 1}, declared, [("whole",)]),
    ],
)
def test_where_two_views_differ(name: str, known: Any, there: Any, passes: Passes, paths: list[Path]) -> None:
    assert [place.path for place in unlike(TREE[name], known, there, passes)] == paths
    assert agree(TREE[name], known, there, passes) is not bool(paths)


@pytest.mark.parametrize(
    ("name", "shown", "held", "wanted", "kept"),
    [
        ("free", {"a": "hunter2"}, {"a": PRINT}, ALL, {"a": PRINT}),
        ("free", {"a": 1}, {"b": PRINT, "c": 2}, ALL, {"a": 1, "b": PRINT}),
        ("one", {"text": 1, "seen": 2, "pass": "***"}, None, ALL, {"text": 1}),
        ("one", {"text": 1, "pass": "***"}, {"pass": PRINT}, ALL, {"text": 1, "pass": PRINT}),
        ("one", {"text": 1}, {"pass": "in clear, of an older planner"}, ALL, {"text": 1}),
        ("list", [{"text": 1}], [{"pass": PRINT}], ALL, [{"text": 1, "pass": PRINT}]),
        ("list", [{"text": 1}], [{"pass": PRINT}, {}], ALL, [{"text": 1}]),
        (
            "keyed",
            [{"key": "b"}, {"key": "a", "seen": 1}],
            [{"key": "a", "pass": PRINT}],
            ALL,
            [{"key": "b"}, {"key": "a", "pass": PRINT}],
        ),
        ("quiet", {"c": 1}, {"a": 1, "b": 2, "c": 3}, ALL, {"a": 1, "b": 2, "c": 1}),
        ("partial", {"a": 1, "b": 2}, None, {"a": False}, {"a": 1}),
        ("partial", {"a": {"x": 1}, "b": 2}, None, {"a": False}, {"a": None}),
        ("partial", {"a": {"x": 1, "y": 2}}, None, {"a": {"y": False}}, {"a": {"y": 2}}),
        ("partial", {"a": {"x": 1, "y": 2}}, None, {"a": True}, {"a": {"x": 1, "y": 2}}),
        ("partial", {"a": [{"x": 1}]}, None, {"a": {"x": False}}, {"a": None}),
        ("partial", {}, None, {"a": False}, {"a": None}),
        (
            "partial",
            {"whole": {"x": 1, "y": 2}, "z": 1},
            None,
            {"whole": {"x": False}},
            {"whole": {"x": 1, "y": 2}},
        ),
        ("partial", "text", None, {"a": False}, None),
        (
            "partial",
            {"keyed": [{"key": "a", "text": 1}, {"key": "b"}]},
            None,
            {"keyed": {"a": {"key": False}}},
            {"keyed": [{"key": "a"}]},
        ),
        ("partial", {"one": {"id": 1, "text": 2}}, None, {"one": {"text": False}}, {"one": {"text": 2}}),
        (
            "some",
            [{"key": "a", "text": 1}, {"key": "theirs", "text": 2}],
            None,
            {"a": {"key": False}},
            [{"key": "a"}, {"key": "theirs", "text": 2}],
        ),
        (
            "partial",
            {"one": {"pass": "***"}},
            {"one": {"pass": PRINT}},
            {"one": {"pass": False}},
            {"one": {"pass": PRINT}},
        ),
    ],
)
def test_what_is_kept(name: str, shown: Any, held: Any, wanted: Shape, kept: Any) -> None:
    known = [] if held is None else [held]
    found = Keeping(SALT).kept(TREE[name], shown, held, known, wanted)
    if "older" in str(held):
        assert isinstance(found, dict)
        assert isinstance(found.pop("pass"), Fingerprint | str)
    assert found == kept


@pytest.mark.parametrize(
    ("held", "declared", "found"),
    [
        (None, {}, []),
        ({"a": 1}, {"a": 2}, []),
        ({"a": 1}, {"a": None}, []),
        ({"a": 1, "b": None}, {}, [(("a",), 1, "keep")]),
        ({"gone": {"x": 1}}, {}, [(("gone", "x"), 1, "clear")]),
        ({"gone": {"x": 1}}, None, [(("gone", "x"), 1, "clear")]),
        ({"gone": {"x": 1, "y": 2}}, {"gone": {"x": 3}}, [(("gone", "y"), 2, "clear")]),
        ({"gone": {"x": 1}}, {"gone": "text"}, []),
        ({"keyed": [{"key": "a"}]}, {"keyed": []}, [(("keyed", "a"), {"key": "a"}, "keep")]),
        (
            {"keyed": [{"key": "a", "text": 1}]},
            {"keyed": [{"key": "a"}]},
            [(("keyed", "a", "text"), 1, "keep")],
        ),
        ({"one": {"id": 1}}, {}, []),
        ({"whole": {"x": 1}}, {}, [(("whole",), {"x": 1}, "clear")]),
        ({"whole": {"x": 1, "y": 2}}, {"whole": {"x": 1}}, []),
    ],
)
def test_what_is_no_longer_declared(held: Any, declared: Any, found: Any) -> None:
    assert [*left(TREE["partial"], held, declared)] == found


WHOLE = attributes_of(
    {
        "type": "object",
        "x-partial": True,
        "properties": {"id": {"readOnly": True}, "name": {}, "at": {"type": "object"}},
    }
)


@pytest.mark.parametrize(
    ("name", "held", "declared", "found"),
    [
        ("id", "i", None, []),
        ("id", {"deep": 1}, None, []),
        ("name", "n", None, [((), "n", "keep")]),
        ("name", "n", "m", []),
        ("at", {"x": 1}, None, [(("x",), 1, "keep")]),
    ],
)
def test_what_is_no_longer_declared_of_a_kind_that_is_partial_as_a_whole(
    name: str, held: Any, declared: Any, found: Any
) -> None:
    assert [*left(WHOLE[name], held, declared)] == found


@pytest.mark.parametrize(
    ("read", "declared", "kept", "only"),
    [
        ((), {"a": 1}, {"a": False}, ()),
        ((("partial", "b"),), {"a": 1}, {"a": False, "b": True}, (("partial", "b"),)),
        ((("partial", "a"),), {"a": 1}, {"a": True}, ()),
        ((("partial", "a", "x"),), {"a": {"y": 1}}, {"a": {"y": False, "x": True}}, (("partial", "a", "x"),)),
        (
            (("partial", "keyed", "k", "id"),),
            None,
            {"keyed": {"k": {"id": True, "key": False}}},
            (("partial", "keyed", "k", "id"),),
        ),
        ((("partial", "list", 0),), None, {"list": True}, (("partial", "list", 0),)),
        ((("partial",),), {"a": 1}, True, (("partial",),)),
        ((("free", "a"),), None, None, ()),
    ],
)
def test_what_is_wanted_of_a_partial_attribute(read: Any, declared: Any, kept: Any, only: Any) -> None:
    wanted = Wanted({} if declared is None else {"partial": declared}, read)
    assert wanted.of(TREE["partial"], None) == kept
    assert wanted.only_read(TREE["partial"], None) == only


def test_what_was_only_read_is_told_from_what_was_declared() -> None:
    held: Value = {"a": 1, "b": {"x": 1}, "keyed": [{"key": "k", "id": 1}, {"key": "l"}]}
    found = without(TREE["partial"], held, ("b", "x"))
    assert without(TREE["partial"], found, ("keyed", "k")) == {"a": 1, "keyed": [{"key": "l"}]}


def test_what_replies_need_not_show() -> None:
    assert hidden_in(TREE["quiet"], {"a": 1, "b": 2, "c": 3}) == {"a": 1, "b": 2}
    assert hidden_in(TREE["one"], {"text": PRINT}) is None
    assert hidden_in(TREE["partial"], {"one": {"pass": PRINT, "text": 1}}) == {"one": {"pass": PRINT}}


def test_what_changes_by_itself_is_taken_out_at_any_depth() -> None:
    rules: Value = [{"key": "a", "seen": 1}]
    assert lasting(TREE["keyed"], rules) == lasting(TREE["list"], rules) == [{"key": "a"}]
    assert lasting(TREE["partial"], {"one": {"seen": 1, "text": 2}}) == {"one": {"text": 2}}
    assert lasting(TREE["free"], same := {"seen": 1}) is same


LEAF = st.sampled_from([None, "", "x", "y", 0, 1, True])
RULE = st.fixed_dictionaries(
    {"key": st.sampled_from("abc")}, optional={"text": LEAF, "pass": st.just("secret")}
)
KEYED = st.lists(RULE, max_size=3, unique_by=lambda rule: rule["key"])
FREE = st.dictionaries(
    st.sampled_from("pqr"), LEAF | st.dictionaries(st.sampled_from("st"), LEAF), max_size=3
)
PARTIAL = st.fixed_dictionaries(
    {},
    optional={"one": RULE, "keyed": KEYED, "gone": FREE, "whole": FREE, "size": LEAF, "list": st.lists(LEAF)},
)
VALUES = st.fixed_dictionaries(
    {}, optional={"free": FREE, "set": KEYED, "list": KEYED, "keyed": KEYED, "one": RULE, "partial": PARTIAL}
)


def served(body: Mapping[str, Any]) -> Any:
    """What a server has after a body: with ids, and things of its own."""

    def filled(attribute: Attribute, value: Any) -> Any:
        if isinstance(value, list):
            return [filled(attribute.item, item) for item in value]
        if not isinstance(value, dict):
            return value
        own = {"id": f"id of {value.get('key')}", "seen": 1} if "pass" in attribute.properties else {}
        return own | {key: filled(attribute.below(key), item) for key, item in value.items()}

    return {name: filled(TREE[name], value) for name, value in body.items()}


def shown(attribute: Attribute, value: Any) -> Any:
    """A reply: masks in place of secrets, and null where something could be."""
    if isinstance(value, list):
        return [shown(attribute.item, item) for item in value]
    if not isinstance(value, dict):
        return value
    masked = {
        k: "****" if attribute.below(k).write_only else shown(attribute.below(k), v) for k, v in value.items()
    }
    return masked if attribute.is_plain else {"null": None, **masked}


def sealed(attribute: Attribute, value: Any) -> Any:
    """A declared value as the state holds it: fingerprints of secrets."""
    if isinstance(value, list):
        return [sealed(attribute.item, item) for item in value]
    if isinstance(value, dict):
        return {key: sealed(attribute.below(key), item) for key, item in value.items()}
    return Fingerprint.of(value, SALT) if attribute.write_only and value is not None else value


@given(before=VALUES, wanted=VALUES)
def test_what_was_sent_and_comes_back_is_no_difference(
    before: dict[str, Any], wanted: dict[str, Any]
) -> None:
    there = served(body_of(KIND, before, {}))
    after = served(body_of(KIND, wanted, there))
    for name, value in wanted.items():
        attribute = TREE[name]
        reply = lasting(attribute, shown(attribute, after.get(name)))
        held = sealed(attribute, value)
        kept = Keeping(SALT).kept(
            attribute, reply, held, [held], shape_of(attribute, value) if attribute.partial else ALL
        )
        assert agree(attribute, value, kept, declared), (value, kept)
        assert "****" not in repr(kept)
        assert "****" not in repr(after)
        assert agree(attribute, kept, reply, proven)


@given(before=PARTIAL, wanted=PARTIAL)
def test_what_is_not_declared_of_a_partial_attribute_stays(
    before: dict[str, Any], wanted: dict[str, Any]
) -> None:
    there = served(body_of(KIND, {"partial": before}, {}))
    after: Any = body_of(KIND, {"partial": wanted}, there)["partial"]
    rest = (key for key in there["partial"] if key not in wanted)
    for attribute, key in ((TREE["partial"].below(key), key) for key in rest):
        assert agree(attribute, there["partial"][key], after.get(key), _of_its_own)


def _of_its_own(attribute: Attribute, known: Value, there: Value) -> bool:
    return attribute.read_only or attribute.write_only or attribute.volatile


@given(value=FREE | KEYED | RULE | PARTIAL)
def test_a_value_agrees_with_itself_and_with_itself_without_nulls(value: Any) -> None:
    def pruned(value: Value) -> Value:
        if isinstance(value, Mapping):
            return {key: pruned(item) for key, item in value.items() if item is not None}
        return [pruned(item) for item in value] if isinstance(value, list) else value

    for name, attribute in TREE.items():
        if isinstance(value, list) is (name in ("set", "list", "keyed")):
            for passes in (declared, of_server, proven):
                assert agree(attribute, value, value, passes)
                assert agree(attribute, value, pruned(value), passes)
                assert agree(attribute, pruned(value), value, passes)
