"""The .aff file, line by line as Lucene's Dictionary reads it.

Lucene stops at the first fault. What follows one is read on where that is sure, so that all are told at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from planner.archives.lint.families.hunspell.form import Form, codec, fields, flag_form
from planner.archives.lint.families.hunspell.rules import (
    AFFIX_COUNT,
    AFFIX_FIELDS,
    ALIAS,
    ARGUMENT,
    ENCODING,
    FLAG,
    LATE,
    SWALLOWED,
    TABLE_COUNT,
    TWICE,
)
from planner.archives.lint.lines import JAVA_SPACES
from planner.model.lint import Finding, Rule

Line = tuple[int, str]
_FLAGS: Final = re.compile(
    "CIRCUMFIX|KEEPCASE|FORCEUCASE|NEEDAFFIX|PSEUDOROOT|ONLYINCOMPOUND|FORBIDDENWORD|NOSUGGEST|SUBSTANDARD"
    "|COMPOUND(?:FLAG|BEGIN|MIDDLE|END|PERMITFLAG|FORBIDFLAG)"
)
_TEXTS: Final = frozenset({"IGNORE", "LANG", "KEY"})
_NUMBERS: Final = frozenset({"MAXNGRAMSUGS", "MAXDIFF"})
_LOOSE_NUMBERS: Final = frozenset({"COMPOUNDMIN", "COMPOUNDWORDMAX"})
_LOOSE_TEXTS: Final = frozenset({"WORDCHARS", "TRY"})
_CONVERSIONS: Final = frozenset({"ICONV", "OCONV"})
_TABLES: Final[Mapping[str, tuple[int, bool]]] = {
    "REP": (3, False),
    "MAP": (2, False),
    "CHECKCOMPOUNDPATTERN": (3, False),
    "BREAK": (2, True),
    "COMPOUNDRULE": (2, True),
    "ICONV": (3, True),
    "OCONV": (3, True),
}
"""How many fields a line of the table has, and whether it may have no more, but for a comment."""
_INTEGER: Final = re.compile(r"[+-]?\d{1,9}")


class Affixes:
    """Reads one file. aliases: how many AF lines were read."""

    def __init__(self, lines: Iterator[Line], form: Form) -> None:
        self.aliases = 0
        self._form = form
        self._lines = lines
        self._held: list[Line] = []
        self._announced: dict[str, int] = {}
        self._told: set[tuple[str, ...]] = set()

    def findings(self) -> Iterator[Finding]:
        while item := self._next():
            number, line = item[0], item[1].strip(JAVA_SPACES)
            first, *arguments = fields(line)
            if first in ("PFX", "SFX"):
                yield from self._affix(number, first, arguments)
            elif first in _TABLES:
                yield from self._table(number, first, arguments)
            elif first in ("AF", "AM"):
                yield from self._alias(number, first, arguments)
            else:
                yield from (rule.at(number) for rule in self._setting(first, arguments))

    def _next(self) -> Line | None:
        return self._held.pop() if self._held else next(self._lines, None)

    def _setting(self, name: str, arguments: list[str]) -> Iterator[Rule]:
        """A line that stands alone."""
        if name == "SET":
            yield from self._set(arguments)
        elif name == "FLAG":
            found = flag_form(arguments, self._form.encoding)
            if found is None:
                yield ARGUMENT
            elif found != self._form.flags:
                yield LATE
        elif name in _LOOSE_TEXTS | _LOOSE_NUMBERS:
            if not arguments or (name in _LOOSE_NUMBERS and not _INTEGER.fullmatch(arguments[0])):
                yield ARGUMENT
        elif (is_flag := bool(_FLAGS.fullmatch(name))) or name in _TEXTS | _NUMBERS:
            if not _exactly(arguments, 1) or (name in _NUMBERS and not _is_number(name, arguments[0])):
                yield ARGUMENT
            elif is_flag and not self._form.knows(arguments[0], single=True):
                yield FLAG

    def _set(self, arguments: list[str]) -> Iterator[Rule]:
        if not _exactly(arguments, 1):
            yield ARGUMENT
        elif (found := codec(arguments[0])) is None:
            yield ENCODING
        elif found and found != self._form.encoding:
            yield LATE

    def _affix(self, number: int, kind: str, arguments: list[str]) -> Iterator[Finding]:
        if len(arguments) < 3:
            yield AFFIX_FIELDS.at(number)
            return
        flag, count = arguments[0], arguments[2]
        if not _INTEGER.fullmatch(count):
            if (kind, flag) not in self._told:
                self._told.add((kind, flag))
                yield AFFIX_COUNT.at(number, sentence=f"is a rule for {kind} {flag} that no header announces")
            return
        for done in range(int(count)):
            item = self._next()
            parts = fields(item[1]) if item else []
            if item is None or len(parts) < 2 or parts[1] != flag:
                self._held.extend([item] if item else [])
                self._told.add((kind, flag))
                yield AFFIX_COUNT.at(number, sentence=_announces(f"{kind} {flag}", count, done, "rules"))
                return
            yield from (rule.at(item[0]) for rule in self._rule(parts))

    def _rule(self, parts: list[str]) -> Iterator[Rule]:
        if len(parts) < 4:
            yield AFFIX_FIELDS
            return
        if not self._form.knows(parts[1], single=True):
            yield FLAG
        _, slash, flags = parts[3].rpartition("/")
        if slash and self.aliases and not is_alias(flags, self.aliases):
            yield ALIAS
        elif slash and not self.aliases and not self._form.knows(flags):
            yield FLAG

    def _table(self, number: int, name: str, arguments: list[str]) -> Iterator[Finding]:
        if not arguments or not _INTEGER.fullmatch(arguments[0]):
            if (name,) not in self._told:
                self._told.add((name,))
                yield TABLE_COUNT.at(number, sentence=f"is a line of {name} that no header announces")
            return
        fewest, exactly = _TABLES[name]
        seen: set[str] = set()
        swallowed = False
        for done in range(int(arguments[0])):
            item = self._next()
            parts = fields(item[1]) if item else []
            fits = len(parts) >= fewest and (not exactly or _exactly(parts, fewest))
            if item is None or not fits:
                yield from self._unfit(number, name, item, _announces(name, arguments[0], done, "lines"))
                return
            swallowed = swallowed or parts[0] != name
            if name in _CONVERSIONS and parts[1] in seen:
                yield TWICE.at(item[0])
            seen.add(parts[1])
        if swallowed:
            yield SWALLOWED.at(number)

    def _unfit(self, number: int, name: str, item: Line | None, sentence: str) -> Iterator[Finding]:
        """A table goes on after a line of its own that is not in order, and ends before one that is not."""
        self._told.add((name,))
        if item and fields(item[1].strip(JAVA_SPACES))[0] == name:
            yield ARGUMENT.at(item[0])
            return
        self._held.extend([item] if item else [])
        yield TABLE_COUNT.at(number, sentence=sentence)

    def _alias(self, number: int, name: str, arguments: list[str]) -> Iterator[Finding]:
        """The first line has the number of all that follow, which may stand anywhere."""
        if name not in self._announced:
            is_count = bool(arguments) and _INTEGER.fullmatch(arguments[0])
            if not is_count or int(arguments[0]) < 0 or (name == "AM" and len(arguments) > 1):
                yield ARGUMENT.at(number)
            self._announced[name] = int(arguments[0]) if is_count else 1 << 31
            return
        left = self._announced[name] = self._announced[name] - 1
        self.aliases += name == "AF"
        if left == -1:
            yield TABLE_COUNT.at(number, sentence=f"is one line of {name} more than its header announces")


def is_alias(flags: str, aliases: int) -> bool:
    return bool(_INTEGER.fullmatch(flags)) and 0 < int(flags) <= aliases


def _is_number(name: str, text: str) -> bool:
    return bool(_INTEGER.fullmatch(text)) and (name != "MAXDIFF" or 0 <= int(text) <= 10)


def _exactly(parts: list[str], count: int) -> bool:
    """As many as that; after them a comment may follow."""
    return len(parts) == count or (len(parts) > count and parts[count].startswith("#"))


def _announces(what: str, count: str, done: int, things: str) -> str:
    return f"announces {count} {things} for {what}, of which {done} follow{'s' * (done == 1)}"
