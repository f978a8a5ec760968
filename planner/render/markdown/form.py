"""What a forge can show, how much of a preview a comment shows, and in which order it shows less."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any, Final

from attrs import Attribute, evolve, field, frozen

from planner.model.dialect import USUAL, Dialect

LEAST: Final = 2_500
"""The room a comment needs beside its marker: counts, and a warning that the rest is missing."""

ALL: Final = 1_000_000


def _one_line(_form: object, _field: Attribute[str], marker: str) -> None:
    if not marker.isprintable():
        raise ValueError("the marker of a comment is one line of printable text")


def _enough(form: Any, _field: Attribute[int], limit: int) -> None:
    if limit < LEAST + len(form.marker):
        raise ValueError(f"a comment of {limit:,} characters is too small; it needs {LEAST:,} and its marker")


@frozen
class CommentForm:
    """What a comment has to fit in. limit: a hard bound, in characters, and in bytes of UTF-8 where the
    dialect says so. At least LEAST and the marker's length, else ValueError. marker: the first line, as it
    is, "" for none. files: whether the run that made the comment wrote all of it into files.
    """

    limit: int = field(validator=_enough)
    marker: str = field(default="", validator=_one_line)
    dialect: Dialect = USUAL
    files: bool = False

    @property
    def rest(self) -> str:
        """Where to find what a comment leaves out."""
        if self.files:
            return "The full plan is in the files that this run wrote."
        return "`planner preview --out FOLDER` writes the full plan."

    def size(self, text: str) -> int:
        """The length of text as the limit counts it."""
        return len(text.encode()) if self.dialect.in_bytes else len(text)


@frozen
class Detail:
    """Bounds; ALL is none.

    diagram: the graph. value_lines: lines for one attribute. files: lines for one archive. updates, creates,
    destroyed: attributes shown of each such change. names_creates, names_updates, names_drift: whether each
    is named, or counted. drift: attributes of each drifted resource. outputs, notes, users, checks: how many
    of each. blocks: the block of each environment. error_lines: of each that failed. caution: 2 one line for
    each delete and replace, 1 one for each environment, with ids, 0 addresses only. footer: digests and the
    command. why: reasons in the table. warnings: of what merging leaves behind. renames: lines of the block
    to paste for likely ones. rollouts: lines of each, and how many are named.
    """

    diagram: bool = True
    value_lines: int = 40
    files: int = ALL
    updates: int = ALL
    creates: int = ALL
    names_creates: bool = True
    drift: int = ALL
    destroyed: int = ALL
    outputs: int = ALL
    notes: int = 20
    names_updates: bool = True
    names_drift: bool = True
    blocks: bool = True
    users: int = 10
    checks: int = 20
    error_lines: int = 30
    caution: int = 2
    footer: bool = True
    why: int = 3
    warnings: int = 20
    renames: int = 100
    rollouts: int = 20


WHOLE: Final = Detail(
    value_lines=ALL,
    notes=ALL,
    users=ALL,
    checks=ALL,
    error_lines=ALL,
    warnings=ALL,
    renames=ALL,
    rollouts=ALL,
)

_STEPS: Final[tuple[Mapping[str, Any], ...]] = (
    {"diagram": False},
    {"files": 40},
    {"value_lines": 8, "files": 12},
    {"updates": 6, "value_lines": 4, "files": 4},
    {"updates": 0},
    {"creates": 6},
    {"creates": 0},
    {"names_creates": False},
    {"drift": 0, "notes": 5},
    {"destroyed": 0},
    {"outputs": 0},
    {"names_updates": False},
    {"names_drift": False},
    {"blocks": False},
    {"users": 3, "error_lines": 8, "checks": 5, "warnings": 5},
    {"users": 0, "notes": 0, "rollouts": 4},
    {"caution": 1, "renames": 0},
    {"error_lines": 1, "checks": 0, "footer": False, "rollouts": 0},
    {"why": 0},
    {"caution": 0, "warnings": 0},
)


def ladder() -> Iterator[Detail]:
    """Details, from everything to the least, each step with less than the one before."""
    return accumulate(_STEPS, lambda detail, step: evolve(detail, **step), initial=Detail())
