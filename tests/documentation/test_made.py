"""What pages have below their mark is what the code, the schemas and the kinds say now.

PLANNER_UPDATE_README=1 writes it anew, for review as text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from types import ModuleType

import pytest

from planner.cli.verbs import EXIT_CODES

from .made import commands, environment, errors, habits, kinds, python_api, schemas
from .pages import ROOT

UPDATE = bool(os.environ.get("PLANNER_UPDATE_README"))
MARK = "<!-- What follows is made: see tests/documentation/made. -->\n"
PARTS: dict[str, Callable[[], str]] = {
    "how-to/from-terraform.md": habits.made,
    "reference/blocks.md": schemas.rollout,
    "reference/commands.md": commands.made,
    "reference/environment-variables.md": environment.made,
    "reference/errors/README.md": errors.index,
    "reference/events.md": schemas.events,
    "reference/files.md": schemas.files,
    "reference/formats.md": schemas.formats,
    "reference/gates.md": schemas.gates,
    "reference/kinds/README.md": kinds.index,
    "reference/python.md": python_api.made,
}


@pytest.mark.parametrize("page", PARTS)
def test_a_page_says_what_its_source_says(page: str) -> None:
    path = ROOT / "docs" / page
    written, mark, below = path.read_text(encoding="utf-8").partition(MARK)
    made = f"\n{PARTS[page]()}"
    if UPDATE:
        path.write_text(f"{written}{MARK}{made}", encoding="utf-8")
        return
    assert mark, "the page lacks the mark"
    assert below == made


@pytest.mark.parametrize("source", [errors, kinds], ids=["errors that have advice", "kinds"])
def test_each_has_a_page(source: ModuleType) -> None:
    made = source.pages()
    folder = ROOT / source.FOLDER
    if UPDATE:
        for path in {*folder.glob("*.md")} - {folder / "README.md"}:
            path.unlink()
        for page, text in made.items():
            (ROOT / page).write_text(text, encoding="utf-8")
    there = {path.relative_to(ROOT).as_posix() for path in folder.glob("*.md")}
    assert there == {*made, f"{source.FOLDER}/README.md"}
    assert {page for page, text in made.items() if (ROOT / page).read_text(encoding="utf-8") != text} == set()


def first_cells(page: str) -> list[str]:
    """Of the table that people wrote."""
    written = (ROOT / "docs/reference" / page).read_text(encoding="utf-8").partition(MARK)[0]
    return re.findall(r"^\| `?(\w+)`? \|", written, re.MULTILINE)


def test_the_gates_are_those_that_are_asked() -> None:
    asked = re.findall(r"Gate\(\"(\w+)\"", (ROOT / "planner/promote/gates.py").read_text(encoding="utf-8"))
    assert sorted(first_cells("gates.md")[1:]) == sorted({*asked})


def test_the_exit_codes_are_those_of_the_help() -> None:
    told = [code for code in first_cells("exit-codes.md") if code.isdigit()]
    assert told == [*EXIT_CODES]
    assert {str(exit_code) for exit_code, _ in errors.tree().values()} <= {*told}
