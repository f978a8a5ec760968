"""The chain of environments that releases pass through: a picture, and below it what it says in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from attrs import frozen

from planner.model.chain import Standing
from planner.model.release import Gate
from planner.render.escaping import shorten
from planner.render.html.markup import NOTHING, Html, element, join, span, text
from planner.render.values import plural

_WIDTH, _HEIGHT, _GAP, _ROW, _MARGIN = 196.0, 84.0, 150.0, 112.0, 8.0
_NAME_ROOM: Final = 22
_LABEL_ROOM: Final = 20
_NONE: Final = "-"


def promotion_section(chain: Sequence[Standing]) -> Html:
    """Nothing where no release passes from one environment to another."""
    if not any(item.promote_from for item in chain):
        return NOTHING
    label = "Releases pass from left to right"
    picture = element(
        "div", _svg(chain, label), class_="wide graph", tabindex="0", role="region", aria_label=label
    )
    return element(
        "section",
        element("h2", text("Promotion"), id="promotion"),
        picture,
        element("div", _table(chain), class_="wide"),
        *_waiting(chain),
        aria_labelledby="promotion",
        data_overview="",
    )


@frozen
class _Place:
    """Of a box: its left edge and its middle."""

    left: float
    middle: float

    @property
    def right(self) -> float:
        return self.left + _WIDTH


def _places(chain: Sequence[Standing]) -> dict[str, _Place]:
    """Each environment right of all that it takes releases from."""
    depth: dict[str, int] = {}
    known = {item.environment: item for item in chain}

    def depth_of(name: str) -> int:
        if name not in depth:
            upstream = [other for other in known[name].promote_from if other in known]
            depth[name] = max((depth_of(other) + 1 for other in upstream), default=0)
        return depth[name]

    rows: Counter[int] = Counter()
    found = {}
    for item in chain:
        layer = depth_of(item.environment)
        left = _MARGIN + layer * (_WIDTH + _GAP)
        found[item.environment] = _Place(left, _MARGIN + _HEIGHT / 2 + rows[layer] * _ROW)
        rows[layer] += 1
    return found


def _svg(chain: Sequence[Standing], label: str) -> Html:
    places = _places(chain)
    width = max(place.right for place in places.values()) + _MARGIN
    height = max(place.middle for place in places.values()) + _HEIGHT / 2 + _MARGIN
    arrows = (_arrow(item, other, places) for item in chain for other in item.promote_from if other in places)
    boxes = (_box(item, places[item.environment]) for item in chain)
    return element(
        "svg",
        join(arrows),
        join(boxes),
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        height=f"{height:.0f}",
        role="img",
        aria_label=label,
        class_="chain",
    )


def _box(item: Standing, place: _Place) -> Html:
    top = place.middle - _HEIGHT / 2
    rect = element(
        "rect", x=f"{place.left:.0f}", y=f"{top:.0f}", width=f"{_WIDTH:.0f}", height=f"{_HEIGHT:.0f}", rx="8"
    )
    said = [
        ("name", shorten(item.environment, _NAME_ROOM)),
        ("release", item.release or "no release"),
        ("aside", f"since {_day(item.since)}" if item.since else ""),
        ("state", converged_words(item)),
    ]
    lines = (
        element("text", text(words), x=f"{place.left + 12:.0f}", y=f"{top + 21 + 18 * row:.0f}", class_=style)
        for row, (style, words) in enumerate(said)
    )
    return element("g", element("title", text(item.environment)), rect, *lines, class_=f"box {_look(item)}")


def _look(item: Standing) -> str:
    if item.converged is None:
        return "unknown"
    return "settled" if item.converged else "unsettled"


def _arrow(item: Standing, upstream: str, places: Mapping[str, _Place]) -> Html:
    """From the upstream to item, with what the next promotion waits for."""
    start, end = places[upstream], places[item.environment]
    middle = (start.right + end.left) / 2
    tip = end.left - 3
    curve = (
        f"M{start.right:.0f} {start.middle:.0f}"
        f"C{middle:.0f} {start.middle:.0f} {middle:.0f} {end.middle:.0f} {tip:.0f} {end.middle:.0f}"
        f"M{tip - 7:.0f} {end.middle - 4:.0f}L{tip:.0f} {end.middle:.0f}L{tip - 7:.0f} {end.middle + 4:.0f}"
    )
    style, words = _verdict(item, upstream)
    label = element(
        "text",
        text(shorten(words, _LABEL_ROOM)),
        x=f"{middle:.0f}",
        y=f"{(start.middle + end.middle) / 2 - 8:.0f}",
        text_anchor="middle",
        class_=style,
    )
    return element("g", element("path", d=curve, class_="edge"), label, class_="arrow")


def _verdict(item: Standing, upstream: str) -> tuple[str, str]:
    if item.source != upstream:
        return "aside", "" if item.coming else "up to date" if item.release else ""
    if item.closed_gates:
        return "closed", f"{plural(len(item.closed_gates), 'gate')} closed"
    return "met", "may come"


def _table(chain: Sequence[Standing]) -> Html:
    titles = ("Environment", "Release", "Since", "Converged", "Next", "Blocked by")
    head = element("tr", *(element("th", text(title), scope="col") for title in titles))
    return element(
        "table", element("thead", head), element("tbody", *map(_row, chain)), class_="across standings"
    )


def _row(item: Standing) -> Html:
    protected = span("tag", text("protected")) if item.protected else NOTHING
    name = element("th", text(f"{item.environment} "), protected, scope="row")
    blocked = ", ".join(gate.name for gate in item.closed_gates)
    cells = (item.release, _minute(item.since), converged_words(item), item.coming, blocked)
    return element("tr", name, *(element("td", text(cell or _NONE)) for cell in cells))


def converged_words(item: Standing) -> str:
    """ "yes", or what is in the way of it."""
    if item.problem:
        return "not known"
    if not item.release:
        return ""
    told = [
        *(["last apply not whole"] if not item.whole else []),
        *([f"{item.pending:,} pending"] if item.pending else []),
        *([f"{len(item.drifted):,} drifted"] if item.drifted else []),
    ]
    return ", ".join(told) or ("converged" if item.asked else "")


def _waiting(chain: Iterable[Standing]) -> Iterable[Html]:
    """The gates of each environment that a release could come into."""
    for item in chain:
        if item.coming:
            title = f"{item.coming} from {item.source} to {item.environment}"
            gates = element("ul", *map(gate_line, item.gates))
            yield element("div", element("h3", text(title)), gates, class_="part")
        if item.problem:
            yield element("p", text(f"{item.environment}: {item.problem}"), class_="notice")


def gate_line(gate: Gate) -> Html:
    """A list item: met, closed or forced, and why."""
    state = span("closed", text("forced ")) if gate.forced else span("met", text("met "))
    if not gate.met:
        state = span("closed", text("closed "))
    about = f"{gate.detail}; set aside: {gate.forced}" if gate.forced else gate.detail
    detail = span("aside", text(f" {about}")) if about else NOTHING
    return element("li", state, element("b", text(gate.name)), detail, class_="gate")


def _day(at: str) -> str:
    return at[:10]


def _minute(at: str) -> str:
    return f"{at[:10]} {at[11:16]} UTC" if at else ""
