"""Roll-outs: a change carried to deployments in waves. As a plan has them, and the record that the state
keeps of one from its first write until it ends.

A roll-out's members are fixed when it begins, by the ids of deployments. Of each member the record knows what
it declared before and what it is to declare, so that whoever goes on with it, or back, needs no templates.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from attrs import evolve, field, frozen

from planner.model.address import Address
from planner.model.redaction import FOR_PEOPLE, IDENTITY, WORD
from planner.model.resource import UNREAD, USUAL, Health, Reading
from planner.model.times import moment
from planner.model.value import Value

SWITCH, RESTART, NONE = "switch", "restart", "none"
STOP, ROLL_BACK, ROLL_BACK_ALL = "stop", "roll_back", "roll_back_all"

LOOK, CHECK, RESTARTED = "look", "check", "restart"
"""The steps of a member beside its writes: what it is like before, and whether it is well afterwards; and the
write that only starts its nodes anew."""

GOING, STOPPED, BACK = "going on", "stopped", "going back"
"""How a roll-out stands that has not ended: it goes on; it waits for somebody to say how; it goes back."""

LOOKED, DONE, WRONG, UNDONE = "looked at", "done", "failed", "back"
RETURNING = "on its way back"
"""How far a member is. LOOKED: its writes may have begun. RETURNING: its restart on the way back may have."""


@frozen
class Rules:
    """How a roll-out goes. at_once: deployments of a wave at a time. pause: seconds between waves."""

    mode: str = field(default=SWITCH, metadata=WORD)
    at_once: int = 1
    pause: int = 0
    health: Health = USUAL
    on_failure: str = field(default=STOP, metadata=WORD)


@frozen
class Chosen:
    """Which members a wave takes: that of a binding; those whose name fits a glob; those with a tag, as
    "tier=canary"; so many in a hundred of all; or, where nothing is said, the rest.
    """

    binding: Address | None = None
    name: str = ""
    tag: str = ""
    percent: int = 0


@frozen
class Member:
    """A deployment that a roll-out takes. address: of its binding, else one that stands for it. name,
    version: "" where nobody shows them.
    """

    id: str = field(metadata=IDENTITY)
    address: Address
    name: str = field(default="", metadata=FOR_PEOPLE)
    version: str = field(default="", metadata=FOR_PEOPLE)

    @property
    def shown(self) -> str:
        return self.name or self.id or str(self.address)


@frozen
class Failure:
    """Why a roll-out did not end well. wish: what it was to carry, as Rollout.wish. wave: from 1. at: ISO
    8601 in UTC. release: the id of the one that it was of, "" for none. partly: something that came with it
    stays.
    """

    rollout: str = field(metadata=WORD)
    wish: str = field(metadata=WORD)
    wave: int
    deployment: str
    reason: str
    at: str = field(metadata=WORD)
    release: str = field(default="", metadata=WORD)
    partly: bool = False

    @property
    def told(self) -> str:
        """ "shop-0 failed in wave 1: its shards are red"."""
        who = f"{self.deployment} failed " if self.deployment else ""
        return f"{who}in wave {self.wave}: {self.reason}"


@frozen
class Rollout:
    """A roll-out as it is planned. of: what it carries. wish: a digest of what that is to be. waves: its
    members. keeping: who uses what it carries and keeps the old one, by name.

    held: why it does not begin: the same failed before. way_back: in the mode RESTART, where it is to go back
    when a deployment fails, that what it replaces is at hand; no_way_back: why not.
    """

    name: str = field(metadata=IDENTITY)
    rules: Rules
    of: tuple[Address, ...] = ()
    wish: str = field(default="", metadata=WORD)
    waves: tuple[tuple[Member, ...], ...] = ()
    keeping: tuple[str, ...] = field(default=(), metadata=FOR_PEOPLE)
    held: Failure | None = field(default=None, metadata=FOR_PEOPLE)
    way_back: bool = False
    no_way_back: str = field(default="", metadata=FOR_PEOPLE)

    @property
    def turns_back(self) -> bool:
        """Whether it goes back by itself when a deployment fails."""
        return self.rules.on_failure != STOP and (self.rules.mode != RESTART or self.way_back)

    @property
    def members(self) -> Iterator[Member]:
        return (member for wave in self.waves for member in wave)

    def wave_of(self, id_: str) -> int:
        """From 1; 0 for who is no member."""
        waves = enumerate(self.waves, 1)
        return next((number for number, wave in waves if any(m.id == id_ for m in wave)), 0)

    def only(self, ids: Collection[str]) -> Rollout:
        """It with these members, each in the wave that it is in. Of a wave none may be left."""
        return evolve(self, waves=tuple(tuple(m for m in wave if m.id in ids) for wave in self.waves))


_ON_THE_WAY_BACK: Final = "on the way back: "


@frozen
class Progress:
    """How far a member is: "" (nothing was done), LOOKED, DONE, WRONG, RETURNING or UNDONE. reason: why it
    failed; or, before it is either, why its change was not sent.
    """

    stage: str = field(default="", metadata=WORD)
    reading: Reading = UNREAD
    reason: str = ""

    @property
    def cause(self) -> str:
        """Why it failed on its way there, "" where it did not."""
        there, back, _ = self.reason.partition(_ON_THE_WAY_BACK)
        return (
            (there.removesuffix("; ") if back else there) if self.stage in (WRONG, RETURNING, UNDONE) else ""
        )

    def back(self, stage: str, reason: str = "") -> Progress:
        """This on its way back. reason: what was not well with that, beside why it is taken back."""
        told = [self.cause, *([f"{_ON_THE_WAY_BACK}{reason}"] if reason else [])]
        return evolve(self, stage=stage, reason="; ".join(filter(None, told)))


@frozen
class Declared:
    """What a member's binding declares: before the roll-out, and after it. settle_within: as in a Change."""

    before: Mapping[str, Value] = field(factory=dict)
    after: Mapping[str, Value] = field(factory=dict)
    settle_within: int = 0


