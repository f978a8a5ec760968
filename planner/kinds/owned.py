"""What a binding owns of the lists of its deployment: what it declares, and what it declared, until that is
known to be out of them. Pure.

The state keeps it beside what is seen: a plan that failed, or of which nobody knows whether it was begun, may
leave there, or still bring, what nobody declares any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import evolve

from planner.kinds.loading import Loaded, entries_of, listed
from planner.model.resource import FAILED, PENDING, SETTLED, Observed, Request, Settling
from planner.model.value import Value


def owned_by(attributes: Mapping[str, Value]) -> set[Loaded]:
    return {*entries_of(attributes), *entries_of(attributes, "owned")}


def owning(observed: Observed, entries: Iterable[Loaded]) -> Observed:
    """observed, of which a binding owns entries."""
    return evolve(observed, attributes={**observed.attributes, "owned": as_attributes(entries)})


def as_attributes(entries: Iterable[Loaded]) -> list[dict[str, str]]:
    """The entries of which all is known."""
    return [entry.attributes for entry in sorted(entries) if "" not in entry.said.values()]


def loaded_of(attributes: Mapping[str, Value]) -> list[dict[str, str]]:
    """What is owned and loaded, by whichever element. What is declared may not have come into force: then
    what was declared before is loaded still."""
    return as_attributes(owned_by(attributes) & {*entries_of(attributes, "loaded")})


def alike(before: Mapping[str, Value], now: Mapping[str, Value], wanted: Mapping[str, Value]) -> bool:
    """Whether nodes load the same of what is not owned, by the attributes that were planned from and those
    that are there."""
    owned = owned_by(before) | owned_by(wanted)
    return {*entries_of(before, "loaded")} - owned == {*entries_of(now, "loaded")} - owned


def after_a_cut(request: Request, found: Observed) -> Settling:
    """How far a change is of which nobody knows whether it was begun: not done while any plan is pending.
    What is wanted and not there then has to be sent again."""
    if busy := found.about.get("busy"):
        return Settling(PENDING, str(busy))
    lacks = request.desired and not {*entries_of(request.desired)} <= {*entries_of(found.attributes)}
    return Settling(FAILED, "the plan that came into force lacks what is wanted") if lacks else SETTLED


def still_to_go(
    held: Mapping[str, Value], wanted: Mapping[str, Value], observed: Observed
) -> Mapping[str, Value]:
    """The extensions, where more of them are to go than every element loads: what one element loads, and what
    a plan that is pending may bring."""
    named, declared = {*entries_of(held)}, [*entries_of(wanted)]
    left = {each for each in owned_by(held) if not any(each.may_be(one) for one in declared)} - named
    if not observed.about.get("busy"):
        left &= {*entries_of(observed.attributes, "loaded")}
    return {"extensions": as_attributes(named | left)} if left else {}


def told_besides(held: Mapping[str, Value], wanted: Mapping[str, Value], observed: Observed) -> Iterator[str]:
    """Whose else's entries stay, and what has to end before anything is sent."""
    name, owned = observed.about.get("name"), owned_by(held) | owned_by(wanted)
    others = [entry for entry in entries_of(observed.attributes, "loaded") if entry not in owned]
    if others:
        yield f"{name} keeps what others attached: {listed(others)}"
    if busy := observed.about.get("busy"):
        yield f"a plan of {name} is pending, and waited for: {busy}"
