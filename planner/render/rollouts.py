"""The roll-outs that have begun and not ended, with the ways on; and those that are held back, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from attrs import evolve

from planner.model.rollout import (
    BACK,
    DONE,
    GOING,
    LOOKED,
    RETURNING,
    STOPPED,
    UNDONE,
    WRONG,
    Begun,
    Failure,
    Member,
)
from planner.model.times import moment
from planner.render.escaping import cells, escape, hanging, wrap, wrap_advice
from planner.render.rollout_view import address_of, failure_text, retry_advice
from planner.render.style import ADD, BOLD, CHANGE, DIM, ERROR, WARNING, Style
from planner.render.values import all_of, listing, minute, plural

_INDENT: Final = "  "
_NAMED: Final = 12
"""Deployments of a wave that are as far as one another; the document names all."""

STAGES: Final[Mapping[str, tuple[str, str]]] = {
    WRONG: ("failed", ERROR),
    RETURNING: ("returning", CHANGE),
    LOOKED: ("under way", CHANGE),
    DONE: ("done", ADD),
    UNDONE: ("as before", WARNING),
    "": ("not begun", DIM),
}
"""How far a member is, in a word, in the order in which a wave tells of them; and the colour."""

_STATUS: Final = {GOING: CHANGE, STOPPED: ERROR, BACK: WARNING}
_FORGETS: Final = "leaves every deployment as it is, and forgets the record"


def render_rollouts(
    begun: Sequence[Begun],
    failures: Sequence[Failure],
    *,
    environment: str,
    width: int,
    style: Style,
    busy: str = "",
) -> str:
    """A block for each, an empty line between them; a sentence where there is none. busy: who holds the lock,
    "" for nobody.
    """
    if not (begun or failures):
        none = f"No roll-out has begun in the {environment} environment, and none is held back."
        return "\n".join(wrap(none, width))
    blocks = [list(_begun(item, environment, width, style, busy)) for item in begun]
    going = {item.rollout.name for item in begun}
    blocks += [list(_failure(item, environment, width, style, item.rollout in going)) for item in failures]
    return "\n\n".join("\n".join(lines) for lines in blocks)


def next_text(item: Begun, busy: str) -> str:
    """What comes next, if nobody says otherwise. busy: who holds the lock, "" for nobody."""
    if busy:
        return f"a run is at it, by {busy}"
    if item.status == STOPPED:
        return "it waits for somebody to say how"
    if item.status == BACK:
        names = listing([member.shown for member in item.to_go_back], _NAMED)
        left = names or ("the old content" if item.former else "nothing is left to do")
        return f"the next apply finishes the way back: {left}"
    waves = len(item.rollout.waves)
    if item.wave > waves:
        return "the next apply ends it"
    began = moment(item.paused_at)
    pauses = began and not any(item.of(member.id).stage for member in item.rollout.waves[item.wave - 1])
    ends = (began + timedelta(seconds=item.rollout.rules.pause)).isoformat() if began and pauses else ""
    until = f", when its pause has ended, {minute(ends)} UTC" if ends else ""
    ready = f", once {item.unready.shown} is ready" if item.unready else ""
    return f"the next apply goes on with wave {item.wave}{until}{ready}"


def ways_on(item: Begun, environment: str) -> list[tuple[str, str]]:
    """Commands, each with what it does."""
    whose = f"{item.rollout.name} -e {environment}"
    ways = [(f"planner rollout continue {whose}", _going_on(item))]
    if item.status != BACK and ((members := way_back(item)) or item.former):
        count = plural(len(members), "deployment")
        does = f"brings {count} back to what was declared before"
        if item.former:
            does = f"puts the old content back, and starts {count} anew once more"
        ways.append((f"planner rollout back {whose}", does))
    return [*ways, (f"planner rollout abandon {whose}", _FORGETS)]


def way_back(item: Begun) -> tuple[Member, ...]:
    """The members that a way back takes: of one that goes back, those that are left; else of all waves.
    Nothing leads back from a restart where the old content was not kept.
    """
    if not item.leads_back:
        return ()
    return item.to_go_back if item.status == BACK else evolve(item, all_back=True).to_go_back


def _going_on(item: Begun) -> str:
    if item.status == BACK:
        return "goes on with the way back"
    if any(progress.stage == WRONG for progress in item.progress.values()):
        return "tries again what failed, and goes on"
    return f"goes on with wave {item.wave}" if item.wave <= len(item.rollout.waves) else "ends it"


def _begun(item: Begun, environment: str, width: int, style: Style, busy: str) -> Iterator[str]:
    title, status = f"{address_of(item.rollout.name)} ({item.id}): ", item.status
    head = style.paint(BOLD, escape(title)) + style.paint(_STATUS.get(status, BOLD), escape(status))
    about = f"{_wave_text(item)}, begun {minute(item.at)} UTC"
    if cells(f"{title}{status}, {about}") <= width:
        yield f"{head}, {about}"
    else:
        yield head
        yield from hanging(_INDENT, about, width, 2 * len(_INDENT))
    if item.reason:
        yield from hanging(_INDENT, item.reason, width, 2 * len(_INDENT))
    carried = all_of([str(address) for address in item.rollout.of])
    yield from hanging(_INDENT, f"{item.rollout.rules.mode}: {carried}", width, 2 * len(_INDENT))
    yield from _waves(item, width, style)
    yield from hanging(_INDENT, f"next: {next_text(item, busy)}", width, 2 * len(_INDENT))
    yield from _commands(item, environment, width)


def _wave_text(item: Begun) -> str:
    waves = len(item.rollout.waves)
    return f"wave {item.wave} of {waves}" if item.wave <= waves else f"all {plural(waves, 'wave')} done"


def _waves(item: Begun, width: int, style: Style) -> Iterator[str]:
    """A line or more for each wave and stage: `wave 2  done       shop-1, shop-2`."""
    first = max((cells(f"wave {number}") for number in range(1, len(item.rollout.waves) + 1)), default=0)
    second = max(cells(word) for word, _ in STAGES.values())
    margin = first + second + 3 * len(_INDENT)
    for number, wave in enumerate(item.rollout.waves, 1):
        label = f"wave {number}"
        for stage, (word, role) in STAGES.items():
            found = [_member(item, member) for member in wave if item.of(member.id).stage == stage]
            if found:
                head = f"{_INDENT}{label.ljust(first)}{_INDENT}{style.paint(role, word)}"
                head += " " * (second - cells(word)) + _INDENT
                yield from hanging(head, listing(found, _NAMED), width, margin)
                label = ""


def _member(item: Begun, member: Member) -> str:
    reason = item.of(member.id).reason
    return f"{member.shown} ({reason})" if reason else member.shown


def _commands(item: Begun, environment: str, width: int) -> Iterator[str]:
    """In two columns, or what each does below it where there is no room."""
    ways = [(escape(command), does) for command, does in ways_on(item, environment)]
    column = max(cells(command) for command, _ in ways) + 3 * len(_INDENT)
    beside = column + max(cells(does) for _, does in ways) <= width
    for command, does in ways:
        if beside:
            yield f"{2 * _INDENT}{command}".ljust(column) + does
        else:
            yield 2 * _INDENT + command
            yield from (3 * _INDENT + line for line in wrap(does, width - 3 * len(_INDENT)))


def _failure(item: Failure, environment: str, width: int, style: Style, going: bool) -> Iterator[str]:
    """going: whether one of the same name has begun since, which carries something else, or was asked for."""
    how = "failed before this one" if going else "held back"
    yield style.paint(BOLD, escape(f"{address_of(item.rollout)}: ")) + style.paint(WARNING, how)
    yield from hanging(_INDENT, failure_text(item), width, 2 * len(_INDENT))
    if not going:
        advice = wrap_advice(retry_advice(item.rollout, environment), width - len(_INDENT))
        yield from (_INDENT + line for line in advice)
