"""Imports: what an installation holds and the state does not. Import blocks name it; an export lists it, as
resources to declare and to import.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import Any

from attrs import evolve, field, frozen

from planner.engine.goal import Goal
from planner.engine.ports import Driver, Drivers
from planner.engine.refresh import Listed, Namesakes
from planner.model.address import Address
from planner.model.declarations import Import
from planner.model.diagnostic import Diagnostics
from planner.model.kind import Kind
from planner.model.plan import NORMAL
from planner.model.resource import Desired, Observed
from planner.model.state import State, Whose, whose
from planner.model.value import UNKNOWN, Reference, Value, at, is_deferred, is_sensitive, resolve


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
    known = {*state.resources, *(item.target for item in imports)}
    new = (desired for address, desired in resources.items() if address not in known)
    return [desired for desired in new if drivers[desired.address.kind].kind.singleton]


def found_alone(
    singletons: Iterable[Desired],
    state: State,
    goal: Goal,
    listed: Listed,
    drivers: Drivers,
    diagnostics: Diagnostics,
) -> dict[Address, Observed]:
    """Those of singletons that are there. One that the state has at another address is reported."""
    held, found = {whose(prior): prior.address for prior in state.entries}, {}
    for desired in singletons:
        kind, address = drivers[desired.address.kind].kind, desired.address
        id_ = kind.identity.id_of(desired.attributes)
        holder = held.get((kind.name, id_))
        if holder is not None and holder not in goal.resources:
            diagnostics.error(
                f"{address} is {holder} already, which is no longer declared",
                position=desired.position,
                address=address,
                advice=f"Say that it moved: moved: [{{from: {holder}, to: {address}}}].",
            )
        elif holder is None and id_ in listed.get(kind.name, {}):
            found[address] = listed[kind.name][id_]
    return found


def with_known(desired: Mapping[Address, Desired], state: State) -> dict[Address, Desired]:
    """desired, with the values in place of references that state has, for who has to be found now."""

    def lookup(reference: Reference) -> Value:
        prior = state.resources.get(reference.address)
        return UNKNOWN if prior is None else at(prior.attributes, reference.path)

    def known(value: Value) -> Value:
        with suppress(ValueError):  # it is told where the value is planned
            return resolve(value, lookup)
        return value

    return {
        address: evolve(item, attributes={name: known(value) for name, value in item.attributes.items()})
        if item.references
        else item
        for address, item in desired.items()
    }


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
    imports: Iterable[Import], read: Mapping[Address, Observed | None], diagnostics: Diagnostics
) -> None:
    """Reports imports whose id the installation does not know."""
    for item in imports:
        if item.target in read and read[item.target] is None:
            diagnostics.error(
                f"there is no {item.target.kind} with the id {item.id}",
                position=item.position,
                address=item.target,
                advice="Look the id up: planner export prints what the installation holds.",
            )


@frozen
class Export:
    """What an export found: resources to declare, and how to import them. resources: address -> attributes to
    declare. known: how many the state holds already.

    left_out: the attributes that hold a secret. They are ignored, so that no plan takes them away.
    """

    resources: Mapping[Address, Mapping[str, Value]] = field(factory=dict)
    left_out: Mapping[Address, tuple[str, ...]] = field(factory=dict)
    imports: tuple[Import, ...] = ()
    known: int = 0


def export(state: State, kinds: Sequence[str], drivers: Drivers, discreet: Callable[[Any], Any]) -> Export:
    """Lists each kind once; ids that the state holds are left out.

    discreet: a value as it may be shown; itself, not a copy, when no secret is in it.
    """
    resources: dict[Address, Mapping[str, Value]] = {}
    left_out: dict[Address, tuple[str, ...]] = {}
    imports: list[Import] = []
    known = 0
    held = state.holders()
    taken = {prior.address for prior in state.entries}
    for kind in kinds:
        driver = drivers[kind]
        named = ((_name_of(observed, driver), id_, observed) for id_, observed in driver.list().items())
        for name, id_, observed in sorted(named, key=itemgetter(0, 1)):
            if (kind, id_) in held:
                known += 1
                continue
            address = _free_address(kind, discreet(name), taken)
            taken.add(address)
            attributes = declared(observed.attributes, driver)
            if secret := tuple(name for name, value in attributes.items() if discreet(value) is not value):
                left_out[address] = secret
            resources[address] = _ignoring(attributes, secret)
            imports.append(Import(address, id_))
    return Export(resources, left_out, tuple(imports), known)


def _ignoring(attributes: dict[str, Value], names: tuple[str, ...]) -> dict[str, Value]:
    """What stands for a secret is no value: written down, the next apply would put it in its place."""
    if not names:
        return attributes
    kept = {name: value for name, value in attributes.items() if name not in names}
    return {**kept, "lifecycle": {"ignore_changes": list(names)}}


def declared(observed: Mapping[str, Value], driver: Driver) -> dict[str, Value]:
    """The attributes that a template would declare so that nothing differs."""
    kind = driver.kind
    return {name: observed[name] for name in kind.declarable if name in observed and name not in kind.local}


def _name_of(observed: Observed, driver: Driver) -> str:
    return "_".join(map(str, filter(None, driver.kind.key_of(observed.attributes)))) or observed.id


def _free_address(kind: str, name: str, taken: set[Address]) -> Address:
    slug = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_-") or "unnamed"
    if not (slug[0].isalpha() or slug[0] == "_"):
        slug = f"_{slug}"
    address, number = Address(kind, slug), 2
    while address in taken:
        address, number = Address(kind, f"{slug}_{number}"), number + 1
    return address
