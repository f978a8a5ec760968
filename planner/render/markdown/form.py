"""What a forge can show, and how much of it."""

from __future__ import annotations

from typing import Any, Final

from attrs import Attribute, field, frozen

from planner.model.dialect import USUAL, Dialect

LEAST: Final = 2_500
"""The room a comment needs beside its marker: counts, and a warning that the rest is missing."""


def _one_line(_form: object, _field: Attribute[str], marker: str) -> None:
    if not marker.isprintable():
        raise ValueError("the marker of a comment is one line of printable text")


def _enough(form: Any, _field: Attribute[int], limit: int) -> None:
    if limit < LEAST + len(form.marker):
        raise ValueError(f"a comment of {limit:,} characters is too small; it needs {LEAST:,} and its marker")


@frozen
class CommentForm:
    """limit: a hard bound, in characters, and in bytes of UTF-8 where the dialect says so. At least LEAST and
    the marker's length, else ValueError. marker: the first line, as it is, "" for none. files: whether the
    run that made the comment wrote all of it into files.
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
