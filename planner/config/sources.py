"""The project's files as text. Nothing outside the project folder is read."""

from __future__ import annotations

from pathlib import Path

from attrs import define, field

from planner.config.tokens import RESERVED
from planner.model.diagnostic import Position

MAX_SOURCE = 10 * 1024 * 1024
SUFFIXES = (".yaml", ".yml", ".yaml.j2", ".yml.j2")


class UnreadableSource(Exception):
    """A file that cannot be used: what is wrong, where, what next."""

    def __init__(self, summary: str, position: Position, advice: str = "") -> None:
        super().__init__(summary)
        self.summary, self.position, self.advice = summary, position, advice


@define
class Sources:
    """Reads files below root by their project-relative names, with `/`, and remembers which were read.

    confined: refuse what lies outside root; False for files that the command line names.
    """

    root: Path
    confined: bool = True
    read_files: dict[str, str] = field(factory=dict)

    def text(self, name: str) -> str:
        """The file's text. UnreadableSource when it is missing, outside, too large, or not UTF-8 text."""
        if name not in self.read_files:
            self.read_files[name] = _decoded(name, self._bytes(name))
        return self.read_files[name]

    def _bytes(self, name: str) -> bytes:
        path = self.root / name
        here = Position(name)
        try:
            if self.confined and not path.resolve().is_relative_to(self.root.resolve()):
                raise UnreadableSource(
                    "the file is outside the project", here, "Move it into the project folder."
                )
            if path.stat().st_size > MAX_SOURCE:
                size = path.stat().st_size / 1024 / 1024
                raise UnreadableSource(
                    f"the file is too large: {size:.0f} MiB, at most {MAX_SOURCE // 1024 // 1024} MiB are read",
                    here,
                    "Split it, or make its resources in a loop.",
                )
            return path.read_bytes()
        except FileNotFoundError:
            raise UnreadableSource("no such file", here) from None
        except (OSError, RuntimeError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UnreadableSource(f"the file cannot be read: {reason}", here) from None

    def templates(self) -> list[str]:
        """The names of all templates, sorted. Folders below templates/ but macros/ count too."""
        folder = self.root / "templates"
        names = (path.relative_to(self.root).as_posix() for path in folder.rglob("*") if path.is_file())
        return sorted(n for n in names if n.endswith(SUFFIXES) and not n.startswith("templates/macros/"))

    def line(self, name: str, line: int) -> Position:
        """The position of a line, with its text when the file was read."""
        lines = self.read_files.get(name, "").split("\n")
        return Position(name, line, lines[line - 1].rstrip("\r") if 0 < line <= len(lines) else None)


def _decoded(name: str, data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableSource(
            f"not UTF-8: byte 0x{data[error.start]:02x} at position {error.start}",
            Position(name, line),
            "Save the file as UTF-8.",
        ) from None
    found = RESERVED.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise UnreadableSource(
            f"the private-use character U+{ord(found.group()):04X} is reserved",
            Position(name, line),
            "Remove it.",
        )
    return text
