from __future__ import annotations

from . import Case

PLACE = "ingest-geoip"
FILE = f"{PLACE}/Ours-City.mmdb"


def database(type_: str, rest: bytes = b"Kdescription\xe0") -> bytes:
    """The end of one, as MaxMind's tools write it."""
    data = type_.encode()
    length = bytes([0x40 | len(data)] if len(data) < 29 else [0x40 | 29, len(data) - 29])
    return b"\0" * 2000 + b"\xab\xcd\xefMaxMind.com\xe9Mdatabase_type" + length + data + rest


CITY = database("GeoIP2-City")
GOOD = {FILE: CITY}

CASES = {
    "geoip-no-type": Case(
        {
            f"{PLACE}/{n}-City.mmdb": data
            for n, data in enumerate([b"", CITY[:2000], CITY + b"\0" * 512, CITY[:2029]])
        },
        {FILE: database("GeoIP2-City", b"\0" * 480)},
        tuple(f"{PLACE}/{n}-City.mmdb" for n in range(4)),
    ),
    "geoip-other-type": Case(
        {FILE: database("DBIP-City-Lite"), f"{PLACE}/a-Country.mmdb": database("country ipv4")},
        {
            FILE: database("ipinfo standard_location_mmdb_v4_of_2024"),
            f"{PLACE}/a-ISP.mmdb": database("x" * 40 + "-ISP"),
        },
        (FILE, f"{PLACE}/a-Country.mmdb"),
    ),
    "geoip-reserved-name": Case(
        {f"{PLACE}/GeoLite2-{kind}.mmdb": CITY for kind in ("ASN", "City", "Country")},
        {f"{PLACE}/Our-GeoLite2-City.mmdb": CITY, f"{PLACE}/GeoIP2-City.mmdb": CITY},
        tuple(f"{PLACE}/GeoLite2-{kind}.mmdb" for kind in ("ASN", "City", "Country")),
    ),
    "geoip-name": Case(
        {f"{PLACE}/city.mmdb": CITY, f"{PLACE}/Ours-city.mmdb": CITY},
        {**GOOD, f"{PLACE}/a-Anonymous-IP.mmdb": CITY},
        (f"{PLACE}/Ours-city.mmdb", f"{PLACE}/city.mmdb"),
    ),
    "geoip-not-read": Case(
        {
            f"{PLACE}/a/b-City.mmdb": b"",
            f"{PLACE}/b-City.mmdb.gz": b"",
            f"{PLACE}/b-City.MMDB": b"",
            "b.mmdb": b"",
        },
        {**GOOD, f"{PLACE}/COPYRIGHT.txt": b"", f"{PLACE}/mmdb": b""},
        ("b.mmdb", f"{PLACE}/a/b-City.mmdb", f"{PLACE}/b-City.MMDB", f"{PLACE}/b-City.mmdb.gz"),
    ),
}
