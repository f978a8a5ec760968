"""What is wrong with an archive, found at plan time: a table of small checks.

The table of contents is read, and of the members only the start of a plugin's descriptor.
"""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from attrs import evolve, frozen

from planner.archives import descriptor
from planner.archives.names import fault
from planner.archives.reading import DAMAGED, READABLE, opened, starts_with_member
from planner.archives.sizes import DOWNLOAD_LIMIT, UPLOAD_LIMIT, human
from planner.model.diagnostic import ERROR, WARNING, Diagnostic
from planner.model.resource import Content

_ENCRYPTED: Final = 0x1
_DATA_DESCRIPTOR: Final = 0x8
_UNPACKED_LIMIT: Final = 20 * 1024**3
_RATIO_LIMIT: Final = 200
_RATIO_MATTERS_FROM: Final = 1024**3
_NAMED_AT_MOST: Final = 3

Problem = Diagnostic
"""A diagnostic whose summary says what the archive is or does ("is empty"); `named` puts its name first."""


@frozen
class Subject:
    """What the checks look at."""

    content: Content
    extension_type: str
    version: str | None
    archive: ZipFile
    members: tuple[ZipInfo, ...]


Check = Callable[[Subject], Iterator[Problem]]


def inspect(content: Content, extension_type: str, version: str | None) -> tuple[Problem, ...]:
    """Everything that keeps the archive from being uploaded or used, and what looks like a mistake.

    extension_type: "bundle" or "plugin"; any other gets the checks that both have. version: as the template
    has it, None when it is not known yet. The problems carry severity, summary, detail and advice; the caller
    adds address and position.
    """
    found = (*_size(content), *_inside(content, extension_type, version))
    return named(found, content.source)


def named(problems: tuple[Problem, ...], source: str) -> tuple[Problem, ...]:
    """The problems with source as the subject of their summaries."""
    return tuple(evolve(problem, summary=f"{source} {problem.summary}".lstrip()) for problem in problems)


def _inside(content: Content, extension_type: str, version: str | None) -> Iterator[Problem]:
    try:
        with opened(content.archive) as archive:
            subject = Subject(content, extension_type, version, archive, tuple(archive.infolist()))
            for check in (*CHECKS, *CHECKS_BY_TYPE.get(extension_type, ())):
                yield from check(subject)
    except OSError as error:
        yield Problem(ERROR, "cannot be read", detail=error.strerror or str(error))
    except DAMAGED as error:
        yield Problem(
            ERROR, "is not a readable zip file", detail=str(error), advice="Build the archive again."
        )


def _size(content: Content) -> Iterator[Problem]:
    detail = f"It has {human(content.size)}, {content.size:,} bytes."
    if content.size > DOWNLOAD_LIMIT:
        most = human(DOWNLOAD_LIMIT)
        yield Problem(ERROR, f"is larger than {most}, the most an extension can have", detail=detail)
    elif content.size > UPLOAD_LIMIT:
        yield Problem(
            ERROR,
            f"is larger than {human(UPLOAD_LIMIT)}, the most that can be uploaded",
            detail=detail,
            advice="Put it on a web server and give `download_url` instead of the file.",
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


def _encrypted(subject: Subject) -> Iterator[Problem]:
    yield from _about(
        (m for m in subject.members if m.flag_bits & _ENCRYPTED),
        "has encrypted members",
        advice="Build the archive without a password.",
    )


def _unsafe_names(subject: Subject) -> Iterator[Problem]:
    reasons = ((member, fault(member.orig_filename)) for member in subject.members)
    unsafe = [f"{member.orig_filename!r} {reason}" for member, reason in reasons if reason]
    yield from _listed(
        unsafe, "has members with unsafe names", advice="Use relative names with `/`, inside the archive."
    )


def _links(subject: Subject) -> Iterator[Problem]:
    yield from _about(
        (m for m in subject.members if stat.S_ISLNK(m.external_attr >> 16)),
        "has members that are symbolic links",
        advice="Archive the files that they lead to.",
    )


def _methods(subject: Subject) -> Iterator[Problem]:
    yield from _about(
        (m for m in subject.members if m.compress_type not in READABLE),
        "has members packed with a method other than stored or deflated",
        advice="Build the archive with plain deflate.",
    )


def _descriptors_of_stored(subject: Subject) -> Iterator[Problem]:
    yield from _about(
        (m for m in subject.members if m.compress_type == ZIP_STORED and m.flag_bits & _DATA_DESCRIPTOR),
        "has stored members with a data descriptor",
        severity=WARNING,
        detail="Java's ZipInputStream refuses them",
        advice="Deflate the members, or write the archive to a file, not to a pipe.",
    )


def _duplicates(subject: Subject) -> Iterator[Problem]:
    counted = Counter(member.filename for member in subject.members)
    yield from _listed(
        [repr(name) for name, count in counted.items() if count > 1],
        "has members of the same name",
        severity=WARNING,
        advice="Only one of each can be unpacked.",
    )


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


def _plugin_descriptor(subject: Subject) -> Iterator[Problem]:
    member = descriptor.find(subject.members)
    if member is None:
        yield Problem(
            ERROR,
            "is not a plugin",
            detail=f"{descriptor.NAME} is neither at its root nor under elasticsearch/.",
            advice="Archive its files without a folder around them, or set extension_type to bundle.",
        )
    else:
        yield from descriptor.faults(subject.archive, member, subject.version)


def _looks_like_a_plugin(subject: Subject) -> Iterator[Problem]:
    if member := descriptor.find(subject.members):
        yield Problem(
            WARNING,
            "is probably a plugin, not a bundle",
            detail=f"It holds {member.filename}.",
            advice="If it is one, set extension_type to plugin.",
        )


def _about(
    members: Iterable[ZipInfo], summary: str, *, severity: str = ERROR, detail: str = "", advice: str = ""
) -> Iterator[Problem]:
    names = [repr(member.orig_filename) for member in members]
    yield from _listed(names, summary, severity=severity, detail=detail, advice=advice)


def _listed(
    items: list[str], summary: str, *, severity: str = ERROR, detail: str = "", advice: str = ""
) -> Iterator[Problem]:
    """One problem that names the first few items; none when there are no items."""
    if items:
        shown = ", ".join(islice(items, _NAMED_AT_MOST))
        more = len(items) - _NAMED_AT_MOST
        which = f"{shown} and {more} more" if more > 0 else shown
        yield Problem(severity, summary, detail=f"{detail}: {which}" if detail else which, advice=advice)


CHECKS: Final[tuple[Check, ...]] = (
    _members,
    _encrypted,
    _unsafe_names,
    _links,
    _methods,
    _descriptors_of_stored,
    _duplicates,
    _bomb,
)

CHECKS_BY_TYPE: Final[dict[str, tuple[Check, ...]]] = {
    "plugin": (_plugin_descriptor,),
    "bundle": (_looks_like_a_plugin,),
}
