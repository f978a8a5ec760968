"""A good and a bad archive for each rule: one module for a family, named as the family's, with CASES."""

from __future__ import annotations

import io
from zipfile import ZIP_DEFLATED, ZipFile

from attrs import frozen

Members = dict[str, bytes]


@frozen
class Case:
    """Two archives: members, or a whole zip file. good: breaks no rule. bad: breaks this one, and those of
    `also`, which it cannot be without.

    at: all places in bad: member and line, or a member alone where it is about no line, "" for the archive.
    """

    bad: Members | bytes
    good: Members | bytes
    at: tuple[tuple[str, int] | str, ...]
    also: frozenset[str] = frozenset()


def zipped(archive: Members | bytes) -> bytes:
    if isinstance(archive, bytes):
        return archive
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as target:
        for name, data in archive.items():
            target.writestr(name, data)
    return made.getvalue()
