"""Progress of roll-outs while an apply runs: lines that are said once, and one for each that goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil
from typing import Final

from attrs import define, field

from planner.model.address import Address
from planner.model.ledger import (
    WENT_BACK,
    RolloutBegun,
    RolloutEnded,
    RolloutEvent,
    RolloutTurned,
    StepFinished,
    StepStarted,
    WaveBegun,
    WaveDone,
)
from planner.model.rollout import BACK, CHECK, DONE, STOPPED, Member
from planner.render.escaping import cells, escape, in_words, shorten
from planner.render.pace import duration, left_text
from planner.render.rollout_view import address_of, span
from planner.render.style import ADD, ERROR, WARNING, Style
from planner.render.values import MEMBERS_NAMED, listing, plural

_HOW: Final = {DONE: "is done", WENT_BACK: "went back", STOPPED: "stopped"}
_ROLES: Final = {DONE: ADD, WENT_BACK: WARNING, STOPPED: ERROR}


def rollout_line(event: RolloutEvent, style: Style, columns: int = 0) -> str:
    """`rollout.search: wave 2 of 3 begins: shop-1, shop-2`. columns: of a terminal, which has it in whole
    words; further lines stand two columns from the left.
    """
    name, (said, rest, role) = escape(_name(event)), _parts(event)
    text = f"{name}: {said}{escape(rest)}"
    if 0 < columns < cells(text):
        text = in_words(text, columns - 2).replace("\n", "\n  ")
    at = text.find(said, len(name))
    return f"{text[:at]}{style.paint(role, said)}{text[at + len(said) :]}" if role else text


def _name(event: RolloutEvent) -> str:
    return address_of(event.rollout.name if isinstance(event, RolloutBegun) else event.rollout)


def _parts(event: RolloutEvent) -> tuple[str, str, str]:
    """What happens, what there is to say of it, and the colour of the first, "" for none. Why a member failed
    is told with its step.
    """
    if isinstance(event, RolloutBegun):
        return _begun(event)
    if isinstance(event, RolloutTurned):
        back = event.status == BACK and event.members
        then = f"going back: {_names(event.members)}" if back else "nothing more begins"
        return "failed", f" in wave {event.wave} at {event.deployment}; {then}", ERROR
    if isinstance(event, WaveBegun):
        return "", f"wave {event.wave} of {event.waves} begins: {_names(event.members)}", ""
    if isinstance(event, WaveDone):
        pause = f", the next one begins in {span(event.pause)}" if event.pause else ""
        return "", f"wave {event.wave} of {event.waves} is done{pause}", ""
    return _ended(event)


def _begun(event: RolloutBegun) -> tuple[str, str, str]:
    waves, count = event.rollout.waves, sum(len(wave) for wave in event.rollout.waves)
    if event.done:
        return "", f"{event.id} goes on, {len(event.done)} of {plural(count, 'deployment')} done", ""
    return "", f"{event.id} begins, {plural(count, 'deployment')} in {plural(len(waves), 'wave')}", ""


def _ended(event: RolloutEnded) -> tuple[str, str, str]:
    how = _HOW.get(event.result, "goes on with the next apply")
    done = (
        "" if event.result in (DONE, WENT_BACK) else f", {event.wave} of {plural(event.waves, 'wave')} done"
    )
    failed = f", {event.deployment} failed" if event.deployment else ""
    why = f": {event.reason}" if event.reason and event.result != WENT_BACK else ""
    return how, f"{done}{failed}{why}", _ROLES.get(event.result, "")


def _names(members: tuple[Member, ...]) -> str:
    return listing([member.shown for member in members], MEMBERS_NAMED)


@define
class Rolling:
    """How far a roll-out is. clock: seconds. over: this run is done with it."""

    event: RolloutBegun
    _clock: Callable[[], float]
    over: bool = field(default=False, init=False)
    _members: dict[Address, Member] = field(init=False)
    _wave: int = field(default=0, init=False)
    _next: float | None = field(default=None, init=False)
    """When the next wave begins, while there is a pause."""
    _begun: dict[Address, float] = field(factory=dict, init=False)
    _done: set[str] = field(init=False)
    _took: list[float] = field(factory=list, init=False)
    _turned: RolloutTurned | None = field(default=None, init=False)
    _back: set[str] = field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        self._members = {member.address: member for member in self.event.rollout.members}
        self._done = set(self.event.done)

    def takes(self, address: Address) -> bool:
        return address in self._members

    def named(self, address: Address) -> str:
        return self._members[address].shown

    def take(self, event: RolloutEvent) -> None:
        if isinstance(event, WaveBegun):
            self._wave, self._next = event.wave, None
        elif isinstance(event, WaveDone):
            self._wave = event.wave
            self._next = self._clock() + event.pause if event.pause else None
        elif isinstance(event, RolloutTurned):
            self._turned, self._next = event, None
        elif isinstance(event, RolloutEnded):
            self.over = True

    def began(self, event: StepStarted) -> None:
        self._begun.setdefault(event.address, self._clock())

    def ended(self, event: StepFinished) -> None:
        """A member is well when its check has ended so; on the way back as it was before."""
        if event.operation != CHECK or not event.ok:
            return
        id_, begun = self._members[event.address].id, self._begun.pop(event.address, self._clock())
        if self._turned:
            self._back.add(id_)
        else:
            self._done.add(id_)
            self._took.append(self._clock() - begun)

    def line(self, columns: int) -> str:
        """`rollout.search: wave 2 of 3 · 4/12 deployments · about 20 min left`; the end gives way
        where there is no room.
        """
        head, parts = f"{escape(address_of(self.event.rollout.name))}: ", [*self._parts()]
        while len(parts) > 1 and cells(head + " · ".join(parts)) > columns:
            parts.pop()
        return shorten(head + " · ".join(parts), columns)

    def _parts(self) -> Iterator[str]:
        if self._turned:
            yield from self._way_back(self._turned)
            return
        waves = len(self.event.rollout.waves)
        yield f"wave {self._wave} of {waves}{' done' if self._next else ''}" if self._wave else "begins"
        yield f"{len(self._done)}/{plural(len(self._members), 'deployment')}"
        if self._next is not None:
            yield f"next wave in {duration(max(0, self._next - self._clock()))}"
        if (left := self._left()) is not None:
            yield left_text(left)

    def _way_back(self, turned: RolloutTurned) -> Iterator[str]:
        if turned.members:
            yield "going back"
            yield f"{len(self._back)}/{plural(len(turned.members), 'deployment')}"
        else:
            yield "stopping"
            yield "what is under way is followed to its end"

    def _left(self) -> float | None:
        """Seconds until all are done if each takes as long as those of this run did; None before there are
        any. Pauses are known.
        """
        if not self._took:
            return None
        rules, mean, now = self.event.rollout.rules, sum(self._took) / len(self._took), self._clock()
        waves = [sum(1 for m in wave if m.id not in self._done) for wave in self.event.rollout.waves]
        left = sum(ceil(count / rules.at_once) for count in waves) * mean
        left += rules.pause * sum(1 for count in waves[self._wave :] if count)
        if self._next is not None:
            left -= rules.pause - max(0.0, self._next - now)
        running = [now - begun for begun in self._begun.values()]
        return max(0.0, left - min([mean, *([max(running)] if running else [0.0])]))
