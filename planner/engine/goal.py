"""The goal of a plan: what is desired of an environment, and how much of that is to be reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import evolve, field, frozen

from planner.engine.selection import Selection
from planner.model.address import Address
from planner.model.declarations import Declarations
from planner.model.plan import NORMAL
from planner.model.resource import Desired
from planner.model.state import State
from planner.model.value import Path, Value, fingerprints, is_sensitive

Origins = Callable[[Address, Path], tuple[str, ...]]
"""Where a declared value comes from, for people. To find it out is work, and no part of planning."""


@frozen
class Goal:
    """What a plan is to reach. resources, outputs: as desired. salt: hex, for the fingerprints of secrets.

    declared: all that the templates declare, where not all of it is desired.
    """

    project: str
    environment: str
    config_digest: str
    salt: str
    resources: Mapping[Address, Desired] = field(factory=dict)
    outputs: Mapping[str, Value] = field(factory=dict)
    mode: str = NORMAL
    declarations: Declarations = field(factory=Declarations)
    selection: Selection = field(factory=Selection)
    origins: Origins = field(default=lambda _address, _path: (), eq=False)
    declared: Mapping[Address, Desired] = field(factory=dict)

    @property
    def dependencies(self) -> dict[Address, tuple[Address, ...]]:
        return {address: desired.dependencies for address, desired in self.resources.items()}

    def secrets(self, address: Address) -> Mapping[str, Value] | None:
        """The attributes of a resource that templates make secret, as fingerprints; None for none.

        What an installation has in their place may be a secret too, of before it was changed.
        """
        desired = (self.declared or self.resources).get(address)
        if desired is None:
            return None
        found = {n: fingerprints(v, self.salt) for n, v in desired.attributes.items() if is_sensitive(v)}
        return found or None

    def creating_first(self) -> Goal:
        """This, where whatever a create_before_destroy resource depends on is one too.

        Else the replacement of the dependency would have to delete it while the old dependent is still there.
        """
        resources = dict(self.resources)
        todo = [desired for desired in resources.values() if desired.lifecycle.create_before_destroy]
        while todo:
            for address in todo.pop().dependencies:
                other = resources.get(address)
                if other and not other.lifecycle.create_before_destroy:
                    first = evolve(other.lifecycle, create_before_destroy=True)
                    resources[address] = evolve(other, lifecycle=first)
                    todo.append(resources[address])
        return evolve(self, resources=resources)

    def following(self, state: State) -> Goal:
        """This, where the selection follows what moved. state: after the moves."""
        there = {*self.resources, *(prior.address for prior in state.entries)}
        return evolve(self, selection=self.selection.following(self.declarations.moves, there))
