"""A fault: a patch that changes a few lines of planner/, and the tests that look there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

PATCHES = Path(__file__).parent / "patches"
LOOKS_IN = "looks-in: "


class DoesNotApply(Exception):
    """The lines that a patch changes are not there, or more than once."""


@frozen
class Fault:
    """A fault that the tests must find. what: it does. looks_in: test files or node ids. hunks: a file, its
    lines before, and after.
    """

    name: str
    what: str
    looks_in: tuple[str, ...]
    hunks: tuple[tuple[str, str, str], ...]

    @property
    def number(self) -> int:
        return int(self.name.split("-", 1)[0])

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(file for file, _, _ in self.hunks))

    def changed(self, tree: Path) -> dict[str, str]:
        """The files of a tree as the fault leaves them. DoesNotApply."""
        texts = {file: _text(tree / file) for file in self.files}
        for file, before, after in self.hunks:
            found = len(re.findall(f"(?={re.escape(before)})", texts[file]))  # two may share a line break
            if found != 1:
                raise DoesNotApply(f"{self.name} does not apply: {found} places in {file} for\n{before}")
            texts[file] = texts[file].replace(before, after)
        return texts

    def make(self, tree: Path) -> None:
        for file, text in self.changed(tree).items():
            (tree / file).write_text(text, encoding="utf-8")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def faults() -> list[Fault]:
    return [read(path) for path in sorted(PATCHES.glob("*.patch"))]


def read(path: Path) -> Fault:
    lines = path.read_text(encoding="utf-8").splitlines()
    said = [line.removeprefix("# ") for line in lines if line.startswith("# ")]
    looks_in = next(line for line in said if line.startswith(LOOKS_IN)).removeprefix(LOOKS_IN)
    what = " ".join(line for line in said if not line.startswith(LOOKS_IN))
    return Fault(path.stem, what, tuple(looks_in.split()), tuple(_hunks(lines)))


def _hunks(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """Of a diff as git writes it: the file, and its lines before and after, each beginning a line."""
    file = ""
    starts = [n for n, line in enumerate(lines) if line.startswith(("--- a/", "@@ "))]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        if lines[start].startswith("--- a/"):
            file = lines[start].removeprefix("--- a/")
            continue
        body = lines[start + 1 : end]
        before, after = (
            "".join(f"\n{line[1:]}" for line in body if line[0] in signs) for signs in (" -", " +")
        )
        yield file, f"{before}\n", f"{after}\n"
