"""Bindings and their extensions that are made up, and edits of them. Chance comes from a Random."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from random import Random
from typing import Any

from attrs import evolve, field, frozen

from .loaded import Entry

VERSION = "8.15.3"
EXTENSIONS = ("x0", "x1", "x2", "x3")
LITERALS: Mapping[str, Entry] = {
    "geo": ("user_bundles", "geo", "https://ours.example/geo-3.zip", "8.*"),
    "geo again": ("user_bundles", "geo", "https://ours.example/geo-4.zip", "*"),
    "icu": ("user_plugins", "icu", "https://ours.example/icu.zip", VERSION),
    "shared": ("user_bundles", "shared", "https://shared.example/shared.zip", "8.*"),
    "stempel": ("user_plugins", "stempel", "https://shared.example/stempel.zip", VERSION),
}
"""Named by what a plan says of them. What is shared somebody else attaches, too."""

ELEMENTS = {"hot_content": ["master", "data_hot", "data_content"], "warm": ["data_warm"]}
"""Of deployments, with their roles; every other one has the first alone."""


def seed_of(number: int) -> dict[str, Any]:
    """A deployment, as the sandbox is given it."""
    elements = [
        {
            "id": each,
            "instance_configuration_id": "data.default",
            "node_roles": roles,
            "zone_count": 1,
            "size": {"resource": "memory", "value": 1024},
        }
        for each, roles in [*ELEMENTS.items()][: 1 + number % 2]
    ]
    plan = {
        "elasticsearch": {"version": VERSION},
        "deployment_template": {"id": "default"},
        "cluster_topology": elements,
    }
    search = {"ref_id": "main-elasticsearch", "region": "ece-region", "plan": plan}
    return {"id": id_of(number), "name": f"shop-{number}", "resources": {"elasticsearch": [search]}}


def id_of(number: int) -> str:
    return f"{number:032x}"


@frozen
class Extension:
    """content: of its file. switches: other content makes a new one, beside the old one."""

    content: int
    version: str
    switches: bool


@frozen
class Binding:
    """Of the deployment with a number. by_id: else it is named. names: of extensions and of LITERALS."""

    deployment: int
    by_id: bool
    names: frozenset[str]


@frozen
class Wish:
    """What templates say. moves: of bindings, from a name to another. made: how many bindings there were."""

    extensions: Mapping[str, Extension] = field(factory=dict)
    bindings: Mapping[str, Binding] = field(factory=dict)
    moves: tuple[tuple[str, str], ...] = ()
    made: int = 0

    @property
    def bound(self) -> dict[int, Binding]:
        """By deployment."""
        return {binding.deployment: binding for binding in self.bindings.values()}

    @property
    def files(self) -> dict[str, str]:
        return {
            f"files/{name}/{name}.txt": f"content {extension.content}\n"
            for name, extension in self.extensions.items()
        }

    def template(self, id_of: Callable[[int], str], name_of: Callable[[int], str]) -> str:
        extensions = {name: _extension(name, extension) for name, extension in self.extensions.items()}
        bindings = {
            name: {
                "deployment": (id_of if binding.by_id else name_of)(binding.deployment),
                "extensions": [_named(each) for each in sorted(binding.names)],
            }
            for name, binding in self.bindings.items()
        }
        blocks = {"extension": extensions, "extension_binding": bindings}
        moved = [
            {"from": f"extension_binding.{old}", "to": f"extension_binding.{new}"} for old, new in self.moves
        ]
        resource = {kind: found for kind, found in blocks.items() if found}
        return json.dumps({"resource": resource, "moved": moved}, indent=1) if resource else ""

    def entries(self, number: int, ids: Mapping[str, str]) -> set[Entry]:
        """What a deployment is to load. ids: of extensions by name."""
        return {
            LITERALS[name]
            if name in LITERALS
            else ("user_bundles", name, f"repo://{ids[name]}", self.extensions[name].version)
            for name in (self.bound[number].names if number in self.bound else ())
        }


def _extension(name: str, extension: Extension) -> dict[str, Any]:
    lifecycle = {"lifecycle": {"replace_on": ["content"]}} if extension.switches else {}
    said = {"name": name, "extension_type": "bundle", "version": extension.version}
    return {**said, "file": f"files/{name}", **lifecycle}


def _named(name: str) -> Any:
    if name not in LITERALS:
        return f"extension.{name}"
    list_, called, url, version = LITERALS[name]
    type_ = list_.removeprefix("user_").removesuffix("s")
    return {"type": type_, "name": called, "url": url, "elasticsearch_version": version}


def edited(wish: Wish, free: Collection[int], times: int, chance: Random) -> Wish:
    """wish after so many edits. free: deployments that no wish names which may be in the state still."""
    left = [*free]
    for _ in range(times):
        edit = chance.choice(EDITS)
        wish = edit(wish, left, chance)
    return wish


def _put(wish: Wish, _: list[int], chance: Random) -> Wish:
    """An extension comes, or changes."""
    made = Extension(chance.randint(0, 9), chance.choice(("8.*", "*")), chance.random() < 0.5)
    return evolve(wish, extensions={**wish.extensions, chance.choice(EXTENSIONS): made})


def _drop(wish: Wish, _: list[int], chance: Random) -> Wish:
    """An extension goes, and whatever binds it."""
    gone = chance.choice(EXTENSIONS)
    bindings = {name: evolve(b, names=b.names - {gone}) for name, b in wish.bindings.items()}
    kept = {name: found for name, found in wish.extensions.items() if name != gone}
    return evolve(wish, extensions=kept, bindings=bindings)


def _bind(wish: Wish, free: list[int], chance: Random) -> Wish:
    if not free:
        return wish
    made = Binding(free.pop(chance.randrange(len(free))), chance.random() < 0.5, _some(wish, chance))
    return evolve(wish, bindings={**wish.bindings, f"b{wish.made}": made}, made=wish.made + 1)


def _some(wish: Wish, chance: Random) -> frozenset[str]:
    found = sorted({*wish.extensions, *LITERALS})
    return frozenset(chance.sample(found, chance.randint(0, len(found))))


def _rebind(wish: Wish, _: list[int], chance: Random) -> Wish:
    """Another set of entries, or one more, or one less."""
    if not wish.bindings:
        return wish
    name, some = chance.choice(sorted(wish.bindings)), _some(wish, chance)
    held = wish.bindings[name].names
    one = frozenset([*sorted(some)][:1])
    names = chance.choice((some, held | one, held - frozenset(sorted(held)[:1])))
    return evolve(wish, bindings={**wish.bindings, name: evolve(wish.bindings[name], names=names)})


def _unbind(wish: Wish, _: list[int], chance: Random) -> Wish:
    if not wish.bindings:
        return wish
    gone = chance.choice(sorted(wish.bindings))
    moves = tuple(move for move in wish.moves if gone not in move)
    return evolve(wish, bindings={n: b for n, b in wish.bindings.items() if n != gone}, moves=moves)


def _rename(wish: Wish, _: list[int], chance: Random) -> Wish:
    """At another address, with the block that says so."""
    moved = {name for move in wish.moves for name in move}
    names = sorted({*wish.bindings} - moved)
    if not names:
        return wish
    old, new = chance.choice(names), f"b{wish.made}"
    bindings = {new if name == old else name: binding for name, binding in wish.bindings.items()}
    return evolve(wish, bindings=bindings, moves=(*wish.moves, (old, new)), made=wish.made + 1)


def _move(wish: Wish, free: list[int], chance: Random) -> Wish:
    """To another deployment: it leaves the one, and comes to the other."""
    if not (wish.bindings and free):
        return wish
    name, to = chance.choice(sorted(wish.bindings)), free.pop(chance.randrange(len(free)))
    moved = evolve(wish.bindings[name], deployment=to)
    return evolve(wish, bindings={**wish.bindings, name: moved})


EDITS = (_put, _put, _drop, *[_bind] * 4, *[_rebind] * 4, _unbind, _rename, _move)
