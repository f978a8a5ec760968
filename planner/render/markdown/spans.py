"""Foreign text in Markdown: always in code, a span or a fence.

Inside code no forge resolves mentions, `#1`, commits, emoji or markup. Entities would not do: GitHub and
GitLab look for references after they are decoded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape as html_escape
from typing import Final

from planner.render.escaping import ELLIPSIS, escape, shorten
from planner.render.values import listing

_TICKS = re.compile("`+")
_WORD = re.compile(r"\(?(?:[^\W\d_]+(?:-[^\W\d_]+)*|\d{1,6})\)?[,.;:]?\Z")
_AROUND = re.compile(r"\A([,.;:)]*)( ?)(.*?)( ?\(?)\Z", re.DOTALL)
_COMMIT = re.compile(r"[0-9a-f]{7,}", re.IGNORECASE)
_WIDEST_LINE: Final = 240
LEAST_SHOWN: Final = 100
"""Characters that a longer line of a fence keeps at least."""


def code(text: str, room: int = 120) -> str:
    """text as a code span, in one line, its middle left out beyond room columns.

    A `|` is shown as `\\x7c`: forges disagree on how one is written in a table.
    """
    shown = _bounded(text.replace("|", "\\x7c"), room) or "(empty)"
    ticks = "`" * (_longest_run([shown]) + 1)
    stripped = shown[0] == shown[-1] == " " and not shown.isspace()
    pad = " " if stripped or "`" in (shown[0], shown[-1]) else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def words(text: str, room: int = 200) -> str:
    """text as prose, and what is not a plain word in it as code spans: "forced by `--replace`, at once".

    Of several spaces one is left. Punctuation and parentheses around a code span are prose.
    """
    return " ".join(_spans(_bounded(text, room).split(), room)) or code("")


def _spans(found: Sequence[str], room: int) -> Iterator[str]:
    """Words as they are, or as code spans, of as many words as stand together."""
    begin, inside = "", list[str]()
    for word in found:
        before, core, after = _parted(word)
        if inside and (before or not core):
            yield f"{begin}{code(' '.join(inside), room)}"
            begin, inside = "", []
        if not core:
            yield word
            continue
        begin, inside = begin or before, [*inside, core]
        if after:
            yield f"{begin}{code(' '.join(inside), room)}{after}"
            begin, inside = "", []
    if inside:
        yield f"{begin}{code(' '.join(inside), room)}"


def _parted(word: str) -> tuple[str, str, str]:
    """What goes before a code span, into it, and after it; all of it before where none is needed."""
    if _harmless(word):
        return word, "", ""
    after = word[-1] if word[-1] in ",.;:" else ""
    before, core = "", word.removesuffix(after)
    if core.startswith("(") and (core.endswith(")") or core.count("(") > core.count(")")):
        before, core = "(", core[1:]
    if core.endswith(")") and core.count(")") > core.count("("):
        core, after = core[:-1], f"){after}"
    parts = any(map(str.isalnum, core)) and not (after.endswith(":") and ":" in core)
    return (before, core, after) if parts else ("", word, "")


def marked(text: str, room: int = 300) -> str:
    """text as prose, with code spans for what stands between backticks in it."""
    parts = enumerate(text.split("`"))
    return "".join(code(part, room) if index % 2 else _between(part, room) for index, part in parts)


def _between(text: str, room: int) -> str:
    """What stands around code spans; punctuation stays at them."""
    after, before, inside, behind = _AROUND.findall(text)[0]
    return f"{after}{before}{words(inside, room) if inside else ''}{behind}"


def html_code(text: str, room: int = 60) -> str:
    """text as `<code>`, for the inside of HTML, where Markdown is not read."""
    return f"<code>{html_escape(_bounded(text, room)) or '(empty)'}</code>"


def fence(lines: Iterable[str], language: str) -> list[str]:
    """lines as a fenced block that no run of backticks in them can end; each gets bounded and escaped.

    None begins with `/`: GitLab has taken such lines for commands inside code, too.
    """
    shown = [_bounded(line, _WIDEST_LINE) for line in lines]
    shown = [f" {line}" if line.startswith("/") else line for line in shown]
    ticks = "`" * max(3, _longest_run(shown) + 1)
    return [ticks + language, *shown, ticks]


def codes(items: Sequence[str], most: int = 12) -> str:
    """A listing of code spans, each of a name of an environment, or of what is as short."""
    return listing([code(item, 60) for item in items], most)


def _bounded(text: str, room: int) -> str:
    """text, visible, of at most room columns and about as many characters; combining ones take no column.

    Of a very long text only both ends are looked at. None opens an HTML comment: the marker alone does that.
    """
    ends = text if len(text) <= 4 * room else text[: 2 * room] + text[-2 * room :]
    shown = shorten(escape(ends).replace("<!--", "\\x3c!--"), room)
    half = room // 2
    return shown if len(shown) <= 2 * room else f"{shown[:half]}{ELLIPSIS}{shown[-half:]}"


def _longest_run(lines: Iterable[str]) -> int:
    return max((len(run) for line in lines for run in _TICKS.findall(line)), default=0)


def _harmless(word: str) -> bool:
    return bool(_WORD.match(word)) and not _COMMIT.search(word)
