"""Settling: steps that are not done yet, and when each is looked after again.

What an installation only accepted is waited for in a step of its own; a write may have to wait until
something else has ended. No thread sleeps meanwhile: a look is one call, and the coordinator knows when the
next one is due. Looks become rarer; one deadline ends them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from heapq import heappop, heappush
from typing import Final

from attrs import define, field, frozen

from planner.errors import (
    ApiError,
    Conflict,
    NotFound,
    NotReady,
    NotYet,
    OutcomeUnknown,
    PlannerError,
    StalePlan,
    StateError,
    Unauthenticated,
    Unreachable,
)
from planner.model.address import Address
from planner.model.kind import Kind, Settles
from planner.model.plan import SETTLE, Change, Step
from planner.model.resource import FAILED, PENDING, Prior, Result
from planner.model.rollout import CHECK, LOOK
from planner.model.times import show_duration

_SLOWER: Final = 1.5
_SLOWEST: Final = 6
_USUAL: Final = Settles(every=5, timeout=1800)
"""Of a kind that says nothing, whose write has to wait."""
LOOKS: Final = (SETTLE, LOOK, CHECK)
"""The steps that change nothing."""
_SERVER: Final = 500
"""The least status that says the server failed, not the request."""
_LATER: Final = (408, 429)
"""Statuses that ask for the same once more, later."""


@frozen
class Finished:
    """A step that a worker is through with. begun: when, by the timer. sent: False when it was not begun."""

    step: Step
    result: Result | None
    error: BaseException | None
    begun: float
    seconds: float
    sent: bool


@frozen
class _Wait:
    """A step that waits. since: when it was first looked at, by the timer. looks: how many there were."""

    since: float
    looks: int = 0


@define
class Waits:
    """The steps that wait, by number."""

    _due: list[tuple[float, int]] = field(factory=list)
    _waits: dict[int, _Wait] = field(factory=dict)

    def __bool__(self) -> bool:
        return bool(self._due)

    def knows(self, number: int) -> bool:
        return number in self._waits

    def seconds(self, finished: Finished) -> float:
        """How long a step took, the waiting included."""
        wait = self._waits.get(finished.step.number)
        return finished.begun + finished.seconds - (wait.since if wait else finished.begun)

    def next_in(self, now: float) -> float | None:
        """Seconds until one is due, None when none waits."""
        return max(0.0, self._due[0][0] - now) if self._due else None

    def due(self, now: float) -> Iterable[int]:
        """Those whose turn has come. They wait no more, unless they are put off again."""
        while self._due and self._due[0][0] <= now:
            yield heappop(self._due)[1]

    def put_off(self, finished: Finished, change: Change, kind: Kind, within: int = 0) -> float:
        """A step waits again, within so many seconds, or as its change or kind says. The seconds that it
        waits already; PlannerError when that is too long."""
        settles, number = kind.settles or _USUAL, finished.step.number
        wait = self._waits.get(number) or _Wait(finished.begun)
        limit, waited = within or change.settle_within or settles.timeout, self.seconds(finished)
        if waited >= limit:
            raise PlannerError(f"planner has waited for {show_duration(timedelta(seconds=limit))}")
        pause = settles.every * min(_SLOWER**wait.looks, _SLOWEST)
        due = min(finished.begun + finished.seconds + pause, wait.since + limit)
        heappush(self._due, (due, number))
        self._waits[number] = _Wait(wait.since, wait.looks + 1)
        return waited


def put_off_by(finished: Finished) -> str | None:
    """Why a step is looked after again, None when it is through."""
    step, error, result = finished.step, finished.error, finished.result
    if isinstance(error, NotYet):
        return error.summary
    if step.operation not in LOOKS:
        return None
    if isinstance(error, Unreachable) or (isinstance(error, ApiError) and error.status >= _SERVER):
        return error.summary  # a look that failed says nothing of what is looked at
    pending = error is None and result is not None and result.settling.status == PENDING
    return result.settling.reason if pending and result else None


def is_no_verdict(error: BaseException) -> bool:
    """Whether an error says nothing of what was to be written: the installation was not reached, or looked at
    who asks and how often alone, or somebody else changed the same at that time, or has the lock."""
    later = isinstance(error, ApiError) and (error.status >= _SERVER or error.status in _LATER)
    silent = OutcomeUnknown | Unreachable | Unauthenticated | Conflict | StalePlan | StateError
    return later or isinstance(error, silent) or not isinstance(error, PlannerError)


def is_unready(error: BaseException) -> bool:
    """Whether an error says that a write was not sent since what it was for is stopped, gone, or busy."""
    return isinstance(error, NotReady | NotFound | NotYet)


def too_long(finished: Finished, reason: str, waited: PlannerError) -> PlannerError:
    """The error of a step that waits no more. reason: what the installation was doing."""
    step, error = finished.step, finished.error
    if error is not None and is_no_verdict(error):
        return Unreachable(
            f"{waited.summary}, and how far it is nobody knows: {reason}",
            advice="Apply again when the installation answers.",
        )
    if step.operation == LOOK:
        return PlannerError(f"{waited.summary}, and {reason}", advice="Nothing was sent.")
    if step.operation == CHECK:
        if error is None and finished.result is not None and not finished.result.settling.status:
            return PlannerError(f"{waited.summary}, which was too short: {reason}")
        return PlannerError(
            f"{waited.summary}, and the deployment is not well: {reason}",
            advice="See planner rollout status.",
        )
    if isinstance(error, NotYet):
        told = f"{waited.summary} to begin the {step.operation}: {reason}"
        return error.said_as(NotYet, told, "Nothing was sent. Apply again when that has ended.")
    return PlannerError(
        f"{waited.summary}, and it is not done: {reason}",
        advice="The installation goes on: apply again to wait on, longer with timeouts: {settle: 1h}.",
    )


def failure_of(step: Step, result: Result, held: Prior | None) -> PlannerError | None:
    """The error of what the installation accepted and could not do, or of a deployment that is not well
    afterwards. held: the state's entry of it."""
    if step.operation == CHECK and result.settling.status == FAILED:
        return PlannerError(f"the deployment is not well: {result.settling.reason}")
    if step.operation != SETTLE or result.settling.status != FAILED:
        gone = step.operation == SETTLE and held is not None and result.observed is None
        return PlannerError(f"{step.address} is gone", advice="Plan again.") if gone else None
    return PlannerError(
        f"the installation accepted it and failed: {result.settling.reason or 'it does not say why'}",
        advice="Correct what it says. The next apply sends it once more.",
    )


@define
class Turns:
    """Of each group of kinds of which one resource at a time is written, whose turn it is.

    A turn lasts from a resource's first step to its last one, the wait for it included; a failure ends it.
    """

    _steps: tuple[Step, ...]
    _groups: Mapping[str, str]
    _whose: dict[str, Address] = field(factory=dict)

    def takes(self, step: Step) -> bool:
        """Whether it is the step's turn, which it then takes."""
        group = self._groups.get(step.address.kind, "")
        return not group or self._whose.setdefault(group, step.address) == step.address

    def ends(self, step: Step, *, well: bool) -> None:
        group = self._groups.get(step.address.kind, "")
        goes_on = well and step.number < len(self._steps) and self._follows(step, self._steps[step.number])
        if group and not goes_on and self._whose.get(group) == step.address:
            del self._whose[group]

    @staticmethod
    def _follows(step: Step, later: Step) -> bool:
        return later.address == step.address and later.waits_for == (step.number,)
