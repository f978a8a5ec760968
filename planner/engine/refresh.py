"""Refresh: what the API has of the resources in the state.

One list call per kind. What the list does not show is asked for one by one, in parallel: resources that seem
to be gone, and those about to be written, whose version and users only a read tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from attrs import evolve, field, frozen

from planner.engine.ports import Drivers
from planner.model.address import Address
from planner.model.resource import Observed, Prior
from planner.model.state import State
from planner.model.value import Value

T = TypeVar("T")
R = TypeVar("R")


@frozen
class View:
    """What was observed. resources: by address, None when gone; what was not asked for is missing.

    listed: every resource of a kind by id, for kinds that were listed.
    """

    resources: Mapping[Address, Observed | None] = field(factory=dict)
    listed: Mapping[str, Mapping[str, Observed]] = field(factory=dict)

    def same_natural_key(
        self, kind: str, natural_key: tuple[str, ...], attributes: Mapping[str, Value]
    ) -> tuple[str, ...]:
        """Ids that carry the same natural key as attributes."""
        wanted = [attributes.get(name) for name in natural_key]
        listed = self.listed.get(kind, {})
        return tuple(
            sorted(i for i, o in listed.items() if [o.attributes.get(name) for name in natural_key] == wanted)
        )


def survey(state: State, kinds: Iterable[str], drivers: Drivers, parallelism: int) -> View:
    """One list call for each of kinds, and a read for each resource of the state that is not in it.

    A resource missing from a list is only believed gone when its own read says so: a list can be cut short
    by a gateway or by rights, and what seems gone would be created a second time.
    """
    wanted = sorted(set(kinds))
    listed = dict(zip(wanted, _each(lambda kind: drivers[kind].list(), wanted, parallelism), strict=True))
    found: dict[Address, Observed | None] = {}
    missing = []
    for address, prior in state.resources.items():
        observed = listed.get(address.kind, {}).get(prior.id)
        if observed is not None:
            found[address] = observed
        elif address.kind in listed:
            missing.append(prior)
    reads = _each(lambda prior: drivers[prior.address.kind].read(prior.id), missing, parallelism)
    found.update({prior.address: observed for prior, observed in zip(missing, reads, strict=True)})
    return View(found, listed)


def examine(view: View, priors: Iterable[Prior], drivers: Drivers, parallelism: int) -> View:
    """view with the named resources read one by one: with version and users."""
    wanted = [prior for prior in priors if view.resources.get(prior.address) is not None]
    reads = _each(lambda prior: drivers[prior.address.kind].read(prior.id), wanted, parallelism)
    found = {prior.address: observed for prior, observed in zip(wanted, reads, strict=True)}
    return evolve(view, resources={**view.resources, **found})


def _each(work: Callable[[T], R], items: list[T], parallelism: int) -> list[R]:
    if len(items) < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(max_workers=min(parallelism, len(items))) as pool:
        return list(pool.map(work, items))
