"""Replies about plans as installations were seen to give them, which mislead who follows a plan by them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

Body = dict[str, Any]


def misled(body: Body, how: str) -> Body:
    """A deployment as a read shows it, odd in one way; as it is for a way that there is none of."""
    if how in WAYS:
        for plans in _plans(body):
            WAYS[how](plans)
    return body


def _plans(body: Body) -> Iterator[Body]:
    for found in body["resources"].values():
        yield from (resource["info"]["plan_info"] for resource in found)


def _attempts(plans: Body) -> Iterator[Body]:
    shown = (plans.get("current"), plans.get("pending"), *plans["history"])
    return (attempt for attempt in shown if attempt)


def _without(what: str, plans: Body) -> None:
    if what in plans:
        plans[what] = None


def _without_logs(plans: Body) -> None:
    for attempt in _attempts(plans):
        attempt["plan_attempt_log"] = []


def _without_reasons(plans: Body) -> None:
    for attempt in _attempts(plans):
        for step in attempt["plan_attempt_log"]:
            step["info_log"] = []


WAYS: Final[Mapping[str, Callable[[Body], None]]] = {
    "no-current": lambda plans: _without("current", plans),
    "no-pending": lambda plans: _without("pending", plans),
    "no-logs": _without_logs,
    "no-reasons": _without_reasons,
    "newest-first": lambda plans: plans["history"].reverse(),
}
