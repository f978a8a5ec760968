"""What whoever listens hears of roll-outs on their way."""

from __future__ import annotations

from contextlib import suppress

from attrs import frozen

from planner.engine.rollouts.course import Course
from planner.model.ledger import (
    Rolled,
    RolloutBegun,
    RolloutEnded,
    RolloutEvent,
    RolloutTurned,
    Sink,
    WaveBegun,
    WaveDone,
)
from planner.model.rollout import BACK, DONE, Begun, Member


@frozen(eq=False, repr=False)
class Telling:
    sink: Sink

    def begins(self, course: Course, begun: Begun) -> None:
        """Once in a run."""
        if not course.told:
            course.told = True
            done = tuple(m.id for m in course.rollout.members if begun.of(m.id).stage == DONE)
            self._say(RolloutBegun(begun.id, course.rollout, done))

    def opens(self, course: Course, begun: Begun, wave: int) -> None:
        self.begins(course, begun)
        waves = course.rollout.waves
        self._say(WaveBegun(begun.id, course.rollout.name, wave, len(waves), waves[wave - 1]))

    def done(self, begun: Begun, wave: int, pause: int) -> None:
        """pause: seconds until the next one."""
        rollout = begun.rollout
        self._say(WaveDone(begun.id, rollout.name, wave, len(rollout.waves), pause))

    def turned(self, begun: Begun, member: Member, reason: str) -> None:
        """That it stops, or goes back, since a member failed."""
        rollout, back = begun.rollout, begun.to_go_back if begun.status == BACK else ()
        at = rollout.name, rollout.wave_of(member.id), len(rollout.waves)
        self._say(RolloutTurned(begun.id, *at, begun.status, member.shown, reason, back))

    def ended(self, r: Rolled) -> None:
        self._say(RolloutEnded(r.id, r.name, r.result, r.wave, r.waves, r.deployment, r.reason))

    def _say(self, event: RolloutEvent) -> None:
        with suppress(Exception):  # that nobody can be told is no reason to end
            self.sink(event)
