"""The state brought up to date with what was observed, and what that tells. Pure."""

from __future__ import annotations

from attrs import field, frozen

from planner.engine.diff import drift_of, take_over
from planner.engine.ports import Drivers
from planner.engine.refresh import View
from planner.model.address import Address
from planner.model.plan import Drift
from planner.model.resource import Prior
from planner.model.state import State


@frozen
class Seen:
    """priors: what is there, by address. drift: how it moved behind the state's back. notes: for people."""

    priors: dict[Address, Prior] = field(factory=dict)
    drift: list[Drift] = field(factory=list)
    notes: list[str] = field(factory=list)


def bring_up_to_date(state: State, view: View, drivers: Drivers, salt: str) -> Seen:
    """What was not looked at is believed as it is in state; what is imported has no entry there yet."""
    seen = Seen(notes=[*view.notes])
    for address, prior in sorted(state.resources.items()):
        if address not in view.resources:
            seen.priors[address] = prior
            continue
        observed = view.resources[address]
        if observed is None:
            seen.drift.append(Drift(address, prior.id, gone=True))
            continue
        seen.priors[address] = take_over(prior, observed, drivers[address.kind].kind, salt)
        _note_drift(seen, prior, drivers, salt)
    for address, observed in sorted(view.imports.items()):
        kind = drivers[address.kind].kind
        seen.priors[address] = take_over(Prior(address, observed.id, {}), observed, kind, salt)
    return seen


def _note_drift(seen: Seen, prior: Prior, drivers: Drivers, salt: str) -> None:
    now = seen.priors[prior.address]
    if now is prior or now == prior:
        return
    diffs = drift_of(prior, now, drivers[prior.address.kind].kind, salt)
    if diffs:
        seen.drift.append(Drift(prior.address, prior.id, diffs=diffs))
    elif prior.version != now.version:
        seen.notes.append(
            f"{prior.address}: version {prior.version} had become {now.version} with the same attributes"
        )
