"""The .dic file: a number, and words with flags, as Lucene's Dictionary reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from planner.archives.lint.families.hunspell.affixes import is_alias
from planner.archives.lint.families.hunspell.form import Form
from planner.archives.lint.families.hunspell.rules import ALIAS, FLAG, NO_COUNT, NOT_ENCODED
from planner.archives.lint.lines import blocks, lines
from planner.archives.lint.tree import File
from planner.model.lint import Finding

_COUNT: Final = re.compile(r"\ufeff?\s*\d+(?:\s.*)?")
_MORPHOLOGY: Final = re.compile(r"\t|(?<=.) (?=[^\W\d_]{2}:)", re.DOTALL)
"""Where what is told of a word begins."""
_FLAGS: Final = re.compile(r"(?:\\.|[^\\/])(?:\\.|[^\\/])*+/(.*)", re.DOTALL)
_KEPT: Final = 100_000
_REPLACED: Final = re.compile(r"^(?![ \t]*#|NAME ).*\ufffd.*$", re.MULTILINE)


def words(file: File, form: Form, aliases: int) -> Iterator[Finding]:
    """What is wrong in it. aliases: how many the .aff file has. TooLong."""
    yield from not_encoded(file, form)
    count = next(lines(file, form.encoding), None)
    if count is not None and not _COUNT.fullmatch(count[1]):
        yield NO_COUNT.at(1)
    if aliases or form.flags in ("num", "long"):
        yield from _wrong_flags(file, form, aliases)


def _wrong_flags(file: File, form: Form, aliases: int) -> Iterator[Finding]:
    right: set[str] = set()
    for number, line in lines(file, form.encoding):
        if number == 1 or "/" not in line or line[0] in "#\t" or (flags := flags_of(line)) in right:
            continue
        if aliases and flags and not is_alias(flags, aliases):
            yield ALIAS.at(number)
        elif not aliases and not form.knows(flags):
            yield FLAG.at(number)
        elif len(right) < _KEPT:
            right.add(flags)


def flags_of(line: str) -> str:
    """What stands between the first `/` that is not escaped, nor the first character, and the morphology."""
    if "\\" in line or " " in line or "\t" in line:
        end = _MORPHOLOGY.search(line)
        line = line[: end.start()] if end else line
    found = _FLAGS.match(line) if line[:1] != "/" else _FLAGS.match("x" + line[1:])
    return found[1].strip() if found else ""


def not_encoded(file: File, form: Form) -> Iterator[Finding]:
    """The first line that cannot be read, but for comments and names, often of another encoding. TooLong."""
    for block in blocks(file, form.encoding):
        for number, _ in block.like(_REPLACED):
            yield NOT_ENCODED.at(number)
            return
