"""Splices: what is cut out of a text, and what is put in its place."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen


@frozen
class Splice:
    """text[start:end] becomes new."""

    start: int
    end: int
    new: str = ""


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """text with all splices, which do not overlap.

    A comment that follows new text immediately gets a space before it, or it would become part of it.
    """
    for splice in sorted(splices, key=lambda splice: (splice.start, splice.end), reverse=True):
        rest = text[splice.end :]
        gap = " " if splice.new and rest.startswith("#") else ""
        text = f"{text[: splice.start]}{splice.new}{gap}{rest}"
    return text
