"""What cannot be planned, said with where it is written and what to do. Pure."""

from __future__ import annotations

from planner.engine.decide import Decision
from planner.model.diagnostic import Diagnostics
from planner.model.resource import Desired
from planner.model.value import Value, references


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


def refuse_unsendable(decision: Decision, desired: Desired, diagnostics: Diagnostics) -> None:
    """For an update that would have to send a secret of which only the fingerprint is kept."""
    diagnostics.error(
        f"{desired.address} cannot be updated without its secret {' and '.join(decision.unsendable)}",
        detail="ignore_changes wants it left as it is, an update has to send it, and only its "
        "fingerprint is kept.",
        position=desired.position,
        address=desired.address,
        advice="Put the secret that is in use into the variable, or take it out of ignore_changes.",
    )
