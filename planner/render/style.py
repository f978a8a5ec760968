"""Colours, or none. The text means the same without them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import frozen

ADD: Final = "add"
CHANGE: Final = "change"
REMOVE: Final = "remove"
BOLD: Final = "bold"
DIM: Final = "dim"
ERROR: Final = "error"
WARNING: Final = "warning"
MARKED: Final = "marked"

_CODES: Final = {
    ADD: "32",
    CHANGE: "33",
    REMOVE: "31",
    BOLD: "1",
    DIM: "2",
    ERROR: "1;31",
    WARNING: "1;33",
    MARKED: "7",
}
_ROLES: Final = {
    "+": ADD,
    "+/-": ADD,
    "~": CHANGE,
    "-": REMOVE,
    "-/+": REMOVE,
    "^": CHANGE,
    ".": DIM,
    "!": WARNING,
}


@frozen
class Style:
    """How parts of a text are coloured, if at all. colours: whether to write ANSI colours. The caller
    decides, by NO_COLOR, --no-color and pipes.
    """

    colours: bool = False

    def paint(self, role: str, text: str) -> str:
        """text in the colour of role, one of the names above."""
        return f"\x1b[{_CODES[role]}m{text}\x1b[0m" if self.colours and text else text

    def marked(self, text: str, marks: Iterable[tuple[int, int]]) -> str:
        """text with what differs in it made to stand out. marks: from where to where."""
        if not self.colours:
            return text
        shown, at = "", 0
        for start, end in marks:
            shown += text[at:start] + self.paint(MARKED, text[start:end])
            at = end
        return shown + text[at:]

    def sign(self, sign: str) -> str:
        """A symbol of the plan (`+`, `~`, `-`, `-/+`, `+/-`, `.`, `!`) in its colour."""
        return self.paint(_ROLES[sign], sign) if self.colours and sign in _ROLES else sign
