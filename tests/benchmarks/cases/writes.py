"""Applies that upload, update and delete; the server answers at once. Another row is one more of WRITES."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from attrs import frozen

from ..bare_client import request
from ..figures import Figures
from ..limit import creates, extension, limit
from ..measure import Cost
from ..order import Order, measured
from ..projects import FORMER, NEXT, PROJECT, TO_NEXT, Project, loop
from ..server.process import Installation

PARALLELISM: Final = 10
APPLY: Final = ("apply", "--auto-approve")
FILE: Final = "      file: files/VERSION.zip\n"

Calls = Callable[[Installation, int], list[bytes]]
"""One for each of so many extensions."""


@frozen
class Write:
    """What is done to each of so many extensions. words: the command. calls: the fewest that do it, besides a
    list. more: lines of each extension's template. applied: whether all of them are there before.
    """

    words: tuple[str, ...]
    calls: tuple[Calls, ...]
    more: str = ""
    applied: bool = True

    def project(self, folder: Path, count: int) -> Project:
        """The version of each extension is the variable's, and each version has a file."""
        for name in ("templates", "files"):
            (folder / name).mkdir(parents=True)
        template = loop(count, self.more).replace(f'"{FORMER}"', "VERSION")
        (folder / "planner.yaml").write_text(PROJECT)
        (folder / "templates" / "words.yaml").write_text(template.replace("VERSION", "{{ var.version }}"))
        for version in (FORMER, NEXT) if self.more else ():
            (folder / "files" / f"{version}.zip").write_bytes(_archive(version))
        return Project(folder)

    def ready(self, order: Order, project: Project) -> Installation:
        """A new installation, and the state, as the command finds them."""
        project.forget()
        at = order.server.fresh()
        if self.applied:
            project.reaching(at).cost(*APPLY)
        return at

    def cost(self, project: Project, at: Installation) -> Cost:
        return project.reaching(at).cost(*self.words, "--parallelism", str(PARALLELISM))

    def limit(self, project: Project, at: Installation, count: int) -> float:
        files = [*project.files(), *sorted((project.folder / "files").iterdir())]
        calls = [call for calls in self.calls for call in calls(at, count)]
        return limit(files, [at], calls, PARALLELISM, at.port)


def _archive(version: str) -> bytes:
    """One of another size for each version."""
    with io.BytesIO() as kept:
        with zipfile.ZipFile(kept, "w") as archive:
            archive.writestr("dictionaries/words.txt", "word\n" * int(version[0]))
        return kept.getvalue()


def _uploads(at: Installation, count: int, version: str = NEXT) -> list[bytes]:
    return [request("PUT", at.item(n), _archive(version)) for n in range(count)]


def _reads(at: Installation, count: int) -> list[bytes]:
    return [request("GET", at.item(n)) for n in range(count)]


def _updates(at: Installation, count: int) -> list[bytes]:
    return [request("POST", at.item(n), extension(n, NEXT).encode()) for n in range(count)]


def _deletes(at: Installation, count: int) -> list[bytes]:
    return [request("DELETE", at.item(n)) for n in range(count)]


WRITES: Mapping[str, Write] = {
    "creates with upload": Write(APPLY, (creates, partial(_uploads, version=FORMER)), FILE, applied=False),
    "updates": Write((*APPLY, *TO_NEXT), (_reads, _updates)),
    "updates with upload": Write((*APPLY, *TO_NEXT), (_reads, _updates, _uploads), FILE),
    "destroy": Write(("destroy", "--auto-approve"), (_reads, _deletes)),
}


def _figures(order: Order) -> Iterator[Figures]:
    for what in WRITES:
        for count in order.counts(100, 1000):
            yield _row(order, what, count)


def _row(order: Order, what: str, count: int) -> Figures:
    write = WRITES[what]
    project = write.project(order.folder / f"{what}-{count}".replace(" ", "-"), count)
    ready = partial(write.ready, order, project)
    floor = order.limit(lambda: write.limit(project, ready(), count))
    return Figures(what, count, order.repeated(lambda: write.cost(project, ready())), floor)


CASE = measured(f"Apply of other writes, parallelism {PARALLELISM}; the server answers at once", _figures)
