"""A project of two sides whose configurations differ in all kinds of changes, and what each side must give.

From one side to the other: content replaced, descriptions changed that name another resource, both at once,
replacements (deleted first, or last with create_before_destroy), and resources that only one side has, with
and without a file; some of them carry the name of one that only the other side has.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zipfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from tests.acceptance.runner import EXAMPLES, Project, small

PROJECT = """
project: mixed
environments:
  dev: {endpoint: sandbox}
"""
PLUGIN = EXAMPLES / "quickstart/files/phonetic.zip"
VERSION = "8.15.3"
SIDES = "ab"
MADE_FIRST = "lifecycle: {create_before_destroy: true}"


@frozen
class Wanted:
    """One extension as a side wants it. refers: the resource whose url ends the description."""

    name: str
    extension_type: str = "bundle"
    version: str = "8.*"
    description: str = ""
    refers: str = ""
    file: str = ""
    made_first: bool = False

    def lines(self, key: str) -> Iterator[str]:
        yield f"    {key}:"
        said = f"{self.description} {{{{ resource.extension.{self.refers}.url }}}}" if self.refers else ""
        for name, value in (
            ("name", self.name),
            ("extension_type", self.extension_type),
            ("version", f'"{self.version}"'),
            ("description", said or self.description),
            ("file", f"files/{self.file}" if self.file else ""),
        ):
            if value:
                yield f"      {name}: {value}"
        if self.made_first:
            yield f"      {MADE_FIRST}"


Side = Mapping[str, Wanted]


def side(letter: str, size: float = 1.0) -> Side:
    """What the templates of side "a" or "b" want, by name. size 1: 200 writes from one side to the other."""
    kept, changed, only = (max(2, round(number * size)) for number in (10, 10, 26))
    found = {f"kept_{n}": Wanted(f"kept-{n}", file="a0" if n % 2 else "") for n in range(kept)}
    for n in range(changed):
        found |= _replaced(letter, n)
    for n in range(round(32 * size)):
        found[f"worded_{n}"] = Wanted(f"worded-{n}", file=f"{letter}{n % 5}")
    for n in range(round(25 * size)):
        refers = (f"retyped_{n % changed}", f"early_{n % changed}", f"kept_{n % kept}")[n % 3]
        found[f"told_{n}"] = Wanted(f"told-{n}", description=f"Told by {letter} of", refers=refers)
    for n in range(round(15 * size)):
        found[f"both_{n}"] = Wanted(f"both-{n}", version=f"{ord(letter) % 9}.*", file=f"{letter}{n % 5}")
    return found | {f"only_{letter}_{n}": _only(letter, n, only) for n in range(only)}


def _replaced(letter: str, n: int) -> dict[str, Wanted]:
    """By either way of replacing."""
    type_ = {"a": "bundle", "b": "plugin"}[letter]
    retyped = Wanted(f"retyped-{n}", type_, VERSION, file="plugin.zip" if n % 2 else "")
    return {f"retyped_{n}": retyped, f"early_{n}": evolve(retyped, name=f"early-{n}", made_first=True)}


def _only(letter: str, n: int, count: int) -> Wanted:
    """In chains of four; the last ones share their names with the other side's."""
    name = f"only-{n}" if n >= count * 0.7 else f"only-{letter}-{n}"
    refers = f"only_{letter}_{n - 1}" if n % 4 else ""
    return Wanted(name, description="After", refers=refers, file=f"{letter}{n % 5}" if n % 2 else "")


def text(wanted: Side) -> str:
    lines = ["resource:", "  extension:"]
    lines += [line for key, item in wanted.items() for line in item.lines(key)]
    lines += ["output:", "  chosen: {{ resource.extension.retyped_0.id }}", ""]
    return "\n".join(lines)


def make_project(folder: Path, size: float = 1.0) -> Project:
    """The project on side a, not applied yet."""
    project = small(folder, template=text(side("a", size)), project=PROJECT)
    (folder / "files/plugin.zip").write_bytes(PLUGIN.read_bytes())
    for letter in SIDES:
        for n in range(5):
            project.write(f"files/{letter}{n}/words.txt", f"{letter}{n}")
    return project


# What must be there


@frozen
class Found:
    """What is wrong: in the installation and in no state, made twice, and all the rest in words."""

    orphans: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.orphans, *self.duplicates, *self.others)


