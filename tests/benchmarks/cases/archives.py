"""Plans without a change of extensions with files: all of them are read, archived and hashed each time.

What was found in them is known from the apply.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ..figures import Figures
from ..limit import limit
from ..order import Order, measured
from ..projects import PROJECT, Project, archive_project, loop

FILE = "      file: files/words-NUMBER\n"
FILES = 3
WORDS = "".join(f"word {number}, another one\n" for number in range(500))


def _figures(order: Order) -> Iterator[Figures]:
    for count in order.counts(100, 1000):
        project = _folders(order.folder / str(count), count)
        yield _plan(order, project, f"no change, folders of {FILES} files", count)
    for size in order.choose((1, 200), (1,)):
        project = archive_project(order.folder / f"archive-{size}", size)
        yield _plan(order, project, f"no change, one archive of {size} MB", 1)


def _plan(order: Order, project: Project, what: str, count: int) -> Figures:
    at = order.server.fresh()
    project = project.reaching(at)
    project.apply()
    named = sorted((project.folder / "files").glob("**/*.*"))
    floor = order.limit(partial(limit, [*project.files(), *named], [at], port=at.port))
    return Figures(what, count, order.repeated(partial(project.cost, "plan", "--detailed-exitcode")), floor)


def _folders(folder: Path, count: int) -> Project:
    (folder / "templates").mkdir(parents=True)
    (folder / "planner.yaml").write_text(PROJECT)
    (folder / "templates" / "words.yaml").write_text(loop(count, FILE))
    for number in range(count):
        dictionaries = folder / "files" / f"words-{number}" / "dictionaries"
        dictionaries.mkdir(parents=True)
        for file in range(FILES):
            (dictionaries / f"{file}.txt").write_text(f"{WORDS}word {number}, one more\n")
    return Project(folder)


CASE = measured("Plans of extensions with files", _figures)
