"""Two versions of a file in an archive, compared line by line and, within lines, word by word.

Secrets are taken out first, so that no line that is shown, and no mark in one, tells of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from attrs import frozen

from planner.archives.blocks import Block, Effort, Span, blocks
from planner.model.members import LineChange, MemberText

LARGEST: Final = 8 * 1024 * 1024
"""Bytes of a file that is compared."""
_BYTES: Final = 8
"""Bytes that are read with the effort of one line that is compared."""
_BESIDE: Final = 1
"""Lines that stay, and are shown before and after those that change."""
_WIDEST: Final = 400
"""Characters of a line that are shown."""
_LEAD: Final = 40
_WORDS: Final = re.compile(r"\w+|\s+|.", re.DOTALL)
_PAIRED: Final = 400
"""Lines of a block that are looked at for the one that became another."""
_CELLS: Final = 40_000
_ALIKE: Final = 0.4

_BOM: Final = "\ufeff"
_ENDS: Final = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}
_END: Final = re.compile("\r\n|\n|\r")

NO_TEXT: Final = "it is no text in UTF-8"
TOO_MUCH: Final = "it is too much to compare"
ONLY_SECRETS: Final = "what differs is a secret"

Redact = Callable[[str], str]


@frozen
class _Text:
    """A file as it is compared. lines: without their ends. ends: LF, CRLF or CR where all are the same, ""
    where there is none; where they are mixed, a line keeps its `\\r`. marked: it begins with a byte order
    mark. ended: so is the last line.
    """

    lines: tuple[str, ...]
    ends: str
    marked: bool
    ended: bool


@frozen
class Comparison:
    """How one text becomes another. notes: what no line shows, or why there are no lines."""

    prior: Sequence[str] = ()
    desired: Sequence[str] = ()
    blocks: tuple[Block, ...] = ()
    notes: tuple[str, ...] = ()

    def text(self, most: int | None) -> MemberText:
        """As it is shown. most: lines, with those that stay beside others; None for all."""
        lines: list[LineChange] = []
        for index, block in enumerate(self.blocks):
            if most is not None and len(lines) >= most:
                break
            before = self.blocks[index - 1].desired[1] if index else -1
            after = self.blocks[index + 1].desired[0] if index + 1 < len(self.blocks) else len(self.desired)
            lines += self._shown(block, before, after, None if most is None else most - len(lines))
        added = sum(block.desired[1] - block.desired[0] for block in self.blocks)
        removed = sum(block.prior[1] - block.prior[0] for block in self.blocks)
        shown = sum(1 for line in lines if line.sign != " ")
        return MemberText(added, removed, tuple(lines), added + removed - shown, "; ".join(self.notes))

    def _shown(self, block: Block, before: int, after: int, room: int | None) -> Iterator[LineChange]:
        """The lines of a block, and what stands beside it where there is room. before: where the block before
        it ends, and has a line beside it; -1 for none. after: where the next begins.
        """
        (gone, to), (come, end) = block.prior, block.desired
        left = block.size if room is None else room
        removed, added = _shares(to - gone, end - come, left)
        left -= removed + added
        first = max(come - _BESIDE, before + _BESIDE)
        beside = range(first, come) if room is None or come - first <= left else range(0)
        yield from (self._staying(number) for number in beside)
        yield from _marked(
            [(number, self.prior[number]) for number in range(gone, gone + removed)],
            [(number, self.desired[number]) for number in range(come, come + added)],
        )
        if room is None or len(beside) + _BESIDE <= left:
            yield from (self._staying(number) for number in range(end, min(end + _BESIDE, after)))

    def _staying(self, number: int) -> LineChange:
        return _line(" ", number, self.desired[number], ())


def compare(prior: bytes, desired: bytes, redact: Redact, effort: Effort) -> Comparison:
    """How the text of a file changes. A file that comes or goes is empty before or afterwards."""
    if max(len(prior), len(desired)) > LARGEST or not effort.spend(1 + (len(prior) + len(desired)) // _BYTES):
        return Comparison(notes=(TOO_MUCH,))
    was, now = _read(prior, redact), _read(desired, redact)
    if was is None or now is None:
        return Comparison(notes=(NO_TEXT,))
    notes = tuple(_notes(was, now)) if prior and desired else ()
    if not effort.spend(len(was.lines) + len(now.lines)):
        return Comparison(notes=(TOO_MUCH, *notes))
    found = blocks(was.lines, now.lines, effort)
    if not (found or notes) and prior != desired:
        notes = (ONLY_SECRETS,)
    return Comparison(was.lines, now.lines, found, notes)


def _read(data: bytes, redact: Redact) -> _Text | None:
    """None for what is no text."""
    if b"\0" in data:
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    marked = text.startswith(_BOM)
    found = set(_END.findall(text))
    ends = "mixed" if len(found) > 1 else "".join(_ENDS[end] for end in found)
    text = redact(text.removeprefix(_BOM))
    lines = text.split("\n") if ends == "mixed" else _END.split(text)
    ended = lines[-1] == ""
    return _Text(tuple(lines[:-1] if ended else lines), ends, marked, ended)


def _notes(was: _Text, now: _Text) -> Iterator[str]:
    if was.ends and now.ends and was.ends != now.ends:
        yield f"line ends changed: {was.ends} to {now.ends}"
    if was.ended != now.ended:
        yield f"the line end of its last line {'comes' if now.ended else 'goes'}"
    if was.marked != now.marked:
        yield f"a byte order mark {'comes' if now.marked else 'goes'}"


def _shares(removed: int, added: int, room: int) -> tuple[int, int]:
    """How many of each are shown: where there is no room for all, about as many of both."""
    if removed + added <= room:
        return removed, added
    some = min(removed, max(room // 2, room - added))
    return some, min(added, room - some)


def _marked(gone: list[tuple[int, str]], come: list[tuple[int, str]]) -> Iterator[LineChange]:
    """The lines of a block, with the words marked that differ where one became another."""
    pairs = dict(_pairs([text for _, text in gone], [text for _, text in come]))
    marks = {(a, b): _differing(gone[a][1], come[b][1]) for a, b in pairs.items()}
    of_gone = {a: spans for (a, _), (spans, _) in marks.items()}
    of_come = {b: spans for (_, b), (_, spans) in marks.items()}
    for index, (number, text) in enumerate(gone):
        yield _line("-", number, text, of_gone.get(index, ()))
    for index, (number, text) in enumerate(come):
        yield _line("+", number, text, of_come.get(index, ()))


def _pairs(gone: Sequence[str], come: Sequence[str]) -> Iterator[Span]:
    """Which line became which: one after the other where there are as many, else the most alike."""
    if len(gone) == len(come) <= _PAIRED:
        yield from ((at, at) for at in range(len(gone)) if _likeness(gone[at], come[at]) >= _ALIKE)
        return
    if len(gone) * len(come) > _PAIRED:
        return
    begin = 0
    for index, text in enumerate(gone):
        best = max(((_likeness(text, come[at]), -at) for at in range(begin, len(come))), default=(0, 0))
        if best[0] >= _ALIKE:
            yield index, -best[1]
            begin = 1 - best[1]


def _words(text: str) -> list[str]:
    return _WORDS.findall(text[: 20 * _WIDEST])


def _likeness(one: str, other: str) -> float:
    """How many of their words two lines share, 0 to 1."""
    words, others = (Counter(word for word in _words(text) if not word.isspace()) for text in (one, other))
    return 2 * (words & others).total() / max(words.total() + others.total(), 1)


def _differing(one: str, other: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Where the words are that differ, in each of two lines."""
    from difflib import SequenceMatcher  # noqa: PLC0415 - only where lines are shown

    words, others = _words(one), _words(other)
    head = next((at for at, (a, b) in enumerate(zip(words, others, strict=False)) if a != b), None)
    head = min(len(words), len(others)) if head is None else head
    a, b = words[head:], others[head:]
    if len(a) * len(b) > _CELLS:
        codes = [("replace", 0, len(a), 0, len(b))]  # too long to look for more
    else:
        codes = [
            code for code in SequenceMatcher(None, a, b, autojunk=False).get_opcodes() if code[0] != "equal"
        ]
    lefts = [(head + i, head + j) for _, i, j, _, _ in codes if i < j]
    rights = [(head + i, head + j) for _, _, _, i, j in codes if i < j]
    return _places(words, lefts), _places(others, rights)


def _places(words: Sequence[str], spans: Sequence[Span]) -> tuple[Span, ...]:
    """Spans of words as spans of characters; those with only a blank between them as one."""
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word))
    merged: list[Span] = []
    for first, end in spans:
        if merged and all(map(str.isspace, words[merged[-1][1] : first])):
            merged[-1] = merged[-1][0], end
        else:
            merged.append((first, end))
    return tuple((starts[first], starts[end]) for first, end in merged)


def _line(sign: str, number: int, text: str, marked: tuple[Span, ...]) -> LineChange:
    """A line as it is shown: of a long one, what is about its first mark."""
    if len(text) <= _WIDEST:
        return LineChange(sign, text, marked, number + 1)
    first = max(marked[0][0] - _LEAD, 0) if marked else 0
    end = first + _WIDEST
    head, tail = "…" if first else "", "…" if end < len(text) else ""
    shift = len(head) - first
    spans = tuple((max(a, first) + shift, min(b, end) + shift) for a, b in marked if a < end)
    return LineChange(sign, f"{head}{text[first:end]}{tail}", spans, number + 1)
