"""Imports: what an installation holds and the state does not. Import blocks name it; of what there is one, a
declaration is enough.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Final

from attrs import define, evolve

from planner.engine.goal import Goal
from planner.engine.ports import Drivers
from planner.engine.refresh import Asking, Listed, Namesakes, list_kinds, lists_of, look_up
from planner.model.address import Address
from planner.model.declarations import Import
from planner.model.diagnostic import Diagnostics
from planner.model.kind import Kind
from planner.model.plan import NORMAL
from planner.model.resource import Desired, Observed
from planner.model.state import State, Whose, whose
from planner.model.value import UNKNOWN, Reference, Value, at, is_deferred, is_sensitive, resolve

NOTHING: Final[Mapping[Address, Observed]] = MappingProxyType({})


def imports_to_do(state: State, imports: Sequence[Import], diagnostics: Diagnostics) -> list[Import]:
    """The imports that are not done yet. One that can do nothing, since the address has another id, is
    reported.
    """
    for item in imports:
        prior = state.resources.get(item.target)
        if prior is not None and item.id is not None and item.id != prior.id:
            forget = f"planner state rm {item.target} -e {state.environment}"
            diagnostics.warning(
                f"{item.id} is not imported: {item.target} is in the state already, with the id {prior.id}",
                position=item.position,
                address=item.target,
                advice=f"Remove the import block; or, to have {item.id} there instead, run {forget} first.",
            )
    return [item for item in imports if item.target not in state.resources]


def singletons_to_take(
    goal: Goal,
    resources: Mapping[Address, Desired],
    state: State,
    imports: Sequence[Import],
    drivers: Drivers,
) -> list[Desired]:
    """What is declared of kinds of which there is one, and neither in state nor to be imported: what is there
    is taken over, so that its plan shows what changes.
    """
    if goal.mode != NORMAL:
        return []
    kinds = {name for name in {address.kind for address in resources} if drivers[name].kind.singleton}
    found = [desired for address, desired in resources.items() if address.kind in kinds]
    known = {*(item.target for item in imports), *state.resources} if found else ()
    return [desired for desired in found if desired.address not in known]


def with_known(
    desired: Mapping[Address, Desired], state: State, imported: Mapping[Address, Observed] = NOTHING
) -> dict[Address, Desired]:
    """desired, with the values in place of references that are known now, for who has to be found."""

    def lookup(reference: Reference) -> Value:
        held = state.resources.get(reference.address) or imported.get(reference.address)
        return UNKNOWN if held is None else at(held.attributes, reference.path)

    stand_ins: dict[int, Value] = {}

    def known(value: Value) -> Value:
        with suppress(ValueError):  # it is told where the value is planned
            return resolve(value, lookup, stand_ins)
        return value

    referring = ((address, item) for address, item in desired.items() if item.references)
    return {**desired} | {
        address: evolve(item, attributes={name: known(value) for name, value in item.attributes.items()})
        for address, item in referring
    }


@define(eq=False, repr=False)
class Search:
    """The installation searched for what is to be imported. listed: what it was seen to hold already."""

    goal: Goal
    state: State
    drivers: Drivers
    asking: Asking
    diagnostics: Diagnostics
    listed: Listed

    def imported(self, imports: Sequence[Import]) -> dict[Address, Observed]:
        """What the imports name. One without an id may refer to others: these are looked for first."""
        found: dict[Address, Observed] = {}
        left = [item for item in imports if not self._refused(item)]
        while left:
            resources = with_known(self.goal.resources, self.state, found)
            now = [item for item in left if item.id or self._has_key(resources[item.target])] or left
            self._list([resources[item.target] for item in now if not item.id])
            ids = find_imports(self.state, now, resources, self.listed, self.drivers, self.diagnostics)
            read = look_up(ids, self.drivers, self.asking)
            report_missing(now, read, self.drivers, self.diagnostics)
            found |= {address: observed for address, observed in read.items() if observed is not None}
            left = [item for item in left if item not in now]
        return found

    def _refused(self, item: Import) -> bool:
        """Whether nothing of the kind can be imported, which is reported."""
        why = self.drivers[item.target.kind].kind.why_not_imported
        if why:
            advice = "Let planner make a new one, have whoever uses the other take it, and delete that then."
            summary = f"{item.target} cannot be imported: {why}"
            self.diagnostics.error(summary, position=item.position, address=item.target, advice=advice)
        return bool(why)

    def _has_key(self, desired: Desired) -> bool:
        kind = self.drivers[desired.address.kind].kind
        return not any(map(is_deferred, kind.key_of(desired.attributes)))

    def _list(self, desired: Sequence[Desired]) -> None:
        """What lists of these are not there yet: of a new kind, or below what was found just now."""
        lists = {
            (kind, parent)
            for kind, parent in lists_of(desired, self.drivers)
            if parent or kind not in self.listed
        }
        there = list_kinds(frozenset(lists), self.drivers, self.asking)
        more = {kind: {**self.listed.get(kind, {}), **found} for kind, found in there.items()}
        self.listed = {**self.listed, **more}

    def alone(self, singletons: Sequence[Desired]) -> dict[Address, Observed]:
        """Those of singletons that are there. One that the state has at another address is reported."""
        held, found = {whose(prior): prior.address for prior in self.state.entries}, {}
        if not self.listed:
            self._list(singletons)
        for desired in singletons:
            kind, address = self.drivers[desired.address.kind].kind, desired.address
            id_ = kind.identity.id_of(desired.attributes)
            holder = held.get((kind.name, id_))
            if holder is not None and holder not in self.goal.resources:
                self._say_moved(desired, holder)
            elif holder is None and id_ in self.listed.get(kind.name, {}):
                found[address] = self.listed[kind.name][id_]
        return found

    def _say_moved(self, desired: Desired, holder: Address) -> None:
        self.diagnostics.error(
            f"{desired.address} is {holder} already, which is no longer declared",
            position=desired.position,
            address=desired.address,
            advice=f"Say that it moved: moved: [{{from: {holder}, to: {desired.address}}}].",
        )


def find_imports(
    state: State,
    imports: Iterable[Import],
    resources: Mapping[Address, Desired],
    listed: Listed,
    drivers: Drivers,
    diagnostics: Diagnostics,
) -> dict[Address, str]:
    """The ids of what the imports name. What cannot be found, or is not unique, is reported."""
    held = state.holders()
    namesakes = Namesakes(listed)
    found: dict[Address, str] = {}
    for item in imports:
        kind = drivers[item.target.kind].kind
        attributes = resources[item.target].attributes
        ids = [item.id] if item.id else _by_natural_key(kind, attributes, namesakes, held)
        holder = held.get((item.target.kind, ids[0])) if len(ids) == 1 else None
        if len(ids) != 1 or holder is not None:
            summary, advice = _why_not(item, ids, holder, kind)
            diagnostics.error(summary, position=item.position, address=item.target, advice=advice)
        else:
            found[item.target] = ids[0]
            held[item.target.kind, ids[0]] = str(item.target)
    return found


def _by_natural_key(
    kind: Kind, attributes: Mapping[str, Value], namesakes: Namesakes, held: Container[Whose]
) -> list[str]:
    """The ids of what carries the natural key and is nobody's; if there is none, of one that is held."""
    if any(is_deferred(value) or is_sensitive(value) for value in kind.key_of(attributes)):
        return []
    found = namesakes.of(kind, attributes)
    return [id_ for id_ in found if (kind.name, id_) not in held] or list(found[:1])


def _why_not(item: Import, ids: list[str], holder: str | None, kind: Kind) -> tuple[str, str]:
    key = " and ".join(kind.natural_key)
    if holder is not None:
        return f"{ids[0]} cannot become {item.target}: it is {holder} already", "Remove the import block."
    if not ids:
        return (
            f"{item.target} cannot be imported: there is none with its {key}",
            "Give the id in the import block, or remove the block to create it.",
        )
    return (
        f"{item.target} cannot be imported by its {key}: there are {len(ids)} of them, {', '.join(ids)}",
        "Give the id in the import block.",
    )


def report_missing(
    imports: Iterable[Import],
    read: Mapping[Address, Observed | None],
    drivers: Drivers,
    diagnostics: Diagnostics,
) -> None:
    """Reports imports whose id the installation does not know."""
    for item in imports:
        if item.target in read and read[item.target] is None:
            of = drivers[item.target.kind].kind.by_name
            look = "Look the id up: planner export prints what the installation holds."
            diagnostics.error(
                f"there is no {item.target.kind} with the id {item.id}",
                position=item.position,
                address=item.target,
                advice=f"It has the id of its {of}: give that, not a name." if of else look,
            )
