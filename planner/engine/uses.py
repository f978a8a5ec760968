"""Who holds a use of what, at which address, and whether the plan takes the use away. Pure.

What a kind refers to by x-reference it uses, on behalf of whom its file names as user. So when an
installation says of a resource that a deployment uses it, that leads to the resources here which make it so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from attrs import define, frozen

from planner.engine.decisions import Decisions
from planner.model.address import Address
from planner.model.facets import Attribute
from planner.model.kind import Kind
from planner.model.plan import Action
from planner.model.value import Value


@frozen
class Use:
    """That something is used. target: kind and attribute of what is used, as "extension.url". value: of that
    attribute. by: whoever uses it, as used_by names it.
    """

    target: str
    value: str
    by: str


def uses_of(kind: Kind, attributes: Mapping[str, Value]) -> Iterator[Use]:
    """What a resource of a kind uses, as far as its attributes are known."""
    by = attributes.get(kind.user) if kind.user else None
    if not isinstance(by, str):
        return
    for attribute in kind.referring:
        found = _referred(attribute, attributes.get(attribute.name))
        yield from (Use(target, text, by) for target, text in found)


def _referred(attribute: Attribute, value: Value) -> Iterator[tuple[str, str]]:
    """Each reference in a value: what it leads to, and the value there."""
    if attribute.reference and isinstance(value, str):
        yield attribute.reference, value
    if isinstance(value, list | tuple):
        for item in value:
            yield from _referred(attribute.item, item)
    elif isinstance(value, Mapping) and not attribute.key:
        for key, item in value.items():
            below = attribute.below(key)
            if below.reference or type(item) is not str:
                yield from _referred(below, item)


@frozen
class Users:
    """Who keeps using a resource after the plan, in words; and whose changes take the other uses away."""

    keeping: tuple[str, ...] = ()
    leaving: tuple[Address, ...] = ()


def _named(by: str, name: str, holders: Iterable[Address]) -> str:
    """A user in words: by name where that is known, with the resources here that make it one."""
    about = [*([by] if name else []), *map(str, holders)]
    return f"{name or by} ({', '.join(about)})" if about else by


@define(eq=False, repr=False, slots=False)
class Uses:
    """The uses that the resources of a plan hold now, and will hold."""

    decisions: Decisions

    @cached_property
    def _holders(self) -> Mapping[Use, list[Address]]:
        found: dict[Use, list[Address]] = defaultdict(list)
        for address, prior in self.decisions.refreshed.priors.items():
            for use in uses_of(self._kind(address), prior.attributes):
                found[use].append(address)
        return found

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The names of all who may use something, by id, as far as this plan learnt of them."""
        view = self.decisions.refreshed.view
        found = {user.id: user.name for users in view.users.values() for user in users if user.name}
        seen = (observed for observed in view.resources.values() if observed is not None)
        return {**{each.id: str(name) for each in seen if (name := each.about.get("name"))}, **found}

    def _kind(self, address: Address) -> Kind:
        return self.decisions.drivers[address.kind].kind

    def after(self, address: Address, attributes: Mapping[str, Value], used_by: Sequence[str]) -> Users:
        """The users of the resource with these attributes. used_by: as the installation names them."""
        keeping, leaving = [], []
        for by in used_by:
            found = [*dict.fromkeys(self._held(address.kind, attributes, by))]
            stay = [holder for holder, use in found if not self._is_left(holder, use)]
            if found and not stay:
                leaving += [holder for holder, _ in found]
            else:
                keeping.append(_named(by, self.names.get(by, ""), dict.fromkeys(stay)))
        return Users(tuple(keeping), tuple(dict.fromkeys(leaving)))

    def waiting(self, address: Address, attributes: Mapping[str, Value]) -> tuple[str, ...]:
        """On whose behalf the resource is used by what has to wait, so that the use stays."""
        texts = ((name, value) for name, value in attributes.items() if isinstance(value, str))
        targets = {(f"{address.kind}.{name}", value) for name, value in texts}
        waits = self.decisions.refreshed.waits
        found = (
            use.by
            for use, holders in self._holders.items()
            if (use.target, use.value) in targets and any(map(waits, holders))
        )
        return tuple(dict.fromkeys(found))

    def _held(self, kind: str, attributes: Mapping[str, Value], by: str) -> Iterator[tuple[Address, Use]]:
        for name, value in attributes.items():
            if isinstance(value, str):
                use = Use(f"{kind}.{name}", value, by)
                yield from ((holder, use) for holder in self._holders.get(use, ()))

    def _is_left(self, holder: Address, use: Use) -> bool:
        """Whether the plan takes the use away. A plan of a selection may leave the change out."""
        decision = self.decisions.made.get(holder)
        decisions = self.decisions
        if decision is None or decisions.goal.selection.partial or holder in decisions.withheld:
            return False
        if decision.change.action in (Action.DELETE, Action.REPLACE):
            return True
        changes = decision.change.action is Action.UPDATE
        return changes and use not in uses_of(self._kind(holder), decision.after)
