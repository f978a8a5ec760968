"""Hunspell's dictionaries: hunspell/LOCALE/ with one .aff file, .dic files, and perhaps a settings.yml.

A .dic file can be read only as its .aff file says, so that a folder is looked at as a whole.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from planner.archives.lint.families.hunspell.affixes import Affixes
from planner.archives.lint.families.hunspell.form import Form, form
from planner.archives.lint.families.hunspell.rules import (
    CAPITALS,
    MISPLACED,
    NO_AFFIXES,
    NO_BOOLEAN,
    NO_WORDS,
    RULES,
    SETTING,
    TWO_AFFIXES,
)
from planner.archives.lint.families.hunspell.words import not_encoded, words
from planner.archives.lint.family import Family, Sign, Strength
from planner.archives.lint.lines import TooLong, lines
from planner.archives.lint.tree import File, Tree
from planner.model.lint import Finding, Unchecked

_PLACE: Final = re.compile(r"hunspell/[^/]+/(?:[^/]*\.(?:aff|dic)|settings\.yml)")
_CAPITALS: Final = re.compile(r"hunspell/[^/]+/[^/]*\.(?!aff|dic)(?i:aff|dic)")
_KNOWN: Final = frozenset({"ignore_case", "strict_affix_parsing"})
_SETTING: Final = re.compile(r"""(["']?)([\w.-]+)\1\s*:\s*(?:(["']?)([\w.-]+)\3\s*(?:#.*)?)?""")


def recognise(name: str, _start: bytes) -> Sign | None:
    if _PLACE.fullmatch(name):
        return Sign(Strength.PLACE, "it is in a folder of hunspell/")
    if name.endswith(".aff") or (name.startswith("hunspell/") and name.endswith(".dic")):
        return Sign(Strength.NAME, f"its name ends with {name[-4:]}")
    return None


def look_over(tree: Tree) -> Iterator[Finding | Unchecked]:
    yield from (CAPITALS.at(member=name) for name in tree.names if _CAPITALS.fullmatch(name))
    own = [file for file in tree.files if file.name.endswith((".aff", ".dic"))]
    for folder, found in groupby(own, lambda file: file.name.rpartition("/")[0]):
        files = list(found)
        affixes = [file for file in files if file.name.endswith(".aff")]
        if not re.fullmatch("hunspell/[^/]+", folder):
            misplaced = files if affixes or f"{folder}/".startswith("hunspell/") else []
            yield from (MISPLACED.at(member=file.name) for file in misplaced)
        elif len(affixes) == 1:
            yield from _words(affixes[0], [file for file in files if file not in affixes])
        elif affixes:
            yield from (TWO_AFFIXES.at(member=file.name) for file in affixes[1:])
        else:
            yield NO_AFFIXES.at(member=files[0].name)


def _words(affixes: File, found: list[File]) -> Iterator[Finding | Unchecked]:
    """affixes has its own check; here it says how to read the words."""
    if not found:
        yield NO_WORDS.at(member=affixes.name)
        return
    style = form(affixes)
    reader = _read(affixes, style)
    try:
        for _ in reader.findings():
            pass
    except TooLong:
        return  # the check of affixes tells it
    for file in found:
        try:
            for item in words(file, style, reader.aliases):
                yield item.rule.at(item.line, member=file.name, sentence=item.sentence)
        except TooLong as error:
            yield error.unchecked(file.name)


def _read(file: File, style: Form) -> Affixes:
    """A byte order mark is passed over, whatever the encoding is."""
    mark = BOM_UTF8.decode(style.encoding, "replace")
    numbered = lines(file, style.encoding)
    return Affixes(((n, line.removeprefix(mark) if n == 1 else line) for n, line in numbered), style)


def check(file: File) -> Iterator[Finding]:
    if file.name.endswith("/settings.yml"):
        yield from _settings(file)
    elif file.name.endswith(".aff") and _PLACE.fullmatch(file.name):
        style = form(file)
        yield from _read(file, style).findings()
        yield from not_encoded(file, style)


def _settings(file: File) -> Iterator[Finding]:
    """Only what is plain is judged: one setting on a line."""
    for number, line in lines(file):
        found = _SETTING.fullmatch(line)
        if found and found[2] not in _KNOWN:
            yield SETTING.at(number, sentence=f"{SETTING.sentence}: {found[2]}")
        elif found and found[2] == "ignore_case" and (found[4] or "").lower() not in ("true", "false", ""):
            yield NO_BOOLEAN.at(number)


FAMILY: Final = Family("hunspell", "a dictionary of hunspell", RULES, recognise, check, look_over)