@frozen
class Former:
    """What a roll-out puts in place again on its way back, kept before it was replaced. sha256: of the
    archive. source: where git has what it was made from, as in KnownContent. declared: of its resource, then.
    """

    sha256: str = field(metadata=WORD)
    source: str = ""
    declared: Mapping[str, Value] = field(factory=dict)


NOTHING_YET: Final = Progress()


@frozen
class Begun:
    """The record of a roll-out. id: as "r-4f2c9a71be". plan_digest: of the plan that began it. at: when, ISO
    8601 in UTC. declared, progress: by the ids of members. reason: why it stopped, or goes back. all_back:
    somebody said that all of its waves go back, whatever on_failure says. contents: by address, the SHA-256
    of what is put in place first, where its users only restart; former: what that takes the place of, where
    all of it was at hand. release: the id of the one that it brings, "" where none is promoted; run: as
    State.promotions is to have it then. beside: its plan changes other things too. paused_at: when its last
    pause between waves began, ISO 8601 in UTC.
    """

    id: str = field(metadata=IDENTITY)
    plan_digest: str = field(metadata=WORD)
    at: str = field(metadata=WORD)
    rollout: Rollout
    declared: Mapping[str, Declared] = field(factory=dict)
    progress: Mapping[str, Progress] = field(factory=dict)
    status: str = field(default=GOING, metadata=WORD)
    reason: str = ""
    all_back: bool = False
    contents: Mapping[str, str] = field(factory=dict, metadata=WORD)
    former: Mapping[str, Former] = field(factory=dict)
    release: str = field(default="", metadata=WORD)
    run: Mapping[str, Value] = field(factory=dict, metadata=WORD)
    beside: bool = False
    paused_at: str = field(default="", metadata=WORD)

    @property
    def leads_back(self) -> bool:
        """Whether there is a way back."""
        restarts = self.rollout.rules.mode == RESTART
        return not restarts or self.rollout.way_back or bool(self.former)

    def of(self, id_: str) -> Progress:
        return self.progress.get(id_, NOTHING_YET)

    def rest(self, now: str) -> float:
        """Seconds that are left of the pause, by the clock of whoever began it. now: ISO 8601 in UTC."""
        began, at, pause = moment(self.paused_at), moment(now), self.rollout.rules.pause
        return min(max(0.0, pause - (at - began).total_seconds()), pause) if began and at else 0.0

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was done to any member."""
        return not any(progress.stage for progress in self.progress.values())

    @property
    def done(self) -> int:
        """How many waves are done, one after the other."""
        waves = enumerate(self.rollout.waves)
        return next(
            (n for n, wave in waves if any(self.of(m.id).stage != DONE for m in wave)),
            len(self.rollout.waves),
        )

    @property
    def wave(self) -> int:
        """The first wave that is not done, from 1; one more than there are when all are."""
        waves = enumerate(self.rollout.waves, 1)
        left = (n for n, wave in waves if any(self.of(m.id).stage not in (DONE, UNDONE) for m in wave))
        return next(left, len(self.rollout.waves) + 1)

    @property
    def where(self) -> str:
        """In which of its waves it is, in words."""
        waves = len(self.rollout.waves)
        return f"wave {self.wave} of {waves}" if self.wave <= waves else "all its waves are done"

    @property
    def to_go_back(self) -> tuple[Member, ...]:
        """The members that go back, the last wave first: of this wave, or of all, as on_failure says. After a
        restart all of them: there is one content for all."""
        rules = self.rollout.rules
        all_of_them = self.all_back or rules.on_failure == ROLL_BACK_ALL or rules.mode == RESTART
        waves = reversed([*enumerate(self.rollout.waves, 1)])
        touched = (LOOKED, DONE, WRONG, RETURNING)
        return tuple(
            member
            for number, wave in waves
            if all_of_them or number == self.wave
            for member in wave
            if self.of(member.id).stage in touched
        )

    @property
    def wrong(self) -> Member | None:
        """The first member that failed."""
        return next((member for member in self.rollout.members if self.of(member.id).cause), None)

    @property
    def unready(self) -> Member | None:
        """The first member that was not ready for its change, so that nothing was sent."""
        told = ((member, self.of(member.id)) for member in self.rollout.members)
        return next((m for m, found in told if found.reason and found.stage in ("", LOOKED)), None)

    @property
    def why(self) -> str:
        """Why it did not end well: what failed first, and whom else it did not take back well."""
        wrong = self.wrong
        others = ((m, self.of(m.id)) for m in self.rollout.members if m != wrong)
        back = [f"{m.shown}, {found.reason}" for m, found in others if _ON_THE_WAY_BACK in found.reason]
        return "; ".join(filter(None, [self.of(wrong.id).reason if wrong else self.reason, *back]))

    def failure(self, at: str) -> Failure:
        """What is remembered of it once it went back. at: ISO 8601 in UTC."""
        wrong, rollout = self.wrong, self.rollout
        wave, shown = (rollout.wave_of(wrong.id), wrong.shown) if wrong else (self.wave, "")
        partly = self.beside or any(progress.stage == DONE for progress in self.progress.values())
        return Failure(
            rollout.name, rollout.wish, wave, shown, self.why, at, release=self.release, partly=partly
        )

    def taking(self, stage: Milestone) -> Begun:
        """This record after a milestone of its own."""
        progress = {**self.progress, stage.member: stage.progress} if stage.member else self.progress
        return evolve(
            self,
            progress=progress,
            status=stage.status or self.status,
            reason=stage.reason or self.reason,
            all_back=self.all_back or stage.all_back,
            paused_at=stage.paused_at or self.paused_at,
        )


@frozen
class Milestone:
    """What the journal is told of a roll-out: it began; a member is further; it stands otherwise; it ended.

    failure: to be remembered, of one that ended so. paused_at: as in a Begun.
    """

    rollout: str = field(metadata=IDENTITY)
    begun: Begun | None = None
    member: str = field(default="", metadata=IDENTITY)
    progress: Progress = NOTHING_YET
    status: str = field(default="", metadata=WORD)
    reason: str = ""
    all_back: bool = False
    ended: bool = False
    failure: Failure | None = None
    paused_at: str = field(default="", metadata=WORD)
