"""Attributes as rows of a table: what it is called, and its sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from attrs import evolve

from planner.model.plan import AttributeDiff
from planner.model.value import UNKNOWN, dotted
from planner.render.html.markup import NOTHING, Html, element, join, text
from planner.render.html.sides import Sides, compared, hidden_value, shown, sides
from planner.render.values import is_hidden, key_of

_STYLES: Final[Mapping[str, str]] = MappingProxyType({"+": "come", "-": "gone"})


def value_row(sign: str, name: str, content: Html) -> Html:
    """An attribute that comes or goes with its resource. sign: `+` or `-`."""
    return element("tr", element("th", text(name)), element("td", content, class_=_STYLES[sign]))


def diff_rows(diff: AttributeDiff) -> Iterator[Html]:
    """The rows of an attribute that differs; of a mapping, those of each key that differs."""
    before, after = diff.before, diff.after
    if isinstance(before, Mapping) and isinstance(after, Mapping) and before and after and not diff.sensitive:
        for key in sorted({*before, *after}, key=str):
            one, other = before.get(key), after.get(key)
            if key_of(one) != key_of(other):
                yield from diff_rows(evolve(diff, path=(*diff.path, key), before=one, after=other))
        return
    yield from sides_rows(dotted(diff.path), _sides(diff), about=_about(diff))


def sides_rows(name: str, pairs: Iterable[Sides], about: Html = NOTHING) -> Iterator[Html]:
    """One attribute over as many rows as it has lines. about: stands below its name."""
    first, *rest = pairs
    over = str(len(rest) + 1) if rest else None
    yield element("tr", element("th", text(name), about, scope="row", rowspan=over), *first)
    yield from (element("tr", *pair, class_="more") for pair in rest)


def _about(diff: AttributeDiff) -> Html:
    forces = element("em", text("forces replacement")) if diff.forces_replacement else NOTHING
    return join([forces, *(element("small", text(origin)) for origin in diff.origins)])


def _sides(diff: AttributeDiff) -> Iterable[Sides]:
    before, after = diff.before, diff.after
    came = before is None or before is UNKNOWN
    if diff.sensitive or is_hidden(before) or is_hidden(after):
        secret = hidden_value()
        return [sides(None if came else secret, None if after is None else secret)]
    if came or after is None:
        return [sides(None if came else shown(before), None if after is None else shown(after))]
    return compared(before, after)
