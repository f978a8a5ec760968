"""A plugin's descriptor: where it is, and whether it is made for the version in the template."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final
from zipfile import ZipFile, ZipInfo

from attrs import frozen

from planner.archives.members import DAMAGED, read_start
from planner.model.diagnostic import ERROR, Diagnostic

NAME: Final = "plugin-descriptor.properties"
_PLACES: Final = (NAME, f"elasticsearch/{NAME}")
_VERSION: Final = "elasticsearch.version"


@frozen
class Descriptor:
    """What the descriptor of a plugin says of it. place: its name in the archive. version: of Elasticsearch,
    None when it names none. damage: why it cannot be read.
    """

    place: str
    version: str | None = None
    damage: str = ""


def find(archive: ZipFile, members: Sequence[ZipInfo]) -> Descriptor | None:
    """The descriptor at the root, or else the one under elasticsearch/. OSError."""
    found = {member.filename: member for member in members if member.filename in _PLACES}
    place = next((place for place in _PLACES if place in found), None)
    if place is None:
        return None
    try:
        version = properties_in(read_start(archive, found[place])).get(_VERSION)
    except DAMAGED as error:
        return Descriptor(place, damage=str(error))
    return Descriptor(place, None if version is None else version.strip())


def faults(descriptor: Descriptor, version: str | None) -> Iterator[Diagnostic]:
    """What is wrong with the descriptor. version: None when it is not known yet."""
    if descriptor.damage:
        yield Diagnostic(ERROR, f"has a {NAME} that cannot be read", detail=descriptor.damage)
    elif descriptor.version is None:
        yield Diagnostic(
            ERROR, f"has a {NAME} without {_VERSION}", advice="Set it to the version the plugin is made for."
        )
    elif version is not None and descriptor.version != version:
        yield Diagnostic(
            ERROR,
            f"is made for Elasticsearch {descriptor.version!r}, not {version!r}",
            detail=f"{_VERSION} in {descriptor.place} must equal `version`.",
            advice="Give the archive that is made for this version, or change `version`.",
        )


_LINE: Final = re.compile(r"[ \t\f\r\n]*+(?:[#!][^\r\n]*|((?:\\(?:\r\n|.)|[^\\\r\n])+))", re.DOTALL)
"""A comment, or a line with those that continue it."""
_CONTINUED: Final = re.compile(r"(\\[^\r\n])|\\(?:\r\n|\r|\n)[ \t\f]*")
_PAIR: Final = re.compile(r"((?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*(.*)", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_CONTROLS: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def properties_in(data: bytes) -> dict[str, str]:
    """Java's format, as far as descriptors use it: java.util.Properties.load(InputStream).

    Comments (`#`, `!`), `=`, `:` or white space after the key, escapes, lines continued by a backslash. The
    text is ISO 8859-1 with \\uXXXX escapes; a later key wins.
    """
    lines = (_CONTINUED.sub(r"\1", found[1]) for found in _LINE.finditer(data.decode("latin-1")) if found[1])
    pairs = (_PAIR.findall(line)[0] for line in lines)
    return {_unescape(key): _unescape(value) for key, value in pairs}


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda match: _meaning(match[1]), text)


def _meaning(code: str) -> str:
    return chr(int(code[1:], 16)) if len(code) > 1 else _CONTROLS.get(code, code)
