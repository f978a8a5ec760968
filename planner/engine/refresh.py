"""Refresh: what the API has of the resources in the state.

One list call per kind. What the list does not show is asked for one by one, in parallel: resources that seem
to be gone, and those about to be written, whose version and users only a read tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping

from attrs import define, evolve, field, frozen

from planner.engine.ports import Drivers
from planner.engine.reading import each, read_held
from planner.model.address import Address
from planner.model.compare import sort_key
from planner.model.kind import Kind
from planner.model.plan import Plan
from planner.model.resource import Observed, Prior
from planner.model.state import State
from planner.model.value import Value


@frozen
class View:
    """What was observed. resources: by address, None when gone; what was not asked for is missing.

    listed: every resource of a kind by id, for kinds that were listed. deposed: by address and id. imports:
    what import blocks name, by the address it is to have. notes: what had to be concluded. asked: whether the
    state was compared with the installation at all.
    """

    resources: Mapping[Address, Observed | None] = field(factory=dict)
    listed: Mapping[str, Mapping[str, Observed]] = field(factory=dict)
    deposed: Mapping[tuple[Address, str], Observed | None] = field(factory=dict)
    imports: Mapping[Address, Observed] = field(factory=dict)
    notes: tuple[str, ...] = ()
    asked: bool = False


@define
class Namesakes:
    """Which resources carry the same natural key; each kind is indexed when it is first asked for."""

    view: View
    _index: dict[str, dict[Hashable, list[str]]] = field(factory=dict, init=False)

    def of(self, kind: Kind, attributes: Mapping[str, Value]) -> tuple[str, ...]:
        """The ids of the listed resources with the natural key of attributes."""
        if kind.name not in self._index:
            index = self._index[kind.name] = defaultdict(list)
            for id_, observed in self.view.listed.get(kind.name, {}).items():
                index[_natural_key(kind, observed.attributes)].append(id_)
        found = self._index[kind.name]
        return tuple(sorted(found.get(_natural_key(kind, attributes), ()))) if found else ()


def _natural_key(kind: Kind, attributes: Mapping[str, Value]) -> Hashable:
    values = tuple(attributes.get(name) for name in kind.natural_key)
    return values if all(isinstance(value, str) for value in values) else sort_key(values)


def looked_before(
    plan: Plan, drivers: Drivers, listed: Mapping[str, Mapping[str, Observed]], parallelism: int
) -> Mapping[str, Mapping[str, Observed]]:
    """What is there, by kind and id, before the creates of a plan. listed: what was looked at already."""
    kinds = sorted({step.address.kind for step in plan.steps if step.operation == "create"} - listed.keys())
    return {**listed, **_listed(kinds, drivers, parallelism)}


def survey(state: State, kinds: Iterable[str], drivers: Drivers, parallelism: int) -> View:
    """One list call for each of kinds, and a read for each resource of the state that is not in it.

    A resource missing from a list is only believed gone when its own read says so: a list can be cut short
    by a gateway or by rights, and what seems gone would be created a second time.
    """
    names = sorted(set(kinds))
    listed = _listed(names, drivers, parallelism)
    found: dict[Address, Observed | None] = {}
    missing = []
    for address, prior in state.resources.items():
        observed = listed.get(address.kind, {}).get(prior.id)
        if observed is not None:
            found[address] = observed
        elif address.kind in listed:
            missing.append(prior)
    reads, notes = read_held([*missing, *state.deposed], state, drivers, parallelism, listed)
    found.update({prior.address: observed for prior, observed in zip(missing, reads, strict=False)})
    deposed = zip(state.deposed, reads[len(missing) :], strict=True)
    left = {(prior.address, prior.id): observed for prior, observed in deposed}
    return View(found, listed, left, notes=notes, asked=True)


def examine(view: View, priors: Iterable[Prior], drivers: Drivers, parallelism: int) -> View:
    """view with the named resources read one by one: with version and users."""
    asked = [prior for prior in priors if view.resources.get(prior.address) is not None]
    reads = each(lambda prior: drivers[prior.address.kind].read(prior.id), asked, parallelism)
    found = {prior.address: observed for prior, observed in zip(asked, reads, strict=True)}
    return evolve(view, resources={**view.resources, **found})


def look_up(ids: Mapping[Address, str], drivers: Drivers, parallelism: int) -> dict[Address, Observed | None]:
    """Resources by their ids, read one by one."""
    reads = each(lambda item: drivers[item[0].kind].read(item[1]), list(ids.items()), parallelism)
    return dict(zip(ids, reads, strict=True))


def _listed(kinds: list[str], drivers: Drivers, parallelism: int) -> dict[str, Mapping[str, Observed]]:
    return dict(zip(kinds, each(lambda kind: drivers[kind].list(), kinds, parallelism), strict=True))
