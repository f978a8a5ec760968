"""What a plan cannot do, told to the diagnostics with what to do instead. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.diagnostic import Diagnostics
from planner.model.kind import Kind, one
from planner.model.plan import Change
from planner.model.resource import Desired
from planner.model.value import Reference, Value, references

if TYPE_CHECKING:
    from planner.engine.recover import Ambiguous


def refuse_reference(
    where: str, value: Value, error: ValueError, diagnostics: Diagnostics, desired: Desired | None = None
) -> None:
    """desired: the resource that the value at where is of; None for an output."""
    diagnostics.error(
        f"{where} cannot be put together: {error}",
        detail=f"It refers to {', '.join(map(str, references(value)))}.",
        position=desired.position if desired else None,
        address=desired.address if desired else None,
        advice="Refer to an attribute that has a value, and put only texts and numbers inside a text.",
    )


def refuse_reset(address: Address, diagnostics: Diagnostics) -> None:
    diagnostics.error(
        f"{address} cannot be reset",
        detail=f"An installation always has {one(address.kind)}, and the API has no call that resets it.",
        address=address,
        advice="Write destroy: false in its removed block: the state forgets it, and it stays as it is.",
    )


def refuse_replaced(change: Change, desired: Desired, diagnostics: Diagnostics) -> None:
    """Refuse to replace what there is one of."""
    diagnostics.error(
        f"{change.address} cannot be replaced: there is one {change.address.kind} there, and it stays",
        detail=f"The plan would replace it, because {change.reason}.",
        position=desired.position,
        address=change.address,
        advice="Declare the other one under a name of its own, and let this one go with a removed block.",
    )


def refuse_twice(first: Address, desired: Desired, id_: str, diagnostics: Diagnostics) -> None:
    """Refuse two declarations of one resource."""
    diagnostics.error(
        f"{desired.address} is {first} once more: both are the {first.kind} {id_}",
        position=desired.position,
        address=desired.address,
        advice="Declare it once.",
    )


def refuse_nowhere(kind: Kind, desired: Desired, id_: str, diagnostics: Diagnostics) -> None:
    """Refuse what is a part of something that is not there."""
    where = " and ".join(kind.identity.parts)
    diagnostics.error(
        f"{desired.address} has no place: there is no {where} {id_}",
        position=desired.position,
        address=desired.address,
        advice=f"Correct {where}, or take the block out if the {where} is gone for good.",
    )


def refuse_unknown(
    name: str, unknown: Sequence[Reference], desired: Desired, diagnostics: Diagnostics
) -> None:
    """Refuse a write that would have to send what unknown refers to."""
    told = " and ".join(map(str, unknown))
    again = " ".join(f"--replace {address}" for address in dict.fromkeys(ref.address for ref in unknown))
    diagnostics.error(
        f"{desired.address} cannot be written without its {name}, which is {told}",
        detail="A write has to send it, and only its fingerprint is kept.",
        position=desired.position,
        address=desired.address,
        advice=f"Have it made anew in the same run: {again}. Or take it from where it went when it was made, "
        "and declare it by a sensitive variable.",
    )


def refuse_unsendable(unsendable: Sequence[str], desired: Desired, diagnostics: Diagnostics) -> None:
    """Refuse an update that would have to send a secret whose fingerprint alone is kept."""
    diagnostics.error(
        f"{desired.address} cannot be updated without its secret {' and '.join(unsendable)}",
        detail="ignore_changes wants it left as it is, an update has to send it, and only its "
        "fingerprint is kept.",
        position=desired.position,
        address=desired.address,
        advice="Put the secret that is in use into the variable, or take it out of ignore_changes.",
    )


def refuse_ambiguous(ambiguous: Sequence[Ambiguous], environment: str) -> None:
    """PlannerError with the candidates of the first group, and the commands that settle it."""
    for item in ambiguous:
        addresses = " and ".join(str(intent.address) for intent in item.intents)
        one, count = len(item.intents) == 1, len(item.candidates)
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
