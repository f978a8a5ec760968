"""From an archive to what is wrong with it: each file goes to the family that knows it best.

    1. every family looks over the names of all files
    2. each file is recognised by its name and its first bytes; what nobody knows is told, not checked
    3. its family streams it, and what it finds is put at its place

Nothing is unpacked to disk, and neither the findings nor what is held of a file grow with the archive.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from attrs import evolve

from planner.archives.lint.families import families
from planner.archives.lint.family import MOST_OF_A_FILE, Family, Sign
from planner.archives.lint.lines import TooLong
from planner.archives.lint.tree import File, Tree
from planner.model.lint import Finding, Report, Taken, Unchecked

MOST: Final = 10_000
"""Errors and warnings of an archive that are kept: nobody reads more before mending the first."""
_PROSE: Final = re.compile(r"(?:readme[\w-]*|licen[cs]e|copying|notice|changelog|changes|authors)(?:\.\w+)?")
_Said = Finding | Unchecked


def lint(tree: Tree, of: Iterable[Family] | None = None) -> Report:
    """What is wrong with the archive. of: the families to ask, all of them if none are given.

    OSError, or an error of zipfile, where the archive changes meanwhile.
    """
    asked = [family for family in of or families() if family.kind == tree.kind]
    knowing = [(file, *_taken(file, asked)) for file in tree.files]
    said = chain(
        chain.from_iterable(_bounded(family.look_over(tree)) for family in asked),
        chain.from_iterable(_checked(file, family) for file, family, _ in knowing if family),
    )
    kept = [*_bounded(said, most=MOST)]
    return Report(
        tree.source,
        tree.kind,
        tree.why,
        tuple(Taken(file.name, family.title if family else "", why) for file, family, why in knowing),
        tuple(item for item in kept if isinstance(item, Finding)),
        tuple(item for item in kept if isinstance(item, Unchecked)),
        tree.is_folder,
    )


def _taken(file: File, asked: Iterable[Family]) -> tuple[Family | None, str]:
    """The family that a file goes to, and why."""
    if _PROSE.fullmatch(file.name.rpartition("/")[2].lower()):
        return None, "it is a text for people"
    start = file.start()
    signs = ((sign, family) for family in asked if (sign := family.recognise(file.name, start)))
    best: tuple[Sign, Family] | None = max(signs, key=lambda both: both[0].strength, default=None)
    return (best[1], best[0].why) if best else (None, "no family of rules knows it")


def _checked(file: File, family: Family) -> Iterator[_Said]:
    try:
        for item in _bounded(family.check(file), file.name):
            yield item if item.member else evolve(item, member=file.name)
    except TooLong as error:
        yield error.unchecked(file.name)


def _bounded(said: Iterable[_Said], member: str = "", most: int = MOST_OF_A_FILE) -> Iterator[_Said]:
    """So many errors, and so many warnings: an error behind all of them is looked for, and told."""
    counts: Counter[str] = Counter()
    for item in said:
        severity = item.rule.severity if isinstance(item, Finding) else ""
        counts[severity] += 1
        if counts[severity] <= most:
            yield item
    if max(counts.values(), default=0) > most:
        yield Unchecked(member, f"only the first {most:,} errors and {most:,} warnings are told")
