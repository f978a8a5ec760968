"""Refresh: the resources in the state are looked up at the installation.

One list call per kind, or for each parent that occurs of a kind that lives below others. What the list does
not show is asked for one by one, in parallel: resources that seem to be gone, those of a kind whose list
shows less than a read, and those about to be written, whose version and users only a read tells. An index
may tell what is below many parents. It may be behind: what it shows from before the state was written, or of
what the state does not know, is asked for like what it does not show.

Where a read is forbidden: an ECE says 404 of what is gone, so a 403 there is an error. Elastic Cloud says 403
of what is gone and of what belongs to somebody else alike; there the list tells them apart. Where it names
others that the state holds, these credentials see what the state is about, and what may not be read is gone.
Where it names none of them they may be a stranger's, who would create everything a second time: nothing is
concluded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from threading import Lock
from typing import Any, Final, TypeVar

from attrs import define, evolve, field, frozen

from planner.engine.ports import Counted, Driver, Drivers, uncounted
from planner.errors import Forbidden, PlannerError, Refused
from planner.model.address import Address
from planner.model.compare import sort_key
from planner.model.identity import Parent
from planner.model.kind import Kind
from planner.model.plan import SETTLE, Change, Plan
from planner.model.resource import Desired, Observed, Prior, Request, User
from planner.model.state import Intent, State
from planner.model.value import Value

T = TypeVar("T")
R = TypeVar("R")

Listed = Mapping[str, Mapping[str, Observed]]
"""By kind and id."""

Lists = frozenset[tuple[str, Parent]]
"""What is to be listed: a kind, below a parent."""

_Read = tuple[Prior, Observed | Forbidden | None]


class Threads(ThreadPoolExecutor):
    """Where no further thread can be started, those that there are do the work, in turn. PlannerError from
    the first `submit`, and nothing is done, where there is none.
    """

    def _adjust_thread_count(self) -> None:  # called when the work is in the queue already
        try:
            super()._adjust_thread_count()
        except RuntimeError as error:
            if not self._threads:
                raise PlannerError(
                    f"there is no thread to work with: {error}",
                    advice="Something limits them: see `ulimit -u`, or the limits of the container.",
                ) from error


@frozen(eq=False, repr=False)
class Asking:
    """How installations are asked. parallelism: how many questions at a time. counted: hears how many are
    answered.
    """

    parallelism: int
    counted: Counted = uncounted

    def each(self, work: Callable[[T], R], items: Sequence[T]) -> list[R]:
        """work(item) for each of items, in their order. The first error ends it."""
        self.counted(0, len(items))
        if len(items) < 2:
            return [work(item) for item in items]
        answered, one_by_one = 0, Lock()

        def counting(item: T) -> R:
            nonlocal answered
            result = work(item)
            with one_by_one:
                answered += 1
                self.counted(answered, len(items))
            return result

        pool = Threads(max_workers=min(self.parallelism, len(items)))
        try:
            return list(pool.map(counting, items))
        finally:  # what is left after an error are reads: Ctrl-C does not wait for their replies
            pool.shutdown(wait=False, cancel_futures=True)


@frozen(eq=False, repr=False)
class View:
    """What was observed. resources: by address, None when gone; what was not asked for is missing.

    listed: every resource of a kind by id, for kinds that were listed. deposed: by address and id. imports:
    what import blocks name, by the address it is to have. notes: what had to be concluded. asked: whether the
    state was compared with the installation at all. users: who uses what, by name, where that was asked.
    """

    resources: Mapping[Address, Observed | None] = field(factory=dict)
    listed: Listed = field(factory=dict)
    deposed: Mapping[tuple[Address, str], Observed | None] = field(factory=dict)
    imports: Mapping[Address, Observed] = field(factory=dict)
    notes: tuple[str, ...] = ()
    asked: bool = False
    users: Mapping[Address, tuple[User, ...]] = field(factory=dict)

    @property
    def versions(self) -> dict[tuple[str, str], str]:
        """The versions that reads showed, by kind and id. A list shows none."""
        left = ((address, observed) for (address, _), observed in self.deposed.items())
        shown = (*self.resources.items(), *left, *self.imports.items())
        return {(a.kind, o.id): o.version for a, o in shown if o is not None and o.version is not None}


NOTHING_SEEN: Final = View()


@define
class Namesakes:
    """Which resources carry the same natural key; each kind is indexed when it is first asked for."""

    listed: Listed
    _index: dict[str, dict[Hashable, list[str]]] = field(factory=dict, init=False)

    def of(self, kind: Kind, attributes: Mapping[str, Value]) -> tuple[str, ...]:
        """The ids of the listed resources with the natural key of attributes."""
        if kind.name not in self._index:
            index = self._index[kind.name] = defaultdict(list)
            for id_, observed in self.listed.get(kind.name, {}).items():
                index[_natural_key(kind, observed.attributes)].append(id_)
        found = self._index[kind.name]
        return tuple(sorted(found.get(_natural_key(kind, attributes), ()))) if found else ()


def _natural_key(kind: Kind, attributes: Mapping[str, Value]) -> Hashable:
    values = kind.key_of(attributes)
    return values if all(isinstance(value, str) for value in values) else sort_key(values)


_Thing = Prior | Desired | Change | Intent


def lists_of(things: Iterable[_Thing], drivers: Drivers) -> Lists:
    """The lists in which these are found, as far as it is known what they live below."""
    found: set[tuple[str, Parent]] = set()
    for thing in things:
        if (thing.address.kind, ()) in found:  # nearly always
            continue
        kind = drivers[thing.address.kind].kind
        parent = kind.identity.parent_of(_naming(thing, kind)) if kind.identity.parents else ()
        if parent is not None:
            found.add((kind.name, parent))
    return frozenset(found)


def _naming(thing: _Thing, kind: Kind) -> Mapping[str, Any]:
    """The attributes that say who a thing is: an id is more certain than what was declared."""
    if isinstance(thing, Prior):
        with suppress(ValueError):
            return kind.identity.parts_of(thing.id)
        return {}
    return thing.after if isinstance(thing, Change) else thing.attributes


def looked_before(plan: Plan, drivers: Drivers, listed: Listed, asking: Asking) -> Listed:
    """What is there, by kind and id, before the creates of a plan. listed: what was looked at already."""
    created = {step.address for step in plan.steps if step.operation == "create"}
    changes = (c for c in plan.changes if c.address in created and c.address.kind not in listed)
    return {**listed, **list_kinds(lists_of(changes, drivers), drivers, asking)}


def survey(state: State, desired: Iterable[Desired], drivers: Drivers, asking: Asking) -> View:
    """One list call for each kind and parent that occurs in state and among desired, and a read for each
    resource of the state that is not in it, or not as a whole.

    A resource missing from a list is only believed gone when its own read says so: a list can be cut short
    by a gateway or by rights, and what seems gone would be created a second time.
    """
    listed = list_kinds(_to_list(state, desired, drivers), drivers, asking, state)
    found: dict[Address, Observed | None] = {}
    missing = []
    less = {kind for kind in listed if drivers[kind].kind.list_shows == "less"}
    for address, prior in state.resources.items():
        observed = listed.get(address.kind, {}).get(prior.id)
        if observed is None or address.kind in less:
            missing.append(prior)
        else:
            found[address] = observed
    reads, notes = read_held([*missing, *state.deposed], state, drivers, asking, listed)
    found.update({prior.address: observed for prior, observed in zip(missing, reads, strict=False)})
    found.update(_unsettled(state.resources.values(), found, drivers, asking))
    deposed = zip(state.deposed, reads[len(missing) :], strict=True)
    left = {(prior.address, prior.id): observed for prior, observed in deposed}
    return View(found, listed, left, notes=notes, asked=True)


def _unsettled(
    priors: Iterable[Prior], found: Mapping[Address, Observed | None], drivers: Drivers, asking: Asking
) -> dict[Address, Observed]:
    """What the installation was not done with when it was last looked, and how far it is now."""
    there = [(prior, found[prior.address]) for prior in priors if prior.settling.status]
    asked = [(prior, observed) for prior, observed in there if observed and observed.settling is None]

    def look(item: tuple[Prior, Observed]) -> Observed:
        prior, observed = item
        request = Request(SETTLE, prior.address, {}, prior.attributes, prior.id, prior.version)
        result = drivers[prior.address.kind].settled(request)
        return evolve(result.observed or observed, settling=result.settling)

    looks = asking.each(look, asked) if asked else []
    return {prior.address: seen for (prior, _), seen in zip(asked, looks, strict=True)}


def _to_list(state: State, desired: Iterable[Desired], drivers: Drivers) -> Lists:
    """What is read anyway is listed only where something new is to be looked for."""

    whole = cache(lambda kind: drivers[kind].kind.list_shows == "all")
    held = (prior for prior in state.resources.values() if whole(prior.address.kind))
    new = (d for d in desired if whole(d.address.kind) or d.address not in state.resources)
    return lists_of((*held, *new), drivers)


def examine(view: View, priors: Iterable[Prior], drivers: Drivers, asking: Asking) -> View:
    """view with the named resources read one by one: with version and users, and how far the installation
    is with what it was not done with.
    """
    asked = [prior for prior in priors if view.resources.get(prior.address) is not None]
    reads = asking.each(lambda prior: drivers[prior.address.kind].read(prior.id), asked)
    found = {prior.address: observed for prior, observed in zip(asked, reads, strict=True)}
    found |= _unsettled(asked, found, drivers, asking)
    return evolve(view, resources={**view.resources, **found})


def look_up(ids: Mapping[Address, str], drivers: Drivers, asking: Asking) -> dict[Address, Observed | None]:
    """Resources by their ids, read one by one."""
    reads = asking.each(lambda item: drivers[item[0].kind].read(item[1]), list(ids.items()))
    return dict(zip(ids, reads, strict=True))


def list_kinds(lists: Lists, drivers: Drivers, asking: Asking, state: State | None = None) -> Listed:
    """What is in lists, by kind and id. state: what it knows of may be told by an index."""
    found: dict[str, dict[str, Observed]] = {kind: {} for kind, _ in sorted(lists)}
    asked = []
    for name, below in found.items():
        parents = sorted(parent for kind, parent in lists if kind == name)
        at_once = _at_once(drivers[name], parents, state) if state and len(parents) > 1 else {}
        asked += [(name, parent) for parent in parents if parent not in at_once]
        for there in at_once.values():
            below.update(there)
    for (kind, _), there in zip(asked, asking.each(lambda a: drivers[a[0]].list(a[1]), asked), strict=True):
        found[kind].update(there)
    return found


def _at_once(driver: Driver, parents: Sequence[Parent], state: State) -> dict[Parent, Mapping[str, Observed]]:
    """What is below those parents of which an index can be believed."""
    held = {prior.id: prior for prior in state.resources.values() if prior.address.kind == driver.kind.name}
    shown = (driver.list_all(parents) if held else None) or {}
    return {
        parent: there
        for parent, there in shown.items()
        if all(_is_believed(observed, held.get(id_)) for id_, observed in there.items())
    }


def _is_believed(observed: Observed, prior: Prior | None) -> bool:
    """Of an index: what the state knows, and did not write since, unless nothing can be seen of it."""
    if observed.as_of is None:
        return True
    if prior is None or observed.waits:
        return False
    from planner.model.times import moment  # noqa: PLC0415 - only where an index is asked

    shown, known = moment(observed.as_of), moment(prior.last_modified)
    return shown is not None and known is not None and shown >= known


def read_held(
    priors: Sequence[Prior], state: State, drivers: Drivers, asking: Asking, listed: Listed | None = None
) -> tuple[list[Observed | None], tuple[str, ...]]:
    """What each of priors is now, None when it is gone, and notes on those that are gone by conclusion.

    listed: what was listed of the kinds of state, which is then judged as well; else a list is asked for
    where a read is forbidden. Refused when the credentials see nothing of a kind that state holds.
    """
    found = asking.each(lambda prior: _read(prior, drivers), priors)
    reads = list(zip(priors, found, strict=True))
    notes: list[str] = []
    for kind in dict.fromkeys(prior.address.kind for prior in priors):
        of_kind = [read for read in reads if read[0].address.kind == kind]
        forbidden = [prior for prior, read in of_kind if isinstance(read, Forbidden)]
        driver = drivers[kind]
        if driver.cloud and (forbidden or listed is not None):
            there = (listed or {}).get(kind)
            if there is None:
                below = lists_of([prior for prior, _ in of_kind], drivers)
                there = list_kinds(below, drivers, asking, state)[kind]
            refuse_blind(driver, state, there, of_kind)
            notes += [
                f"{prior.address} is gone: the list does not name it, though it names others of this state, "
                f"and a read of it is forbidden, as {driver.cloud} answers of what is gone"
                for prior in forbidden
            ]
    return [None if isinstance(read, Forbidden) else read for read in found], tuple(notes)


def _read(prior: Prior, drivers: Drivers) -> Observed | Forbidden | None:
    driver = drivers[prior.address.kind]
    try:
        return driver.read(prior.id)
    except Forbidden as error:
        if not driver.cloud:
            raise
        return error


def refuse_blind(
    driver: Driver, state: State, there: Mapping[str, Observed], reads: Sequence[_Read] = ()
) -> None:
    """On Elastic Cloud, raises when what the credentials see of state proves nothing: Refused, or the
    Forbidden that stays an error. there: the list of the driver's kind.
    """
    held = [prior for prior in state.entries if prior.address.kind == driver.kind.name]
    sees = any(prior.id in there for prior in held)
    if held and not sees and not any(isinstance(read, Observed) for _, read in reads):
        raise _sees_none(driver, state, len(held))
    for prior, read in reads:
        if isinstance(read, Forbidden) and (prior.id in there or not sees):
            raise read


def _sees_none(driver: Driver, state: State, count: int) -> Refused:
    kind = driver.kind.name
    these = f"{count} resource{'s' * (count != 1)} of this state"
    if count != len(state.entries):
        these += f" that {'is' if count == 1 else 'are'} of the kind {kind}"
    return Refused(
        f"these credentials see none of the {these}",
        advice=f"The list names none of them, and {driver.cloud} answers alike of what is gone and "
        "of what belongs to somebody else. Use the credentials that this state was applied with. If all "
        f"are gone, let the state forget them: planner state rm '{kind}.*'.",
    )
