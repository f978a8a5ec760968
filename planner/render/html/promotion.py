"""The chain of environments that releases pass through: where each stands, and what it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from attrs import define, frozen

from planner.model.chain import Standing
from planner.render.escaping import shorten
from planner.render.values import plural

_WIDTH, _HEIGHT, _GAP, _ROW, _MARGIN = 196, 84, 150, 112, 8
_NAME_ROOM: Final = 22
_LABEL_ROOM: Final = 20


@frozen
class Place:
    """The upper left corner of a box."""

    x: int
    y: int

    @property
    def right(self) -> int:
        return self.x + _WIDTH

    @property
    def middle(self) -> int:
        return self.y + _HEIGHT // 2


@frozen
class Arrow:
    """An arrow from an environment to the next, with what the next promotion waits for."""

    path: str
    x: int
    y: int
    look: str
    words: str


@define(slots=False, frozen=True)
class Chain:
    standings: Sequence[Standing]

    @property
    def promotes(self) -> bool:
        """Whether a release passes from one environment to another."""
        return any(item.promote_from for item in self.standings)

    @cached_property
    def places(self) -> Mapping[str, Place]:
        """Each environment right of all that it takes releases from."""
        depth: dict[str, int] = {}
        known = {item.environment: item for item in self.standings}

        def depth_of(name: str) -> int:
            if name not in depth:
                upstream = [other for other in known[name].promote_from if other in known]
                depth[name] = max((depth_of(other) + 1 for other in upstream), default=0)
            return depth[name]

        rows: Counter[int] = Counter()
        found = {}
        for item in self.standings:
            layer = depth_of(item.environment)
            found[item.environment] = Place(_MARGIN + layer * (_WIDTH + _GAP), _MARGIN + rows[layer] * _ROW)
            rows[layer] += 1
        return found

    @property
    def width(self) -> int:
        return max(place.right for place in self.places.values()) + _MARGIN

    @property
    def height(self) -> int:
        return max(place.y for place in self.places.values()) + _HEIGHT + _MARGIN

    @property
    def arrows(self) -> Iterator[Arrow]:
        for item in self.standings:
            for upstream in item.promote_from:
                if upstream in self.places:
                    yield _arrow(item, upstream, self.places)

    def look(self, item: Standing) -> str:
        return {None: "unknown", True: "settled", False: "unsettled"}[item.converged]

    def words(self, item: Standing) -> tuple[tuple[str, str], ...]:
        """The lines of a box, each with its look."""
        return (
            ("name", shorten(item.environment, _NAME_ROOM)),
            ("release", item.release or "no release"),
            ("aside", f"since {item.since[:10]}" if item.since else ""),
            ("state", converged_words(item)),
        )

    def cells(self, item: Standing) -> tuple[str, ...]:
        """What stands behind its name in the table."""
        since = f"{item.since[:10]} {item.since[11:16]} UTC" if item.since else ""
        closed = ", ".join(gate.name for gate in item.closed_gates)
        return item.release, since, converged_words(item), item.coming, closed


def _arrow(item: Standing, upstream: str, places: Mapping[str, Place]) -> Arrow:
    start, end = places[upstream], places[item.environment]
    middle, tip = (start.right + end.x) / 2, end.x - 3
    path = (
        f"M{start.right} {start.middle}"
        f"C{middle:.0f} {start.middle} {middle:.0f} {end.middle} {tip} {end.middle}"
        f"M{tip - 7} {end.middle - 4}L{tip} {end.middle}L{tip - 7} {end.middle + 4}"
    )
    look, words = _verdict(item, upstream)
    return Arrow(path, round(middle), (start.middle + end.middle) // 2 - 8, look, shorten(words, _LABEL_ROOM))


def _verdict(item: Standing, upstream: str) -> tuple[str, str]:
    if item.source != upstream:
        return "aside", "" if item.coming else "up to date" if item.release else ""
    if item.closed_gates:
        return "closed", f"{plural(len(item.closed_gates), 'gate')} closed"
    return "met", "may come"


def converged_words(item: Standing) -> str:
    """ "converged", or what is in the way of it."""
    if item.problem:
        return "not known"
    if not item.release:
        return ""
    told = (
        (not item.whole, "last apply not whole"),
        (item.pending, f"{item.pending:,} pending"),
        (item.drifted, f"{len(item.drifted):,} drifted"),
    )
    return ", ".join(words for holds, words in told if holds) or ("converged" if item.asked else "")
