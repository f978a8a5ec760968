"""What Elasticsearch makes of the files in a bundle, as far as it can be told without running it.

A node refuses to start for a hunspell dictionary that is not whole. For other dictionaries it is an index
that does not open, which is told here as the node's refusal too: nobody could search.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Final

READS: Final = 64 * 1024**2
"""Bytes of a file that are looked at; what is larger is taken for good."""
_ARROW: Final = re.compile(r"(?<!\\)=>")
_GEOIP: Final = ("-City.mmdb", "-Country.mmdb", "-ASN.mmdb")


def refusals(archive: zipfile.ZipFile) -> Iterator[str]:
    """In the words of Elasticsearch, more or less. Raises what zipfile raises for what cannot be unpacked."""
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    yield from _hunspell(archive, names)
    for name in names:
        path = PurePosixPath(name)
        if path.parts[0] == "dictionaries" and path.suffix in (".txt", ""):
            yield from _dictionary(name, read(archive, name))
        if path.parts[0] == "ingest-geoip" and not name.endswith(_GEOIP):
            yield f"unexpected database file name [{path.name}]"


def read(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        return file.read(READS)


def lines(text: str) -> Iterator[tuple[int, str]]:
    """Those with something in them, that are no comments."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line


def _dictionary(name: str, content: bytes) -> Iterator[str]:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        yield f"Unsupported character encoding detected while reading {name}: {error.reason}"
        return
    if "synonym" not in PurePosixPath(name).name.lower():
        return
    for number, line in lines(text):
        if line.startswith("s(") and "'" in line:
            continue  # WordNet's format
        if len(_ARROW.findall(line)) > 1:
            yield f"Invalid synonym rule at line {number} of {name}: more than one explicit mapping"
            return


def _hunspell(archive: zipfile.ZipFile, names: Iterable[str]) -> Iterator[str]:
    locales: dict[str, list[str]] = {}
    for name in names:
        parts = PurePosixPath(name).parts
        if parts[0] == "hunspell" and len(parts) == 3:
            locales.setdefault(parts[1], []).append(name)
    for locale, files in sorted(locales.items()):
        affixes = [name for name in files if name.endswith(".aff")]
        words = [name for name in files if name.endswith(".dic")]
        if not affixes:
            yield f"Missing affix file for hunspell dictionary [{locale}]"
        elif len(affixes) > 1:
            yield f"Too many affix files exist for hunspell dictionary [{locale}]"
        if not words:
            yield f"Could not find hunspell dictionary [{locale}]"
        for name in words:
            first = read(archive, name).partition(b"\n")[0].strip()
            if not re.match(rb"(?:\xef\xbb\xbf)?\d", first):
                yield f"exception while loading hunspell dictionary [{locale}]: {name} begins with no count"
