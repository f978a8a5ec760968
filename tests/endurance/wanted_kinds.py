"""Resources of all kinds that are made up, and edits of them. Chance comes from a Random."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType
from typing import Any

from attrs import frozen

from planner.kinds.registry import load_kinds
from tests.acceptance.platform import ALLOCATOR, ARCHIVE, PLATFORM, REGION, RULESETS, SETTINGS, SHOP

from .example_kinds import BELOW, EXAMPLES, LISTS, path_of

Attributes = dict[str, Any]
Wanted = dict[str, Attributes]
"""By address, as templates have them."""

NAMES = ("one", "two", "three")
"""Few, so that what goes and what comes often have the same name."""

ONE = NAMES[:1]
"""Of what is the same thing under any name: planner has it said that one of them moved."""


@frozen
class Kind:
    """How a kind is made up. make: attributes of a resource, given its name, and what may be referred to by
    kind. list: where the installation lists them, and how an id is read of an item. most: of how many at
    once. names: of resources; one where what is made has always the same id.
    """

    make: Callable[[str, Mapping[str, list[str]], Random], Attributes | None]
    list: tuple[str, str] = ("", "")
    id: Callable[[Any], str] = lambda item: str(item["id"])
    most: int = 3
    names: tuple[str, ...] = NAMES


def _extension(name: str, _: Mapping[str, list[str]], chance: Random) -> Attributes:
    more = chance.choice(({}, {"description": "d"}, {"file": "files/alpha"}))
    return {"name": name, "extension_type": "bundle", "version": chance.choice(("*", "8.*")), **more}


def _binding(_: str, there: Mapping[str, list[str]], chance: Random) -> Attributes:
    ours = chance.sample(there["extension"], chance.randint(0, len(there["extension"])))
    geo = {"type": "bundle", "name": "geo", "url": "https://files.example/geo-3.zip"}
    return {"deployment": ARCHIVE, "extensions": [*ours, {**geo, "elasticsearch_version": "8.*"}]}


def _filter(name: str, _: Mapping[str, list[str]], chance: Random) -> Attributes:
    sources = chance.sample(
        ["192.0.2.1", "192.0.2.2", "198.51.100.0/24", "203.0.113.9"], chance.randint(0, 3)
    )
    texts: tuple[dict[str, str], ...] = ({}, {"description": "a"}, {"description": "b"})
    rules = [{"source": source, **chance.choice(texts)} for source in sources]
    fixed = {"type": chance.choice(("ip", "ip", "ip", "remote_cluster")), "region": "ece-region"}
    return {"name": name, **fixed, "include_by_default": False, "rules": rules, **chance.choice(texts)}


def _association(_: str, there: Mapping[str, list[str]], chance: Random) -> Attributes | None:
    if not there["traffic_filter"]:
        return None
    ruleset = chance.choice(there["traffic_filter"])
    return {"ruleset_id": f"{{{{ resource.{ruleset}.id }}}}", "entity_type": "deployment", "entity_id": SHOP}


def _comment(name: str, _: Mapping[str, list[str]], chance: Random) -> Attributes:
    text = chance.choice(("kept", "reserved"))
    return {"resource_type": "allocator", "resource_id": ALLOCATOR, "message": f"{name} is {text}"}


def _user(name: str, _: Mapping[str, list[str]], chance: Random) -> Attributes:
    roles = chance.sample(["ece_deployment_viewer", "ece_platform_viewer"], chance.randint(1, 2))
    more = chance.choice(({}, {"full_name": "A"}, {"email": "a@b.c"}))
    security = {"roles": roles, "password": "{{ var.viewer_password }}", "enabled": chance.random() < 0.8}
    return {"user_name": name, **more, "security": security}


def _repository(name: str, _: Mapping[str, list[str]], chance: Random) -> Attributes:
    secret = chance.choice(({}, {"secret_key": "{{ var.bucket_key }}"}))
    return {
        "repository_name": name,
        "type": chance.choice(("s3", "gcs")),
        "settings": {"bucket": chance.choice(("a", "b")), **secret},
    }


def _configuration(name: str, _: Mapping[str, list[str]], chance: Random) -> Attributes:
    sizes = chance.choice(([1024, 2048], [4096]))
    more = chance.choice(({}, {"storage_multiplier": 8}, {"description": "d"}, {"metadata": {"a": "b"}}))
    kind = chance.choice(("elasticsearch", "elasticsearch", "kibana"))
    fixed = {"id": f"{name}.fast", "name": chance.choice(("x", "y")), "instance_type": kind}
    return {**fixed, "discrete_sizes": {"sizes": sizes, "default_size": sizes[0]}, **more}


def _template(name: str, there: Mapping[str, list[str]], chance: Random) -> Attributes:
    found = [f"{{{{ resource.{address}.id }}}}" for address in there["instance_configuration"]]
    topology = [
        {
            "id": element,
            "instance_configuration_id": chance.choice([*found, "data.default"]),
            "zone_count": chance.randint(1, 3),
            "size": {"value": chance.choice((1024, 2048)), "resource": "memory"},
        }
        for element in chance.sample(["hot_content", "warm", "ml"], chance.randint(1, 3))
    ]
    plan = {"elasticsearch": {}, "cluster_topology": topology}
    resources = {"elasticsearch": [{"ref_id": "main", "region": "ece-region", "plan": plan}]}
    more = chance.choice(({}, {"description": "d"}, {"metadata": [{"key": "a", "value": "b"}]}))
    return {
        "id": name,
        "name": chance.choice(("x", "y")),
        "deployment_template": {"resources": resources},
        **more,
    }


def _license(_: str, __: Mapping[str, list[str]], chance: Random) -> Attributes:
    years = {"issue": 2025, "start": 2025, "expiry": 2035}
    moments = {f"{what}_date_in_millis": (year - 1970) * 31556952000 for what, year in years.items()}
    more = chance.choice(({}, {"max_resource_units": 100}, {"version": 4}))
    fixed = {"uid": "u", "type": "enterprise", "issuer": "API", "issued_to": chance.choice(("A", "B"))}
    return {**fixed, **moments, "signature": "AAAA", **more}


def _settings(_: str, __: Mapping[str, list[str]], chance: Random) -> Attributes:
    return {"allocator_id": ALLOCATOR, **chance.choice(({}, {"capacity": 1024}, {"capacity": 2048}))}


def _telemetry(_: str, __: Mapping[str, list[str]], chance: Random) -> Attributes:
    return {"enabled": chance.random() < 0.5}


def _comment_id(item: Any) -> str:
    return f"allocator/{ALLOCATOR}/{item['comment']['id']}"


def _id_at(path: str) -> Callable[[Any], str]:
    def read(item: Any) -> str:
        for name in path.split("."):
            item = item[name]
        return str(item)

    return read


def _as_example(kind: str) -> Kind:
    path, key, id_ = LISTS.get(kind, ("", "", ""))
    many = kind in ("api_key", "enrollment_token")
    names = {"most": 3} if many else {"most": 1, "names": ONE}
    return Kind(EXAMPLES[kind], (path, key), _id_at(id_), **names)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "extension": Kind(_extension, ("/deployments/extensions", "extensions")),
        "extension_binding": Kind(_binding, most=1, names=ONE),
        "traffic_filter": Kind(_filter, (RULESETS, "rulesets")),
        "instance_configuration": Kind(_configuration, (f"{PLATFORM}/instances", "")),
        "traffic_filter_association": Kind(_association, most=1),
        "comment": Kind(_comment, (f"/comments/allocator/{ALLOCATOR}", "values"), _comment_id),
        "user": Kind(_user, ("/users?include_disabled=true", "users"), lambda item: str(item["user_name"])),
        "snapshot_repository": Kind(
            _repository,
            (f"{PLATFORM}/snapshots/repositories", "configs"),
            lambda item: str(item["repository_name"]),
        ),
        "deployment_template": Kind(_template, (f"/deployments/templates?{REGION}&show_hidden=true", "")),
        "license": Kind(_license, most=1, names=ONE),
        "allocator_settings": Kind(_settings, most=1, names=ONE),
        "telemetry": Kind(_telemetry, most=1, names=ONE),
        **{kind: _as_example(kind) for kind in EXAMPLES},
    }
)
"""Those that others refer to come first."""

ALONE: Mapping[str, str] = MappingProxyType(
    {
        "license": "/platform/license",
        "allocator_settings": SETTINGS,
        "telemetry": "/phone-home/config",
        **{kind: path_of(kind) for kind in BELOW},
    }
)
"""Singletons by where they are shown; they are taken over, and reset where they can be."""

RESET = frozenset(name for name in ALONE if (kind := load_kinds()[name].kind).singleton and kind.resets)


def edited(wanted: Wanted, chance: Random) -> tuple[Wanted, int]:
    """wanted after some edits, and how many; nothing refers to what is not there."""
    found, count = dict(wanted), chance.randint(1, 12)
    for _ in range(count):
        chance.choice((_add, _add, _add, _change, _remove))(found, chance)
    for address in [address for address in found if _dangles(found[address], found)]:
        _make(found, address, chance)
    return found, count


def _add(wanted: Wanted, chance: Random) -> None:
    kind = chance.choice([*KINDS])
    used = [address for address in wanted if address.startswith(f"{kind}.")]
    free = [name for name in KINDS[kind].names if f"{kind}.{name}" not in used]
    if len(used) < KINDS[kind].most and free:
        _make(wanted, f"{kind}.{chance.choice(free)}", chance)


def _change(wanted: Wanted, chance: Random) -> None:
    if wanted:
        _make(wanted, chance.choice([*wanted]), chance)


def _remove(wanted: Wanted, chance: Random) -> None:
    if wanted:
        del wanted[chance.choice([*wanted])]


def _make(wanted: Wanted, address: str, chance: Random) -> None:
    """The resource anew, or none where there is nothing that it could refer to."""
    kind, _, name = address.partition(".")
    there = {each: [a for a in wanted if a.startswith(f"{each}.")] for each in KINDS}
    made = KINDS[kind].make(name, there, chance)
    wanted.pop(address, None)
    if made is not None:
        leaving = {"lifecycle": {"on_leave": chance.choice(("reset", "forget"))}}
        wanted[address] = {**made, **(leaving if kind in RESET else {})}


def _dangles(attributes: Attributes, wanted: Wanted) -> bool:
    text = json.dumps(attributes)
    named = re.findall(r"resource\.(\w+\.\w+)\.", text) + re.findall(r'"(extension\.\w+)"', text)
    return any(address not in wanted for address in named)
