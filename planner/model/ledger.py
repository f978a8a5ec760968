"""What an apply did: events while it runs, a ledger at its end."""

from __future__ import annotations

from collections.abc import Callable

from attrs import field, frozen

from planner.model.address import Address
from planner.model.plan import Action
from planner.model.redaction import IDENTITY, WORD
from planner.model.rollout import DONE, Member, Rollout
from planner.model.value import Path, Value

APPLIED = "applied"
FAILED = "failed"
SKIPPED = "skipped"


@frozen
class StepStarted:
    step: int
    address: Address
    action: Action
    operation: str = field(metadata=WORD)


@frozen
class StepProgress:
    """An upload goes on. sent, total: bytes of an upload."""

    step: int
    address: Address
    sent: int
    total: int


@frozen
class StepWaiting:
    """A step is not done yet, and is looked after again. reason: what the installation is doing. seconds:
    since it was first looked at.
    """

    step: int
    address: Address
    operation: str = field(metadata=WORD)
    reason: str
    seconds: float


@frozen
class StepFinished:
    """A step has ended, well or not. seconds: wall time. message: why it failed, or a note; "" when there is
    nothing to say.
    """

    step: int
    address: Address
    action: Action
    operation: str = field(metadata=WORD)
    ok: bool
    seconds: float
    id: str | None = None
    message: str = ""


@frozen
class RolloutBegun:
    """A roll-out begins, or is gone on with. id: of its record. done: ids of the members that an earlier run
    has brought to their end.
    """

    id: str = field(metadata=IDENTITY)
    rollout: Rollout
    done: tuple[str, ...] = field(default=(), metadata=IDENTITY)


@frozen
class WaveBegun:
    """Its steps may begin. rollout: the name; wave: from 1, of so many waves."""

    id: str = field(metadata=IDENTITY)
    rollout: str = field(metadata=IDENTITY)
    wave: int
    waves: int
    members: tuple[Member, ...] = ()


@frozen
class WaveDone:
    """Each member of it is well. pause: seconds until the next one may begin, 0 for none."""

    id: str = field(metadata=IDENTITY)
    rollout: str = field(metadata=IDENTITY)
    wave: int
    waves: int
    pause: int = 0


@frozen
class RolloutTurned:
    """A member failed: nothing more begins. status: STOPPED or BACK of a record. deployment: by its name.
    members: those that go back, as they will be taken.
    """

    id: str = field(metadata=IDENTITY)
    rollout: str = field(metadata=IDENTITY)
    wave: int
    waves: int
    status: str = field(metadata=WORD)
    deployment: str
    reason: str
    members: tuple[Member, ...] = ()


WENT_BACK = "went back"
"""How a roll-out ended whose members are as they were before; else as one stands, or DONE."""


@frozen
class RolloutEnded:
    """This run is over with it. result: DONE, WENT_BACK, or STOPPED or GOING of a record that stays. wave:
    the last that was done. reason: why it did not end well, or goes on later.
    """

    id: str = field(metadata=IDENTITY)
    rollout: str = field(metadata=IDENTITY)
    result: str = field(metadata=WORD)
    wave: int
    waves: int
    deployment: str = ""
    reason: str = ""


StepEvent = StepStarted | StepProgress | StepWaiting | StepFinished
RolloutEvent = RolloutBegun | WaveBegun | WaveDone | RolloutTurned | RolloutEnded
Event = StepEvent | RolloutEvent
Sink = Callable[[Event], None]


@frozen
class ThreeWay:
    """One attribute in a conflict: what is desired, what the state knew, what is there."""

    path: Path
    desired: Value
    prior: Value
    observed: Value
    sensitive: bool = False


@frozen
class Entry:
    """One resource of the plan. result: APPLIED, FAILED or SKIPPED; reason and advice say why and what next.

    conflict: the attributes that differ three ways, when the resource moved behind the plan.
    """

    address: Address
    action: Action
    result: str = field(metadata=WORD)
    reason: str = ""
    advice: str = ""
    conflict: tuple[ThreeWay, ...] = ()


@frozen
class Rolled:
    """What became of a roll-out. result: as in RolloutEnded. wave: the last that was done, of so many waves.
    deployment, reason: what failed, and why; or, with no deployment, why it goes on later. back: names of
    the deployments that went back. advice: what next, or "".
    """

    name: str = field(metadata=IDENTITY)
    id: str = field(metadata=IDENTITY)
    result: str = field(metadata=WORD)
    wave: int
    waves: int
    deployment: str = ""
    reason: str = ""
    back: tuple[str, ...] = ()
    advice: str = ""


@frozen
class Ledger:
    """What an apply did with each change of its plan, and with its roll-outs. interrupted: a signal asked to
    stop before all was done. changed: whether any step was carried out, or may have been. refused: whether a
    step failed since what it was planned from is not so any more.
    """

    entries: tuple[Entry, ...] = ()
    interrupted: bool = False
    changed: bool = False
    refused: bool = False
    rollouts: tuple[Rolled, ...] = ()

    def count(self, result: str, *actions: Action) -> int:
        return sum(1 for e in self.entries if e.result == result and (not actions or e.action in actions))

    @property
    def complete(self) -> bool:
        applied = all(entry.result == APPLIED for entry in self.entries)
        return applied and all(rolled.result == DONE for rolled in self.rollouts)
