"""YAML text, JSON included, to plain data, in one pass over the C parser's events.

Plain scalars follow YAML 1.2's core schema, but stay a Literal until the schema of their place is known:
`version: 8.10` is the text "8.10" where a string is wanted, and elsewhere a number that knows how it was
written. No positions are kept; when one is needed, the text is read again with a trace (see LineTrace).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn, TypeVar

import yaml
from attrs import define, field
from yaml import MappingEndEvent, ScalarEvent
from yaml._yaml import CParser

from planner.config.values import Literal, Written, core_schema, describe, plain
from planner.config.yaml_problem import GivenTwice, YamlProblem
from planner.model.value import Deferred, Path, Secret, Value, scalar_text
from planner.yaml12.number import written

T = TypeVar("T")

MAX_DEPTH = 100
MAX_ALIASED_NODES = 100_000
MAX_DOCUMENTS = 10_000
_LONG_TEXT = 256


LineTrace = dict[Path, int]
"""Path of a value -> line of its key (or of the value itself in a list), from 1. The first wins.

The path begins with the number of the document in the stream, from 0."""

Restore = Callable[[str], Value]
"""Puts the values behind tokens back into a scalar's text; ValueError says what is wrong."""


def parse(
    text: str,
    *,
    restore: Restore = str,
    trace: LineTrace | None = None,
    texts: dict[Path, str] | None = None,
) -> list[Written]:
    """The documents of a YAML stream; empty documents are left out.

    Errors: YamlProblem for anything that is not YAML, for duplicate keys, unknown tags, nesting deeper than
    100, aliases that together stand for more than 100,000 nodes, and more than 10,000 documents.
    """
    try:
        return _Builder(CParser(_as_yaml(text)), restore, trace, texts).documents()
    except yaml.reader.ReaderError as error:
        line = text.encode().count(b"\n", 0, error.position) + 1
        raise YamlProblem(line, f"the character U+{error.character:04X} cannot stand in YAML") from None
    except yaml.MarkedYAMLError as error:
        if error.problem_mark and "nesting depth" in str(error.problem):
            # From 6.0.4 on PyYAML gives up at a thousand levels, and looks ahead of what it hands out: what
            # stands before that place is too deep for us too, or has something wrong that comes first.
            parse(text[: error.problem_mark.index], restore=restore, trace=trace, texts=texts)
        raise _explained(error, text) from None
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise YamlProblem(line, "not valid Unicode text") from None


def _explained(error: yaml.MarkedYAMLError, text: str) -> YamlProblem:
    if conflict := _CONFLICT.search(text):
        line = text.count("\n", 0, conflict.start()) + 1
        return YamlProblem(line, f"a merge that git could not make is not resolved: {conflict[1]}")
    mark, context = error.problem_mark or error.context_mark, None
    lines = LINE_END.split(text)
    line = min(mark.line if mark else 0, len(lines) - 1)
    while line == len(lines) - 1 and line and not lines[line]:
        line, lines = line - 1, lines[:-1]  # what is missing at the end is shown at the last line
    if error.context and error.context_mark:
        context = (f"It came up {error.context} that begins at {{}}.", error.context_mark.line + 1)
    if lines[line].lstrip(" ").startswith("\t"):
        return YamlProblem(line + 1, "not YAML: lines are indented with spaces, not with tabs")
    return YamlProblem(line + 1, f"not YAML: {error.problem}", context)


