"""Creates in doubt that a look does not settle: those that may still be under way, and those of which only a
person knows who made which resource.

An installation goes on with what a dead client asked for; a create that fetches a download_url may take many
seconds. So a create in doubt that is not there is looked for again, until it is as old as the request of a
living client may get, by the installation's clock. Only creates: whatever else comes late has an id, and the
next plan shows what it did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from attrs import evolve, frozen

from planner.engine.diff import take_over
from planner.engine.edits import adopted
from planner.engine.recover import Ambiguous, Settled, Settlement, adopted_create, seconds_between
from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.kind import Kind
from planner.model.resource import Observed, Prior
from planner.model.state import Intent, State


def refuse_ambiguous(ambiguous: Sequence[Ambiguous], environment: str) -> None:
    """PlannerError with the candidates of the first group, and the commands that settle it."""
    for item in ambiguous:
        addresses = " and ".join(str(intent.address) for intent in item.intents)
        one = len(item.intents) == 1
        count = len(item.candidates)
        raise PlannerError(
            f"{addresses} {'was' if one else 'were'} being created when a run was cut off, and "
            f"{count} resource{'s' * (count != 1)} could be {'it' if one else 'them'}",
            advice="\n".join([*_described(item), *_ways(item, environment)]),
        )


def _described(item: Ambiguous) -> Iterator[str]:
    """A line for each candidate: its id, when it was made, and what tells it from the others."""
    telling = [name for name in item.kind.declarable if name not in item.kind.natural_key]
    for candidate in item.candidates:
        shown = ((name, candidate.attributes.get(name)) for name in telling)
        facts = [f"{name} {value}" for name, value in shown if isinstance(value, str | int)]
        yield "  " + ", ".join([f"{candidate.id}: created {candidate.created}", *facts])


def _ways(item: Ambiguous, environment: str) -> Iterator[str]:
    yield "Say which one it is, or that it is none of them:"
    for intent in item.intents:
        yield f"  planner state adopt {intent.address} ID -e {environment}"
        yield f"  planner state discard {intent.address} -e {environment}"


def adopt(state: State, address: Address, observed: Observed, kind: Kind, salt: str) -> State:
    """state with observed at address; a create in doubt there made it. PlannerError, see `adopted`."""
    prior = take_over(Prior(address, observed.id, {}), observed, kind, salt)
    intent = create_in_doubt(state, address)
    if intent is None:
        return adopted(state, prior)
    replaced = state.resources.get(address)
    adopted(evolve(state, resources={a: p for a, p in state.resources.items() if p != replaced}), prior)
    return state.fold(adopted_create(intent, observed, state, kind, salt))


def discard(state: State, address: Address) -> State:
    """state in which the create in doubt at address made nothing. PlannerError when there is none."""
    intent = create_in_doubt(state, address)
    if intent is None:
        raise PlannerError(
            f"no create of {address} is in doubt",
            advice="What else is in doubt has an id; the next plan or apply looks it up.",
        )
    return evolve(state, in_doubt=tuple(other for other in state.in_doubt if other != intent))


def create_in_doubt(state: State, address: Address) -> Intent | None:
    found = (i for i in state.in_doubt if i.address == address and i.operation == "create")
    return next(found, None)


_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 5.0
_CUT_OFF: Final = 1.0  # seconds by which times without fractions may be wrong


@frozen
class Waiting:
    """grace: seconds after its intent in which a create may show up; 0 where requests end with their client.

    sleep: takes seconds. tell: takes a line for people.
    """

    grace: float
    sleep: Callable[[float], None]
    tell: Callable[[str], None]

    def left(self, found: Settled) -> float:
        """Seconds until no create that was not found can be under way any more; 0 when none can."""
        if not self.grace:
            return 0.0
        until = self.grace + _CUT_OFF
        return max((min(until, until - _age(item)) for item in _not_found(found)), default=0.0)


NO_WAITING: Final = Waiting(0.0, lambda _seconds: None, lambda _line: None)


def settle_in_time(look: Callable[[], Settled], waiting: Waiting) -> Settled:
    """What look finds, once nothing can come late any more. look: settles all that is in doubt."""
    found, pause = look(), _FIRST_PAUSE
    left = waiting.left(found)
    if left > 0:
        waiting.tell(_told(found, left))
    while left > 0:
        slept = min(pause, left)
        waiting.sleep(slept)
        found = look()
        left = min(left - slept, waiting.left(found))  # it only falls, also where no clock tells
        pause = min(pause * 2, _LONGEST_PAUSE)
    return found


def _not_found(found: Settled) -> list[Settlement]:
    creates = (item for item in found.settlements if item.intent.operation == "create")
    return [item for item in creates if not item.carried_out]


def _age(item: Settlement) -> float:
    """Seconds from the intent to the look, at least: none where no clock tells."""
    return seconds_between(item.intent.server_time, item.server_time) or 0.0


def _told(found: Settled, left: float) -> str:
    addresses = sorted({item.intent.address for item in _not_found(found)})
    shown = ", ".join(map(str, addresses[:3])) + (", ..." if len(addresses) > 3 else "")
    return (
        f"Waiting up to {left:.0f} s: a run was cut off while it created {shown}, "
        "and the installation may still be at it."
    )
