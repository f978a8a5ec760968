"""Export: what an installation holds and the state does not, as resources to declare and to import."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, Final

from attrs import define, field, frozen

from planner.engine.ports import Driver, Drivers
from planner.engine.refresh import Asking
from planner.errors import ApiError, PlannerError
from planner.model.address import Address
from planner.model.agreement import compared
from planner.model.declarations import Import
from planner.model.facets import Attribute
from planner.model.identity import Parent
from planner.model.resource import Observed
from planner.model.state import State
from planner.model.value import Deferred, Reference, Value


@frozen
class Export:
    """What an export found: resources to declare, and how to import them. resources: address -> attributes to
    declare. known: how many the state holds already.

    left_out: the attributes that hold a secret. They are ignored, so that no plan takes them away.
    kind, the attributes with secrets that no installation shows. passed: what else is not in it, and why.
    unasked: kinds that live below what nobody named. unserved: kinds that the installation does not show.
    """

    resources: Mapping[Address, Mapping[str, Value]] = field(factory=dict)
    left_out: Mapping[Address, tuple[str, ...]] = field(factory=dict)
    imports: tuple[Import, ...] = ()
    unshown: Mapping[str, tuple[str, ...]] = field(factory=dict)
    passed: tuple[tuple[str, str], ...] = ()
    known: int = 0
    unasked: tuple[str, ...] = ()
    unserved: tuple[str, ...] = ()


_NOT_SHOWN: Final = (403, 404, 405)

Wanted = Mapping[str, Sequence[Parent]]
"""Kinds to export, each with the parents that are named; () for all that can be found."""


@define(eq=False, repr=False)
class Exporter:
    """One export. declared: the addresses that templates declare, to which references can lead.

    discreet: a value as it may be shown; itself, not a copy, when no secret is in it. lenient: kinds that the
    installation does not show are passed over.
    """

    state: State
    drivers: Drivers
    asking: Asking
    declared: Collection[Address]
    discreet: Callable[[Any], Any]
    lenient: bool = False
    _found: dict[Address, Mapping[str, Value]] = field(factory=dict)
    _observed: dict[Address, Mapping[str, Value]] = field(factory=dict)
    _left_out: dict[Address, tuple[str, ...]] = field(factory=dict)
    _imports: list[Import] = field(factory=list)
    _passed: list[tuple[str, str]] = field(factory=list)
    _known: int = 0
    _unasked: list[str] = field(factory=list)
    _unserved: list[str] = field(factory=list)
    _listed: dict[tuple[str, Parent], Mapping[str, Observed]] = field(factory=dict)
    _named: dict[str, dict[Value, Address]] = field(factory=dict)

    def export(self, wanted: Wanted) -> Export:
        """Asks each list once; ids that the state holds are left out."""
        held, taken = self.state.holders(), {prior.address for prior in self.state.entries}
        for kind, named in wanted.items():
            driver = self.drivers[kind]
            for name, id_, observed in sorted(self._there(driver, named), key=itemgetter(0, 1)):
                if (kind, id_) in held:
                    self._known += 1
                elif observed.waits:
                    self._passed.append((f"{kind}/{id_}", observed.waits))
                else:
                    address = _free_address(kind, self.discreet(name), taken)
                    taken.add(address)
                    self._take(address, observed, driver)
        for address, attributes in self._found.items():
            self._found[address] = self._referring(address, attributes)
        return Export(
            self._found,
            self._left_out,
            tuple(self._imports),
            {kind: names for kind in wanted if (names := self._secrets_of(kind))},
            tuple(self._passed),
            self._known,
            tuple(self._unasked),
            tuple(self._unserved),
        )

    def _secrets_of(self, kind: str) -> tuple[str, ...]:
        """The attributes with secrets that no installation shows, of a kind of which something was found."""
        if all(address.kind != kind for address in self._found):
            return ()
        found = self.drivers[kind].kind
        return tuple(name for name in found.declarable if found.attributes[name].holds_secret)

    def _there(self, driver: Driver, named: Sequence[Parent]) -> Iterable[tuple[str, str, Observed]]:
        try:
            return self._named_of(driver, named)
        except ApiError as error:
            if not (self.lenient and error.status in _NOT_SHOWN):
                raise
            self._unserved.append(driver.kind.name)
            return ()

    def _take(self, address: Address, observed: Observed, driver: Driver) -> None:
        attributes = declared(observed.attributes, driver)
        if secret := tuple(n for n, value in attributes.items() if self.discreet(value) is not value):
            self._left_out[address] = secret
        self._found[address] = _ignoring(attributes, secret)
        self._observed[address] = observed.attributes
        self._passed += ((str(address), told) for told in driver.undeclarable(observed))
        self._imports.append(Import(address, observed.id))

    def _named_of(self, driver: Driver, named: Sequence[Parent]) -> Iterator[tuple[str, str, Observed]]:
        parents = self._called(driver, named) or self._parents_of(driver)
        there = self._lists(driver, parents)
        for parent in parents if named else ():
            if parent and not self._listed[driver.kind.name, parent]:
                self._passed.append(("/".join([driver.kind.name, *parent]), "there is nothing"))
        if driver.kind.list_shows == "less":
            read = self.asking.each(driver.read, [*there])
            there = {observed.id: observed for observed in read if observed is not None}
        return ((_name_of(observed, driver), id_, observed) for id_, observed in there.items())

    def _called(self, driver: Driver, named: Sequence[Parent]) -> list[Parent]:
        """named, by ids where people may give names. PlannerError for what nothing is called, or several."""
        kind = driver.kind
        if kind.identity.parents != (kind.by_name,):
            return [*named]
        found = driver.named([name for (name,) in named])
        for (name,) in named:
            ids = found[name]
            told = f"{len(ids)} are called so: {', '.join(ids)}" if ids else "nothing has that name or id"
            if len(ids) != 1:
                raise PlannerError(f"{kind.name}/{name}: {told}", advice="Give an id that is there.")
        return [(found[name][0],) for (name,) in named]

    def _lists(self, driver: Driver, parents: Sequence[Parent]) -> dict[str, Observed]:
        name = driver.kind.name
        new = [parent for parent in parents if (name, parent) not in self._listed]
        for parent, there in zip(new, self.asking.each(driver.list, new), strict=True):
            self._listed[name, parent] = there
        return {id_: item for parent in parents for id_, item in self._listed[name, parent].items()}

    def _parents_of(self, driver: Driver) -> list[Parent]:
        """What resources of the kind may live below: what a reference leads to, and what the state knows."""
        identity = driver.kind.identity
        if not identity.parents:
            return [()]
        known = {
            identity.parent_of(identity.parts_of(prior.id))
            for prior in self.state.entries
            if prior.address.kind == driver.kind.name
        }
        first = driver.kind.attributes[identity.parents[0]]
        kind, _, attribute = first.reference.partition(".")
        if kind and len(identity.parents) == 1:
            there = self._lists(self.drivers[kind], [()]).values()
            known |= {(str(item.attributes[attribute]),) for item in there if attribute in item.attributes}
        else:
            self._unasked.append(driver.kind.name)
        return sorted(parent for parent in known if parent is not None)

    def _referring(self, address: Address, attributes: Mapping[str, Value]) -> dict[str, Value]:
        kind = self.drivers[address.kind].kind
        return {
            name: _with_references(kind.attributes[name], value, partial(self._reference, address))
            if name in kind.attributes
            else value
            for name, value in attributes.items()
        }

    def _reference(self, of: Address, target: str, value: Value) -> Value:
        """A reference to what has value as its attribute target, as "extension.url"; else value."""
        if target not in self._named:
            self._named[target] = dict(self._having(*target.split(".", 1)))
        address = self._named[target].get(value) if isinstance(value, str) else None
        if address is None or address == of:
            return value
        return Deferred((Reference(address, tuple(target.split(".")[1:])),))

    def _having(self, kind: str, attribute: str) -> Iterator[tuple[Value, Address]]:
        held = ((a, p.attributes) for a, p in self.state.resources.items() if a in self.declared)
        for address, attributes in (*held, *self._observed.items()):
            if address.kind == kind and isinstance(attributes.get(attribute), str):
                yield attributes[attribute], address


def _with_references(attribute: Attribute, value: Value, find: Callable[[str, Value], Value]) -> Value:
    """value with references in place of what other resources have, at every depth."""
    if attribute.reference:
        return find(attribute.reference, value)
    members = attribute.members(value)
    if members is not None:
        below = {key: _with_references(attribute.below(key), item, find) for key, item in members.items()}
        return attribute.rebuilt(below)
    if isinstance(value, list | tuple):
        return [_with_references(attribute.item, item, find) for item in value]
    return value


def _ignoring(attributes: dict[str, Value], names: tuple[str, ...]) -> dict[str, Value]:
    """What stands for a secret is no value: written down, the next apply would put it in its place."""
    if not names:
        return attributes
    kept = {name: value for name, value in attributes.items() if name not in names}
    return {**kept, "lifecycle": {"ignore_changes": list(names)}}


def declared(observed: Mapping[str, Value], driver: Driver) -> dict[str, Value]:
    """The attributes that a template would declare so that nothing differs: no secret, and not what the
    server sets, at any depth.
    """
    kind = driver.kind
    found = {
        name: compared(kind.attributes[name], observed[name], _undeclared)
        for name in kind.declarable
        if name in observed and not (kind.attributes[name].local or name in kind.said_elsewhere)
    }
    shown = ((kind.attributes[name], value) for name, value in found.items())
    return {a.name: _declarable(a, value) for a, value in shown if not a.write_only}


def _declarable(attribute: Attribute, value: Value) -> Value:
    """value without the members that nobody can declare but with a secret."""
    members = attribute.members(value)
    if members is None or not attribute.holds_secret:
        return value
    below = ((key, attribute.below(key), item) for key, item in members.items())
    kept = {key: _declarable(node, item) for key, node, item in below if not _needs_secret(node)}
    return attribute.rebuilt(kept)


def _needs_secret(attribute: Attribute) -> bool:
    return any(below.required and below.write_only for below in attribute.properties.values())


def _undeclared(attribute: Attribute, known: Value, there: Value) -> bool:  # noqa: ARG001 - one of Passes
    return attribute.read_only or attribute.write_only


def _name_of(observed: Observed, driver: Driver) -> str:
    """By what people call it, or what it is of; else by its natural key."""
    called = observed.about.get("name") if driver.kind.by_name else None
    key = "_".join(map(str, filter(None, driver.kind.key_of(observed.attributes))))
    return str(called or key or observed.id)


def _free_address(kind: str, name: str, taken: set[Address]) -> Address:
    slug = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_-") or "unnamed"
    if not (slug[0].isalpha() or slug[0] == "_"):
        slug = f"_{slug}"
    address, number = Address(kind, slug), 2
    while address in taken:
        address, number = Address(kind, f"{slug}_{number}"), number + 1
    return address
