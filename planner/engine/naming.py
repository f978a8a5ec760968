"""Naming: what people call by a name, planned by its id."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from planner.engine.goal import Goal
from planner.engine.ports import Drivers
from planner.model.address import Address
from planner.model.diagnostic import Diagnostics
from planner.model.resource import Desired
from planner.model.state import State
from planner.model.value import Deferred, Reference


def with_ids(goal: Goal, state: State, drivers: Drivers, diagnostics: Diagnostics, asked: bool) -> Goal:
    """goal, with ids in place of the names that kinds allow for. A name that nothing has, or several, is
    reported. asked: whether the installation may be; else what state has under the address is believed.
    """
    kinds = {name for name in {address.kind for address in goal.resources} if drivers[name].kind.by_name}
    found: dict[Address, Desired] = {}
    for kind in sorted(kinds):
        attribute = drivers[kind].kind.by_name
        named = {a: d for a, d in goal.resources.items() if a.kind == kind and _is_name(d, attribute)}
        names = {str(desired.attributes[attribute]) for desired in named.values()} if asked else set()
        ids = drivers[kind].named(names) if names else {}
        for address, desired in named.items():
            known = (
                ids.get(str(desired.attributes[attribute]), ()) if asked else _held(state, address, attribute)
            )
            if len(known) == 1:
                found[address] = evolve(desired, attributes={**desired.attributes, attribute: known[0]})
            elif asked:
                _refuse(desired, attribute, known, diagnostics)
                unknown = Deferred((Reference(address, (attribute,)),))
                found[address] = evolve(desired, attributes={**desired.attributes, attribute: unknown})
    return evolve(goal, resources={**goal.resources, **found}) if found else goal


def _is_name(desired: Desired, attribute: str) -> bool:
    return type(desired.attributes.get(attribute)) is str


def _held(state: State, address: Address, attribute: str) -> Sequence[str]:
    prior = state.resources.get(address)
    return (str(prior.attributes[attribute]),) if prior and attribute in prior.attributes else ()


def _refuse(desired: Desired, attribute: str, ids: Sequence[str], diagnostics: Diagnostics) -> None:
    name = desired.attributes[attribute]
    told = f"{len(ids)} are called so: {', '.join(ids)}" if ids else "nothing has that name or id"
    diagnostics.error(
        f"{desired.address} is for the {attribute} {name}, and {told}",
        position=desired.position,
        address=desired.address,
        advice="Give its id."
        if ids
        else f"Correct {attribute}, or take the block out if it is gone for good.",
    )
