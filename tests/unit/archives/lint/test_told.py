"""What a plan is told: every rule, and so many files of each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from planner.archives.lint.told import FILES_OF_A_RULE, told
from planner.model.resource import Content

from .cases import zipped


def rules(folder: Path, members: Mapping[str, bytes]) -> list[tuple[str, str, str]]:
    path = folder / "made.zip"
    path.write_bytes(zipped(dict(members)))
    found = told(Content("made.zip", "0", path.stat().st_size, str(path)), "bundle")
    return [(fault.rule, fault.member, fault.detail) for fault in found]


@pytest.mark.parametrize(
    ("count", "more"),
    [
        (1, ""),
        (FILES_OF_A_RULE, ""),
        (FILES_OF_A_RULE + 1, "So is 1 more file; planner lint names all."),
        (2500, "So are 990 more files; planner lint names all."),  # of the thousand that are found
    ],
)
def test_so_many_files_of_a_rule(tmp_path: Path, count: int, more: str) -> None:
    members = {f"scripts/{n:04}.js": b"" for n in range(count)}
    found = rules(tmp_path, {**members, "dictionaries/words.txt": b"\xff"})
    *scripts, words = found
    assert [member for _, member, _ in scripts] == list(members)[:FILES_OF_A_RULE]
    assert [detail for *_, detail in scripts] == [""] * (len(scripts) - 1) + [more]
    assert words[:2] == ("words-not-utf8", "dictionaries/words.txt")


def test_lines_are_told_with_the_first_of_them(tmp_path: Path) -> None:
    members = {f"dictionaries/words-{n:02}.txt": b" # a\n # b\n" for n in range(12)}
    *_, (rule, member, detail) = rules(tmp_path, members)
    assert (rule, member) == ("words-indented-comment", "dictionaries/words-09.txt")
    assert detail.startswith("Also in line 2. Taken for a word list")
    assert detail.endswith(". So are 2 more files; planner lint names all.")
