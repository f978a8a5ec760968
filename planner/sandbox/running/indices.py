"""Indices of a deployment: their settings, and whether its nodes can open them with the files they have."""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from attrs import evolve, frozen

from planner.sandbox import objects
from planner.sandbox.archives import UNREADABLE, Archives
from planner.sandbox.http import Stamp
from planner.sandbox.objects import Object
from planner.sandbox.running import cluster, dictionaries
from planner.sandbox.running.analysis import Analysis, Illegal
from planner.sandbox.running.attempts import Owner
from planner.sandbox.running.cluster import Cluster, Instance

_KIND: Final = "index"
_LATER: Final = "index_later"
LATER: Final = "later"
"""The word of a seed for an index that is made when its nodes have what it names."""


@frozen(eq=False)
class Node:
    """An instance, with the files that its bundles brought it. Of two with one path either may win."""

    archives: Archives
    instance: Instance

    def read(self, path: str) -> bytes:
        """Raises Illegal for a file that is not there."""
        for loaded in self.instance.loaded:
            if loaded["list"] == "user_bundles" and loaded["sha256"]:
                content = self._member(loaded["sha256"], path)
                if content is not None:
                    return content
        raise Illegal(f"IOException while reading {path}: there is no such file")

    def _member(self, sha256: str, path: str) -> bytes | None:
        try:
            with zipfile.ZipFile(self.archives.pinned(sha256)) as archive:
                return dictionaries.read(archive, path) if path in archive.namelist() else None
        except (FileNotFoundError, *UNREADABLE):
            return None

    def analysis(self, body: Mapping[str, Any]) -> Analysis:
        """That of an index with this body, on the node."""
        settings = body.get("settings") or {}
        within = settings.get("index")
        found = (within.get("analysis") if isinstance(within, Mapping) else None) or settings.get("analysis")
        return Analysis(found if isinstance(found, Mapping) else {}, self.read)

    def check(self, body: Mapping[str, Any]) -> None:
        """Raises Illegal where the node cannot open an index with this body."""
        analysis = self.analysis(body)
        for name in analysis.analyzers():
            analysis.analyzer(name)


def every(db: sqlite3.Connection, owner: Owner) -> dict[str, dict[str, Any]]:
    return {thing.id: thing.body for thing in objects.every(db, _KIND, owner.path)}


def find(db: sqlite3.Connection, owner: Owner, name: str) -> dict[str, Any] | None:
    thing = objects.find(db, _KIND, owner.path, name)
    return thing.body if thing else None


def make(db: sqlite3.Connection, owner: Owner, name: str, body: dict[str, Any]) -> bool:
    """False where there is one of that name."""
    kind = _LATER if body.get(LATER) else _KIND
    kept = {key: value for key, value in body.items() if key != LATER}
    return objects.insert(db, Object(kind, owner.path, name, kept, Stamp(1, "", "")))


def delete(db: sqlite3.Connection, owner: Owner, name: str) -> None:
    objects.delete(db, Object(_KIND, owner.path, name, {}, Stamp(1, "", "")))


def forget_all(db: sqlite3.Connection, owner: Owner) -> None:
    for kind in (_KIND, _LATER):
        for thing in objects.every(db, kind, owner.path):
            objects.delete(db, thing)


def opened(db: sqlite3.Connection, owner: Owner, there: Cluster, archives: Archives) -> Cluster:
    """The cluster, which knows what of its indices its instances cannot open."""
    _make_those_of_later(db, owner, there, archives)
    blocked = []
    for name, body in every(db, owner).items():
        for instance in there.instances:
            try:
                Node(archives, instance).check(body)
            except Illegal as illegal:
                if not instance.why and instance.down:
                    blocked.append(f"index [{name}] cannot be opened on [{instance.name}]: {illegal}")
    return evolve(there, blocked=tuple(blocked))


def _make_those_of_later(db: sqlite3.Connection, owner: Owner, there: Cluster, archives: Archives) -> None:
    """As an application would that tries until it can."""
    for thing in objects.every(db, _LATER, owner.path):
        with suppress(Illegal):
            for instance in there.instances:
                Node(archives, instance).check(thing.body)
            make(db, owner, thing.id, thing.body)
            objects.delete(db, thing)


def look_again(db: sqlite3.Connection, owner: Owner, archives: Archives) -> None:
    """After an index was made or deleted."""
    there = cluster.find(db, owner)
    cluster.keep(db, owner, opened(db, owner, there, archives))
