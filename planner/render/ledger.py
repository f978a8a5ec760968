"""The end of an apply: what was done, what failed and why, what was left, and how to go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from attrs import evolve

from planner.model.address import as_read
from planner.model.ledger import APPLIED, FAILED, SKIPPED, WENT_BACK, Entry, Ledger, Rolled, ThreeWay
from planner.model.plan import Action
from planner.model.rollout import DONE, GOING, STOPPED
from planner.model.value import UNKNOWN, Value, dotted
from planner.render.escaping import cells, escape, pad, wrap, wrap_advice
from planner.render.style import BOLD, DIM, ERROR, WARNING, Style
from planner.render.values import SENSITIVE, all_of, expanded, inline, listing, plural, wrapped

_DONE: Final[Mapping[Action, str]] = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.REPLACE: "replaced",
    Action.DELETE: "deleted",
    Action.IMPORT: "imported",
    Action.MOVE: "moved",
    Action.FORGET: "forgotten",
    Action.RESTART: "restarted",
}
_ALWAYS: Final = (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE)
_SECTIONS: Final = ((APPLIED, "Applied", BOLD), (FAILED, "Failed", ERROR), (SKIPPED, "Skipped", WARNING))
_ROLLED: Final = {
    DONE: ("done", BOLD),
    WENT_BACK: ("went back", WARNING),
    STOPPED: ("stopped", ERROR),
    GOING: ("goes on with the next apply", WARNING),
}
_BACK_NAMED: Final = 10
_VIEWS: Final = ("desired", "prior", "observed")
_INDENT: Final = "    "
_ABSENT: Final = "(none)"


def render_ledger(ledger: Ledger, *, environment: str, width: int, style: Style, resume: str) -> str:
    """The counts, what was noted, and what became of each roll-out; when not all was applied, each resource
    with its reason and the command to go on.

    resume: the command line that finishes the work. Conflicts are shown as tables of three views.
    """
    lines = [style.paint(BOLD, line) for line in wrap(_counts(ledger), width)]
    told = [_beside_its_rollout(entry, ledger.rollouts) for entry in ledger.entries]
    if ledger.complete:
        noted = [entry for entry in told if entry.reason]
        lines += _section(noted, style.paint(WARNING, "Noted"), width, style)
        lines += _rollouts(ledger, width, style)
    else:
        for result, title, role in _SECTIONS:
            entries = [entry for entry in told if entry.result == result]
            lines += _section(entries, style.paint(role, title), width, style)
        lines += _rollouts(ledger, width, style)
        lines += _way_on(ledger, environment, width, resume)
    return "\n".join([*lines, ""])


def _counts(ledger: Ledger) -> str:
    counts = [(action, ledger.count(APPLIED, action)) for action in _DONE]
    shown = [f"{count} {_DONE[action]}" for action, count in counts if count or action in _ALWAYS]
    return f"Applied: {', '.join(shown)}."


def _section(entries: Sequence[Entry], title: str, width: int, style: Style) -> Iterator[str]:
    if entries:
        yield from ("", f"{title} ({len(entries)}):")
        alike = groupby(sorted(entries, key=lambda entry: as_read(entry.address)), _told)
        for several in (list(group) for _, group in alike):
            yield from _entries(several, width, style)


def _beside_its_rollout(entry: Entry, rollouts: Sequence[Rolled]) -> Entry:
    """Without what is told of the roll-out that it belongs to: why a member failed, and the way on."""
    for rolled in rollouts:
        failed = f"{rolled.deployment} failed"
        if rolled.deployment and entry.result == SKIPPED:
            entry = evolve(entry, reason=entry.reason.replace(f"{failed}: {rolled.reason}", failed))
        elif rolled.deployment and entry.result == FAILED and entry.reason.startswith(rolled.reason):
            entry = evolve(entry, advice="")
    return entry


def _told(entry: Entry) -> object:
    """What is the same of entries whose reason is told once; no two that have nothing to tell are alike."""
    return (entry.reason, entry.advice) if entry.reason and not entry.conflict else entry.address


def _entries(alike: Sequence[Entry], width: int, style: Style) -> Iterator[str]:
    """The last of those that have one reason tells it for all where it is too long for one of them."""
    short = all(_is_short(entry, width) for entry in alike)
    *others, last = [[*_entry(entry, width, style, short)] for entry in alike]
    yield from (lines[0] for lines in others)
    yield from last


def _head(entry: Entry) -> str:
    action = _DONE.get(entry.action, entry.action.value) if entry.result == APPLIED else entry.action.value
    return f"  {entry.address}: {action}"


def _is_short(entry: Entry, width: int) -> bool:
    """Whether its reason has room beside it."""
    beside = f"{_head(entry)}, {escape(entry.reason)}"
    return entry.result != FAILED and "\n" not in entry.reason and cells(beside) <= width


def _entry(entry: Entry, width: int, style: Style, short: bool) -> Iterator[str]:
    if short and entry.reason:
        yield f"{_head(entry)}, {escape(entry.reason)}"
    else:
        yield _head(entry)
        yield from _paragraph(entry.reason, width)
    if entry.conflict:
        yield from _conflict(entry.conflict, width, style)
    yield from _paragraph(entry.advice, width)


def _rollouts(ledger: Ledger, width: int, style: Style) -> Iterator[str]:
    if ledger.rollouts:
        yield from ("", f"{style.paint(BOLD, 'Roll-outs')} ({len(ledger.rollouts)}):")
    for rolled in ledger.rollouts:
        yield from _rolled(rolled, width, style)


def _rolled(rolled: Rolled, width: int, style: Style) -> Iterator[str]:
    """What became of it, then which deployment failed, who went back, and what next."""
    how, role = _ROLLED.get(rolled.result, (rolled.result, BOLD))
    waves = plural(rolled.waves, "wave")
    done = f"all {waves}" if rolled.result == DONE and rolled.waves > 1 else f"{rolled.wave} of {waves} done"
    about = f", {done} ({escape(rolled.id)})" if rolled.result != DONE or rolled.waves > 1 else ""
    head = f"  rollout.{escape(rolled.name)}: "
    first, *rest = wrap(f"{head}{how}{about}", width)
    yield first.replace(f": {how}", f": {style.paint(role, how)}", 1)
    yield from (_INDENT + line for line in rest)
    failed = f"{rolled.deployment} failed: " if rolled.deployment else ""
    yield from _paragraph(f"{failed}{rolled.reason}" if rolled.reason else "", width)
    if rolled.back:
        yield from _paragraph(f"as before: {listing(rolled.back, _BACK_NAMED)}", width)
    yield from _paragraph(rolled.advice, width)


def _paragraph(text: str, width: int) -> Iterator[str]:
    return (_INDENT + line for line in wrap_advice(text, width - len(_INDENT))) if text else iter(())


def _conflict(conflict: Sequence[ThreeWay], width: int, style: Style) -> Iterator[str]:
    """A table, or one attribute below the other when the table is wider than the terminal."""
    table = [("", *_VIEWS), *(_cells_of(item) for item in conflict)]
    widths = [max(cells(row[column]) for row in table) for column in range(4)]
    if sum(widths) + 3 * 2 + len(_INDENT) > width:
        for item in conflict:
            yield from _stacked(item, width, style)
        return
    for index, row in enumerate(table):
        text = "  ".join(map(pad, row, widths)).rstrip()
        yield _INDENT + (style.paint(DIM, text) if index == 0 else text)


def _cells_of(item: ThreeWay) -> tuple[str, str, str, str]:
    desired, prior, observed = (SENSITIVE if item.sensitive else _text(value) for value in _values(item))
    return escape(dotted(item.path)), desired, prior, observed


def _stacked(item: ThreeWay, width: int, style: Style) -> Iterator[str]:
    yield _INDENT + escape(dotted(item.path))
    start = len(_INDENT) + 2 + len("observed  ")
    for view, value in zip(_VIEWS, _values(item), strict=True):
        told = [_ABSENT] if value is None else expanded(value, width - start, wrapped)
        lines = [SENSITIVE] if item.sensitive else told
        yield f"{_INDENT}  {style.paint(DIM, view)}{' ' * (10 - len(view))}{lines[0]}"
        yield from (" " * start + line for line in lines[1:])


def _values(item: ThreeWay) -> tuple[Value, Value, Value]:
    """Desired, prior and observed; None where the latter two have no such attribute."""
    prior, observed = (None if value is UNKNOWN else value for value in (item.prior, item.observed))
    return item.desired, prior, observed


def _text(value: Value) -> str:
    return _ABSENT if value is None else inline(value)


def _way_on(ledger: Ledger, environment: str, width: int, resume: str) -> Iterator[str]:
    """Where only roll-outs are left that wait for somebody to say how, or went back, they have said it."""
    left = sum(1 for entry in ledger.entries if entry.result != APPLIED)
    going = [f"rollout.{rolled.name}" for rolled in ledger.rollouts if rolled.result == GOING]
    if not (left or going) or not resume:
        return
    stopped = "Interrupted. " if ledger.interrupted else ""
    done = f"{left} of {len(ledger.entries)} changes to the {environment} environment are left to do"
    done = done if left or not going else f"{all_of(going)} {'is' if len(going) == 1 else 'are'} not done yet"
    yield ""
    yield from wrap(f"{stopped}{done}. To go on:", width)
    yield from ("", _INDENT + escape(resume))
