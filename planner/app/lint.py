"""What is wrong in archives that a path names, without a project."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

from attrs import evolve

from planner.archives.folder import ArchiveError
from planner.archives.inspection import examine
from planner.archives.lint import in_folder, in_zip, lint, rules
from planner.archives.lint.families.archive import UNUSABLE, finding
from planner.errors import PlannerError, WrongUsage
from planner.model.diagnostic import did_you_mean
from planner.model.lint import Finding, Report, Rule
from planner.model.resource import Content
from planner.state.locks import utc_now

FILES: Final = "files"
_ALTERED: Final = (BadZipFile, EOFError, zlib.error)
"""What reading an archive raises that was whole when it was examined."""


def lint_paths(folder: Path, paths: Sequence[Path], clock: Callable[[], str] = utc_now) -> Iterator[Report]:
    """A report for each path, a folder or a .zip file; without any, for each of those in files/.

    folder: the project's; links are followed inside it. clock: the time, as ISO 8601 in UTC. PlannerError:
    one of them is neither.
    """
    chosen = list(paths) or _in_files(folder)
    for path in chosen:
        if not path.exists():
            raise PlannerError(f"{path} is not there", advice="Name a .zip file, or a folder as files/words.")
        if not path.is_dir() and not (path.is_file() and path.suffix.lower() == ".zip"):
            raise PlannerError(
                f"{path} is neither a .zip file nor a folder",
                advice="Name the folder that is archived, or the archive.",
            )
    return (_lint(path, folder).on(clock()) for path in chosen)


def rule(name: str) -> Rule:
    """The rule of this id."""
    known = rules()
    if name not in known:
        near = did_you_mean(name, known) or f"There are {', '.join(sorted(known))}."
        raise WrongUsage(f'there is no rule "{name}"', advice=near)
    return known[name]


def _in_files(folder: Path) -> list[Path]:
    place = folder / FILES
    if not place.is_dir():
        raise WrongUsage(
            f"there is no {FILES}/ here", advice="Name what to lint: planner lint bundle.zip, or a folder."
        )
    found = sorted(path for path in place.iterdir() if not path.name.startswith("."))
    return [path for path in found if path.is_dir() or path.suffix.lower() == ".zip"]


def _lint(path: Path, folder: Path) -> Report:
    try:
        return _lint_folder(path, folder.resolve()) if path.is_dir() else _lint_zip(path)
    except (OSError, *_ALTERED) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise PlannerError(f"{path} cannot be read: {why}", advice="Check that nothing writes it.") from error


def _lint_folder(path: Path, folder: Path) -> Report:
    real = path.resolve()
    try:
        return lint(in_folder(_name(path), real, folder if real.is_relative_to(folder) else real))
    except ArchiveError as error:
        found = UNUSABLE.at(sentence=f"{UNUSABLE.sentence}: {error.summary}", advice=error.advice)
        return _unread(path, (found,), is_folder=True)


def _lint_zip(path: Path) -> Report:
    """What is found of the archive itself comes first, and alone when nothing in it can be looked at."""
    examined = examine(Content(str(path), "", path.stat().st_size, archive=str(path)))
    found = tuple(finding(problem) for problem in examined.problems)
    if any(problem.is_error for problem in examined.problems):
        return _unread(path, found)
    with in_zip(_name(path), path) as tree:
        report = lint(tree)
    return evolve(report, findings=(*found, *report.findings))


def _unread(path: Path, findings: tuple[Finding, ...], *, is_folder: bool = False) -> Report:
    return Report(_name(path), "", "", (), findings, is_folder=is_folder)


def _name(path: Path) -> str:
    """The path as a text that can be written: its bytes may be no UTF-8."""
    return str(path).encode(errors="surrogateescape").decode(errors="replace")
