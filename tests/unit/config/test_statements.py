"""`moved`, `import` and `removed`."""

from __future__ import annotations

from typing import Any

import pytest

from planner.config.statements import read_imports, read_moves, read_removals
from planner.config.validation import Place
from planner.config.yaml_document import parse
from planner.model.address import Address
from planner.model.declarations import Import, Move, Removal
from planner.model.diagnostic import Diagnostics, Position
from planner.model.value import Path

A, B = Address("extension", "a"), Address("extension", "b")
READERS: dict[str, Any] = {"moved": read_moves, "import": read_imports, "removed": read_removals}


def read(text: str) -> tuple[list[Any], list[str]]:
    """What a template's one block says, and the summaries of what is wrong with it."""
    document: Any = parse(text)[0]
    (block, body), diagnostics = next(iter(document.items())), Diagnostics()

    def locate(path: Path) -> Position:
        return Position("templates/t.yaml", len(path))

    found = list(READERS[block](body, Place(locate, diagnostics)))
    return found, [item.summary for item in diagnostics]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("moved: [{from: extension.a, to: extension.b}]", [Move(A, B)]),
        ("moved: {from: resource.extension.a, to: extension.b}", [Move(A, B)]),
        ("moved:", []),
        ("import: [{to: extension.a, id: 0123}]", [Import(A, "0123")]),
        ("import: [{to: extension.a}, {to: extension.b, id: x}]", [Import(A), Import(B, "x")]),
        ("removed: {from: extension.a}", [Removal(A)]),
        ("removed: [{from: extension.a, destroy: true}]", [Removal(A, destroy=True)]),
    ],
)
def test_blocks(text: str, found: list[Any]) -> None:
    assert read(text) == (found, [])


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("moved: [{from: extension.a}]", 'moved: missing required argument "to"'),
        (
            "moved: [{from: extension.a, to: other.b}]",
            "extension.a cannot become other.b: a move keeps the kind",
        ),
        ("moved: [x]", 'moved: each entry must be a mapping, not "x"'),
        (
            "import: [{to: synonyms}]",
            "'synonyms' is not an address; write <kind>.<name>, as extension.synonyms",
        ),
        ("import: [{to: extension.a, di: 1}]", 'import: unknown argument "di"'),
        (
            "removed: [{from: extension.a, destroy: maybe}]",
            'removed: destroy must be true or false, not "maybe"',
        ),
    ],
)
def test_what_is_wrong(text: str, summary: str) -> None:
    assert read(text) == ([], [summary])
