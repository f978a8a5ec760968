"""Export: what an installation holds and the state does not, as resources to declare and to import."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from planner.engine.ports import Driver, Drivers
from planner.model.address import Address
from planner.model.declarations import Import
from planner.model.resource import Observed
from planner.model.state import State
from planner.model.value import Value

Discreet = Callable[[Any], Any]


@frozen
class Export:
    """resources: address -> attributes to declare. known: how many the state holds already.

    left_out: the attributes that hold a secret. They are ignored, so that no plan takes them away.
    """

    resources: Mapping[Address, Mapping[str, Value]] = field(factory=dict)
    left_out: Mapping[Address, tuple[str, ...]] = field(factory=dict)
    imports: tuple[Import, ...] = ()
    known: int = 0


def export(state: State, kinds: Sequence[str], drivers: Drivers, discreet: Discreet) -> Export:
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
        for id_, observed in sorted(
            driver.list().items(), key=lambda item: (_name_of(item[1], driver), item[0])
        ):
            if (kind, id_) in held:
                known += 1
                continue
            address = _free_address(kind, discreet(_name_of(observed, driver)), taken)
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
    attributes = driver.kind.attributes
    return {
        name: observed[name]
        for name, attribute in attributes.items()
        if name in observed and not attribute.read_only and not attribute.local
    }


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
