"""A plugin's descriptor: where it is, and whether it is made for the version in the template."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from zipfile import ZipFile, ZipInfo

from planner.archives import properties
from planner.archives.reading import DAMAGED, read_start
from planner.model.diagnostic import ERROR, Diagnostic

NAME: Final = "plugin-descriptor.properties"
_PLACES: Final = (NAME, f"elasticsearch/{NAME}")
_VERSION: Final = "elasticsearch.version"


def find(members: Sequence[ZipInfo]) -> ZipInfo | None:
    """The descriptor at the root, or else the one under elasticsearch/."""
    found = {member.filename: member for member in members if member.filename in _PLACES}
    return next((found[place] for place in _PLACES if place in found), None)


def faults(archive: ZipFile, member: ZipInfo, version: str | None) -> Iterator[Diagnostic]:
    """What is wrong with the descriptor. version: None when it is not known yet."""
    try:
        declared = properties.parse(read_start(archive, member)).get(_VERSION)
    except DAMAGED as error:
        yield Diagnostic(ERROR, f"has a {NAME} that cannot be read", detail=str(error))
        return
    if declared is None:
        yield Diagnostic(
            ERROR, f"has a {NAME} without {_VERSION}", advice="Set it to the version the plugin is made for."
        )
    elif version is not None and declared.strip() != version:
        yield Diagnostic(
            ERROR,
            f"is made for Elasticsearch {declared.strip()!r}, not {version!r}",
            detail=f"{_VERSION} in {member.filename} must equal `version`.",
            advice="Give the archive that is made for this version, or change `version`.",
        )
