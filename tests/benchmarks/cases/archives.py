"""Plans without a change of extensions with files: all of them are read, archived and hashed each time.

What was found in them is known from the apply. And lints, which look into all that there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from ..figures import Figures
from ..limit import limit
from ..measure import cost_of
from ..order import Order, measured
from ..projects import MEGABYTE, PROJECT, Project, archive_project, loop

FILE = "      file: files/words-NUMBER\n"
FILES = 3
SYNONYMS = {"dictionaries/synonyms.txt": (1.0, "car NUMBER, auto NUMBER => vehicle NUMBER\n")}
BUNDLE = {
    "dictionaries/synonyms.txt": (0.4, "car NUMBER, auto NUMBER => vehicle NUMBER\n"),
    "dictionaries/stopwords.txt": (0.05, "wordNUMBER\n"),
    "dictionaries/userdict_ko.txt": (0.02, "wordNUMBER word NUMBER\n"),
    "hunspell/en_US/en.aff": (0.02, "# NUMBER\n"),
    "hunspell/en_US/en.dic": (0.4, "wordNUMBER/ABC\n"),
    "ingest-geoip/Ours-City.mmdb": (0.11, "NUMBER database_type\x4bGeoIP2-City"),
}
"""Which part of it each file is, and a line of that."""
WORDS = "".join(f"word {number}, another one\n" for number in range(500))


def _figures(order: Order) -> Iterator[Figures]:
    for count in order.counts(100, 1000):
        project = _folders(order.folder / str(count), count)
        yield _plan(order, project, f"no change, folders of {FILES} files", count)
    for size in order.choose((1, 200), (1,)):
        project = archive_project(order.folder / f"archive-{size}", size)
        yield _plan(order, project, f"no change, one archive of {size} MB", 1)
    size = order.choose(20, 1)
    for what, members in {"synonyms": SYNONYMS, "all sorts of files": BUNDLE}.items():
        path = _bundle(order.folder / f"{what}.zip", members, size)
        costs = order.repeated(partial(cost_of, "lint", path.name, folder=order.folder))
        yield Figures(f"lint of {size} MB of {what}", len(members), costs)


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


def _bundle(path: Path, members: Mapping[str, tuple[float, str]], size: int) -> Path:
    """An archive of so many MB before it is packed, in lines of which each is another one."""
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, (part, line) in members.items():
            count = int(part * size * MEGABYTE / len(line))
            archive.writestr(name, "".join(line.replace("NUMBER", str(number)) for number in range(count)))
    return path


CASE = measured("Plans of extensions with files", _figures)
