"""Manifests: bounded, kept as a text, and the same again when that is read."""

from __future__ import annotations

import hashlib

import pytest

from planner.model.address import Address
from planner.model.codec import decode_state, encode_state
from planner.model.members import MOST_BYTES, MOST_MEMBERS, KnownContent, Manifest, Member, in_folders
from planner.model.resource import Prior
from planner.model.state import State


def member(path: str, text: str = "") -> Member:
    return Member(path, len(text), hashlib.sha256(text.encode()).hexdigest())


FEW = [member("b.txt", "b"), member("a/x y.txt", "xy"), member("a/ü.txt")]
MANY = [member(f"{folder}/{n}.txt", f"{n}") for folder in ("a", "a/deep", "b") for n in range(100)]
LONG = [member(f"{'long' * 20}/{n}/{'name' * 20}.txt") for n in range(190)]
WIDE = [member(f"{n}/{m}.txt", f"{n} {m}") for n in range(300) for m in range(3)]
NESTED = [member(f"a/{n}/{m}/f.txt", f"{n} {m}") for n in range(20) for m in range(20)]
ROOTED = [*MANY, member("at the root.txt", "r")]


@pytest.mark.parametrize(
    ("members", "folders"),
    [
        (FEW, []),
        (MANY, ["a/", "a/deep/", "b/"]),
        (ROOTED, ["./", "a/", "a/deep/", "b/"]),
        (LONG, [f"{'long' * 20}/"]),
        (WIDE, ["./"]),
        (NESTED, [f"a/{n}/" for n in sorted(map(str, range(20)))]),
    ],
    ids=["few", "many", "at the root", "long", "wide", "nested"],
)
def test_what_is_too_much_is_told_by_folder(members: list[Member], folders: list[str]) -> None:
    found = Manifest.of(members)
    assert [folder.path for folder in found.folders] == folders
    assert found.members == (() if folders else tuple(sorted(members, key=lambda m: m.path)))
    assert sum(item.size for item in found.told) == sum(item.size for item in members)
    assert len(found.told) <= MOST_MEMBERS
    assert len(found.text.encode()) <= MOST_BYTES
    assert Manifest.read(found.text) == found


@pytest.mark.parametrize("members", [MANY, ROOTED, LONG, WIDE, NESTED])
def test_a_folder_is_another_one_when_a_file_of_it_is(members: list[Member]) -> None:
    before = Manifest.of(members)
    first, *rest = members
    for others in ([member(first.path, "other"), *rest], rest, [member(f"{first.path}2", "x"), *members]):
        after = before.alike(others)
        assert [folder.path for folder in after] == [folder.path for folder in before.folders]
        assert sum(one != other for one, other in zip(after, before.folders, strict=True)) == 1
    assert before.alike(members) == before.folders


def test_files_are_told_as_files_beside_files() -> None:
    assert Manifest.of(FEW).alike(MANY) == tuple(MANY)


def test_a_folder_has_what_no_deeper_one_has() -> None:
    found = {folder.path: folder.size for folder in in_folders([*FEW, member("a/b/c/d", "abc")], 2)}
    assert found == {"./": 1, "a/": 2, "a/b/": 3}


@pytest.mark.parametrize(
    "text", ["", "x", "a b c", f"{'A' * 43} 1 ", f"{'A' * 43} one a.txt", f"{'A' * 42} 1 a", "é 1 a", "\n"]
)
def test_a_text_that_is_no_manifest(text: str) -> None:
    assert KnownContent(text).manifest is None


@pytest.mark.parametrize(
    ("source", "commit", "path"),
    [("", "", ""), ("abc:files/a", "abc", "files/a"), ("abc:a/b: c", "abc", "a/b: c")],
)
def test_where_it_came_from(source: str, commit: str, path: str) -> None:
    known = KnownContent(source=source)
    assert (known.commit, known.path) == (commit, path)


def held(name: str, sha256: str | None, id_: str = "") -> Prior:
    return Prior(Address("extension", name), id_ or name, {}, content_sha256=sha256)


KNOWN = {"aa": KnownContent(Manifest.of(FEW).text, "c1:files/a"), "bb": KnownContent(source="c1:files/b")}
STATE = State(
    "p",
    "e",
    resources={p.address: p for p in (held("a", "aa"), held("b", "bb"), held("c", "aa"), held("d", None))},
    deposed=(held("a", "bb", "former"),),
    contents=KNOWN,
)


def test_a_state_tells_it_with_each_resource_that_has_it() -> None:
    document = encode_state(STATE)
    told = {entry["id"]: (entry.get("files"), entry.get("source")) for entry in document["resources"]}
    of_a, of_b = (KNOWN["aa"].files, "c1:files/a"), (None, "c1:files/b")
    assert told == {"a": of_a, "b": of_b, "c": of_a, "d": (None, None), "former": of_b}
    assert decode_state(document) == STATE


@pytest.mark.parametrize("more", [{"files": 1}, {"source": None}, {"files": ["a"]}])
def test_what_is_no_text_is_refused(more: dict[str, object]) -> None:
    document = encode_state(STATE)
    document["resources"][0] |= more
    with pytest.raises(ValueError, match="expected text"):
        decode_state(document)


def test_what_the_installation_has_not_is_forgotten() -> None:
    new = {"aa": KnownContent("new"), "cc": KnownContent("of nobody")}
    assert STATE.knowing(new).contents == {"aa": KnownContent("new"), "bb": KNOWN["bb"]}
    left = State("p", "e", resources={}, contents=KNOWN)
    assert left.knowing({}).contents == {}
