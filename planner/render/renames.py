"""Likely renames in words, and the `moved` block that keeps what was renamed, ready to be pasted.

Resources of a loop become one entry in a loop. It stands in comments, so that an editor reads the block too.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, takewhile
from typing import Final

from attrs import frozen

from planner.model.address import Address, as_read
from planner.model.plan import Plan, Rename
from planner.render.values import plural

_LOOPED_FROM: Final = 3
"""So many entries of one pattern have as many lines as a loop."""

_PASTE: Final = "paste this into a new file in templates/:"
_NAMED: Final = 10
_WIDTH: Final = 70
_KEYS: Final = 40
"""Columns of a line of the block, and of the keys in one, where names are not longer."""

_SEPARATORS: Final = "_-"
_WORDS: Final = (re.compile("[A-Za-z0-9]+"), re.compile("[0-9]+"))
_MOST_WORDS: Final = 10
"""Of a name that are compared each with each: its rows of words are as many as their square."""

Pair = tuple[Address, Address]
Pattern = tuple[str, str, str, str, str]
"""The kind, and what stands around a key: before and after it in the first name, then in the second."""


@frozen
class Renames:
    """Those of one plan, or of several whose templates are the same.

    pairs: from and to, where that is clear in each of them.
    """

    pairs: tuple[Pair, ...]
    unclear: tuple[Rename, ...]

    @classmethod
    def of(cls, plans: Iterable[Plan]) -> Renames:
        told = tuple(dict.fromkeys(rename for plan in plans for rename in plan.renames))
        single = [rename for rename in told if len(rename.sources) == len(rename.targets) == 1]
        sources, targets = Counter(r.sources for r in single), Counter(r.targets for r in single)
        clear = {rename for rename in single if sources[rename.sources] == targets[rename.targets] == 1}
        pairs = sorted(((rename.sources[0], rename.targets[0]) for rename in clear), key=_as_read)
        return cls(tuple(pairs), tuple(rename for rename in told if rename not in clear))

    @property
    def likely(self) -> str:
        """What the block is for, "" where there is none."""
        if not self.pairs:
            return ""
        count = plural(len(self.pairs), "resource")
        if len(self.pairs) == 1:
            return f"{count} is deleted and created again under another address. To keep it, {_PASTE}"
        return f"{count} are deleted and created again under other addresses. To keep them, {_PASTE}"

    @property
    def unsure(self) -> Iterator[str]:
        """What is not clear, each in two sentences."""
        for rename in self.unclear:
            what = f"{_listed(rename.sources)} may have become {_listed(rename.targets)}"
            yield f"{what}: they are too much alike to tell which. Say it in a moved block, and they stay."

    @property
    def block(self) -> list[str]:
        """The `moved` block as lines of YAML; none where nothing is clear."""
        entries = sorted(_looped(self.pairs), key=lambda entry: _as_read(entry[0]))
        return ["moved:", *(line for _, lines in entries for line in lines)] if entries else []


def _as_read(pair: Pair) -> list[str | int]:
    return as_read(" ".join(map(str, pair)))


def _listed(addresses: Sequence[Address]) -> str:
    *most, last = map(str, addresses[:_NAMED])
    if (more := len(addresses) - _NAMED) > 0:
        most, last = [*most, last], f"{more:,} more"
    return f"{', '.join(most)} and {last}" if most else last


def _looped(pairs: Sequence[Pair]) -> Iterator[tuple[Pair, list[str]]]:
    """The entries with the first pair of each."""
    ways = {pair: dict(_ways(pair)) for pair in pairs}
    counts = Counter(pattern for patterns in ways.values() for pattern in patterns)
    groups: dict[Pattern, list[Pair]] = {}
    for pair, patterns in ways.items():
        if patterns:
            groups.setdefault(max(patterns, key=lambda pattern: counts[pattern]), []).append(pair)
    loops = {pattern: group for pattern, group in groups.items() if len(group) >= _LOOPED_FROM}
    for pattern, group in loops.items():
        yield group[0], [*_loop(pattern, [ways[pair][pattern] for pair in group])]
    within = {pair for group in loops.values() for pair in group}
    yield from ((pair, [*_entry(*map(str, pair))]) for pair in pairs if pair not in within)


def _entry(source: str, target: str) -> Iterator[str]:
    line = f"  - {{from: {source}, to: {target}}}"
    yield from [line] if len(line) <= _WIDTH else (f"  - from: {source}", f"    to: {target}")


def _ways(pair: Pair) -> Iterator[tuple[Pattern, str]]:
    """What both names end with, begin with, and words of both: keys, with what stands around each."""
    kind, one, other = pair[0].kind, pair[0].name, pair[1].name
    head = _beginning([one, other])
    tail = _beginning([one[len(head) :][::-1], other[len(head) :][::-1]])[::-1]
    if tail:
        yield (kind, one.removesuffix(tail), "", other.removesuffix(tail), ""), tail
    if head:
        yield (kind, "", one.removeprefix(head), "", other.removeprefix(head)), head
    for key, at, at_it in _common_words(one, other):
        end, end_it = at + len(key), at_it + len(key)
        yield (kind, one[:at], one[end:], other[:at_it], other[end_it:]), key


def _common_words(one: str, other: str) -> Iterator[tuple[str, int, int]]:
    """Words that stand in both, one or several in a row, with where they begin in each."""
    for shape in _WORDS:
        found, others = ([*islice(shape.finditer(name), _MOST_WORDS)] for name in (one, other))
        ends = {word.end() for word in others}
        for index, first in enumerate(found):
            for key in (one[first.start() : last.end()] for last in found[index:]):
                starts = (word.start() for word in others if other.startswith(key, word.start()))
                yield from ((key, first.start(), at) for at in starts if at + len(key) in ends)


def _loop(pattern: Pattern, keys: list[str]) -> Iterator[str]:
    """What all keys begin and end with, up to a separator, stands beside them."""
    kind, *around = pattern
    head = _shared(keys)
    keys = [key.removeprefix(head) for key in keys]
    tail = _shared([key[::-1] for key in keys])[::-1]
    keys = [key.removesuffix(tail) for key in keys]
    before, after, before_it, after_it = around
    names = (f"{before}{head}{{{{ key }}}}{tail}{after}", f"{before_it}{head}{{{{ key }}}}{tail}{after_it}")
    yield from _keys(keys)
    yield from _entry(*(f'"{kind}.{name}"' for name in names))
    yield "  # {% endfor %}"


def _beginning(texts: Sequence[str]) -> str:
    """What all of them begin with."""
    first, last = min(texts), max(texts)
    same = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(char for char, _ in same)


def _shared(keys: Sequence[str]) -> str:
    """What all begin with, up to the last separator in it."""
    found = _beginning(keys)
    return found[: max(map(found.rfind, _SEPARATORS)) + 1]


def _keys(keys: Sequence[str]) -> Iterator[str]:
    """The head of a loop: over a range of numbers where they are one, else over a list, which is put together
    line by line where it is long.
    """
    numbers = sorted(int(key) for key in keys if key.isdecimal() and str(int(key)) == key)
    items = ", ".join(f'"{key}"' for key in keys)
    listed = f"[{items}]"
    if numbers and numbers == [*range(numbers[0], numbers[0] + len(keys))]:
        listed = f"range({numbers[0]}, {numbers[-1] + 1})"
    elif len(items) > _KEYS:
        lines = textwrap.wrap(items, _KEYS, break_long_words=False, break_on_hyphens=False)
        for number, line in enumerate(lines):
            yield f"  # {{% set keys = {'keys + ' if number else ''}[{line.rstrip(', ')}] %}}"
        listed = "keys"
    yield f"  # {{% for key in {listed} %}}"
