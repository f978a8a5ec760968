"""The same resource in several environments: which changes belong together, and where they differ.

What differs everywhere says nothing: the names that environments give, their prefixes, the ids of their
resources (own.py). It is named apart from what differs otherwise, and nothing that differs is left unnamed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from attrs import define, frozen

from planner.model.address import Address
from planner.render.html.own import NOTHING, Own, prefixes
from planner.render.resource_view import LOSSES, ChangeView
from planner.render.rows import key_of

_MOST_ROWS: Final = 200
_NAMED: Final = 3
_CONTENT: Final = "content"

Side = tuple[str, Any, Any]
"""An attribute as it is compared: its sign, before and after."""


@define(slots=False, frozen=True, eq=False)
class ShownChange:
    """A change where the report shows it. anchor: the id of its row."""

    item: ChangeView
    environment: str
    anchor: str

    @cached_property
    def attributes(self) -> Mapping[str, Side]:
        """What is compared of it, by name. Where a value comes from is not."""
        rows = self.item.rows
        found = {
            row.name: (row.sign, *((None, None) if row.hidden else (row.before, row.after))) for row in rows
        }
        change = self.item.change
        if _CONTENT in found:  # the row shows a part of the hashes
            hashes = change.content_before, change.content.sha256 if change.content else None
            found[_CONTENT] = (found[_CONTENT][0], *hashes)
        return found


@frozen
class Compared:
    """How the changes of one resource compare. only: the one environment that has it.

    differs: what does. own: what differs by what is each environment's own, and by nothing else.
    """

    only: str = ""
    differs: tuple[str, ...] = ()
    own: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        if self.only:
            return f"only in {self.only}"
        if self.differs:
            return f"differs: {_listed(self.differs)}"
        return f"the same but for {_listed(self.own)}" if self.own else "the same"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


class Across:
    """Every change of a preview by its address. What is deposed is not compared."""

    def __init__(self, planned: Iterable[Sequence[ShownChange]]) -> None:
        shown = {changes[0].environment: changes for changes in planned if changes}
        self.environments = [*shown]
        self._places: dict[Address, list[ShownChange]] = defaultdict(list)
        for changes in shown.values():
            for change in changes:
                if not change.item.deposed:
                    self._places[change.item.address].append(change)
        words = prefixes(
            {place.environment: place.item for place in places}
            for places in self._places.values()
            if places[1:]
        )
        self._own = {
            name: Own.of({name, *words.get(name, ())}, {change.item.id for change in changes})
            for name, changes in shown.items()
        }
        self._compared: dict[Address, Compared] = {}

    def elsewhere(self, shown: ShownChange) -> list[ShownChange]:
        """Where else the resource changes; nowhere for what is deposed."""
        places = () if shown.item.deposed else self._places[shown.item.address]
        return [other for other in places if other is not shown]

    @property
    def addresses(self) -> list[Address]:
        """The addresses that are shown: deletes and replaces come first, then what differs."""
        return sorted(self._places, key=self._weight)[:_MOST_ROWS]

    @property
    def more(self) -> int:
        """How many are not."""
        return max(len(self._places) - _MOST_ROWS, 0)

    def places(self, address: Address) -> list[ShownChange | None]:
        """The change in each environment."""
        found = {shown.environment: shown for shown in self._places[address]}
        return [found.get(name) for name in self.environments]

    def compared(self, address: Address) -> Compared:
        """The changes of a resource in all environments."""
        if address not in self._compared:
            self._compared[address] = self._compare(self._places[address])
        return self._compared[address]

    def own(self, shown: ShownChange) -> Sequence[str]:
        """The attributes of a change that differ from one environment to the next by what is their own."""
        return self.compared(shown.item.address).own if self.elsewhere(shown) else ()

    def beside(self, shown: ShownChange, other: ShownChange) -> Compared:
        """Two changes of a resource, which may be the same where a third differs."""
        every = self.compared(shown.item.address)
        others = self._places[shown.item.address][2:]
        return self._compare([shown, other]) if others and (every.differs or every.own) else every

    def _compare(self, places: Sequence[ShownChange]) -> Compared:
        first, *others = places
        if not others:
            return Compared(first.environment)
        if any(other.item.sign != first.item.sign for other in others):
            return Compared(differs=("what happens",))
        names = dict.fromkeys(name for shown in places for name in shown.attributes)
        apart = [name for name in names if not _read_alike([shown.attributes.get(name) for shown in places])]
        differs = [name for name in apart if not _alike(self._bare(shown, name) for shown in places)]
        return Compared(differs=tuple(differs), own=tuple(name for name in apart if name not in differs))

    def _bare(self, shown: ShownChange, name: str) -> Any:
        """An attribute without what is its environment's own."""
        return self._own[shown.environment].without(shown.attributes.get(name))

    def _weight(self, address: Address) -> tuple[bool, bool, Address]:
        risky = any(shown.item.group in LOSSES for shown in self._places[address])
        return not risky, not self.compared(address).differs, address


def _read_alike(sides: Sequence[Any]) -> bool:
    """What is written alike needs no closer look."""
    return len({*map(repr, sides)}) == 1 or _alike(map(NOTHING.without, sides))


def _alike(sides: Iterable[Any]) -> bool:
    first, *others = map(key_of, sides)
    return all(other == first for other in others)
