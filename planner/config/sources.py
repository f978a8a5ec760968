"""The project's files as text, and as data where they hold no templates.

Nothing outside the project folder is read.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import Final

from attrs import define, field

from planner.config.tokens import RESERVED
from planner.config.values import Written, describe, plain
from planner.config.yaml_document import LineTrace, parse
from planner.config.yaml_problem import YamlProblem
from planner.links import require_no_dangling_link
from planner.model.diagnostic import Diagnostics, Position
from planner.model.project import PINNED, is_hidden_path, root_of
from planner.model.value import Path as ValuePath

MAX_SOURCE = 10 * 1024 * 1024
FOLDER = "templates/"
SUFFIXES = (".yaml", ".yml", ".yaml.j2", ".yml.j2")
_NO_SUFFIXES = (".jinja", ".jinja2", ".json", ".tf", ".hcl")

ONLY_LOCALS: Final = "Values here are taken as they are. To compute one, put it under locals in planner.yaml."
"""Advice on an expression where none is evaluated."""
_LINE_END = re.compile("\r\n|\r|\n")


class UnreadableSource(Exception):
    """A file that cannot be used: what is wrong, where, what next. missing: it is not there at all."""

    def __init__(self, summary: str, position: Position, advice: str = "", *, missing: bool = False) -> None:
        super().__init__(summary)
        self.summary, self.position, self.advice, self.missing = summary, position, advice, missing


class Outside(UnreadableSource):
    """The file is not in the project folder, perhaps by a link."""


class Hidden(UnreadableSource):
    """A file or a folder above it begins with a dot: .git and .env hold what no template should see."""


@define(eq=False, repr=False)
class Sources:
    """Reads files below root by their project-relative names, with `/`, and remembers which were read.

    confined: refuse what lies outside root; False for files that the command line names.
    pinned: where templates/ and files/ are, when it is not below root. texts: of files, whatever is on disk.
    """

    root: Path
    confined: bool = True
    pinned: Path | None = None
    texts: Mapping[str, str] = field(factory=dict)
    read_files: dict[str, str] = field(factory=dict)
    _lines: dict[str, list[str]] = field(factory=dict)

    def text(self, name: str) -> str:
        """The file's text. UnreadableSource when it is missing, outside, too large, or not UTF-8 text."""
        if name not in self.read_files:
            given = self.texts.get(name)
            self.read_files[name] = _decoded(name, self._bytes(name)) if given is None else given
        return self.read_files[name]

    def template(self, name: str) -> str:
        """As `text`, for what is rendered. UnreadableSource also for what a pin does not fix."""
        if self.pinned is not None and root_of(name, self.root, self.pinned) != self.pinned:
            folders = " and ".join(f"{folder}/" for folder in PINNED)
            summary = f"it is outside of {folders}, which are pinned"
            raise UnreadableSource(summary, Position(name), f"Move it into {FOLDER}.")
        return self.text(name)

    def _bytes(self, name: str) -> bytes:
        here, root = Position(name), root_of(name, self.root, self.pinned)
        path = root / name
        try:
            if self.confined and not path.resolve().is_relative_to(root.resolve()):
                raise Outside("the file is outside the project", here, "Move it into the project folder.")
            real = path.resolve().relative_to(root.resolve()) if self.confined else Path()
            if self.confined and is_hidden_path((*name.split("/"), *real.parts)):
                raise Hidden("the file is hidden", here, "Give it a name that does not begin with a dot.")
            _check_kind(path, here)
            return path.read_bytes()
        except (OSError, RuntimeError, ValueError) as error:
            raise _unreadable(error, path, here) from None

    def templates(self) -> list[str]:
        """The names of all templates, sorted, also in folders below, except macros/ and hidden files.

        UnreadableSource when a folder cannot be listed: what is in it is not known to be nothing.
        """
        return self._ending(SUFFIXES)

    def overlooked(self) -> list[str]:
        """The names of what stands there and reads like a template, but is none by its ending."""
        with suppress(UnreadableSource):
            return self._ending(_NO_SUFFIXES)
        return []

    def includable(self) -> list[str]:
        """What an include can name, as it is named there."""
        with suppress(UnreadableSource):
            return [name.removeprefix(FOLDER) for name in self._below_templates() if "/." not in name]
        return []

    def _ending(self, suffixes: tuple[str, ...]) -> list[str]:
        names = (name for name in self._below_templates() if name.endswith(suffixes))
        return sorted(n for n in names if "/." not in n and not n.startswith(f"{FOLDER}macros/"))

    def _below_templates(self) -> Iterator[str]:
        root = root_of(FOLDER, self.root, self.pinned)
        return (path.relative_to(root).as_posix() for path in _files_below(root / FOLDER, root))

    def line(self, name: str, line: int) -> Position:
        """The position of a line, with its text when the file was read. line: 0 for the file."""
        if name not in self._lines:
            self._lines[name] = _LINE_END.split(self.read_files.get(name, ""))
        lines = self._lines[name]
        return Position(name, line or None, lines[line - 1] if 0 < line <= len(lines) else None)


