"""One comment per pull request, kept up to date; of several runs the newest wins.

A comment is found again by its marker, `<!-- planner:preview v1 id=... commit=... run=... attempt=... -->`,
the first line; where the forge shows such lines, the last line, as code. Only there is it looked for: what a
comment quotes is none. Values are percent-encoded. Of later versions what is known here is read.

A run whose CI does not number it replaces no comment of one that has a number. Somebody who posts by hand
does; the run that the comment had stays in its marker, so that no older one comes after.

One's own is what has the marker and is by the account of the token. Were two made by runs at the same time,
the one of the newest run (of equals the later one) is kept up to date, and the others get a line that sends
on to it. A forge cannot compare and write in one step: two runs within the same second may still end
with the older one's text, until the next run.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Final
from urllib.parse import quote, unquote

from attrs import evolve, frozen

from planner.forge.connection import PAUSES, whole_number
from planner.forge.kind import Run
from planner.forge.port import Comment, Facts, Forge, ForgeError, ReplyLost

VERSION: Final = 1
_HIDDEN: Final = re.compile(r"<!-- planner:preview v\d+ ([^<>]*?) ?-->")
_VISIBLE: Final = re.compile(r"`planner:preview v\d+ ([^`]*)`")
_LONGEST: Final = 20_000
"""Characters. A folder's name may take 4,096 bytes, each of which may be written as three."""

SHORTEST: Final = 1_000
"""Characters. A comment that is refused at less is not refused for its size."""


