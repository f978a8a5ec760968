"""The same resource in several environments: which changes belong together, and where they differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from attrs import frozen

from planner.model.address import Address
from planner.model.plan import Action
from planner.render.html.change import Elsewhere, ShownChange, address_text, group_of, sign_text
from planner.render.html.markup import NOTHING, Html, element, text
from planner.render.values import plural
from planner.render.view import ChangeView

_MOST_ROWS: Final = 200


@frozen
class Place:
    """A change, and the environment it is planned for."""

    environment: str
    shown: ShownChange


class Across:
    """Every change of a preview by its address. Left-overs of replacements are not compared."""

    def __init__(self, planned: Mapping[str, Sequence[ShownChange]]) -> None:
        self._environments = [name for name, changes in planned.items() if changes]
        self._places: dict[Address, list[Place]] = defaultdict(list)
        for name, changes in planned.items():
            for shown in changes:
                if not shown.change.deposed:
                    self._places[shown.change.address].append(Place(name, shown))

    def elsewhere(self, shown: ShownChange) -> tuple[Elsewhere, ...]:
        """Where else the resource changes; nowhere for a left-over."""
        places = [] if shown.change.deposed else self._places[shown.change.address]
        return tuple(
            Elsewhere(place.environment, place.shown.anchor, same=shown.reads_as(place.shown))
            for place in places
            if place.shown is not shown
        )

    def section(self) -> Html:
        """The table of addresses by environments; nothing when there are no two environments to compare."""
        if len(self._environments) < 2:
            return NOTHING
        chosen = sorted(self._places, key=self._weight)[:_MOST_ROWS]
        titles = ["Resource", *self._environments, "Compared"]
        head = element("tr", *(element("th", text(title), scope="col") for title in titles))
        body = element("tbody", *map(self._row, chosen))
        table = element("table", element("thead", head), body, class_="across")
        parts = (
            _heading(),
            element("div", table, class_="wide", tabindex="0", role="region", aria_labelledby="across"),
            _rest(len(self._places) - len(chosen)),
        )
        return element("section", *parts, aria_labelledby="across", data_overview="")

    def _weight(self, address: Address) -> tuple[bool, bool, Address]:
        """Deletes and replaces come first, then what differs."""
        places = self._places[address]
        risky = any(place.shown.change.action in {Action.DELETE, Action.REPLACE} for place in places)
        return not risky, self._compared(address) != "differs", address

    def _compared(self, address: Address) -> str:
        first, *others = self._places[address]
        if not others:
            return f"only in {first.environment}"
        return "the same" if all(first.shown.reads_as(other.shown) for other in others) else "differs"

    def _row(self, address: Address) -> Html:
        found = {place.environment: place.shown for place in self._places[address]}
        cells = (_cell(found.get(name), name) for name in self._environments)
        compared = self._compared(address)
        last = element("td", text(compared), class_="differs" if compared == "differs" else "aside")
        return element("tr", element("th", address_text(address), scope="row"), *cells, last, data_across="")


def _heading() -> Html:
    return element("h2", text("Across environments"), id="across")


def _cell(shown: ShownChange | None, environment: str) -> Html:
    if shown is None:
        return element("td")
    group = group_of(shown.change)
    label = f"{shown.change.action.value} in {environment}"
    return element(
        "td",
        element(
            "a", sign_text(ChangeView(shown.change).sign, group), href=f"#{shown.anchor}", aria_label=label
        ),
    )


def _rest(count: int) -> Html:
    if not count:
        return NOTHING
    return element("p", text(f"{plural(count, 'more resource')} in the lists below."), class_="aside")