_CONFLICT = re.compile(r"^(([<|=>])\2{6})(?=[ \r\n]|$)", re.MULTILINE)
LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What YAML takes for the end of a line."""


_YAML = "tag:yaml.org,2002:"
_TAGS: Mapping[str, type] = {
    **{f"{_YAML}{kind.__name__}": kind for kind in (str, int, float, bool)},
    f"{_YAML}null": type(None),
    f"{_YAML}map": dict,
    f"{_YAML}seq": list,
}


@define(eq=False, repr=False)
class _Builder:
    """Builds data from events; nodes counts what is built, so that aliases can be kept from exploding."""

    parser: Any
    restore: Restore
    trace: LineTrace | None
    texts: dict[Path, str] | None = None
    anchors: dict[str, tuple[Written, int]] = field(factory=dict)
    bare: dict[str, int] = field(factory=dict)
    nodes: int = 0
    aliased: int = 0

    def documents(self) -> list[Written]:
        found: list[Written] = []
        begun = 0
        next_event = self.parser.get_event
        while (event := next_event()) is not None:
            if event.__class__ is yaml.DocumentStartEvent:
                begun += 1
                if begun > MAX_DOCUMENTS:
                    raise YamlProblem(_line(event), f"more than {MAX_DOCUMENTS:,} documents")
                self.anchors.clear()
                root, path = next_event(), (len(found),)
                self._note(path, root)
                value = self._value(root, path, 0)
                if not (isinstance(value, Literal) and value.value is None):
                    found.append(value)
        for name, line in self.bare.items():
            raise YamlProblem(line, f"&{name} is an anchor of nothing: put it in quotes, if it is a text")
        return found

    def _value(self, event: Any, path: Path, depth: int) -> Written:
        kind = event.__class__
        if kind is yaml.AliasEvent:
            return self._alias(event)
        before = self.nodes
        self.nodes += 1
        if kind is ScalarEvent:
            value: Written = self._scalar(event)
            self.nodes += _extent(value)
            if self.texts is not None:
                self.texts[path] = event.value
        elif depth >= MAX_DEPTH:
            raise YamlProblem(_line(event), f"nested deeper than {MAX_DEPTH} levels")
        else:
            self._check_tag(event, dict if kind is yaml.MappingStartEvent else list)
            build = self._mapping if kind is yaml.MappingStartEvent else self._sequence
            value = build(path, depth)
        if event.anchor:
            self.anchors[event.anchor] = (value, self.nodes - before)
            if kind is ScalarEvent and not (event.value or event.style or event.tag):
                self.bare[event.anchor] = _line(event)
        return value

    def _alias(self, event: Any) -> Written:
        if event.anchor not in self.anchors:
            summary = f"the alias *{event.anchor} has no anchor &{event.anchor} before it"
            raise YamlProblem(_line(event), summary)
        self.bare.pop(event.anchor, None)
        value, size = self.anchors[event.anchor]
        self.aliased += size
        self.nodes += size
        if self.aliased > MAX_ALIASED_NODES:
            raise YamlProblem(_line(event), f"aliases stand for more than {MAX_ALIASED_NODES:,} nodes")
        return value

    def _scalar(self, event: Any) -> Value | Literal:
        if event.tag and event.tag != "!":
            return self._tagged(event)
        text: str = event.value
        restored = _converted(event, self.restore, text)
        return core_schema(text) if restored is text and not event.style and not event.tag else restored

    def _tagged(self, event: Any) -> Value:
        wanted = self._check_tag(event, str, int, float, bool, type(None))
        text: str = event.value
        value = _converted(event, self.restore, text)
        if isinstance(value, Deferred):
            return value
        if wanted is str:
            return _converted(event, scalar_text, value)
        found = plain(core_schema(text)) if value is text else value
        if wanted is float and isinstance(found, int) and not isinstance(found, bool):
            return written(float(found), repr(found))
        if not isinstance(found, wanted) or isinstance(found, bool) is not (wanted is bool):
            raise YamlProblem(_line(event), f"the value does not fit its tag {_short(event.tag)}")
        return found

    def _check_tag(self, event: Any, *allowed: type) -> type:
        if not event.tag or event.tag == "!":
            return allowed[0]
        wanted = _TAGS.get(event.tag)
        if wanted not in allowed:
            raise YamlProblem(_line(event), f"the tag {_short(event.tag)} is not supported here")
        return wanted

    def _sequence(self, path: Path, depth: int) -> list[Written]:
        items: list[Written] = []
        while (event := self.parser.get_event()).__class__ is not yaml.SequenceEndEvent:
            below = (*path, len(items)) if self.trace is not None else ()
            self._note(below, event)
            items.append(self._value(event, below, depth + 1))
        return items

    def _mapping(self, path: Path, depth: int) -> dict[str, Written]:
        items: dict[str, Written] = {}
        merged: list[tuple[Any, Written]] = []
        next_event, traced = self.parser.get_event, self.trace is not None
        below: Path = ()
        while (event := next_event()).__class__ is not MappingEndEvent:
            key = self._key(event)
            if traced:
                below = (*path, key)
                self._note(below, event)
            value = self._value(next_event(), below, depth + 1)
            if event.value == "<<" and not event.style:
                merged.append((event, value))
            elif key in items:
                first = self.trace.get(below, 0) if self.trace else 0
                raise GivenTwice(_line(event), key, first)
            else:
                items[key] = value
        return _merged([_merge_source(*source) for source in merged], items) if merged else items

    def _key(self, event: Any) -> str:
        if event.__class__ is not ScalarEvent:
            raise YamlProblem(_line(event), "a key must be text")
        key = _converted(event, self.restore, event.value)
        if isinstance(key, str) and not isinstance(key, Secret):
            return str(key)
        if isinstance(key, int | float) and not isinstance(key, bool):
            return repr(key)
        raise YamlProblem(_line(event), f"a key must be text, not {describe(key)}")

    def _note(self, path: Path, event: Any) -> None:
        if self.trace is not None:
            self.trace.setdefault(path, _line(event))


def _converted(event: Any, make: Callable[[Any], T], source: Value) -> T:
    """What make gives for source, which stands at event."""
    try:
        return make(source)
    except ValueError as error:
        raise YamlProblem(_line(event), str(error)) from None


def _merge_source(event: Any, value: Written) -> dict[str, Written]:
    sources = value if isinstance(value, list) else [value]
    mappings = [source for source in sources if isinstance(source, dict)]
    if len(mappings) < len(sources):
        raise YamlProblem(_line(event), "<< merges a mapping or a list of mappings")
    return _merged(mappings, {})


def _merged(sources: list[dict[str, Written]], over: dict[str, Written]) -> dict[str, Written]:
    """over with what the sources have besides; an earlier source wins. Takes time for each key once."""
    result: dict[str, Written] = {}
    for source in (*reversed(sources), over):
        result.update(source)
    return result


def _extent(value: Written) -> int:
    """What a scalar counts for besides itself, where aliases repeat it: a long text, or what a token held."""
    if isinstance(value, str):
        return len(value) // _LONG_TEXT
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(1 + _extent(item) for item in items)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _short(tag: str) -> str:
    return tag.replace(_YAML, "!!", 1)


# JSON as YAML that the C parser takes: by YAML 1.2 every JSON text is YAML, which it has not learnt. It lacks
# two escapes (`\/`, pairs of surrogates), characters that may stand in JSON and not in YAML, tabs between
# values, and keys that are long or stand in another line than their colon. Lines keep their numbers.

_PARTS: Final = re.compile(r'"((?:[^"\\]|\\.)*+)"(\s*:)?|(\s+)')
_UNLIKE: Final = re.compile(
    r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\.|[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd]"
)
_LONGEST_KEY: Final = 1000
"""A little less than the parser finds without being told that a key begins."""


def _as_yaml(text: str) -> str:
    """text in other words when it is a list or mapping in JSON; else itself."""
    if text.lstrip(" \t\r\n")[:1] not in ("{", "[") or not _is_json(text):
        return text
    return _PARTS.sub(_part, text)


def _is_json(text: str) -> bool:
    try:
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _part(found: re.Match[str]) -> str:
    text, colon, blanks = found.groups()
    if blanks is not None:
        return blanks.replace("\t", " ")
    quoted = '"' + _UNLIKE.sub(_character, text) + '"'
    if colon is None:
        return quoted
    colon = colon.replace("\t", " ")
    return quoted + colon if len(quoted) < _LONGEST_KEY and colon.isprintable() else f"? {quoted}{colon}"


def _character(found: re.Match[str]) -> str:
    """An escape, or a character that YAML takes for something else."""
    text = found.group()
    if len(text) == 12:
        char: str = json.loads(f'"{text}"')
        return f"\\U{ord(char):08x}"
    if text == "\\/":
        return "/"
    return text if text[0] == "\\" else f"\\U{ord(text):08x}"