def _files_below(folder: Path, root: Path) -> Iterator[Path]:
    """None where there is no such folder. UnreadableSource."""
    errors: list[OSError] = []
    for place, _, files in os.walk(folder, onerror=errors.append):
        yield from (Path(place, name) for name in files)
    for error in errors:
        path = Path(error.filename)
        found = _unreadable(error, path, Position(path.relative_to(root).as_posix()))
        if not found.missing:
            raise found


def _unreadable(error: Exception, path: Path, here: Position) -> UnreadableSource:
    if isinstance(error, FileNotFoundError):
        try:
            require_no_dangling_link(path)
        except OSError as dangling:
            error = dangling
        else:
            return UnreadableSource("no such file", here, missing=True)
    reason = getattr(error, "strerror", None) or str(error)
    return UnreadableSource(f"the file cannot be read: {reason}", here)


def _check_kind(path: Path, here: Position) -> None:
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise UnreadableSource("this is a folder, not a file", here)
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableSource("this is not a regular file", here)
    if found.st_size > MAX_SOURCE:
        size, most = found.st_size // 1024 // 1024, MAX_SOURCE // 1024 // 1024
        raise UnreadableSource(
            f"the file is too large: {size} MiB, at most {most} MiB are read",
            here,
            "Split it, or make its resources in a loop.",
        )


def _decoded(name: str, data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableSource(
            f"not UTF-8: byte 0x{error.object[error.start]:02x} at position {error.start}",
            Position(name, line, data.split(b"\n")[line - 1].rstrip(b"\r").decode("utf-8", "replace")),
            "Save the file as UTF-8.",
        ) from None
    found = RESERVED.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise UnreadableSource(
            f"the private-use character U+{ord(found.group()):04X} is reserved",
            Position(name, line, text.split("\n")[line - 1].rstrip("\r")),
            "Remove it.",
        )
    return text


def nearest(trace: LineTrace, path: ValuePath) -> int:
    """The line of a value, or of the nearest thing around it that has one."""
    while path and path not in trace:
        path = path[:-1]
    return trace.get(path, 1)


@define(slots=False)
class PlainFile:
    """A parsed file; scalars are Literal where the core schema reads them as something else than text."""

    name: str
    sources: Sources
    document: dict[str, Written]

    def position(self, path: ValuePath) -> Position:
        """The place of a value, or of the nearest thing around it that has one."""
        return self.sources.line(self.name, nearest(self._trace, (0, *path)))

    @cached_property
    def _trace(self) -> LineTrace:
        trace: LineTrace = {}
        parse(self.sources.text(self.name), trace=trace)
        return trace


def read_plain(
    sources: Sources,
    name: str,
    diagnostics: Diagnostics,
    begin: str = "",
    evaluated: str = "",
    missing: str = "",
) -> PlainFile | None:
    """The file's one document, a mapping (an empty file is an empty one); None when it cannot be used.

    begin: what it begins with. evaluated: what may hold expressions in it. missing: what is said where it is
    not there. All for advice.
    """
    try:
        documents = parse(sources.text(name))
    except UnreadableSource as error:
        advice = error.advice or (missing if error.missing else "")
        diagnostics.error(error.summary, position=error.position, advice=advice)
        return None
    except YamlProblem as problem:
        here = sources.line(name, problem.line)
        if told := _braces(here.text or "", evaluated):
            summary, advice = told
            diagnostics.error(summary, position=here, advice=advice)
        else:
            problem.report(diagnostics, partial(sources.line, name))
        return None
    document = documents[0] if documents else {}
    if len(documents) > 1 or not isinstance(document, dict):
        trace: LineTrace = {}
        parse(sources.text(name), trace=trace)
        several = len(documents) > 1
        found = f"{len(documents)} documents" if several else describe(plain(document))
        place = sources.line(name, trace.get((int(several),), 1))
        advice = f"Begin with {begin}" if begin and not several else ""
        diagnostics.error(f"the file must hold one mapping, not {found}", position=place, advice=advice)
        return None
    return PlainFile(name, sources, document)


_STATEMENT: Final = re.compile(r"\s*\{%")
_UNQUOTED: Final = re.compile(r"\s*(?:- )?([\w.-]+:) +((?:\{\{|[^\"'#{\[])[^\"#]*?\}\}[^\"#]*?)\s*$")
_SOMEWHERE: Final = re.compile(r"(?:^|[:,{\[-]) *\{\{")


def _braces(line: str, evaluated: str) -> tuple[str, str] | None:
    """What is wrong with a line of plain YAML that is written as if it were one of a template, and advice."""
    if _STATEMENT.match(line):
        return "this file is no template", f"Only what is in {FOLDER} has loops and conditions."
    found = _UNQUOTED.match(line)
    if "{{" not in line or not (found or _SOMEWHERE.search(line)):
        return None
    quoted = f'{found[1]} "{found[2]}"' if found else '"{{ ... }}"'
    where = f"Write {quoted}\nOnly values under {evaluated} hold expressions."
    return "an expression without quotes", where if evaluated else ONLY_LOCALS
