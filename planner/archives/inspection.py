"""What is wrong with an archive, found at plan time: a table of small checks.

First the table of contents is looked at; when nothing is wrong with that, every member is read once. What
Elasticsearch would say of what is in it, `planner.archives.lint` says.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from attrs import evolve, frozen

from planner.archives import front_to_back
from planner.archives.descriptor import DESCRIPTORS, MADE_FOR, properties_in
from planner.archives.members import (
    DAMAGED,
    READABLE,
    Bounded,
    collisions,
    fault,
    name_of,
    read_start,
    shown,
    starts_with_member,
)
from planner.model.diagnostic import ERROR, WARNING, Diagnostic
from planner.model.resource import Content

_ENCRYPTED: Final = 0x1
_DATA_DESCRIPTOR: Final = 0x8
_UNPACKED_LIMIT: Final = 4 * 1024**3
_RATIO_LIMIT: Final = 200
_RATIO_MATTERS_FROM: Final = 1024**3
_NAMED_AT_MOST: Final = 3
_SORTS: Final = (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK)

Problem = Diagnostic
"""A diagnostic whose summary says what the archive is or does ("is empty"); `named` puts its name first."""


@frozen
class Subject:
    """What the checks look at."""

    content: Content
    archive: ZipFile
    members: tuple[ZipInfo, ...]


@frozen
class Descriptor:
    """The descriptor of a plugin. place: its name in the archive. version: of Elasticsearch, None when it
    names none.
    """

    place: str
    version: str | None = None


Check = Callable[[Subject], Iterator[Problem]]
Use = Callable[[Descriptor | None, str | None], Iterator[Problem]]


@frozen
class Examined:
    """What an archive is, whatever it is used for. descriptor: of a plugin, None when there is none. whole:
    whether its members could be read.
    """

    problems: tuple[Problem, ...]
    descriptor: Descriptor | None = None
    whole: bool = True

    @property
    def is_sound(self) -> bool:
        return not any(problem.is_error for problem in self.problems)

    def judged(self, extension_type: str, version: str | None) -> tuple[Problem, ...]:
        """Everything that keeps the archive from being uploaded or used, and what looks like a mistake.

        extension_type: "bundle" or "plugin"; any other gets the checks that both have. version: as the
        template has it, None when it is not known yet. The problems carry severity, summary, detail and
        advice; the caller adds address and position.
        """
        check = CHECKS_BY_TYPE.get(extension_type) if self.whole else None
        return (*self.problems, *(check(self.descriptor, version) if check else ()))


def examine(content: Content) -> Examined:
    """Reads the archive, once for everything that uses it."""
    try:
        with Bounded(content.archive) as stream, ZipFile(stream) as archive:
            subject = Subject(content, archive, tuple(archive.infolist()))
            problems = tuple(problem for check in CHECKS for problem in check(subject))
            found = _descriptor_in(archive, subject.members)
            different = () if any(problem.is_error for problem in problems) else tuple(_differences(subject))
            return Examined((*problems, *different), found, whole=not different)
    except OSError as error:
        problem = Problem(ERROR, "cannot be read", detail=error.strerror or str(error))
    except DAMAGED as error:
        detail, advice = str(error), "Build the archive again."
        problem = Problem(ERROR, "is not a readable zip file", detail=detail, advice=advice)
    return Examined((problem,), whole=False)


def named(problems: tuple[Problem, ...], source: str) -> tuple[Problem, ...]:
    """The problems with source as the subject of their summaries."""
    return tuple(evolve(problem, summary=f"{source} {problem.summary}".lstrip()) for problem in problems)


def _differences(subject: Subject) -> Iterator[Problem]:
    try:
        front_to_back.read_all(subject.archive, subject.members)
    except DAMAGED as error:
        yield Problem(
            ERROR,
            "cannot be read member by member as its table of contents says",
            detail=str(error),
            advice="Build the archive again.",
        )


def _members(subject: Subject) -> Iterator[Problem]:
    if all(member.filename.endswith("/") for member in subject.members):
        yield Problem(ERROR, "is empty", advice="Put at least one file into the archive.")
    elif not starts_with_member(subject.archive):
        yield Problem(
            ERROR,
            "does not begin as a zip file",
            detail="Something stands before its first member, so readers that go from front to back fail.",
            advice="Build the archive again.",
        )


def _unsafe_names(subject: Subject) -> Iterator[str]:
    names = ({member.orig_filename, name_of(member)} for member in subject.members)
    reasons = ((name, fault(name)) for both in names for name in both)
    return (f"{shown(name)} {reason}" for name, reason in reasons if reason)


def _bomb(subject: Subject) -> Iterator[Problem]:
    packed = sum(member.compress_size for member in subject.members)
    unpacked = sum(member.file_size for member in subject.members)
    if unpacked > _UNPACKED_LIMIT:
        yield Problem(ERROR, f"unpacks to {human(unpacked)}; {human(_UNPACKED_LIMIT)} is the most")
    elif unpacked > _RATIO_MATTERS_FROM and unpacked > _RATIO_LIMIT * max(packed, 1):
        ratio = unpacked // max(packed, 1)
        yield Problem(ERROR, "looks like a zip bomb", detail=f"It unpacks to {ratio:,} times its size.")
    if packed > subject.content.size:
        yield Problem(ERROR, "has members that overlap", advice="Build the archive again.")


def _made_for_another_version(found: Descriptor | None, version: str | None) -> Iterator[Problem]:
    if found and None not in (found.version, version) and found.version != version:
        yield Problem(
            ERROR,
            f"is made for Elasticsearch {found.version!r}, not {version!r}",
            detail=f"{MADE_FOR} in {found.place} must equal `version`.",
            advice="Give the archive that is made for this version, or change `version`.",
        )


def _looks_like_a_plugin(found: Descriptor | None, _version: str | None) -> Iterator[Problem]:
    if found:
        yield Problem(
            WARNING,
            "is probably a plugin, not a bundle",
            detail=f"It holds {found.place}.",
            advice="If it is one, set extension_type to plugin.",
        )


def human(size: int) -> str:
    """Bytes as text, in binary units: 512 B, 12.1 KiB, 200 MiB, 8 GiB."""
    number, unit = float(size), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if number < 1024:
            break
        number, unit = number / 1024, larger
    return f"{number:.1f}".removesuffix(".0") + f" {unit}"


def _members_that(are: Callable[[ZipInfo], object]) -> Callable[[Subject], Iterator[str]]:
    return lambda subject: (shown(name_of(member)) for member in subject.members if are(member))


@frozen
class _Listed:
    """A check that says which members are wrong: the first few. items: each as a text."""

    items: Callable[[Subject], Iterator[str]]
    summary: str
    advice: str
    severity: str = ERROR
    detail: str = ""

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        items = self.items(subject)
        if first := list(islice(items, _NAMED_AT_MOST)):
            more = sum(1 for _ in items)
            which = ", ".join(first) + (f" and {more} more" if more else "")
            detail = f"{self.detail}: {which}" if self.detail else which
            yield Problem(self.severity, self.summary, detail=detail, advice=self.advice)


CHECKS: Final[tuple[Check, ...]] = (
    _members,
    _Listed(
        _members_that(lambda member: member.flag_bits & _ENCRYPTED),
        "has encrypted members",
        "Build the archive without a password.",
    ),
    _Listed(
        _unsafe_names,
        "has members with unsafe names",
        "Use relative names with `/`, inside the archive.",
    ),
    _Listed(
        lambda subject: collisions(map(name_of, subject.members)),
        "has members that are one file where it is unpacked",
        "Give each another name.",
    ),
    _Listed(
        _members_that(lambda member: stat.S_ISLNK(member.external_attr >> 16)),
        "has members that are symbolic links",
        "Archive the files that they lead to.",
    ),
    _Listed(
        _members_that(lambda member: stat.S_IFMT(member.external_attr >> 16) not in _SORTS),
        "has members that are devices, pipes or sockets",
        "Build the archive of files only.",
    ),
    _Listed(
        _members_that(lambda member: member.compress_type not in READABLE),
        "has members packed with a method other than stored or deflated",
        "Build the archive with plain deflate.",
    ),
    _Listed(
        _members_that(
            lambda member: member.compress_type == ZIP_STORED and member.flag_bits & _DATA_DESCRIPTOR
        ),
        "has stored members with a data descriptor",
        "Deflate the members, or write the archive to a file, not to a pipe.",
        WARNING,
        "Java's ZipInputStream refuses them",
    ),
    _bomb,
)

CHECKS_BY_TYPE: Final[dict[str, Use]] = {"plugin": _made_for_another_version, "bundle": _looks_like_a_plugin}


def _descriptor_in(archive: ZipFile, members: Sequence[ZipInfo]) -> Descriptor | None:
    """The descriptor at the root; None too where it cannot be read, which other checks say. OSError."""
    found = {member.filename: member for member in members if member.filename in DESCRIPTORS}
    place = next((place for place in DESCRIPTORS if place in found), None)
    if place is None:
        return None
    try:
        version = properties_in(read_start(archive, found[place])).get(MADE_FOR)
    except DAMAGED:
        return None
    return Descriptor(place, None if version is None else version.strip())
