"""What the instances of a plan are: one per zone of each element, with what it is to load."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson
from attrs import frozen

LISTS: Final = ("user_bundles", "user_plugins")
_PLAIN: Final = {"zone_count": 1, "size": {"resource": "memory", "value": 1024}}
MOST_ZONES: Final = 3
MOST_NODES: Final = 8
Entry = dict[str, str]
"""name, url and elasticsearch_version of an extension, as a plan has them."""


@frozen
class Place:
    """Where an instance of a plan is: its element, its zone from 0, the memory that it has in MB, and a word
    for all that has it start anew where that changes. `lists` are what it loads."""

    element: str
    zone: int
    memory: int
    version: str
    lists: Mapping[str, list[Entry]]
    roles: tuple[str, ...]
    configuration: str
    word: str


def places(kind: str, plan: Mapping[str, Any]) -> list[Place]:
    """Those of a plan whose topology says nothing are one."""
    elements = [each for each in plan.get("cluster_topology") or [] if isinstance(each, dict)] or [_PLAIN]
    return [place for number, each in enumerate(elements) for place in _of_element(kind, plan, each, number)]


def effective(kind: str, plan: Mapping[str, Any], element: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of an element: its own, and of the plan's what it has nothing of itself. A list of its own
    hides that of the plan, also where it is empty."""
    own = element.get(kind) if isinstance(element.get(kind), dict) else {}
    return {
        **(plan.get(kind) or {}),
        **{key: value for key, value in (own or {}).items() if value is not None},
    }


def entries_of(settings: Mapping[str, Any], key: str) -> list[Entry]:
    """A list as a set of entries: what stands twice is loaded once. Data of before may have had others."""
    found = {
        (each["url"], each["name"], each.get("elasticsearch_version", "*")): each
        for each in settings.get(key) or []
        if isinstance(each, dict) and {"url", "name"} <= each.keys()
    }
    return [dict(found[each]) for each in sorted(found)]


def _of_element(
    kind: str, plan: Mapping[str, Any], element: Mapping[str, Any], number: int
) -> Iterator[Place]:
    memory = _memory(element)
    zones = min(_number(element.get("zone_count"), 1), MOST_ZONES) if memory > 0 else 0
    nodes = min(_number(element.get("node_count_per_zone"), 1), MOST_NODES)
    settings = effective(kind, plan, element)
    lists = {key: entries_of(settings, key) for key in LISTS}
    rest = {key: value for key, value in settings.items() if key not in LISTS}
    others = {key: value for key, value in element.items() if key in _RESTARTS}
    told = orjson.dumps([memory, rest, lists, others], option=orjson.OPT_SORT_KEYS)
    roles = tuple(element.get("node_roles") or ())
    configuration = element.get("instance_configuration_id") or kind
    for zone in range(zones * nodes):
        yield Place(
            element=element.get("id") or f"{configuration}.{number}",
            zone=zone,
            memory=memory,
            version=settings.get("version") or "",
            lists=lists,
            roles=roles,
            configuration=configuration,
            word=hashlib.sha256(told).hexdigest()[:16],
        )


_RESTARTS: Final = ("node_roles", "node_type", "instance_configuration_id")


def _memory(element: Mapping[str, Any]) -> int:
    size = element.get("size") or {}
    return _number(size.get("value", element.get("memory_per_node")), 1024)


def _number(value: Any, default: int) -> int:
    """The API has numbers that may be objects, of kinds that are gone."""
    return value if isinstance(value, int) else default