@frozen
class Marker:
    """The line by which a comment is known again. id: what the comment is about, so that several can be in
    one pull request. commit: that was previewed.

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
    number, attempt = (whole_number(fields.get(name, ""), 19) for name in ("run", "attempt"))
    run = Run(number, attempt or 0) if number else None
    return Marker(_decoded(fields["id"]), _decoded(fields.get("commit", "")), run)


def _with_line(body: str, line: str, facts: Facts) -> str:
    return f"<!-- {line} -->\n{body}" if facts.dialect.hides_comments else f"{body}\n\n`{line}`"


def _fields(marker: Marker) -> str:
    run = marker.run or Run(0, 0)
    what = f"id={_encoded(marker.id)} commit={_encoded(marker.commit)}"
    return f"v{VERSION} {what} run={run.number} attempt={run.attempt}"


def _encoded(text: str) -> str:
    # Two hyphens may not be in an HTML comment.
    return quote(text, safe="", errors="surrogateescape").replace("--", "-%2D")


def _decoded(text: str) -> str:
    return unquote(text, errors="surrogateescape")


@frozen
class Posting:
    """A comment to be posted. render: the text for at most that many characters. needed: make a comment if
    there is none yet.

    disorder: the variable by which a CI should number this run and does not, "" for none.
    """

    marker: Marker
    render: Callable[[int], str]
    needed: bool = True
    disorder: str = ""


class Outcome(Enum):
    CREATED = "created"
    UPDATED = "updated"
    NOT_NEEDED = "not needed"
    OUTDATED = "outdated"


@frozen
class Posted:
    """What became of a comment. comment: the one that is there now. newer: for OUTDATED, the marker of the
    run that was there first.
    """

    outcome: Outcome
    comment: Comment | None = None
    newer: Marker | None = None

    @property
    def words(self) -> str:
        """What became of it, in one line for people."""
        at = f": {self.comment.url}" if self.comment and self.comment.url else ""
        if self.outcome is Outcome.NOT_NEEDED:
            return "No comment was made: there are no changes."
        if self.outcome is Outcome.OUTDATED and self.newer and self.newer.run:
            run = self.newer.run
            return f"The comment was left as it is: run {run.number} (attempt {run.attempt}) is newer{at}"
        return f"The comment was {self.outcome.value}{at}"


@frozen
class _Own:
    comment: Comment
    marker: Marker


class _Gone(ForgeError):
    """The comment was deleted since it was found."""


def post(
    forge: Forge,
    posting: Posting,
    *,
    sleep: Callable[[float], None] = time.sleep,
    tell: Callable[[str], object] = lambda _: None,
) -> Posted:
    """Make the comment, or bring it up to date. Raises ForgeError when the comment could not be made or
    changed, and what render raises.

    When the reply to a new comment is lost, one looks whether it is there before it is made again.
    tell: takes a line for people who have to wait.
    """
    for pause in PAUSES:
        try:
            return _posted(forge, posting)
        except (ReplyLost, _Gone) as error:
            tell(f"{error.summary}; looking again in {pause:g} s")
            sleep(pause)
    return _posted(forge, posting)


def _posted(forge: Forge, posting: Posting) -> Posted:
    there = _listed(forge)
    own = _own(forge, there.values(), posting.marker.id)
    if not own:
        if not posting.needed:
            return Posted(Outcome.NOT_NEEDED)
        made = _fitting(forge, posting, forge.create)
        if made.id in there:
            raise ReplyLost(f"{forge.facts.name} answered with a comment that was there before")
        return Posted(Outcome.CREATED, made)
    newest = max(own, key=lambda one: one.marker.run or Run(0, 0))
    if posting.marker.is_older_than(newest.marker):
        return Posted(Outcome.OUTDATED, newest.comment, newest.marker)
    if posting.disorder and newest.marker.run:
        raise _unordered(posting.disorder, newest.marker.run)
    posting = evolve(posting, marker=evolve(posting.marker, run=posting.marker.run or newest.marker.run))
    comment = _fitting(forge, posting, lambda body: _updated(forge, newest.comment, body))
    comment = evolve(comment, url=comment.url or newest.comment.url)
    for other in (one for one in own if one is not newest):
        _updated(forge, other.comment, superseded(other.marker, forge.facts, url=comment.url))
    return Posted(Outcome.UPDATED, comment)


def _unordered(variable: str, run: Run) -> ForgeError:
    return ForgeError(
        f"the comment was left as it is: whether this run is newer than run {run.number}, which wrote it, is "
        f"not known, since {variable} is not a number",
        advice=f"Set {variable} as the CI does: to a number that grows from run to run.",
    )


def _listed(forge: Forge) -> dict[str, Comment]:
    """The comments by id, oldest first. ForgeError when one could be another pull request's, or by somebody
    else.

    A list that grows while it is read by pages may show the same one twice.
    """
    found: dict[str, Comment] = {}
    for comment in forge.comments():
        known = found.setdefault(comment.id, comment)
        if comment.on not in ("", forge.target.pull_request):
            raise _confused(forge, f"a comment on {comment.on}")
        if not comment.id or known.author != comment.author:
            raise _confused(forge, "comments that cannot be told apart by their ids")
        found[comment.id] = comment
    return found


def _confused(forge: Forge, what: str) -> ForgeError:
    return ForgeError(
        f"{forge.facts.name} lists {what} on {forge.facts.request} {forge.target.pull_request}; no comment "
        "was made or changed",
        advice="Run it again later. If it stays so, a proxy or a cache may mix up replies.",
    )


def _own(forge: Forge, comments: Iterable[Comment], marker_id: str) -> list[_Own]:
    """The latest first."""
    found = []
    for comment in comments:
        marker = found_in(comment.body)
        if marker is not None and marker.id == marker_id and forge.is_own(comment):
            found.append(_Own(comment, marker))
    return found[::-1]


def _fitting(forge: Forge, posting: Posting, write: Callable[[str], Comment]) -> Comment:
    """Written with a text that the forge takes: rendered anew for half of the size while it is too long."""
    limit = forge.facts.limit - len(attached("", posting.marker, forge.facts))
    written = ""
    while True:
        body = attached(posting.render(limit), posting.marker, forge.facts)
        try:
            return write(body)
        except ForgeError as error:
            limit = min(limit, len(body)) // 2
            if not error.may_be_size or limit < SHORTEST or body == written:
                raise
            written = body


def _updated(forge: Forge, comment: Comment, body: str) -> Comment:
    try:
        return forge.update(comment, body)
    except ForgeError as error:
        if error.status in (404, 410):
            raise _Gone(error.summary, status=error.status, said=error.said, advice=error.advice) from error
        raise
