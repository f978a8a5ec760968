"""What there is to say of a roll-out in a plan: whom it takes and when, how it goes, and who keeps what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

from attrs import frozen

from planner.model.address import Address
from planner.model.plan import ROLLOUT, SETTLE, Plan
from planner.model.resource import GREEN, Health
from planner.model.rollout import (
    CHECK,
    LOOK,
    NONE,
    RESTART,
    ROLL_BACK,
    ROLL_BACK_ALL,
    STOP,
    SWITCH,
    Failure,
    Member,
    Rollout,
)
from planner.model.times import show_duration
from planner.render.values import MEMBERS_NAMED, all_of, listing, minute, plural

NO_BINDING: Final = "no binding of this project"
NOT_ASKED: Final = "the installation was not asked: who else uses what it carries is not known"
_FAILS: Final[Mapping[str, str]] = {
    STOP: "when one fails it stops",
    ROLL_BACK: "when one fails its wave goes back",
    ROLL_BACK_ALL: "when one fails all waves go back",
}
_RESTARTS_BACK: Final = "when one fails the old content is put back, and all that started anew do so again"


def span(seconds: int) -> str:
    """`30m`, `1h30m`."""
    return show_duration(timedelta(seconds=seconds))


def address_of(name: str) -> str:
    """What a roll-out is called where it stands beside resources: as its block, and as --target takes it."""
    return f"rollout.{name}"


@frozen
class WaveView:
    """One wave, by its number from 1."""

    number: int
    members: tuple[Member, ...]

    def named(self, most: int = MEMBERS_NAMED) -> str:
        """`shop (8.15.3), orders (8.15.3) and 6 more`: the first so many, and how many more there are."""
        return listing([member_text(member) for member in self.members], most)


@frozen(eq=False, repr=False)
class RolloutView:
    """What there is to say of one. plan: that has it. again: the command that applies the same, "" where only
    the environment is known.
    """

    rollout: Rollout
    plan: Plan
    again: str = ""

    @property
    def name(self) -> str:
        return self.rollout.name

    @property
    def title(self) -> str:
        return f"Roll-out {self.name} ({self.rollout.rules.mode})"

    @property
    def waves(self) -> tuple[WaveView, ...]:
        """None where nothing is restarted; of one that has begun, those in which something is left."""
        waves = enumerate(() if self.rollout.rules.mode == NONE else self.rollout.waves, 1)
        return tuple(WaveView(number, wave) for number, wave in waves if wave)

    @property
    def deployments(self) -> int:
        return sum(len(wave) for wave in self.rollout.waves)

    @property
    def restarts(self) -> int:
        """How many there are of its members: each write that is not only a look."""
        if self.rollout.rules.mode == NONE:
            return 0
        members = {member.address for member in self.rollout.members}
        writes = [step for step in self.plan.steps if step.operation not in (LOOK, CHECK, SETTLE)]
        return sum(1 for step in writes if step.address in members) or len(members)

    @property
    def summary(self) -> str:
        """What is carried to how many, in how many waves, and what that costs; goes on after the title."""
        carried = all_of([str(address) for address in self.rollout.of]) or "nothing"
        if self.rollout.rules.mode == NONE:
            return f"{carried}, with no restart"
        if not self.deployments:
            return f"{carried}, which nothing uses yet"
        to = "" if self.plan.mode == ROLLOUT else "to "  # or back
        return f"{carried}, {to}{plural(self.deployments, 'deployment')}{self._in_waves}, {self._restarted}"

    @property
    def _in_waves(self) -> str:
        numbers, count = [str(wave.number) for wave in self.waves], len(self.rollout.waves)
        if len(numbers) < count:
            return f" in wave{'s' * (len(numbers) > 1)} {all_of(numbers)} of {count}"
        return f" in {count} waves" if count > 1 else ""

    @property
    def _restarted(self) -> str:
        if self.restarts != self.deployments:
            return f"{plural(self.restarts, 'restart')} in all"
        return "each restarted once" if self.deployments > 1 else "restarted once"

    @property
    def manner(self) -> str:
        """How it goes, and what happens when a deployment fails, unless that happened; "" where nothing is
        restarted.
        """
        rules = self.rollout.rules
        if rules.mode == NONE or not self.deployments:
            return ""
        at_once = "one at a time" if rules.at_once == 1 else f"{rules.at_once} at a time"
        pause = [f"{span(rules.pause)} between waves"] if rules.pause and len(self.rollout.waves) > 1 else []
        going = ", ".join([*([at_once] * (self.deployments > 1)), checks_text(rules.health), *pause])
        return going if self.plan.mode == ROLLOUT else f"{going}; {self._fails}"

    @property
    def _fails(self) -> str:
        """What happens when a deployment fails."""
        rules = self.rollout.rules
        if rules.mode != RESTART or rules.on_failure == STOP:
            return _FAILS.get(rules.on_failure, rules.on_failure)
        return _FAILS[STOP] if self.rollout.no_way_back else _RESTARTS_BACK

    @property
    def no_way_back(self) -> str:
        """That there is no way back though one was asked for, and why; "" else."""
        return f"no way back: {self.rollout.no_way_back}" if self.rollout.no_way_back else ""

    def staying(self, most: int = MEMBERS_NAMED) -> str:
        """Who keeps the old content, and why; "" for nobody that is known. most: of them are named."""
        rules, names = self.rollout.rules, self.rollout.keeping
        if rules.mode == NONE:
            names = (*(member.shown for member in self.rollout.members), *names)
        if not names:
            return ""
        named = listing(names, most)
        keeps = "keeps" if len(names) == 1 else "keep"
        if rules.mode == NONE:
            whose = "its nodes start" if len(names) == 1 else "their nodes start"
            return f"{named} {keeps} the old content until {whose} anew"
        return f"{named} {keeps} the old one{f': {NO_BINDING}' if rules.mode == SWITCH else ''}"

    @property
    def unknown(self) -> str:
        """What nobody knows where the installation was not asked, "" else."""
        return "" if self.plan.asked else NOT_ASKED

    @property
    def held(self) -> str:
        """That it does not begin, and why; "" where it does."""
        return f"held back: {failure_text(self.rollout.held)}" if self.rollout.held else ""

    @property
    def way_on(self) -> str:
        """What to do where it is held back, a command at its end."""
        return retry_advice(self.name, self.plan.environment, self.again) if self.rollout.held else ""

    @property
    def remarks(self) -> tuple[str, ...]:
        """All there is to say below the waves but for what holds it back, each a line of its own."""
        return tuple(filter(None, (self.manner, self.no_way_back, self.staying(), self.unknown)))


def rollout_views(plan: Plan, again: str = "") -> Iterator[RolloutView]:
    return (RolloutView(rollout, plan, again) for rollout in plan.rollouts)


def member_text(member: Member) -> str:
    return f"{member.shown} ({member.version})" if member.version else member.shown


def checks_text(health: Health) -> str:
    """`green, plugins loaded and 2 texts analyzed as expected within 30m`."""
    told = ["green" if health.status == GREEN else f"green or {health.status}"]
    told += ["plugins loaded"] if health.plugins else []
    told += [f"{plural(len(health.analyze), 'text')} analyzed as expected"] if health.analyze else []
    return f"{all_of(told)} within {span(health.within)}"


def failure_text(failure: Failure) -> str:
    """`shop-canary-1 failed in wave 2, 2026-11-30 08:00 UTC: it is red`; where no deployment did, `somebody
    took it back, 2026-11-30 08:00 UTC`.
    """
    if not failure.deployment:
        return f"{failure.reason}, {minute(failure.at)} UTC"
    wave = f" in wave {failure.wave}" if failure.wave else ""
    return f"{failure.deployment} failed{wave}, {minute(failure.at)} UTC: {failure.reason}"


def retry_advice(name: str, environment: str, again: str = "") -> str:
    """What to do where a roll-out is held back. again: the command that applies the same."""
    command = again or f"planner apply -e {environment}"
    return f"change what it carries, or try it again: {command} --retry-rollout {name}"


@frozen
class Membership:
    """That a resource is the binding of a deployment in a wave, or stands for one. steps: what is done with
    it, in order. deployment: its name, where the address is not one that somebody gave.
    """

    rollout: str
    wave: int
    waves: int
    steps: tuple[str, ...]
    deployment: str = ""

    @property
    def text(self) -> str:
        steps = f": {', '.join(self.steps)}" if self.steps else ""
        whose = f"{self.deployment}, " if self.deployment else ""
        return f"{whose}wave {self.wave} of {self.waves} of {address_of(self.rollout)}{steps}"


def memberships(plan: Plan) -> Mapping[Address, Membership]:
    """Of all members of the plan's roll-outs, by the addresses of their bindings; none of one that restarts
    nothing.
    """
    rollouts = [rollout for rollout in plan.rollouts if rollout.rules.mode != NONE]
    steps: dict[Address, list[str]] = {m.address: [] for rollout in rollouts for m in rollout.members}
    for step in plan.steps:
        if step.address in steps:
            steps[step.address].append(step.operation)
    return {
        member.address: Membership(
            rollout.name,
            number,
            len(rollout.waves),
            tuple(steps[member.address]),
            member.shown if member.address.name == f"_{member.id}" else "",
        )
        for rollout in rollouts
        for number, wave in enumerate(rollout.waves, 1)
        for member in wave
    }


def told_in_short(rollouts: list[Rollout]) -> list[str]:
    """`1 roll-out to 12 deployments`, `1 roll-out held back`: what is rolled out, without what is zero."""
    begin = [rollout for rollout in rollouts if rollout.held is None and rollout.rules.mode != NONE]
    members = sum(1 for rollout in begin for _ in rollout.members)
    held = sum(1 for rollout in rollouts if rollout.held is not None)
    told = [f"{plural(len(begin), 'roll-out')} to {plural(members, 'deployment')}"] if begin else []
    return [*told, *([f"{plural(held, 'roll-out')} held back"] if held else [])]
