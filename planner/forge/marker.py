"""The line by which a comment of planner is found again, and by which runs know which is newer.

`<!-- planner:preview v1 id=... commit=... run=... attempt=... -->`, the first line of a comment; where the
forge shows such lines, the last line, as code. Only there is it looked for: what a comment quotes is none.
Values are percent-encoded. Of later versions what is known here is read.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

from attrs import frozen

from planner.forge.port import Facts

VERSION: Final = 1
_HIDDEN: Final = re.compile(r"<!-- planner:preview v\d+ ([^<>]*?) ?-->")
_VISIBLE: Final = re.compile(r"`planner:preview v\d+ ([^`]*)`")
_LONGEST: Final = 20_000
"""Characters. A folder's name may take 4,096 bytes, each of which may be written as three."""


@frozen(order=True)
class Run:
    """Of a CI. number: grows from run to run. attempt: grows when a run is repeated."""

    number: int
    attempt: int


@frozen
class Marker:
    """id: what the comment is about, so that several can be in one pull request. commit: that was previewed.

    run: None outside a CI. Such a comment is newer than any; it takes over the run of the one it replaces.
    """

    id: str
    commit: str = ""
    run: Run | None = None

    def is_older_than(self, other: Marker) -> bool:
        return self.run is not None and other.run is not None and self.run < other.run


def attached(body: str, marker: Marker, facts: Facts) -> str:
    """body with the marker, as the forge needs it."""
    return _with_line(body, f"planner:preview {_fields(marker)}", facts)


def superseded(marker: Marker, facts: Facts, *, url: str) -> str:
    """The body of a comment that another one takes the place of. It is no longer found by the marker."""
    place = f"[another comment]({url})" if url.startswith(("https://", "http://")) else "another comment"
    return _with_line(f"Superseded: see {place}.", f"planner:superseded {_fields(marker)}", facts)


def found_in(body: str) -> Marker | None:
    lines = body.strip().splitlines() or [""]
    found = _HIDDEN.fullmatch(lines[0].strip()) or _VISIBLE.fullmatch(lines[-1].strip())
    if found is None or len(found[1]) > _LONGEST:
        return None
    fields = dict(part.split("=", 1) for part in found[1].split() if "=" in part)
    if "id" not in fields:
        return None
    number, attempt = _number(fields.get("run", "")), _number(fields.get("attempt", ""))
    run = Run(number, attempt) if number else None
    return Marker(_decoded(fields["id"]), _decoded(fields.get("commit", "")), run)


def _with_line(body: str, line: str, facts: Facts) -> str:
    return f"<!-- {line} -->\n{body}" if facts.dialect.hides_comments else f"{body}\n\n`{line}`"


def _fields(marker: Marker) -> str:
    run = marker.run or Run(0, 0)
    return (
        f"v{VERSION} id={_encoded(marker.id)} commit={_encoded(marker.commit)}"
        f" run={run.number} attempt={run.attempt}"
    )


def _encoded(text: str) -> str:
    # Two hyphens may not be in an HTML comment.
    return quote(text, safe="", errors="surrogateescape").replace("--", "-%2D")


def _decoded(text: str) -> str:
    return unquote(text, errors="surrogateescape")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
