"""What a replacement left comes back where its content is wanted again. Pure.

With `replace_on: [content]` new content makes a new resource, and the old one stays, deposed, while anybody
uses it: so does one that a roll-out went back to. Who gives the templates the old content again wants what is
there already; a third resource would start everybody anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from planner.engine.diff import content_differs
from planner.engine.goal import Goal
from planner.engine.ports import Drivers
from planner.model.address import Address
from planner.model.compare import same
from planner.model.kind import Kind
from planner.model.plan import Moved
from planner.model.resource import CONTENT, Desired, Prior
from planner.model.state import State


def returns(goal: Goal, state: State, drivers: Drivers) -> Iterator[Moved]:
    """What is deposed, and has the content that its address is to have, where what is there has another; of
    several the newest."""
    found: set[Address] = set()
    for left in reversed(state.deposed):
        address = left.address
        desired, now = goal.resources.get(address), state.resources.get(address)
        kind = drivers[address.kind].kind
        if desired is None or now is None or address in found or not _may_return(goal, desired, kind):
            continue
        if _is_as(desired, left, kind) and not _is_as(desired, now, kind):
            found.add(address)
            yield Moved(address, address, left.id)


def _may_return(goal: Goal, desired: Desired, kind: Kind) -> bool:
    """Whether its content says which resource it is, and a new one is not asked for."""
    lifecycle, selection, address = desired.lifecycle, goal.selection, desired.address
    ignored = kind.content is None or (kind.content.attribute,) in lifecycle.ignore_changes
    if CONTENT not in lifecycle.replace_on or ignored:
        return False
    return not (selection.forces(address) or selection.named(address, selection.excludes))


def _is_as(desired: Desired, prior: Prior, kind: Kind) -> bool:
    """Whether it holds the declared file, or fetched it from where it is declared to be."""
    facts = kind.content
    if facts is None or content_differs(desired, prior):
        return False
    wanted, has = desired.attributes, prior.attributes
    return all(same(wanted.get(name), has.get(name)) for name in facts.fetched)