def compare(folder: Path, wanted: Side, others: Collection[str] = ()) -> Found:
    """State, sandbox and archives held against each other and against wanted, nothing being under way.

    others: ids of what is not ours.
    """
    state = json.loads((folder / "state/dev.json").read_bytes())
    held = {item["address"].partition(".")[2]: item for item in state["resources"]}
    there = {id_: row for id_, row in rows(folder).items() if id_ not in others}
    known = Counter(item["id"] for item in held.values())
    names = Counter(row["name"] for row in there.values())
    most = Counter(item.name for item in wanted.values())
    return Found(
        tuple(f"{id_} ({row['name']}) is in no state" for id_, row in there.items() if id_ not in known),
        (
            *(f"{name} is there {n} times" for name, n in names.items() if n > most[name]),
            *(f"{id_} is in the state {n} times" for id_, n in known.items() if n > 1),
        ),
        (*_left_over(folder, state), *_differences(folder, held, there, wanted)),
    )


def rows(folder: Path) -> dict[str, sqlite3.Row]:
    """The sandbox's extensions by id, read from its file."""
    with closing(sqlite3.connect(folder / "state/sandbox-dev.db")) as db:
        db.row_factory = sqlite3.Row
        return {row["id"]: row for row in db.execute("SELECT * FROM extension")}


def _left_over(folder: Path, state: Mapping[str, Any]) -> Iterator[str]:
    if (folder / "state/dev.journal").exists():
        yield "the journal is still there"
    # What was staged after the last write goes with the next one.
    written = (folder / "state/dev.json").stat().st_mtime_ns
    staged = [path for path in folder.glob("state/**/.*.tmp") if path.stat().st_mtime_ns < written]
    yield from (f"{path.name} was left behind" for path in staged)
    yield from (f"{what} is not empty" for what in ("in_doubt", "deposed") if state.get(what))


def _differences(
    folder: Path, held: Mapping[str, Any], there: Mapping[str, sqlite3.Row], wanted: Side
) -> Iterator[str]:
    yield from (f"{key} is missing in the state" for key in wanted if key not in held)
    yield from (f"{key} is in the state and not wanted" for key in held if key not in wanted)
    for key, item in wanted.items():
        entry = held.get(key, {"id": ""})
        row = there.get(entry["id"])
        if row is None:
            yield f"{key} ({entry['id']}) is not in the installation"
            continue
        yield from _unequal(key, _facts_wanted(item, held), _facts_there(row), "wanted")
        yield from _unequal(key, _facts_held(entry), _facts_there(row), "in the state")
        yield from _wrong_content(folder, key, item, entry, row)


def _unequal(key: str, one: Mapping[str, Any], other: Mapping[str, Any], what: str) -> Iterable[str]:
    return (
        f"{key}: {name} is {other[name]!r}, {what} is {value!r}"
        for name, value in one.items()
        if value != other[name]
    )


_TOLD = ("name", "extension_type", "version", "description")


def _facts_wanted(item: Wanted, held: Mapping[str, Any]) -> dict[str, Any]:
    target = held.get(item.refers, {"id": "nowhere"})
    said = f"{item.description} repo://{target['id']}" if item.refers else item.description
    return {**{name: getattr(item, name) for name in _TOLD}, "description": said or None}


def _facts_held(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: entry["attributes"].get(name) for name in _TOLD},
        "resource_version": int(entry["version"]),
        "file_sha256": entry.get("content_sha256"),
    }


def _facts_there(row: sqlite3.Row) -> dict[str, Any]:
    return {name: row[name] for name in (*_TOLD, "resource_version", "file_sha256")}


def _wrong_content(
    folder: Path, key: str, item: Wanted, entry: Mapping[str, Any], row: sqlite3.Row
) -> Iterator[str]:
    path = folder / "state/sandbox-dev.db.files" / str(row["id"])
    if not item.file:
        if row["file_sha256"] is not None:
            yield f"{key} has a file and wants none"
    elif not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != entry.get("content_sha256"):
        yield f"{key}: the stored archive is not the one of the state"
    elif not _is_of(path, item.file):
        yield f"{key}: the stored archive is not files/{item.file}"


def _is_of(archive: Path, file: str) -> bool:
    if file.endswith(".zip"):
        return archive.read_bytes() == PLUGIN.read_bytes()
    with zipfile.ZipFile(archive) as opened:
        return opened.read("words.txt").decode() == file
