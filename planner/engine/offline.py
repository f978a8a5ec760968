"""The state that a configuration would have if it were applied, to compare two of them offline. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from planner.model.address import Address
from planner.model.kind import Kind
from planner.model.resource import Desired, Prior
from planner.model.state import State
from planner.model.value import UNKNOWN, Reference, Value, at, conceal, is_deferred, resolve

NO_ID = ""
"""Who has it was not asked, and nobody shows an empty one."""


def imagined(
    project: str,
    environment: str,
    desired: Mapping[Address, Desired],
    outputs: Mapping[str, Value],
    kinds: Mapping[str, Kind],
    salt: str,
) -> State:
    """The state after an apply of desired and outputs.

    What an installation would set stands for itself, as a text that no attribute has, so that two
    configurations that refer to it agree.
    """
    made: dict[Address, Prior] = {}

    def lookup(reference: Reference) -> Value:
        resource = desired.get(reference.address)
        return at(entry(resource).attributes, reference.path) if resource else UNKNOWN

    def entry(resource: Desired) -> Prior:
        address = resource.address
        if address not in made:
            made[address] = _prior(resource, kinds[address.kind], {})  # of a cycle, reported elsewhere
            shown = {name: resolve(value, lookup) for name, value in resource.attributes.items()}
            made[address] = _prior(resource, kinds[address.kind], shown)
        return made[address]

    priors = {address: entry(resource) for address, resource in desired.items()}
    resources = {
        address: evolve(prior, attributes={n: conceal(v, salt) for n, v in prior.attributes.items()})
        for address, prior in priors.items()
    }
    shown = {name: conceal(resolve(value, lookup), salt) for name, value in outputs.items()}
    known = {name: value for name, value in shown.items() if value is not None and not is_deferred(value)}
    return State(project, environment, resources=resources, outputs=known)


def _prior(desired: Desired, kind: Kind, shown: Mapping[str, Value]) -> Prior:
    set_there = {name: f"${{{desired.address}.{name}}}" for name in kind.computed}
    declared = {name: str(value) if is_deferred(value) else value for name, value in shown.items()}
    return Prior(
        address=desired.address,
        id=NO_ID,
        attributes={**set_there, **declared},
        content_sha256=desired.content.sha256 if desired.content else None,
        dependencies=desired.dependencies,
        prevent_destroy=desired.lifecycle.prevent_destroy,
        create_before_destroy=desired.lifecycle.create_before_destroy,
    )
