"""Versions of the stack, which come in stack packs: archives with a folder for each."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

from attrs import evolve
from werkzeug.wrappers import Response

from planner.sandbox import described, objects
from planner.sandbox.archives import UNREADABLE, receive
from planner.sandbox.http import ERROR_CODES, ApiError, reply
from planner.sandbox.objects import Object

LIMIT: Final = 1024 * 1024
VERSION: Final = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(-[A-Za-z0-9.-]+)?", re.ASCII)
Files = Mapping[str, bytes]


class Turn(described.Turn):
    """What is deleted is there, and not on offer, until it is uploaded again."""

    def ways(self) -> Mapping[str, Callable[[], Response]]:
        return {**super().ways(), "upload": self.upload}

    def listed(self, found: list[Object]) -> list[dict[str, Any]]:
        every = self.call.flag("show_deleted")
        return super().listed([each for each in found if every or not each.body["deleted"]])

    def upload(self) -> Response:
        """ECE API, StackVersionArchiveProcessingResult: what is wrong with one version is no matter to the
        others."""
        try:
            with self.at.archives.incoming(LIMIT) as incoming:
                receive(self.call.request, incoming)
                incoming.facts("")
                folders = _folders(incoming.path)
        except (ApiError, OSError, *UNREADABLE):  # a member may be said to be before the beginning
            return self._refused([""], 400)
        named = {name: files for name, files in folders.items() if VERSION.fullmatch(name)}
        wrong = [name for name in folders if name not in named]
        if not named:
            return self._refused(wrong or [""], 400)
        return self._refused(wrong, 200, [self._keep(version, files) for version, files in named.items()])

    def let_go(self, thing: Object) -> None:
        stamp = thing.stamp.written(self.at.now())
        objects.update(self.db, evolve(thing, body={**thing.body, "deleted": True}, stamp=stamp))

    def _keep(self, version: str, files: Files) -> dict[str, Any]:
        before = objects.find(self.db, self.of.kind, "", version) or self.new("", version)
        hashes = [
            {"path": path, "hash": hashlib.sha256(data).hexdigest()} for path, data in sorted(files.items())
        ]
        template = {"template_version": version, "hashes": hashes}
        body = described.completed({"template": template}, self.of.defaults)
        thing = evolve(before, body=body, stamp=before.stamp.written(self.at.now()))
        objects.update(self.db, thing)
        return self.shown(thing)

    def _refused(self, names: list[str], status: int, stacks: list[dict[str, Any]] = []) -> Response:  # noqa: B006 - read only
        """Each error is of a version, and said as all of the API are."""
        _, code, message = self.of.errors["bad"]
        told = {"code": code, "message": message}
        errors = [{"stack_version": name, "errors": {"errors": [told]}, **told} for name in names]
        headers = [(ERROR_CODES, code)] if status != 200 else []
        return reply({"stacks": stacks, "errors": errors}, status, headers)


def _folders(path: Path) -> dict[str, dict[str, bytes]]:
    """The files of an archive, by the folders at its top."""
    found: dict[str, dict[str, bytes]] = defaultdict(dict)
    with ZipFile(path) as archive:
        for info in archive.infolist():
            folder, _, below = info.filename.partition("/")
            if below and not info.is_dir() and info.file_size <= LIMIT:
                found[folder][below] = archive.read(info)
    return found
