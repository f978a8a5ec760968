"""What there is to say of the files in an archive that change, said once; the formats lay it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from attrs import frozen

from planner.model.members import ContentChange, LineChange, Member, MemberChange
from planner.render.escaping import ELLIPSIS
from planner.render.values import human_size, plural

_SIGNS: Final[Mapping[str, str]] = {"create": "+", "update": "~", "delete": "-", "move": " "}


@frozen(eq=False, repr=False)
class FileView:
    """What there is to say of one file. Nothing is escaped."""

    change: MemberChange

    @property
    def sign(self) -> str:
        return _SIGNS[self.change.action]

    @property
    def name(self) -> str:
        """Where it is, and where it was before."""
        source = f"{self.change.from_path} -> " if self.change.from_path else ""
        return f"{source}{self.change.path}"

    @property
    def size(self) -> str:
        """How many lines come and go; where that is not known, bytes. "" for what only moves."""
        text, before, after = self.change.text, self.change.prior, self.change.desired
        if text is not None and (text.added or text.removed):
            return f"+{text.added:,} -{text.removed:,}"
        if self.change.action == "move":
            return ""
        return " -> ".join(human_size(member.size) for member in _sides(before, after))

    @property
    def lines(self) -> tuple[LineChange, ...]:
        """Those that are told, with a mark between those that do not follow each other."""
        return tuple(_with_gaps(self.change.text.lines)) if self.change.text else ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is not shown of it, and why."""
        text = self.change.text
        if text is None:
            return ()
        more = f"{plural(text.left_out, 'more line')} not shown" if text.left_out else ""
        return tuple(filter(None, (more, text.reason)))


def _with_gaps(lines: Sequence[LineChange]) -> Iterator[LineChange]:
    """What stands in between is not told: a line that stays, and is but a mark."""
    told: dict[str, int] = {}  # the last line of each side, where that is known
    for line in lines:
        side = "-" if line.sign == "-" else "+"
        if line.number > told.get(side, line.number) + 1:
            yield LineChange(" ", ELLIPSIS)
            told.clear()
        told[side] = line.number
        if line.sign == " " and "-" in told:
            told["-"] += 1
        yield line


def _sides(before: Member | None, after: Member | None) -> list[Member]:
    """Each side that there is, once where both have the same size."""
    found = [member for member in (before, after) if member is not None]
    return found[:1] if len(found) > 1 and found[0].size == found[1].size else found


def files_of(content: ContentChange) -> Iterator[FileView]:
    return map(FileView, content.members)


def remarks_of(content: ContentChange) -> tuple[str, ...]:
    """What is not told of an archive, and why."""
    more = f"{plural(content.left_out, 'more file')}" if content.left_out else ""
    return tuple(filter(None, (more, content.reason)))
