"""What is in the archives of resources, and what of it changes: members, manifests, lines."""

from __future__ import annotations

from typing import Final

from attrs import field, frozen

from planner.model.address import Address
from planner.model.redaction import IDENTITY, WORD

MEMBER_ACTIONS: Final = ("create", "update", "delete", "move")


@frozen
class Member:
    """A file of an archive. path: with `/`; one that ends with `/` stands for all files below that folder.

    size: in bytes, unpacked. sha256: of the file; of a folder, over the paths and hashes of its files.
    """

    path: str = field(metadata=IDENTITY)
    size: int
    sha256: str = field(metadata=WORD)


@frozen
class Manifest:
    """The files of an archive, sorted by path; where there are too many to keep, folders in their place."""

    members: tuple[Member, ...] = ()
    folders: tuple[Member, ...] = ()


@frozen
class LineChange:
    """A line of a file. sign: "+" it comes, "-" it goes, " " it stays and stands beside one that changes.

    text: without its line end, redacted; control characters as they are. marked: from where to where in text
    the words are that differ, as offsets of characters.
    """

    sign: str = field(metadata=WORD)
    text: str
    marked: tuple[tuple[int, int], ...] = ()


@frozen
class MemberText:
    """How the text of a file changes. added, removed: lines in all. lines: those that are shown, in order.

    left_out: how many of the changed lines are not shown. reason: why no lines are, "" where they are.
    """

    added: int = 0
    removed: int = 0
    lines: tuple[LineChange, ...] = ()
    left_out: int = 0
    reason: str = ""


@frozen
class MemberChange:
    """What happens to one file of an archive. action: one of MEMBER_ACTIONS. from_path: of a move, else "".

    text: None where nothing is known of the lines.
    """

    action: str = field(metadata=WORD)
    path: str = field(metadata=IDENTITY)
    from_path: str = field(default="", metadata=IDENTITY)
    prior: Member | None = None
    desired: Member | None = None
    text: MemberText | None = None


@frozen
class ContentChange:
    """What happens to the files of one resource's archive. left_out: how many changes of files are not told.

    reason: why files are not told, or no lines of any of them; "" where they are.
    """

    address: Address
    members: tuple[MemberChange, ...] = ()
    left_out: int = 0
    reason: str = ""
