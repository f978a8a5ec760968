"""Waves: whose turn it is, of the members of roll-outs, and what the state learns of them.

A member's steps are LOOK, its writes, and CHECK. It begins when its wave is open and fewer than `at_once` are
under way. A roll-out begins when every member could: so all that they wait for is done, and what each is to
declare is known and goes into the record first. When a member fails, nothing more of its roll-out begins, and
what is under way is followed to its end. On the way back the last wave goes first, and each member has its
turn whatever became of the others; where members only start anew, what they are to load again is put in place
before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from hashlib import sha256
from math import ceil
from typing import Final

from attrs import define, evolve, field

from planner.engine.rollouts.course import Course
from planner.engine.rollouts.telling import Telling
from planner.engine.settling import is_no_verdict, is_unready
from planner.engine.surroundings import Declaring, NoWaves, Surroundings
from planner.errors import NotFound, PlannerError
from planner.model.address import Address
from planner.model.ledger import (
    Rolled,
)
from planner.model.plan import Action, Plan, Step
from planner.model.resource import Reading, Request, Result
from planner.model.rollout import (
    BACK,
    CHECK,
    DONE,
    GOING,
    LOOK,
    LOOKED,
    RESTART,
    RESTARTED,
    RETURNING,
    STOPPED,
    UNDONE,
    WRONG,
    Begun,
    Member,
    Milestone,
    Progress,
)

OFTEN: Final = 3
"""How many looks in a row have to find a deployment well."""


@define(eq=False, repr=False)
class Waves(NoWaves):
    """The roll-outs of a plan that is carried out."""

    world: Surroundings
    _changed: frozenset[Address] = frozenset()
    _courses: dict[Address, tuple[Course, Member]] = field(factory=dict)
    _first: dict[Address, int] = field(factory=dict)
    _last: dict[Address, int] = field(factory=dict)
    _placing: dict[Address, Course] = field(factory=dict)
    _all: list[Course] = field(factory=list)

    @classmethod
    def of(cls, plan: Plan, records: Collection[Begun], world: Surroundings) -> Waves:
        """records: of roll-outs that began before."""
        by_name = {begun.rollout.name: begun for begun in records}
        placed = [change for change in plan.changes if change.action is Action.UPDATE]
        sent = {str(change.address): change.content.sha256 for change in placed if change.content}
        found = cls(world, frozenset(change.address for change in plan.changes))
        for rollout in plan.rollouts:
            if rollout.held is None:
                course = Course.of(rollout, by_name.get(rollout.name))
                if rollout.rules.mode == RESTART:
                    course.contents = {str(a): sent[str(a)] for a in rollout.of if str(a) in sent}
                found._all.append(course)
                found._courses |= {member.address: (course, member) for member in course.members}
                if course.begun is not None:
                    course.owed = {a for a in rollout.of if str(a) in sent}
                    found._placing |= dict.fromkeys(course.owed, course)
        own = found._courses.keys() | found._placing.keys()
        for step in plan.steps:
            if step.address in own and not step.deposed:
                found._first.setdefault(step.address, step.number)
                found._last[step.address] = step.number
        return found

    def see(self, ready: Iterable[Step]) -> None:
        """Tells which steps could begin."""
        for step in ready if self._courses else ():
            if found := self._beginning(step):
                found[0].ready.add(found[1].id)

    def _beginning(self, step: Step) -> tuple[Course, Member] | None:
        """Whose first step it is."""
        return self._courses.get(step.address) if self._first.get(step.address) == step.number else None

    def takes(self, step: Step, declaring: Declaring) -> tuple[bool, list[Milestone]]:
        """Whether it is the step's turn, which it then takes; and what is to be recorded before it.
        PlannerError where a roll-out cannot begin."""
        found = self._beginning(step)
        if found is None:
            return self._owed(step, declaring)
        course, member = found
        if member.id in course.started:
            return True, []
        if course.closed or not self._is_its_turn(course, member):
            return False, []
        recorded = [] if course.begun else self._begin(course, declaring)
        if course.begun is None or not self._opens(course):
            return False, recorded
        course.under_way.add(member.id)
        course.started.add(member.id)
        return True, recorded

    def _owed(self, step: Step, declaring: Declaring) -> tuple[bool, list[Milestone]]:
        """Where users only restart, that they are to is known before what they load is put in place. It waits
        until what else they are to load is there."""
        owing = [c for c in self._all if c.begun is None and str(step.address) in c.contents]
        try:
            return True, [stage for course in owing for stage in self._begin(course, declaring)]
        except PlannerError:
            return False, []

    def _is_its_turn(self, course: Course, member: Member) -> bool:
        if not course.ready.issuperset(member.id for member in course.members):
            return False
        _, wave = course.left[0]
        room = len(course.under_way) < course.rollout.rules.at_once
        return room and member in wave and self.world.timer() >= course.opens

    def _opens(self, course: Course) -> bool:
        """Opens the wave, unless something speaks against it."""
        number, _ = course.left[0]
        if course.open != number:
            if not course.back and course.begun and (why := self.world.halt(course.begun, number, 0)):
                course.closed = why
                return False
            if course.begun and not course.back:
                self._telling.opens(course, course.begun, number)
            course.open = number
        return True

    @property
    def _telling(self) -> Telling:
        return Telling(self.world.sink)

    def _begin(self, course: Course, declaring: Declaring) -> list[Milestone]:
        found = ((member.id, declaring(member)) for member in course.members)
        declared = {id_: said for id_, said in found if said is not None}
        at, name = self.world.now(), course.rollout.name
        id_ = f"r-{sha256(f'{name} {self.world.plan_digest} {at}'.encode()).hexdigest()[:10]}"
        own = {*course.rollout.of, *(member.address for member in course.members)}
        former = {a: self.world.former[a] for a in course.contents if a in self.world.former}
        course.begun = Begun(
            id_,
            self.world.plan_digest,
            at,
            course.rollout,
            declared,
            contents=course.contents,
            former=former,
            release=self.world.release,
            run=self.world.run,
            beside=not self._changed <= own,
        )
        return [Milestone(id_, begun=course.begun)]

    def next_in(self) -> float | None:
        """Seconds until the next wave may begin, where a roll-out pauses; else None."""
        now = self.world.timer()
        pausing = [c for c in self._all if c.left and not c.closed and not c.under_way and c.opens > now]
        return min((course.opens - now for course in pausing), default=None)

    def within(self, step: Step) -> int:
        """Seconds that a look may go on for; 0 for a step that is none."""
        looks = step.operation in (LOOK, CHECK) and step.address in self._courses
        return self._courses[step.address][0].rollout.rules.health.within if looks else 0

    def request(self, step: Step) -> Request | None:
        """What a step asks that is a roll-out's own. On the way back no attempt of before is judged, and a
        look only notes what there is."""
        if step.operation not in (LOOK, CHECK, RESTARTED):
            return None
        course, member = self._courses[step.address]
        found = course.begun.of(member.id) if course.begun else Progress()
        before, health = found.reading, course.rollout.rules.health
        reading = evolve(before, attempts={}) if course.back and found.stage != RETURNING else before
        asked = None if course.back and step.operation == LOOK else health
        return Request(step.operation, step.address, id=member.id, health=asked, reading=reading)

    def reading(self, step: Step) -> Reading | None:
        """A member as it was before its change, None for who is none."""
        found = self._courses.get(step.address)
        return found[0].begun.of(found[1].id).reading if found and found[0].begun else None

    def put_off(self, step: Step, result: Result | None, reason: str | None) -> str | None:
        """Why a step is looked after again: as reason says, or since a CHECK that finds a deployment well has
        to find it so some times in a row."""
        if step.operation != CHECK:
            return reason
        course, member = self._courses[step.address]
        well = reason is None and result is not None and not result.settling.status
        count = course.wells[member.id] = course.wells.get(member.id, 0) + 1 if well else 0
        return f"it is well, as {count} of {OFTEN} looks found" if 0 < count < OFTEN else reason

    def went_well(self, step: Step, result: Result | None) -> list[Milestone]:
        """What is to be recorded after a step."""
        if step.address not in self._courses:
            return self._placed(step)
        course, member = self._courses[step.address]
        if step.operation == LOOK and result is not None and result.reading is not None:
            return self._noted(course, member, self._looked(course, member, result.reading))
        if result is not None and result.reading is not None and course.begun:  # it was so: nothing to follow
            return self._noted(course, member, evolve(course.begun.of(member.id), reading=result.reading))
        if self._last.get(step.address) != step.number:
            return []
        before = course.begun.of(member.id) if course.begun else Progress()
        ends = before.back(UNDONE) if course.back else evolve(before, stage=DONE, reason="")
        return self._through(course, member, ends)

    def _placed(self, step: Step) -> list[Milestone]:
        """What is to be recorded once something is in place again."""
        course = self._placing.get(step.address)
        if course is None or self._last.get(step.address) != step.number:
            return []
        course.owed.discard(step.address)
        return self._over(course)

    @staticmethod
    def _looked(course: Course, member: Member, reading: Reading) -> Progress:
        """How far a member is after a look. On the way back its shards may be as they were at first."""
        before = course.begun.of(member.id) if course.begun and course.back else None
        if before is None:
            return Progress(LOOKED, reading)
        return evolve(before, stage=RETURNING, reading=evolve(reading, status=before.reading.status))

    def failed(self, step: Step, error: BaseException) -> list[Milestone]:
        """What is to be recorded after a step that did not end well. Where the installation was not reached,
        or nobody knows what became of a write, nothing is found out about the roll-out: it goes on later.
        So it does where nothing was sent, since a deployment was not ready for it."""
        if placing := self._placing.get(step.address):
            placing.closed = placing.closed or f"{step.address}: {error}"
        if step.address not in self._courses:
            return []
        course, member = self._courses[step.address]
        course.under_way.discard(member.id)
        if course.begun is None or is_no_verdict(error):
            course.closed = course.closed or f"{member.shown}: {error}"
            return []
        reason = error.summary if isinstance(error, PlannerError) else str(error)
        reason, before = reason.removeprefix(f"{step.address}: "), course.begun.of(member.id)
        if not course.back and before.stage != WRONG and (step.operation == LOOK or is_unready(error)):
            about = "" if member.shown in reason else f"{member.shown}: "
            course.closed = course.closed or f"{about}{reason}"
            return self._noted(course, member, evolve(before, reason=reason))
        if course.back and isinstance(error, NotFound):  # what is gone has nothing to take back
            return self._through(course, member, before.back(UNDONE))
        if course.back:  # one that has what it had before is back, however well it is
            stage = UNDONE if step.operation == CHECK else RETURNING if before.stage == RETURNING else WRONG
            return self._through(course, member, before.back(stage, reason))
        failed = f"{member.shown} failed: {reason}"
        course.closed = course.closed or failed
        noted = self._noted(course, member, evolve(before, stage=WRONG, reason=reason))
        if course.begun.status != GOING:
            return noted
        status = BACK if course.rollout.turns_back else STOPPED
        stands = Milestone(course.begun.id, status=status, reason=failed)
        course.begun = course.begun.taking(stands)
        self._telling.turned(course.begun, member, reason)
        return [*noted, stands]

    def _noted(self, course: Course, member: Member, progress: Progress) -> list[Milestone]:
        if course.begun is None:
            return []
        found = Milestone(course.begun.id, member=member.id, progress=progress)
        course.begun = course.begun.taking(found)
        return [found]

    def _through(self, course: Course, member: Member, progress: Progress) -> list[Milestone]:
        course.under_way.discard(member.id)
        noted = self._noted(course, member, progress)
        _, wave = course.left[0]
        wave[:] = [each for each in wave if each != member]
        if not wave:
            number, _ = course.left.pop(0)
            pause = course.rollout.rules.pause if course.left and not course.back else 0
            if course.begun and not course.back:
                self._telling.done(course.begun, number, pause)
            if course.begun and pause:
                noted.append(Milestone(course.begun.id, paused_at=self.world.now()))
                course.begun = course.begun.taking(noted[-1])
                self._pauses(course, course.begun, pause)
        return [*noted, *self._over(course)]

    def _pauses(self, course: Course, begun: Begun, seconds: float) -> None:
        """Nobody waits for a wave that does not begin then."""
        course.opens = self.world.timer() + seconds
        course.closed = course.closed or self.world.halt(begun, course.left[0][0], seconds)

    def _rest(self, course: Course) -> None:
        """Keeps what is left of the pause that an earlier run did not wait for."""
        begun = course.begun
        if begun is None or not course.left or course.open or course.back:
            return
        if rest := begun.rest(self.world.now()):
            self._pauses(course, begun, rest)
            if not course.closed:
                self._telling.begins(course, begun)
                self._telling.done(begun, course.left[0][0] - 1, ceil(rest))

    def over(self) -> list[Milestone]:
        """What is to be recorded of those that began before, and of which nothing is left to do. Others go on
        with their pause."""
        for course in self._all:
            self._rest(course)
        return [stage for course in self._all for stage in self._over(course)]

    def _over(self, course: Course) -> list[Milestone]:
        begun = course.begun
        if begun is None or course.left or course.owed or (course.back and begun.to_go_back):
            return []
        course.ended = True
        failure = begun.failure(self.world.now()) if course.back else None
        return [Milestone(begun.id, ended=True, failure=failure)]

    def end(self) -> tuple[Rolled, ...]:
        """Tells what became of each roll-out that began."""
        found = tuple(rolled for course in self._all if (rolled := course.rolled(course.ended)) is not None)
        for rolled in found:
            if rolled.result != BACK:  # that is done next
                self._telling.ended(rolled)
        return found

    def why_not(self, step: Step) -> str:
        """Why a member's turn did not come, "" for who is none, or where nothing tells."""
        if step.address not in self._courses:
            return ""
        course, _ = self._courses[step.address]
        if course.closed:
            return f"the roll-out {course.rollout.name} went no further: {course.closed}"
        return "" if course.begun else f"the roll-out {course.rollout.name} waits until all of it can begin"
