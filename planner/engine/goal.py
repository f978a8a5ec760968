"""The goal of a plan: what is desired of an environment, and how much of that is to be reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from itertools import chain

from attrs import define, evolve, field, frozen

from planner.engine.selection import Selection
from planner.model.address import Address
from planner.model.compare import same
from planner.model.declarations import Declarations
from planner.model.kept import NOTHING_MORE, Wanted
from planner.model.kind import Kind
from planner.model.plan import NORMAL
from planner.model.resource import Desired
from planner.model.state import Applied, State
from planner.model.value import UNKNOWN, Path, Value, fingerprints, is_sensitive, references


@frozen
class Origins:
    """Where declared values come from, for people. To find it out is work, and no part of planning.

    of: what the value at a path was made of, as "var.bundle_version, environments/prod.yaml:3". line: of a
    template, where it is declared. variables: their values. changed: what did, as "var.bundle_version" or the
    name of a file; None: the variables that are not as they were at the last apply.
    """

    of: Callable[[Address, Path], tuple[str, ...]] = lambda *_: ()
    line: Callable[[Address, Path], str] = lambda *_: ""
    variables: Mapping[str, Value] = field(factory=dict)
    changed: Collection[str] | None = None

    def since(self, applied: Applied | None) -> Origins:
        """These, where it is known what changed since then."""
        if self.changed is not None:
            return self
        before = applied.inputs if applied else self.variables
        changed = (
            name for name, value in self.variables.items() if not same(value, before.get(name, UNKNOWN))
        )
        return evolve(self, changed={f"var.{name}" for name in changed})

    def to_blame(self, address: Address, path: Path) -> tuple[str, ...]:
        """What changed of what the value was made of."""
        return tuple(origin for origin in self.of(address, path) if self._has_changed(origin))

    def _has_changed(self, origin: str) -> bool:
        """A local has, as far as one can tell, where the file did that it is in."""
        changed = self.changed or ()
        name, _, place = origin.partition(", ")
        return name in changed or (name.startswith("local.") and place in changed)


@define(slots=False, frozen=True)
class Goal:
    """What a plan is to reach. resources, outputs: as desired. salt: hex, for the fingerprints of secrets.

    declared: all that the templates declare, where not all of it is desired. retried: names of roll-outs
    that are to begin though they failed before.
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
    origins: Origins = field(factory=Origins, eq=False)
    declared: Mapping[Address, Desired] = field(factory=dict)
    retried: tuple[str, ...] = ()

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

    def wanted(self, address: Address, kind: Kind, id_: str) -> Wanted:
        """What is to be kept of the partial attributes of a resource. id_: of the one that is there: what is
        declared of another one, which takes its place, is not ours in it."""
        if not kind.partial:
            return NOTHING_MORE
        desired, planned = (self.declared or self.resources).get(address), self.resources.get(address)
        other = kind.identity.id_of(planned.attributes) if planned else ""
        declared = desired.attributes if desired and other in ("", id_) else {}
        return Wanted(declared, self.reads.get(address, ()))

    @cached_property
    def reads(self) -> Mapping[Address, Collection[Path]]:
        """The paths that references read, by the resource."""
        found: dict[Address, set[Path]] = defaultdict(set)
        of_resources = (desired.references for desired in (self.declared or self.resources).values())
        for reference in (*chain.from_iterable(of_resources), *references(self.outputs)):
            found[reference.address].add(reference.path)
        return found

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
