"""Creates in doubt that only a person can settle: shown with their candidates, adopted or discarded. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import evolve

from planner.engine.diff import take_over
from planner.engine.edits import adopted
from planner.engine.recover import Ambiguous, adopted_create
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
