"""What an apply needs of the world, while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from attrs import field, frozen

from planner.engine.credentials import Credentials
from planner.engine.outcome import Fresh
from planner.engine.ports import JournalWriter
from planner.engine.refresh import Listed
from planner.model.ledger import Rolled, Sink
from planner.model.plan import Step
from planner.model.resource import Reading, Request, Result
from planner.model.rollout import Begun, Declared, Former, Member, Milestone
from planner.model.value import Value

Halting = Callable[[Begun, int, float], str]
"""Why a wave of a roll-out, from 1, is not to begin in so many seconds; "" where it may. It is asked when the
pause before it begins, and with 0 when its turn has come.
"""


Declaring = Callable[[Member], Declared | None]
"""What a member declares, before and after; None of one that only restarts. PlannerError where that is not
known."""


def never(_begun: Begun, _wave: int, _ahead: float) -> str:
    """Each wave may begin."""
    return ""


@frozen
class Surroundings:
    """What apply needs of the world. now: ISO 8601 in UTC. timer: seconds. pause: takes seconds, and may end
    sooner. stop: start nothing new.

    before: what the installation held before the run, by kind and id. fresh: what needs no read before it is
    written. credentials: where what is shown once goes. plan_digest: of what is applied. release, run: that
    it brings, as in a Begun. halt: asked before each wave of a roll-out.
    """

    journal: JournalWriter
    sink: Sink
    now: Callable[[], str]
    timer: Callable[[], float]
    pause: Callable[[float], object]
    stop: Callable[[], bool]
    before: Listed = field(factory=dict)
    fresh: Fresh = field(factory=Fresh)
    credentials: Credentials = field(factory=Credentials)
    plan_digest: str = ""
    release: str = ""
    run: Mapping[str, Value] = field(factory=dict)
    former: Mapping[str, Former] = field(factory=dict)
    halt: Halting = never


class NoWaves:
    """Whose turn it is where a plan has no roll-outs: everybody's. Waves says what is asked here."""

    def see(self, ready: Iterable[Step]) -> None: ...

    def takes(self, step: Step, declaring: Declaring) -> tuple[bool, list[Milestone]]:  # noqa: ARG002
        return True, []

    def next_in(self) -> float | None:
        return None

    def within(self, step: Step) -> int:  # noqa: ARG002
        return 0

    def request(self, step: Step) -> Request | None:  # noqa: ARG002
        return None

    def reading(self, step: Step) -> Reading | None:  # noqa: ARG002
        return None

    def put_off(self, step: Step, result: Result | None, reason: str | None) -> str | None:  # noqa: ARG002
        return reason

    def went_well(self, step: Step, result: Result | None) -> list[Milestone]:  # noqa: ARG002
        return []

    def failed(self, step: Step, error: BaseException) -> list[Milestone]:  # noqa: ARG002
        return []

    def over(self) -> list[Milestone]:
        return []

    def end(self) -> tuple[Rolled, ...]:
        return ()

    def why_not(self, step: Step) -> str:  # noqa: ARG002
        return ""
