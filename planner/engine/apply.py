"""Apply: interprets a plan. Ready steps run in parallel; one coordinator keeps journal and state.

Workers only call the kinds. The coordinator is the calling thread: it takes what the workers finished, writes
those outcomes and the next intents in one durable append, and hands out what became ready. There are no
levels: a step starts as soon as what it waits for is done. Ready steps are handed out ahead, one less than
there are workers, so that one that becomes free need not wait for the disk. When the journal cannot be
written nothing more is started. What is not done yet is looked after again (settling.py); no worker sleeps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from graphlib import TopologicalSorter
from heapq import heappop, heappush
from math import inf
from queue import Empty, SimpleQueue
from typing import NoReturn

from attrs import define, evolve, field

from planner.engine.entry import declared_attributes
from planner.engine.outcome import (
    Values,
    disbelieved,
    entry_of,
    intent_of,
    outcomes_of,
    request_of,
    token_of,
)
from planner.engine.ports import Drivers
from planner.engine.recover import LONGEST_AHEAD, Settlement
from planner.engine.refresh import Namesakes, Threads
from planner.engine.settling import LOOKS, Finished, Turns, Waits, failure_of, put_off_by, too_long
from planner.engine.surroundings import NoWaves, Surroundings
from planner.errors import OutcomeUnknown, PlannerError, StateError
from planner.model.address import Address
from planner.model.ledger import Event, StepFinished, StepProgress, StepStarted, StepWaiting
from planner.model.plan import ROLLOUT, SETTLE, Action, Change, Plan, Step
from planner.model.resource import Desired, Progress, Request, Result
from planner.model.rollout import CHECK, LOOK, Declared, Member
from planner.model.state import Intent, Outcome, Record, Working
from planner.model.value import Path


@define
class Run:
    """One apply. working: the state so far. done, failed: steps by number; failed holds why. What was done,
    and showed what nobody has now, is both.

    settled: what a look at the installation told of steps that failed without a usable reply.
    reads: the paths that references read, by the resource.
    """

    plan: Plan
    desired: dict[Address, Desired]
    working: Working
    drivers: Drivers
    parallelism: int
    world: Surroundings
    salt: str
    reads: Mapping[Address, Collection[Path]] = field(factory=dict)
    changes: dict[tuple[Address, str | None], Change] = field(init=False)
    done: set[int] = field(factory=set)
    failed: dict[int, BaseException] = field(factory=dict)
    notes: dict[int, str] = field(factory=dict)
    settled: dict[int, Settlement] = field(factory=dict)
    _order: TopologicalSorter[int] = field(init=False)
    _ready: list[int] = field(init=False)
    _ahead: int = field(init=False)
    _handed_out: int = 0
    _halted: bool = False
    _unwritten: list[Record] = field(factory=list)
    intents: dict[int, Intent] = field(factory=dict)
    _finished: SimpleQueue[Finished] = field(factory=SimpleQueue)
    waits: Waits = field(factory=Waits)
    waves: NoWaves = field(init=False)
    _turns: Turns = field(init=False)
    _namesakes: Namesakes = field(init=False)
    known_ids: set[tuple[str, str]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.changes = {(c.address, c.id if c.deposed else None): c for c in self.plan.changes}
        self._order = TopologicalSorter({step.number: step.waits_for for step in self.plan.steps})
        self._order.prepare()
        self._ready = sorted(self._order.get_ready())
        self._ahead = self.parallelism - 1  # none where steps go one by one, in order
        groups = {step.address.kind: "" for step in self.plan.steps}
        groups = {name: self.drivers[name].kind.one_at_a_time for name in groups}
        self._turns = Turns(self.plan.steps, groups)
        self.waves = self._waves()
        self._namesakes = Namesakes(self.world.before)
        self.known_ids = {*self.working.state().holders()}
        self.known_ids |= {(kind, id_) for kind, there in self.world.before.items() for id_ in there}

    def _waves(self) -> NoWaves:
        if not self.plan.rollouts:
            return NoWaves()
        from planner.engine.rollouts.waves import Waves  # noqa: PLC0415 - only where there are some

        return Waves.of(self.plan, self.working.rollouts.values(), self.world)

    def change_of(self, step: Step) -> Change:
        """The change a step belongs to; what this very plan deposes belongs to its replacement."""
        return self.changes.get((step.address, step.id)) or self.changes[step.address, None]

    def go(self) -> None:
        """Runs until nothing is ready or stop says so. StateError when the journal cannot be written,
        PlannerError when there is no thread, and then nothing was done.
        """
        with Threads(max_workers=self.parallelism, thread_name_prefix="step") as pool:
            pool.submit(int)  # without any thread it is known before there is an intent
            try:
                self._coordinate(pool)
            except BaseException as error:
                self._halted = True  # else the pool would go on with what it has
                if isinstance(error, StateError):
                    self._give_up(error)
                raise

    def _coordinate(self, pool: Threads) -> None:
        self._unwritten += self._taken(self.waves.over())
        while True:
            requests = self._take_ready(self.parallelism + self._ahead - self._handed_out)
            if self._unwritten:
                self.world.journal.write(self._unwritten)  # durable before anything depends on it
            self._unwritten = []
            for step, request in requests:
                waits = self._handed_out >= self.parallelism
                pool.submit(self._work, step, request, self.world.timer() + LONGEST_AHEAD if waits else inf)
                self._handed_out += 1
            if not self._handed_out:
                if self._stops() or (due := self._next_look()) is None:
                    return
                self.world.pause(due)
            for finished in self._wait() if self._handed_out else ():
                self._handed_out -= 1
                records = self._settle(finished)
                self._unwritten += records

    def _next_look(self) -> float | None:
        looks = self.waits.next_in(self.world.timer()) if self.waits else None
        return min((due for due in (looks, self.waves.next_in()) if due is not None), default=None)

    def _stops(self) -> bool:
        return self._halted or self.world.stop()

    def _take_ready(self, room: int) -> list[tuple[Step, Request]]:
        """Take as many ready steps as there is room for; their intents are to be written."""
        taken: list[tuple[Step, Request]] = []
        for number in self.waits.due(self.world.timer()) if self.waits else ():
            heappush(self._ready, number)
        self.waves.see(self.plan.steps[number - 1] for number in self._ready)
        others: list[int] = []  # whose turn it is not
        while self._ready and len(taken) < room and not self.world.stop():
            step = self.plan.steps[heappop(self._ready) - 1]
            try:
                if not self._may_begin(step):
                    others.append(step.number)
                    continue
            except PlannerError as error:
                self._fail(step, error, 0.0)
                continue
            change = self.change_of(step)
            kind = self.drivers[step.address.kind].kind
            values = self._values
            try:
                request = self.waves.request(step) or request_of(
                    step, change, kind, values, self._progress(step)
                )
            except Exception as error:  # noqa: BLE001 - no call was made, and the others must go on
                self._fail(step, error, 0.0)
                continue
            intent = self._intent(step, change, request)
            self.intents[step.number] = intent
            if step.operation not in LOOKS:  # which change nothing
                self._unwritten.append(intent)
                self.working.take(intent)
            hand_over = self.world.credentials.taking(step.address)
            token, reading = token_of(intent, self.salt), request.reading or self.waves.reading(step)
            taken.append((step, evolve(request, token=token, hand_over=hand_over, reading=reading)))
        for number in others:
            heappush(self._ready, number)
        return taken

    def _may_begin(self, step: Step) -> bool:
        """Whether it is its turn, in its group and in its wave."""
        taken, milestones = self.waves.takes(step, self._declares)
        self._unwritten += self._taken(milestones)
        return taken and self._turns.takes(step)

    def _declares(self, member: Member) -> Declared | None:
        """What a member declares, before and after: nothing where it only starts anew."""
        change, kind = self.changes[member.address, None], self.drivers[member.address.kind].kind
        if change.action is Action.RESTART:
            return None
        prior = self.working.resources.get(member.address)
        there = declared_attributes(prior, kind) if prior else {}
        before = {name: value for name, value in there.items() if not kind.attributes[name].read_only}
        before |= self.drivers[member.address.kind].in_force(prior.attributes) if prior else {}
        return Declared(before, self._values.to_send(change, kind), change.settle_within)

    @property
    def _values(self) -> Values:
        held, pinned = self.world.credentials.held, self.plan.mode != ROLLOUT
        return Values(self.working.resources, self.desired, self.drivers, held, pinned)

    def _intent(self, step: Step, change: Change, request: Request) -> Intent:
        """That of a create says by what it can be told from others, should it end in doubt."""
        intent = intent_of(step, change, request, self.world.now(), self.salt)
        if step.operation != "create":
            return intent
        driver = self.drivers[step.address.kind]
        time = driver.server_time()
        existing = {*change.existing, *self._namesakes.of(driver.kind, request.desired)} - {change.id}
        return evolve(intent, server_time=time.latest if time else "", existing=tuple(sorted(existing)))

    def _give_up(self, error: StateError) -> NoReturn:
        """The steps that are under way are waited for."""
        lost = self._unwritten
        for _ in range(self._handed_out):
            lost += self._settle(self._finished.get())
        done = (r for r in lost if isinstance(r, Outcome) and r.result == "done")
        told = "; ".join(map(_told, done))
        advice = f"These outcomes are not in the state: {told}. {error.advice}" if told else error.advice
        raise StateError(f"{error.summary}; no further call was made", advice=advice.rstrip()) from error

    def _progress(self, step: Step) -> Progress | None:
        if step.operation != "upload":
            return None
        return lambda sent, total: self._say(StepProgress(step.number, step.address, sent, total))

    def _work(self, step: Step, request: Request, latest: float) -> None:
        """What a worker thread does. latest: when the step may still be begun."""
        begun = self.world.timer()
        result: Result | None = None
        error: BaseException | None = None
        sent = False
        try:
            sent = not (self._halted or begun > latest or self.world.stop())
            if sent:
                result = self._perform(step, request, begun)
        except BaseException as caught:  # noqa: BLE001 - the coordinator waits for every step it started
            error = caught
        self._finished.put(Finished(step, result, error, begun, self.world.timer() - begun, sent))

    def _perform(self, step: Step, request: Request, begun: float) -> Result:
        driver = self.drivers[step.address.kind]
        if not self.waits.knows(step.number):
            action = self.change_of(step).action
            self._say(StepStarted(step.number, step.address, action, step.operation))
        if step.operation in LOOKS:
            look = {SETTLE: driver.settled, LOOK: driver.looked, CHECK: driver.checked}
            return look[step.operation](request)
        return driver.perform(self.world.fresh.marked(request, begun))

    def _wait(self) -> Iterable[Finished]:
        """Wait for at least one finished step, and all that finished meanwhile; or until one is looked after
        again."""
        with suppress(Empty):
            yield self._finished.get(timeout=self._next_look())
        while not self._finished.empty():
            yield self._finished.get()

    def _settle(self, finished: Finished) -> list[Record]:
        """The records of a finished step; none when its outcome is not known."""
        step = finished.step
        if not finished.sent:
            return self._taken_back(step)
        reason = put_off_by(finished)
        if (reason := self.waves.put_off(step, finished.result, reason)) is not None:
            return self._put_off(finished, reason)
        kind = self.drivers[step.address.kind].kind
        error = finished.error or disbelieved(step, finished.result, kind, self.known_ids)
        if error is not None or finished.result is None:
            error = error or PlannerError("the step gave no result")
            self._fail(step, error, finished.seconds)
            if isinstance(error, OutcomeUnknown) or not isinstance(error, PlannerError):
                return []  # it may have taken effect: the intent stays in doubt and is settled by a look
            return self._taken([Outcome(step.number, step.address, "failed")])
        outcomes = outcomes_of(self, step, finished.result)
        missed = self.world.credentials.missed(step, kind)
        if failure := missed or failure_of(step, finished.result, entry_of(self.working, step)):
            self.done |= {step.number} if missed else set()
            self._fail(step, failure, self.waits.seconds(finished))
        else:
            self._succeed(finished)
        return self._taken(outcomes)

    def _put_off(self, finished: Finished, reason: str) -> list[Record]:
        """The step is looked after again, unless it was for too long."""
        step = finished.step
        try:
            change, kind = self.change_of(step), self.drivers[step.address.kind].kind
            waited = self.waits.put_off(finished, change, kind, self.waves.within(step))
        except PlannerError as waited_enough:
            self._fail(step, too_long(finished, reason, waited_enough), self.waits.seconds(finished))
        else:
            self._say(StepWaiting(step.number, step.address, step.operation, reason, waited))
        return [] if step.operation in LOOKS else self._taken([Outcome(step.number, step.address, "failed")])

    def _taken_back(self, step: Step) -> list[Record]:
        """Its turn comes again, with another intent. Where steps wait that long the disk is no matter."""
        self._ahead = 0
        heappush(self._ready, step.number)
        return self._taken([Outcome(step.number, step.address, "failed")])

    def _taken(self, records: Sequence[Record]) -> list[Record]:
        for record in records:
            self.working.take(record)
        return [*records]

    def _succeed(self, finished: Finished) -> None:
        step, result = finished.step, finished.result
        self.done.add(step.number)
        self._turns.ends(step, well=True)
        self._order.done(step.number)
        for number in self._order.get_ready():
            heappush(self._ready, number)
        if note := result.note if result else "":
            self.notes[step.number] = note
        id_ = result.observed.id if result and result.observed else None
        self._tell(step, True, self.waits.seconds(finished), id_, note)
        self._unwritten += self._taken(self.waves.went_well(step, result))

    def _fail(self, step: Step, error: BaseException, seconds: float) -> None:
        self.failed[step.number] = error
        self._turns.ends(step, well=False)
        message = error.summary if isinstance(error, PlannerError) else f"{type(error).__name__}: {error}"
        self._tell(step, False, seconds, None, message)
        self._unwritten += self._taken(self.waves.failed(step, error))

    def _tell(self, step: Step, ok: bool, seconds: float, id_: str | None, message: str) -> None:
        action = self.change_of(step).action
        self._say(StepFinished(step.number, step.address, action, step.operation, ok, seconds, id_, message))

    def _say(self, event: Event) -> None:
        with suppress(Exception):  # that nobody can be told is no reason to lose an outcome
            self.world.sink(event)


def _told(outcome: Outcome) -> str:
    return f"{outcome.address} is {outcome.prior.id}" if outcome.prior else f"{outcome.address} is gone"
