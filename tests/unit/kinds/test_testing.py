"""The kit for authors, on a package that adds a kind by one file: nested, below a parent, with a set."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from attrs import define, field

from planner.kinds.registry import load_kinds, read_kind_file
from planner.kinds.testing import flaws, round_trip

from .plain import written

SHELF = """
kind: shelf
title: Shelf
attributes:
  type: object
  required: [room, label, boards]
  properties:
    room: {type: string, x-immutable: true, description: The room that it stands in.}
    label: {type: string, description: What is written on it.}
    lamp:
      type: object
      x-partial: true
      description: The light above it.
      properties:
        colour: {enum: [warm, cold], description: The colour.}
        watts: {type: integer, description: How strong it is.}
    boards:
      type: array
      x-key: height
      description: Where things lie.
      items:
        type: object
        properties:
          height: {type: integer, description: In cm.}
          material: {type: string, description: What it is made of.}
          id: {type: string, readOnly: true, x-stable: true, description: The number that it got.}
    id: {type: string, readOnly: true, x-stable: true, description: The number that it got.}
natural_key: [room, label]
api:
  id: "{room}/{id}"
  list: {operation: list-shelves, method: GET, path: "/rooms/{room}/shelves"}
  create: {operation: create-shelf, method: POST, path: "/rooms/{room}/shelves"}
  read: {operation: get-shelf, method: GET, path: "/rooms/{room}/shelves/{id}"}
  update: {operation: set-shelf, method: PUT, path: "/rooms/{room}/shelves/{id}"}
  delete: {operation: delete-shelf, method: DELETE, path: "/rooms/{room}/shelves/{id}"}
  errors:
    shelves.full: {advice: Take something away.}
example: |
  resource:
    shelf:
      books: {room: hall, label: books, lamp: {colour: warm}, boards: [{height: 30, material: oak}]}
"""
WANTED: dict[str, Any] = {
    "room": "hall",
    "label": "books",
    "lamp": {"colour": "warm"},
    "boards": [{"height": 30}],
}


@define
class Rooms:
    """The author's own emulator: lamps have 40 watts, boards get numbers, which an update keeps."""

    shelves: dict[str, dict[str, Any]] = field(factory=dict)
    numbers: Any = field(factory=lambda: count(1))
    spoil: Callable[[dict[str, Any]], Any] = lambda shelf: shelf

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        id_ = environ["PATH_INFO"].removeprefix("/api/v1/rooms/hall/shelves").strip("/")
        data = environ["wsgi.input"].read()
        status, reply = self.answer(environ["REQUEST_METHOD"], id_, json.loads(data) if data else None)
        start(f"{status} X", [("Content-Type", "application/json")])
        return [json.dumps(reply).encode()]

    def answer(self, method: str, id_: str, body: Any) -> tuple[int, Any]:
        if method == "GET" and not id_:
            return 200, [*self.shelves.values()]
        if method == "POST":
            id_ = f"s{next(self.numbers)}"
        elif id_ not in self.shelves:
            return 404, {"errors": [{"code": "shelves.none", "message": "no"}]}
        if method == "DELETE":
            del self.shelves[id_]
            return 200, {}
        if body is not None:
            boards = [{"id": f"b{next(self.numbers)}", **board} for board in body["boards"]]
            lamp = {"watts": 40, **body.get("lamp", {})}
            self.shelves[id_] = self.spoil({**body, "id": id_, "boards": boards, "lamp": lamp})
        return 200, self.shelves[id_]


def test_one_file_is_a_kind(tmp_path: Path) -> None:
    path = written(tmp_path, SHELF)
    assert flaws(path, load_kinds([path])) == []
    app = Rooms()
    round_trip(read_kind_file(path), app, WANTED, {"boards": [{"height": 30, "material": "oak"}]})
    assert app.shelves == {}


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda shelf: shelf | {"label": "others"}, "whose label is another"),
        (lambda shelf: shelf | {"lamp": {"colour": "cold"}}, "the create leaves lamp"),
        (lambda shelf: shelf | {"boards": []}, "the create leaves boards"),
    ],
)
def test_a_life_that_goes_wrong_is_told(
    tmp_path: Path, spoil: Callable[[dict[str, Any]], Any], told: str
) -> None:
    with pytest.raises(Exception, match=told):
        round_trip(read_kind_file(written(tmp_path, SHELF)), Rooms(spoil=spoil), WANTED, {})


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (", description: In cm.", "", ["boards.height has no description"]),
        ("label: {", "label: {pattern: b, ", ["label has a pattern"]),
        ("label: {", "label: {x-reference: shelf.nothing, ", ["label refers to shelf.nothing"]),
        ("label: {", "label: {x-unless: shelf_order, ", ["label is not said where there is a shelf_order"]),
        ("{room: hall,", "{", ['the example does not fit at the example: "room" is a required']),
        ("Take something away.", "Take something away", ["the advice for shelves.full is no sentence"]),
        ("shelves.full:", "shelves.move_pending:", ["shelves.move_pending says that something has to end"]),
        (
            "  errors:",
            "  wait: {call: {operation: see, method: GET, path: /hall}, until: {/a: 1}, before: true}\n"
            "  errors:",
            ["each write waits for all others"],
        ),
        ("    shelf:\n      books", "    other:\n      books", ["the example declares no shelf"]),
        ("x-key: height", "x-key: width", ["x-key names width"]),
    ],
)
def test_what_users_would_miss_is_told(tmp_path: Path, old: str, new: str, told: list[str]) -> None:
    assert old in SHELF
    path = written(tmp_path, SHELF.replace(old, new))
    found = flaws(path, load_kinds([path]))
    assert len(found) == len(told)
    assert all(text in flaw for flaw, text in zip(found, told, strict=True))


def test_a_kind_under_another_name_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, SHELF, "rack.yaml")
    assert "a kind has the name of its file: shelf.yaml" in flaws(path, load_kinds())
    assert yaml.safe_load(SHELF)["kind"] == "shelf"
