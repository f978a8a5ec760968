"""The same resource in several environments: which changes belong together, and where they differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from attrs import frozen
from markupsafe import Markup

from planner.model.address import Address
from planner.render.resource_view import LOSSES, ChangeView

_MOST_ROWS: Final = 200


@frozen
class ShownChange:
    """A change where the report shows it. anchor: the id of its row. table: its attributes, which say nothing
    of the environment but values.
    """

    item: ChangeView
    environment: str
    anchor: str
    table: Markup

    def reads_as(self, other: ShownChange) -> bool:
        return (self.item.sign, self.table) == (other.item.sign, other.table)


class Across:
    """Every change of a preview by its address. What is deposed is not compared."""

    def __init__(self, planned: Iterable[Sequence[ShownChange]]) -> None:
        self.environments = [changes[0].environment for changes in planned if changes]
        self._places: dict[Address, list[ShownChange]] = defaultdict(list)
        for changes in planned:
            for shown in changes:
                if not shown.item.deposed:
                    self._places[shown.item.address].append(shown)

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

    def compared(self, address: Address) -> str:
        first, *others = self._places[address]
        if not others:
            return f"only in {first.environment}"
        return "the same" if all(map(first.reads_as, others)) else "differs"

    def _weight(self, address: Address) -> tuple[bool, bool, Address]:
        risky = any(shown.item.group in LOSSES for shown in self._places[address])
        return not risky, self.compared(address) != "differs", address
