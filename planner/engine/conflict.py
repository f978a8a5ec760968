"""Conflicts: what is desired, what the plan was made from, what is there. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from planner.model.compare import is_unset, same
from planner.model.kind import Kind
from planner.model.ledger import ThreeWay
from planner.model.value import CONCEALED, Value, is_sensitive


def three_way(
    kind: Kind, desired: Mapping[str, Value], prior: Mapping[str, Value], observed: Mapping[str, Value]
) -> tuple[ThreeWay, ...]:
    """The attributes in which prior and observed differ, with what is desired of them.

    desired may be empty (a delete); attributes that it leaves out are shown as they are in prior.
    """
    found = []
    for name, attribute in kind.attributes.items():
        before, now = prior.get(name), observed.get(name)
        unseen = now is None and not attribute.echoed
        if attribute.local or attribute.volatile or unseen or (is_unset(before) and is_unset(now)):
            continue
        if not same(before, now, unordered=attribute.unordered):
            value = desired.get(name, before if desired else None)
            found.append(_row(name, value, before, now, attribute.write_only))
    return tuple(found)


def _row(name: str, value: Value, before: Value, now: Value, secret: bool) -> ThreeWay:
    if secret or is_sensitive([value, before, now]):
        return ThreeWay((name,), CONCEALED, CONCEALED, CONCEALED, sensitive=True)
    return ThreeWay((name,), value, before, now)
