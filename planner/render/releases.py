"""Releases as text: all that are known in a table, one with everything that happened to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from planner.model.release import APPROVED, FORCED, REJECTED, WENT_BACK, KnownRelease, Release, Remark, Stay
from planner.render.columns import Cell, cell, render_columns
from planner.render.escaping import cells, escape, hanging, pad, shorten
from planner.render.rows import Row, Words
from planner.render.standings import render_gates
from planner.render.style import ADD, BOLD, CHANGE, ERROR, WARNING, Style
from planner.render.text.rows import render_rows
from planner.render.values import inline, minute

COMMIT_DIGITS: Final = 10
_WIDEST_VALUES: Final = 60
_NOT_COMMITTED: Final = "(not committed)"
Subjects = Mapping[str, str]  # commit -> the first line of its message, for those that are in this clone


def render_releases(releases: Sequence[KnownRelease], *, width: int, style: Style) -> str:
    """One row for each, in the order given."""
    heads = ["release", "runs in", "ran in", "first seen (UTC)", "made of", "marks"]
    rows = [list(_cells(item)) for item in releases]
    return "\n".join(render_columns(heads, rows, width=width, style=style))


def _cells(item: KnownRelease) -> Iterator[Cell]:
    yield Cell(item.id, BOLD)
    yield cell(", ".join(item.runs_in), ADD)
    yield cell(", ".join(item.ran_in))
    yield Cell(minute(item.first_seen))
    yield cell(_made_of(item.release) if item.release else "")
    yield cell(", ".join(_marks(item)), ERROR if item.is_rejected else WARNING)


def _made_of(release: Release) -> str:
    """ "3f9c1ab02d bundle_version=8.15.* languages=[...]": commit, then values, cut where they are long."""
    made_of = sorted(release.variables.items())
    shown = (f"{name}={value if isinstance(value, str) else inline(value)}" for name, value in made_of)
    values = shorten(" ".join(shown), _WIDEST_VALUES)
    return " ".join(filter(None, (release.templates[:COMMIT_DIGITS], values)))


def _marks(item: KnownRelease) -> Iterator[str]:
    if item.is_rejected:
        yield "rejected"
    yield from (f"rolling out in {name}, {where}" for name, where in item.rolling_in.items())
    yield from (f"went back in {remark.environment}" for remark in item.remarks if remark.what == WENT_BACK)
    for name in item.environments:
        if count := item.approvals(name):
            yield f"approved for {name} ({count})"
    forced = dict.fromkeys(remark.environment for remark in item.remarks if remark.what == FORCED)
    yield from (f"forced in {name}" for name in forced)


def render_release(item: KnownRelease, subjects: Subjects, *, width: int, style: Style) -> str:
    """One release with all that happened to it."""
    content = _content(item.release, subjects, width, style) if item.release else ()
    histories = (list(_history(name, item, subjects, width, style)) for name in item.environments)
    parts = [[style.paint(BOLD, escape(item.id)), *content], *histories]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _content(release: Release, subjects: Subjects, width: int, style: Style) -> Iterator[str]:
    rows = [Row(f"var.{name}", after=value) for name, value in sorted(release.variables.items())]
    commit = release.templates
    subject = subjects.get(commit)
    rows.append(Row("templates", after=Words(commit or _NOT_COMMITTED), notes=(subject,) if subject else ()))
    yield from render_rows(rows, indent=0, width=width, style=style)
    yield from _archives(release.archives, width, indent=2)


def _archives(archives: Mapping[str, str], width: int, *, indent: int) -> Iterator[str]:
    """`files/synonyms  sha256:1a2b...` for each, aligned."""
    column = max((cells(escape(path)) for path in archives), default=0)
    for path, sha256 in sorted(archives.items()):
        yield from _whole(path, f"sha256:{sha256}", width, indent=indent, column=column)


def _whole(label: str, text: str, width: int, *, indent: int = 4, column: int = 12) -> Iterator[str]:
    """A label and a text that is to be copied: it goes below where both are too long for a line."""
    head = " " * indent + pad(escape(label), column)
    if cells(head) + 2 + cells(escape(text)) <= width:
        yield f"{head}  {escape(text)}"
    else:
        yield head.rstrip()
        yield f"{' ' * (indent + 2)}{escape(text)}"


def _history(name: str, item: KnownRelease, subjects: Subjects, width: int, style: Style) -> Iterator[str]:
    stays = [stay for stay in item.stays if stay.environment == name]
    yield style.paint(BOLD, name) + ("" if stays else " never ran it")
    for stay in reversed(stays):
        yield from _stay(stay, item.release, subjects, width, style)
    for remark in item.remarks:
        if remark.environment == name:
            yield from _pair(*_said(remark), width, style)


def _stay(stay: Stay, release: Release | None, subjects: Subjects, width: int, style: Style) -> Iterator[str]:
    until = f"ran it from {_time(stay.since)} to {_time(stay.until)}" if stay.until else ""
    told = "is rolling it out" if stay.rolling else "runs it"
    *first, last = hanging("  ", until or f"{told} since {_time(stay.since)}", width, 2)
    whole = f", {stay.rolling}" if stay.rolling else "" if stay.whole else ", the apply was not whole"
    fits = cells(last) + len(whole) <= width
    yield from (*first, last + (style.paint(CHANGE, whole) if fits and whole else ""))
    if not fits:
        yield "  " + style.paint(CHANGE, whole[2:])
    for label, text in _facts(stay, subjects):
        yield from _pair(label, text, "", width, style, indent=4)
    if stay.plan_digest:
        yield from _whole("plan", stay.plan_digest, width)
    yield from (f"  {line}" for line in render_gates(stay.gates, width - 2, style).splitlines())
    if release is not None and stay.archives != release.archives:
        yield "    archives there:"
        yield from _archives(stay.archives, width, indent=6)


def _facts(stay: Stay, subjects: Subjects) -> Iterator[tuple[str, str]]:
    commit = " ".join(filter(None, (stay.commit[:COMMIT_DIGITS], subjects.get(stay.commit, ""))))
    came = f"{stay.source}, serial {stay.serial} of lineage {stay.lineage}" if stay.source else ""
    facts = (
        ("by", stay.by),
        ("commit", commit),
        ("pull request", stay.pull_request),
        ("from", came),
        ("overrides", "; ".join(stay.overrides)),
    )
    return ((label, text) for label, text in facts if text)


def _said(remark: Remark) -> tuple[str, str, str]:
    """A word for it, who and when, and its colour."""
    when = f"{remark.by}, {_time(remark.at)}" if remark.by else _time(remark.at)
    if remark.what == APPROVED:
        return "approved", f"by {when}", ADD
    if remark.what == REJECTED:
        return "rejected", f"by {when}: {remark.text}", ERROR
    if remark.what == FORCED:
        return "forced", f"{remark.name}, by {when}: {remark.text}", WARNING
    if remark.what == WENT_BACK:
        return "back", f"{_time(remark.at)}: {remark.text}", ERROR
    url = f" ({remark.text})" if remark.text else ""
    word = "passed" if remark.ok else "failed"
    return word, f"{remark.name}, {when}{url}", ADD if remark.ok else ERROR


def _pair(label: str, text: str, role: str, width: int, style: Style, *, indent: int = 2) -> Iterator[str]:
    """` by ann@shop.example`, goes on below itself."""
    column = 12 if indent > 2 else 8
    head = pad(label, column)
    shown = f"{' ' * indent}{style.paint(role, head) if role else head}  "
    return hanging(shown, text, width, indent + column + 2)


def _time(at: str) -> str:
    return escape(f"{minute(at)} UTC")
