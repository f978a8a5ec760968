"""What an apply did: events while it runs, a ledger at its end."""

from __future__ import annotations

from collections.abc import Callable

from attrs import field, frozen

from planner.model.address import Address
from planner.model.plan import Action
from planner.model.redaction import WORD
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


Event = StepStarted | StepProgress | StepWaiting | StepFinished
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
class Ledger:
    """What an apply did with each change of its plan. interrupted: a signal asked to stop before all was
    done. changed: whether any step was carried out, or may have been. refused: whether a step failed since
    what it was planned from is not so any more.
    """

    entries: tuple[Entry, ...] = ()
    interrupted: bool = False
    changed: bool = False
    refused: bool = False

    def count(self, result: str, *actions: Action) -> int:
        return sum(1 for e in self.entries if e.result == result and (not actions or e.action in actions))

    @property
    def complete(self) -> bool:
        return all(entry.result == APPLIED for entry in self.entries)
