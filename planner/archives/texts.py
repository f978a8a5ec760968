"""The lines that change in the archives of a plan: read out of both archives, compared, bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final
from zipfile import ZipFile

from attrs import define, evolve, field

from planner.archives.blocks import Effort
from planner.archives.compared import LARGEST, Redact, compare
from planner.archives.members import Bounded, name_of
from planner.archives.withheld import withheld
from planner.model.members import MemberChange, MemberText
from planner.model.resource import Content

OF_EACH: Final = 20
"""Lines of one file that are shown, where nobody asks for more."""
OF_ALL: Final = 200
"""Lines of all files."""

Read = Callable[[str], bytes]


@define
class Showing:
    """What is shown of all files of a plan. each: lines of one file, left: of all that follow; None for all.

    redact: takes known secrets out.
    """

    redact: Redact
    each: int | None = OF_EACH
    left: int | None = OF_ALL
    effort: Effort = field(factory=Effort)

    def texts(
        self, members: Iterable[MemberChange], prior: Content, desired: Content
    ) -> Iterator[MemberChange]:
        """members, each with how its text changes. prior, desired: the archives. OSError, or one of
        members.DAMAGED.
        """
        with ExitStack() as stack:
            was, now = (stack.enter_context(_reading(side)) for side in (prior, desired))
            for member in members:
                yield evolve(member, text=self._text(member, was, now))

    def _text(self, member: MemberChange, was: Read, now: Read) -> MemberText | None:
        if member.action == "move" or member.path.endswith("/"):
            return None
        prior = was(member.path) if member.prior else b""
        desired = now(member.path) if member.desired else b""
        found = compare(prior, desired, self.redact, self.effort)
        reason = withheld(member.path, prior, desired) if found.blocks else ""
        text = found.text(0 if reason else self._room)
        if self.left is not None:
            self.left -= len(text.lines)
        return evolve(text, reason=reason, left_out=0) if reason else text

    @property
    def _room(self) -> int | None:
        rooms = [room for room in (self.each, self.left) if room is not None]
        return min(rooms) if rooms else None


@contextmanager
def _reading(content: Content) -> Iterator[Read]:
    """Reads what members of an archive hold, by their names; of what is too large to compare, a part."""
    with Bounded(content.archive) as stream, ZipFile(stream) as archive:
        members = {name_of(member): member for member in archive.infolist()}

        def read(name: str) -> bytes:
            with archive.open(members[name]) as file:
                return file.read(LARGEST + 1)

        yield read
