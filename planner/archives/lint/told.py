"""What a plan tells of an archive: every rule that it breaks, and the first files of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from attrs import evolve

from planner.archives.lint.linter import lint
from planner.archives.lint.tree import in_zip
from planner.model.lint import Fault
from planner.model.resource import Content

FILES_OF_A_RULE: Final = 10


def told(content: Content, kind: str) -> tuple[Fault, ...]:
    """An archive that was examined before. OSError, or an error of zipfile, where it changes meanwhile."""
    with in_zip(content.source, Path(content.archive), kind) as tree:
        return tuple(first_of_each(lint(tree).faults()))


def first_of_each(faults: Iterable[Fault]) -> Iterator[Fault]:
    """The first files of each; of faults from some day on, those of the first days."""
    by_rule: dict[str, list[Fault]] = {}
    for fault in sorted(faults, key=lambda fault: fault.since):
        by_rule.setdefault(fault.rule, []).append(fault)
    for found in by_rule.values():
        *first, last = found[:FILES_OF_A_RULE]
        yield from first
        more = len(found) - FILES_OF_A_RULE
        yield (
            last if more <= 0 or last.since else evolve(last, detail=f"{last.detail} {_more(more)}".lstrip())
        )


def _more(files: int) -> str:
    return (
        f"So {'are' if files > 1 else 'is'} {files:,} more file{'s' * (files > 1)}; planner lint names all."
    )
