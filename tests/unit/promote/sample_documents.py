"""Environment files as people write them, at random: styles of values, comments, empty lines, line ends."""

from __future__ import annotations

import json
from itertools import count

from attrs import define, field, frozen
from hypothesis import strategies as st

from planner.model.value import Value

Path = tuple[str, ...]

KEYS = [
    *(("k1", "k1"), ("pins", "pins"), ("variables", "variables"), ("templates", "templates"), ("8", "8")),
    *(("'it''s'", "it's"), ('"a: b"', "a: b"), ("no", "no"), ("é", "é"), ('"\\u00fc"', "ü")),
]
"""As written, and as read."""

PLAIN = ["x", "3f9c1ab", "8.15.*", "8.10", "12", "true", "a b", "search-team, on call", "2026-11-21", "x:y"]
TEXTS = ["x", "", "8.10", "it's", 'say "x"', "a: b # c", "- x", "é\U0001f600", "tab\tand\nline"]
SCALARS = st.sampled_from(TEXTS) | st.integers(-9, 99) | st.booleans() | st.none() | st.floats(0, 1)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([key for _, key in KEYS]), inner, max_size=3)
    ),
    max_leaves=6,
)


@frozen
class Line:
    """owner: what it is about. whole: the owner's value stands in it. open: empty lines after it count."""

    text: str
    owner: Path
    whole: bool = True
    open: bool = False


@frozen
class Sample:
    """newline: the line end that the text has, LF if none."""

    text: str
    newline: str
    lines: tuple[Line, ...]

    def untouched(self, path: Path) -> list[Line]:
        """The lines that an edit of path has nothing to do with."""
        return [line for line in self.lines if not _touches(line, path)]


def _touches(line: Line, path: Path) -> bool:
    inside = line.owner[: len(path)] == path
    return inside or (line.whole and path[: len(line.owner)] == line.owner)


def flow(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False)


@define
class Writer:
    """Draws the lines of a document."""

    draw: st.DrawFn
    numbers: count[int] = field(factory=count)

    def comment(self) -> str:
        gap = self.draw(st.sampled_from(["", " ", "   "]))
        return f"{gap}# c{next(self.numbers)}" if gap else ""

    def mapping(self, path: Path, column: int, depth: int) -> list[Line]:
        lines: list[Line] = []
        step = self.draw(st.sampled_from([2, 4, 1]))
        for written, key in self.draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True)):
            lines += self.noise(path, column, after_open=bool(lines) and lines[-1].open)
            lines += self.entry((*path, key), " " * column + written, column + step, depth)
        return lines

    def noise(self, path: Path, column: int, *, after_open: bool) -> list[Line]:
        kinds = ["none", "none", "comment", *([] if after_open else ["empty"])]
        kind = self.draw(st.sampled_from(kinds))
        comment = Line(f"{' ' * column}# c{next(self.numbers)}", path, whole=False)
        return {"none": [], "comment": [comment], "empty": [Line("", path, whole=False), comment]}[kind]

    def entry(self, path: Path, key: str, column: int, depth: int) -> list[Line]:
        kinds = ["plain", "single", "double", "flow", "text", "below", "null", "list"]
        kind = self.draw(st.sampled_from([*kinds, *(["mapping"] * 6 if depth else [])]))
        if kind == "mapping":
            head = Line(f"{key}:{self.comment()}", path, whole=False)
            return [head, *self.mapping(path, column, depth - 1)]
        if kind == "text":
            return self.text(path, key, column)
        if kind == "list":
            return self.items(path, key, column)
        if kind == "below":
            value = f"{' ' * column}{self.draw(st.sampled_from(PLAIN))}{self.comment()}"
            return [Line(f"{key}:{self.comment()}", path), Line(value, path)]
        return [Line(f"{key}:{self.scalar(kind)}{self.comment()}", path)]

    def scalar(self, kind: str) -> str:
        gap = self.draw(st.sampled_from([" ", "  "]))
        if kind == "plain":
            return gap + self.draw(st.sampled_from(PLAIN))
        if kind == "single":
            return gap + "'" + self.draw(st.sampled_from(TEXTS[:-1])).replace("'", "''") + "'"
        if kind == "double":
            return gap + flow(self.draw(st.sampled_from(TEXTS)))
        return (
            self.draw(st.sampled_from(["", " ~", " null"]))
            if kind == "null"
            else gap + flow(self.draw(VALUES))
        )

    def text(self, path: Path, key: str, column: int) -> list[Line]:
        header = self.draw(st.sampled_from(["|", "|-", "|+", ">", ">-", ">+"]))
        keeps = "+" in header
        texts = [
            " " * column + text for text in self.draw(st.sampled_from([["x"], ["x", "y: #"], ["x", "  y"]]))
        ]
        texts += [""] * (self.draw(st.integers(0, 2)) if keeps else 0)
        return [
            Line(f"{key}: {header}{self.comment()}", path),
            *(Line(text, path, open=keeps) for text in texts),
        ]

    def items(self, path: Path, key: str, column: int) -> list[Line]:
        indent = self.draw(st.sampled_from([column, len(key) - len(key.lstrip(" "))]))
        items = self.draw(st.lists(VALUES, min_size=1, max_size=3))
        lines = [Line(f"{' ' * indent}- {flow(item)}{self.comment()}", path) for item in items]
        return [Line(f"{key}:{self.comment()}", path, whole=False), *lines]


OPENINGS = [[], [], ["---"], ["%YAML 1.2", "---"], ["# head"], ["", "# head", "--- # c"]]
CLOSINGS = [[], [], ["# end"], ["..."], ["...", "# end"]]


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    body = Writer(draw).mapping((), 0, 2) if draw(st.integers(0, 9)) else []
    opening = [Line(text, ("",), whole=False) for text in draw(st.sampled_from(OPENINGS))]
    closing = [Line(text, ("",), whole=False) for text in draw(st.sampled_from(CLOSINGS))] if body else []
    lines = [*opening, *body, *closing]
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    ends = bool(lines) and (draw(st.booleans()) or _is_text(body))
    text = newline.join(line.text for line in lines) + newline * ends
    told = newline if newline in text else "\n"
    return Sample(draw(st.sampled_from(["", "\ufeff"])) + text, told, tuple(lines))


def _is_text(lines: list[Line]) -> bool:
    """Whether the last value may be a text in a block: its last line end is a part of it."""
    return any("|" in line.text or ">" in line.text for line in lines)
