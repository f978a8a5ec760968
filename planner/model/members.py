"""What is in the archives of resources, and what of it changes: members, manifests, lines.

A path that holds a secret is told and kept without it, as any text is: what is lost is that it names a file.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, Self

from attrs import field, frozen

from planner.model.address import Address
from planner.model.redaction import WORD

MEMBER_ACTIONS: Final = ("create", "update", "delete", "move")

MOST_MEMBERS: Final = 200
MOST_BYTES: Final = 16 * 1024
_DEEPEST: Final = 8
_ROOT: Final = "./"


@frozen
class Member:
    """A file of an archive. path: with `/`; one that ends with `/` stands for the files below that folder,
    without those below a deeper one that is told beside it.

    size: in bytes, unpacked. sha256: of the file, in hex; of a folder, over what is told of its files.
    """

    path: str
    size: int
    sha256: str = field(metadata=WORD)

    @property
    def line(self) -> str:
        """As one line of a manifest's text; the hash as base64, which is shorter."""
        digest = urlsafe_b64encode(bytes.fromhex(self.sha256)).decode().rstrip("=")
        return f"{digest} {self.size} {self.path}"

    @classmethod
    def read(cls, line: str) -> Self:
        """What `line` says. ValueError."""
        digest, size, path = line.split(" ", 2)
        found = urlsafe_b64decode(f"{digest}=").hex()
        if len(found) != 2 * hashlib.sha256().digest_size or not path:
            raise ValueError(f"no file of an archive: {line!r}")
        return cls(path, int(size), found)


@frozen
class Manifest:
    """The files of an archive, sorted by path; where there are too many to keep, folders in their place."""

    members: tuple[Member, ...] = ()
    folders: tuple[Member, ...] = ()

    @classmethod
    def of(cls, members: Iterable[Member]) -> Self:
        """members, or as many levels of their folders as there is room for: MOST_MEMBERS, in MOST_BYTES."""
        found = sorted(members, key=lambda member: member.path)
        if _has_room(found):
            return cls(tuple(found))
        depth = min(max(_depth(member.path) for member in found), _DEEPEST)
        while depth and not _has_room(in_folders(found, depth)):
            depth -= 1
        return cls(folders=in_folders(found, depth))

    @property
    def text(self) -> str:
        """As the state keeps it: a line for each."""
        return "\n".join(member.line for member in (*self.members, *self.folders))

    @classmethod
    def read(cls, text: str) -> Self:
        """What `text` says. ValueError."""
        found = [Member.read(line) for line in text.split("\n")]
        folders = tuple(member for member in found if member.path.endswith("/"))
        return cls(tuple(member for member in found if not member.path.endswith("/")), folders)

    def alike(self, members: Sequence[Member]) -> tuple[Member, ...]:
        """The files of another archive, told as this one tells its own: as files, or by the same levels."""
        depth = max((_depth(folder.path) for folder in self.folders), default=0)
        return in_folders(members, depth) if self.folders else tuple(members)

    @property
    def told(self) -> tuple[Member, ...]:
        """Whatever of both there is."""
        return self.folders or self.members


def in_folders(members: Iterable[Member], depth: int) -> tuple[Member, ...]:
    """One for each folder that members are in, down to a depth: 0 for one in all."""
    found: dict[str, list[Member]] = defaultdict(list)
    for member in sorted(members, key=lambda member: member.path):
        parts = member.path.split("/")[:-1][:depth]
        found["".join(f"{part}/" for part in parts) or _ROOT].append(member)
    return tuple(_folder(path, found[path]) for path in sorted(found))


def _folder(path: str, members: Sequence[Member]) -> Member:
    digest = hashlib.sha256("".join(f"{member.line}\n" for member in members).encode())
    return Member(path, sum(member.size for member in members), digest.hexdigest())


def _depth(path: str) -> int:
    return 0 if path == _ROOT else path.count("/")


def _has_room(members: Sequence[Member]) -> bool:
    if len(members) > MOST_MEMBERS:
        return False
    return sum(len(member.line.encode()) + 1 for member in members) <= MOST_BYTES


@frozen
class KnownContent:
    """What the state keeps of an archive that an installation holds. files: the text of its manifest.

    source: the commit that has what it was made from, and the path in its repository, as git writes both:
    "3f9c1ab...:files/words"; "" where no commit has that as it was.
    """

    files: str = ""
    source: str = ""

    @property
    def manifest(self) -> Manifest | None:
        """None when it is not known, or not understood."""
        try:
            return Manifest.read(self.files)
        except ValueError:
            return None

    @property
    def commit(self) -> str:
        return self.source.partition(":")[0]

    @property
    def path(self) -> str:
        return self.source.partition(":")[2]


@frozen
class LineChange:
    """A line of a file. sign: "+" it comes, "-" it goes, " " it stays and stands beside one that changes.

    text: without its line end, redacted; control characters as they are; of a long line a part. marked: from
    where to where in text the words are that differ, as offsets of characters. number: of the line, from 1;
    of one that goes, in the prior file, else in the desired one. 0 where it is not known.
    """

    sign: str = field(metadata=WORD)
    text: str
    marked: tuple[tuple[int, int], ...] = ()
    number: int = 0


@frozen
class MemberText:
    """How the text of a file changes. added, removed: lines in all. lines: those that are shown, in order.

    left_out: how many of the changed lines are not shown. reason: why no lines are, or what changes besides
    them, as line ends; else "".
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
    path: str
    from_path: str = ""
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
