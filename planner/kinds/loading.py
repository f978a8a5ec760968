"""What the Elasticsearch nodes of a deployment load: read from its plans, and changed in them. Pure.

A plan names bundles and plugins for all nodes, and an element of its topology may have lists of its own,
which hide the plan's: field by field, and an empty one too. So an entry is loaded by an element that lists
it, or that has no list and whose plan lists it. Entries are told apart by all that they say; their order
means nothing, and one that is there twice counts once.

Source of the facts: ElasticsearchConfiguration, in the description of the ECE API.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Any, Final

from attrs import evolve, frozen

from planner.model.diagnostic import ERROR, WARNING
from planner.model.plan import ROLLING, Action, Change
from planner.model.resource import FAILED
from planner.model.times import moment
from planner.model.value import Value

LISTS: Final[Mapping[str, str]] = {"bundle": "user_bundles", "plugin": "user_plugins"}
"""By the type of an extension, the list of a plan that names it."""

SAID: Final = ("name", "url", "elasticsearch_version")
"""What an entry says, beside its type, which is that of its list."""

_ALL: Final = ("type", *SAID)

WRITTEN: Final = ("last_modified", "last_resource_plan_modified")
"""The metadata of a deployment that say when it was written, and when its plans were."""

_NUMBERS: Final = re.compile(r"([0-9]+)\.([0-9]+)\.([0-9]+)")

_MOST: Final = 5
"""Entries that a note names."""

Plan = Mapping[str, Any]


@frozen(order=True, cache_hash=True)
class Loaded:
    """One entry of a list, as a value."""

    type: str
    name: str
    url: str
    elasticsearch_version: str

    @classmethod
    def of(cls, said: Mapping[str, Any], type_: str = "") -> Loaded:
        """type_: of the list that has it, where it does not say that itself."""
        texts = ["" if text is None else str(text) for text in map(said.get, SAID)]
        return _one(type_ or str(said.get("type")), *texts)

    @property
    def shown(self) -> str:
        return f"{self.type} {self.name} ({self.url})"

    def may_be(self, other: Loaded) -> bool:
        """Whether it says what other says, as far as that is known."""
        said = {"type": other.type, **other.said}
        return all(self.attributes[name] == value for name, value in said.items() if value)

    @property
    def attributes(self) -> dict[str, str]:
        return {"type": self.type, **self.said}

    @property
    def said(self) -> dict[str, str]:
        return {"name": self.name, "url": self.url, "elasticsearch_version": self.elasticsearch_version}


@lru_cache(maxsize=4096)
def _one(type_: str, name: str, url: str, version: str) -> Loaded:
    """Many deployments load it, and each says so for itself."""
    return Loaded(type_, name, url, version)


_ORDER: Final = attrgetter(*_ALL)
"""By which entries are sorted: as they compare, and quicker."""


@frozen(eq=False)
class Cluster:
    """An Elasticsearch resource of a deployment. plan: the one in force, None while it is stopped."""

    ref_id: str
    region: str
    plan: Plan | None

    def changed(self, wanted: Collection[Loaded], gone: Collection[Loaded]) -> Cluster:
        """With wanted in each list, and gone in none; itself where that is so already."""
        plan = self.plan or {}
        if self._loads(wanted) and not any(_names(owner, gone) for owner in (plan, *_elements(plan))):
            return self
        found = {**plan, "elasticsearch": _with(plan.get("elasticsearch"), wanted, gone, [*LISTS])}
        elements = [_element_with(element, wanted, gone) for element in _elements(plan)]
        return evolve(self, plan={**found, "cluster_topology": elements} if elements else found)

    def _loads(self, wanted: Collection[Loaded]) -> bool:
        return all({*_each(lists)}.issuperset(wanted) for _, lists in self.places)

    @cached_property
    def lists(self) -> list[tuple[str, Mapping[str, list[Loaded]]]]:
        """The lists of its plan, which is called "", and those that each element has itself."""
        plan = self.plan or {}
        return [("", _own_lists(plan)), *((name, _own_lists(e)) for name, e in _named(_elements(plan)))]

    @property
    def places(self) -> list[tuple[str, Mapping[str, list[Loaded]]]]:
        """What each element loads, by type; of a plan without elements what itself says."""
        (_, everywhere), *elements = self.lists
        return [(name, {**everywhere, **own}) for name, own in elements] or [("", everywhere)]


def entries_of(attributes: Mapping[str, Value], name: str = "extensions") -> Iterator[Loaded]:
    """What an attribute names. What is not known yet is left empty."""
    named = attributes.get(name)
    for item in named if isinstance(named, list | tuple) else ():
        if isinstance(item, Mapping):
            type_, *said = (value if isinstance(value, str) else "" for value in map(item.get, _ALL))
            yield _one(type_, *said)


def lists_of(clusters: Sequence[Cluster]) -> dict[str, Value]:
    """The attributes of a binding: what is loaded everywhere, and all that is."""
    found = loaded(clusters)
    return {"extensions": [each for each in found if "only_in" not in each], "loaded": found}


def listed(entries: Sequence[Loaded]) -> str:
    """Entries in words, the first few of many."""
    more = f", and {len(entries) - _MOST} more" if len(entries) > _MOST else ""
    return ", ".join(entry.shown for entry in entries[:_MOST]) + more


def partly_loaded(attributes: Mapping[str, Value]) -> Iterator[str]:
    """What only some elements load: to declare it has all of them load it. attributes: of a binding."""
    there = attributes.get("loaded")
    for item in there if isinstance(there, list | tuple) else ():
        if isinstance(item, Mapping) and isinstance(places := item.get("only_in"), list | tuple):
            entry, where = Loaded.of(item), ", ".join(map(str, places))
            yield f"{entry.shown} is left out: only {where} loads it, and a binding is for all nodes"


def restart_of(change: Change) -> str:
    """Nodes load what a plan lists when they start: whatever changes a list starts them anew."""
    if change.action is Action.DELETE:
        sends = bool({*entries_of(change.before)} & {*entries_of(change.before, "loaded")})
    elif change.action is Action.UPDATE:
        sends = bool(change.diffs) or change.settling.status == FAILED
    else:
        sends = change.action in (Action.CREATE, Action.REPLACE)
    return ROLLING if sends else ""


def clusters_of(body: Mapping[str, Any]) -> list[Cluster]:
    """The Elasticsearch resources in the reply to a read of a deployment."""
    found = []
    for resource in _mappings(_at(body, "resources", "elasticsearch")):
        plan = _at(resource, "info", "plan_info", "current", "plan")
        region = str(resource.get("region") or "")
        found.append(
            Cluster(str(resource.get("ref_id")), region, plan if isinstance(plan, Mapping) else None)
        )
    return found


def version_of(clusters: Sequence[Cluster]) -> str:
    """The Elasticsearch version that they run, "" where that is not told."""
    return next((str(v) for c in clusters if (v := _at(c.plan or {}, "elasticsearch", "version"))), "")


def written_last(body: Any) -> str | None:
    """When a deployment or a plan of it was written last, as a read or an index shows it; None where they do
    not say."""
    told = [_at(body, "metadata", name) for name in WRITTEN]
    found = {time: text for text in told if (time := moment(text)) is not None}
    return found[max(found)] if found else None


def loaded(clusters: Sequence[Cluster]) -> list[dict[str, Any]]:
    """All that is loaded, as attributes. only_in: the elements that load it, where not all do."""
    return _shown(
        tuple(
            (f"{cluster.ref_id}/{element}" if len(clusters) > 1 else element, frozenset(_each(lists)))
            for cluster in clusters
            for element, lists in cluster.places
        )
    )


@lru_cache(maxsize=256)
def _shown(places: tuple[tuple[str, frozenset[Loaded]], ...]) -> list[dict[str, Any]]:
    """Many deployments load the same, and are told apart by less."""
    by: dict[Loaded, list[str]] = defaultdict(list)
    for name, entries in places:
        for entry in entries:
            by[entry].append(name)
    return [
        {**entry.attributes, **({"only_in": by[entry]} if len(by[entry]) < len(places) else {})}
        for entry in sorted(by, key=_ORDER)
    ]


def digest(clusters: Sequence[Cluster]) -> str:
    """What changes when any list of a plan or of an element says something else, and with nothing else."""
    lists = [
        [cluster.ref_id, name, type_, sorted({(e.name, e.url, e.elasticsearch_version) for e in entries})]
        for cluster in clusters
        for name, own in cluster.lists
        for type_, entries in own.items()
        if entries or name
    ]
    return hashlib.sha256(json.dumps(lists, sort_keys=True).encode()).hexdigest()[:16]


@lru_cache(maxsize=4096)
def unfit(entry: Loaded, version: str) -> tuple[tuple[str, str, str], ...]:
    """What is wrong with an entry where nodes run this version, "" where that is not known: how bad, what,
    and what to do.
    """
    return (*_unfit(entry, version),)


def _unfit(entry: Loaded, version: str) -> Iterator[tuple[str, str, str]]:
    made_for, given = entry.elasticsearch_version, "Give what is made for the deployment's version."
    if entry.type != "plugin":
        if version and made_for and not fnmatchcase(version, made_for):
            yield ERROR, f"is for {made_for}", "Give a version that fits the deployment's, as 8.* or *."
    elif "*" in made_for:
        yield ERROR, f"is for {made_for}, and a plugin takes no wildcard", given
    elif version and made_for and made_for != version:
        if _may_go_on(made_for, version):
            yield WARNING, f"is for {made_for}, and runs only if it is a stable plugin", given
        else:
            yield ERROR, f"is for {made_for}", given


def _may_go_on(made_for: str, version: str) -> bool:
    """Whether a stable plugin of the one version runs on the other: on the same major version, upwards."""
    built, there = _NUMBERS.match(made_for), _NUMBERS.match(version)
    if built is None or there is None:
        return False
    return built[1] == there[1] and [*map(int, built.groups())] <= [*map(int, there.groups())]


def request_body(clusters: Iterable[Cluster]) -> dict[str, Any]:
    """The request that gives clusters their plans. What a plan says of how it is to be carried out is of the
    change it came with, and would be done again."""
    sent = [
        {
            "ref_id": c.ref_id,
            "region": c.region,
            "plan": {k: v for k, v in (c.plan or {}).items() if k != "transient"},
        }
        for c in clusters
    ]
    return {"resources": {"elasticsearch": sent}}


def why_without(body: Any, name: str) -> str:
    """Why a deployment has no plan in force."""
    statuses = [_at(each, "info", "status") for each in _mappings(_at(body, "resources", "elasticsearch"))]
    if not statuses or "stopped" in statuses or "stopping" in statuses:
        return f"the deployment {name} is stopped, and has no plan"
    return f"the deployment {name} has no plan in force yet"


def _element_with(element: Any, wanted: Collection[Loaded], gone: Collection[Loaded]) -> Any:
    """An element, with what is changed in the lists that are its own."""
    own = [*_own_lists(element)]
    return (
        {**element, "elasticsearch": _with(element["elasticsearch"], wanted, gone, own)} if own else element
    )


def _with(
    settings: Any, wanted: Collection[Loaded], gone: Collection[Loaded], types: Collection[str]
) -> dict[str, Any]:
    """settings with the lists of these types changed. Who else's entries are there stay as they are."""
    found = dict(settings) if isinstance(settings, Mapping) else {}
    for type_ in types:
        there = found.get(LISTS[type_])
        kept: dict[Any, Any] = {}
        for item in there if isinstance(there, list) else []:
            key = Loaded.of(item, type_) if isinstance(item, Mapping) else repr(item)
            if key not in gone:
                kept.setdefault(key, item)
        for entry in sorted(wanted):
            if entry.type == type_:
                kept.setdefault(entry, entry.said)
        if kept or there is not None:
            found[LISTS[type_]] = [*kept.values()]
    return found


def _names(owner: Any, entries: Collection[Loaded]) -> bool:
    return any(entry in entries for entry in _each(_own_lists(owner)))


def _own_lists(owner: Any) -> dict[str, list[Loaded]]:
    """The lists that a plan or an element has itself, by type."""
    settings = _at(owner, "elasticsearch")
    held = {type_: settings.get(key) for type_, key in LISTS.items()} if isinstance(settings, Mapping) else {}
    return {
        type_: [Loaded.of(item, type_) for item in _mappings(items)]
        for type_, items in held.items()
        if isinstance(items, list)
    }


def _each(lists: Mapping[str, list[Loaded]]) -> Iterator[Loaded]:
    return (entry for entries in lists.values() for entry in entries)


def _elements(plan: Plan) -> list[Any]:
    found = plan.get("cluster_topology")
    return found if isinstance(found, list) else []


def _named(elements: Sequence[Any]) -> list[tuple[str, Any]]:
    return [(_id(element, number), element) for number, element in enumerate(elements)]


def _id(element: Any, number: int) -> str:
    return str(_at(element, "id") or number)


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
