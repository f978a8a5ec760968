"""What an instance loads when it starts, and why it does not start."""

from __future__ import annotations

import re
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import frozen

from planner.sandbox.archives import CHUNK, UNREADABLE, Archives
from planner.sandbox.running import dictionaries
from planner.sandbox.running.entries import Entry, Place
from planner.sandbox.tables import EXTENSIONS

CLASSIC: Final = "plugin-descriptor.properties"
STABLE: Final = "stable-plugin-descriptor.properties"
_KEYS: Final = ("name", "description", "version", "elasticsearch.version", "java.version")
_PROPERTY: Final = re.compile(r"^[ \t]*([\w.]+)[ \t]*[=:][ \t]*(.*?)[ \t]*$", re.MULTILINE)
_JAVA: Final = 24
"""Of its nodes: about what Elasticsearch 8 brings along, which was 17 at first, and went up since."""
_UNPACKED: Final = 256 * 1024**2
"""Bytes; a larger archive is not unpacked to see whether it can be."""

Loaded = dict[str, Any]
"""list, name, url and elasticsearch_version of an entry; the extension's `version`, the `sha256` of what was
there, and the `plugin` that it has by its descriptor; null where nobody knows."""


class Refused(Exception):
    """The instance does not start; the reason is what its log says."""


@frozen
class Content:
    """Where what an entry names is."""

    db: sqlite3.Connection
    archives: Archives

    def load(self, key: str, entry: Entry, node: str) -> Loaded:
        """What an instance has of an entry of a list. Raises Refused."""
        loaded: Loaded = {"list": key, **entry, "version": None, "sha256": None, "plugin": None}
        extension_id = entry["url"].removeprefix("repo://")
        if extension_id == entry["url"]:
            _check_reachable(entry["url"])
            return loaded
        extension = EXTENSIONS.find(self.db, extension_id)
        if extension is None or extension.file is None:
            raise Refused(f"could not download [{entry['url']}]: there is no such file")
        loaded |= {"version": extension.version, "sha256": extension.file.sha256}
        archive = self.archives.pin(extension_id, extension.file.sha256)
        if archive is None:  # a download_url that was accepted as fetched: nobody knows what is in it
            return loaded
        return loaded | {"plugin": _unpacked(archive, key, entry["name"], node)}


def start(content: Content, place: Place) -> tuple[list[Loaded], str]:
    """What an instance at a place loads, and why it does not start; "" where it does."""
    loaded: list[Loaded] = []
    try:
        for key, entries in place.lists.items():
            loaded.extend(content.load(key, entry, place.version) for entry in entries)
        _check_once([each["plugin"]["name"] for each in loaded if each["plugin"]])
    except Refused as refused:
        return loaded, str(refused)
    return loaded, ""


def without_plugins(loaded: Iterable[Loaded]) -> tuple[Loaded, ...]:
    return tuple(each for each in loaded if each["list"] != "user_plugins")


def _check_reachable(url: str) -> None:
    """Others than those under .invalid are taken for reachable, and for what they should be."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    if not host or f".{host.rstrip('.')}".endswith(".invalid"):
        raise Refused(f"could not download [{url}]: unknown host [{host}]")


def _check_once(plugins: list[str]) -> None:
    for name in plugins:
        if plugins.count(name) > 1:
            raise Refused(f"plugin [{name}] is there twice")


def _unpacked(path: Path, key: str, name: str, node: str) -> dict[str, str] | None:
    """The descriptor of the plugin in an archive; None of a bundle. Raises Refused."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_whole(archive)
            if key == "user_plugins":
                return _plugin(archive, name, node)
            if reason := next(dictionaries.refusals(archive), None):
                raise Refused(reason)
            return None
    except (OSError, *UNREADABLE) as error:  # a member may be said to be before the beginning
        raise Refused(f"could not unpack [{name}]: {error}") from error


def _check_whole(archive: zipfile.ZipFile) -> None:
    if sum(info.file_size for info in archive.infolist()) > _UNPACKED:
        return
    if broken := archive.testzip():
        raise Refused(f"could not unpack [{broken}]: its checksum is wrong")


def _plugin(archive: zipfile.ZipFile, name: str, node: str) -> dict[str, str]:
    names = archive.namelist()
    found = [each for each in (CLASSIC, STABLE) if each in names]
    if any(each.startswith("elasticsearch/") for each in names):
        raise Refused(f"plugin [{name}] was built with an older plugin structure")
    if len(found) != 1:
        raise Refused(f"plugin [{name}] has {'two descriptors' if found else 'no descriptor'}")
    with archive.open(found[0]) as file:
        told = dict(_PROPERTY.findall(file.read(CHUNK).decode(errors="replace")))
    if reason := next(_faults(told, found[0] == STABLE, node), None):
        raise Refused(f"plugin [{told.get('name', name)}]: {reason}")
    return {
        "name": told["name"],
        "version": told["version"],
        "elasticsearch_version": told["elasticsearch.version"],
        "java_version": told["java.version"],
        "description": told["description"],
        "classname": told.get("classname", ""),
    }


def _faults(told: dict[str, str], stable: bool, node: str) -> Iterator[str]:
    for key in (*_KEYS, *(() if stable else ("classname",))):
        if not told.get(key):
            yield f"property [{key}] is missing"
    built = told.get("elasticsearch.version", "")
    if not runs(built, node, stable=stable):
        yield f"was built for Elasticsearch version {built} but version {node} is running"
    java = told.get("java.version", "").removeprefix("1.")
    if java.isdigit() and int(java) > _JAVA:
        yield f"requires Java {java}, your system: {_JAVA}"


def runs(built: str, node: str, *, stable: bool) -> bool:
    """Whether a plugin that was built for a version runs on a node: a classic one on the same only, a stable
    one on the same major from that version upwards."""
    if not stable or not node:
        return built == node or not node
    one, other = _numbers(built), _numbers(node)
    return one[:1] == other[:1] and one <= other


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.partition("-")[0].split(".") if part.isdigit()]
