"""Databases of IP addresses, for the geoip processor: ingest-geoip/NAME.mmdb, in MaxMind's format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from planner.archives.lint.family import Family, Sign, Strength
from planner.archives.lint.tree import File, Tree
from planner.model.diagnostic import ERROR, WARNING
from planner.model.lint import Finding, Rule

_AT: Final = "https://github.com/elastic/elasticsearch/blob"
_FOLDER: Final = "modules/ingest-geoip/src/main/java/org/elasticsearch/ingest/geoip"
_BUNDLES: Final = "https://www.elastic.co/guide/en/cloud/current/ec-custom-bundles.html"
_STOPS: Final = "No pipeline that names the database can be created."

NO_TYPE: Final = Rule(
    "geoip-no-type",
    ERROR,
    "ends otherwise than a database of MaxMind's format",
    "Elasticsearch looks for its type (`database_type`) in the last 512 bytes. " + _STOPS,
    "Fetch the database again, whole and unpacked.",
    f"{_AT}/v8.16.0/{_FOLDER}/MMDBUtil.java",
)
OTHER_TYPE: Final = Rule(
    "geoip-other-type",
    ERROR,
    "is of a type that Elasticsearch does not read",
    "The type that stands in the file ends with -City, -Country, -ASN, -Anonymous-IP, -Connection-Type, "
    "-Domain, -Enterprise or -ISP, or is one of IPinfo, whatever the file is called. " + _STOPS,
    "Take a database whose type ends with -City, -Country or -ASN, as MaxMind's do.",
    f"{_AT}/v8.15.3/{_FOLDER}/Database.java",
)
RESERVED: Final = Rule(
    "geoip-reserved-name",
    WARNING,
    "has the name of a database that Elasticsearch fetches itself",
    "The fetched one goes before yours of the same name.",
    "Give it another name, as Ours-City.mmdb, and name that in the pipeline (database_file).",
    f"{_AT}/v8.15.3/{_FOLDER}/DatabaseNodeService.java",
)
NAME: Final = Rule(
    "geoip-name",
    WARNING,
    "has a name that does not end as its type",
    "Elastic Cloud takes names that end with -City.mmdb, -Country.mmdb or -ASN.mmdb, as the database is of.",
    "Rename it, and name that in the pipeline (database_file).",
    _BUNDLES,
)
NOT_READ: Final = Rule(
    "geoip-not-read",
    WARNING,
    "is a database where none is looked for",
    "Elasticsearch reads what lies in ingest-geoip/ itself, and ends with .mmdb.",
    "Unpack it, and put it to ingest-geoip/.",
    f"{_AT}/v8.15.3/{_FOLDER}/ConfigDatabases.java",
)

_PLACE: Final = re.compile(r"ingest-geoip/[^/]+\.mmdb")
_OWN: Final = re.compile(r"GeoLite2-(?:City|Country|ASN)\.mmdb")
_TYPES: Final = "City|Country|ASN|Anonymous-IP|Connection-Type|Domain|Enterprise|ISP"
_TYPE: Final = re.compile(rf"(?i:ipinfo).*|.*-(?:{_TYPES})", re.DOTALL)
_NAMED: Final = re.compile(rf".*-(?:{_TYPES})\.mmdb")
_MARK: Final = b"database_type"
_TAIL: Final = 512
_BLOCK: Final = 1024 * 1024
_LONG: Final = 29


def recognise(name: str, _start: bytes) -> Sign | None:
    return Sign(Strength.PLACE, "it is a .mmdb file in ingest-geoip/") if _PLACE.fullmatch(name) else None


def look_over(tree: Tree) -> Iterator[Finding]:
    for name in tree.names:
        base = name.rpartition("/")[2]
        if not _PLACE.fullmatch(name):
            yield from [NOT_READ.at(member=name)] if ".mmdb" in base.lower() else []
        elif _OWN.fullmatch(base):
            yield RESERVED.at(member=name)
        elif not _NAMED.fullmatch(base):
            yield NAME.at(member=name)


def check(file: File) -> Iterator[Finding]:
    found = _type(_tail(file))
    if found is None:
        yield NO_TYPE.at()
    elif not _TYPE.fullmatch(found):
        yield OTHER_TYPE.at(sentence=f"{OTHER_TYPE.sentence}: {found}")


def _tail(file: File) -> bytes:
    tail = b""
    with file.stream() as stream:
        while block := stream.read(_BLOCK):
            tail = (tail + block)[-_TAIL:]
    return tail


def _type(tail: bytes) -> str | None:
    """The text behind the mark: a byte has its kind and length, another one more length."""
    _, mark, rest = tail.partition(_MARK)
    if not mark or not rest or rest[0] >> 5 != 2:
        return None
    size, begin = rest[0] & 0x1F, 1
    if size == _LONG and len(rest) > 1:
        size, begin = _LONG + rest[1], 2
    return rest[begin : begin + size].decode(errors="replace")


FAMILY: Final = Family(
    "geoip",
    "a database of IP addresses",
    (NO_TYPE, OTHER_TYPE, RESERVED, NAME, NOT_READ),
    recognise,
    check,
    look_over,
)
