"""Replies of the API read as resources, as a kind file says where their parts are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from planner.ece import Reply, nests_too_deep
from planner.errors import ApiError
from planner.kinds.binding import Binding, pointed
from planner.model.kind import Kind
from planner.model.resource import Observed
from planner.model.value import Value


def observed_in(
    body: Any, reply: Reply, kind: Kind, binding: Binding, asked: str = "", *, shallow: bool = False
) -> Observed:
    """The resource in a body. asked: its id, where the body does not repeat it. ApiError without one.

    shallow: the body is known to nest no deeper than is allowed.
    """
    attributes = pointed(body, binding.attributes)
    id_ = id_in(body, binding) or asked
    if not isinstance(attributes, Mapping) or not id_:
        missing = binding.id_pointer if isinstance(attributes, Mapping) else binding.attributes or "mapping"
        raise ApiError(
            f"a reply about {kind.name} holds no {missing.removeprefix('/')}",
            operation=binding.calls["read"].operation.name,
            status=reply.status,
            advice="Is the endpoint an Elastic Cloud Enterprise API that serves this kind?",
        )
    if not shallow and nests_too_deep(body):
        raise ApiError(
            f"a reply about {kind.name} {id_} nests lists and mappings more than a hundred deep",
            operation=binding.calls["read"].operation.name,
            status=reply.status,
            advice="Is the endpoint an Elastic Cloud Enterprise API that serves this kind?",
        )
    used_by = pointed(body, f"/{binding.used_by}") if binding.used_by else None
    if attributes.get(binding.id) != id_:
        attributes = {**attributes, binding.id: id_}
    return Observed(
        id=id_,
        attributes=_kept(attributes, kind),
        version=reply.version,
        created=reply.created,
        last_modified=reply.last_modified,
        used_by=tuple(map(str, used_by)) if isinstance(used_by, list) else None,
    )


def id_in(body: Any, binding: Binding) -> str:
    """The id in a body, "" without one."""
    found = pointed(body, binding.id_pointer)
    return str(found) if isinstance(found, str | int) else ""


def is_whole(body: Any, kind: Kind, binding: Binding) -> bool:
    """Whether the reply to a write holds the resource, and not only its id, or nothing."""
    attributes = pointed(body, binding.attributes)
    if not isinstance(attributes, Mapping):
        return False
    always = [
        a.name for a in kind.attributes.values() if a.required and a.echoed and not (a.write_only or a.local)
    ]
    wanted = [name for name in always if name != binding.id]
    return all(name in attributes for name in wanted) if wanted else bool(set(attributes) - {binding.id})


def listed_in(reply: Reply, kind: Kind, binding: Binding) -> Iterator[Observed]:
    """The resources in the reply to a list, without versions. ApiError when it holds no list."""
    listing = binding.listing
    items = pointed(reply.body, listing.items)
    if not isinstance(items, list):
        name = binding.calls["list"].operation.name
        raise ApiError(
            f"the reply to {name} holds no list" + (f" at {listing.items}" if listing.items else ""),
            operation=name,
            status=reply.status,
            advice="Is the endpoint an Elastic Cloud Enterprise API that serves this kind?",
        )
    bare = Reply(reply.status, {}, None)
    shallow = not nests_too_deep(reply.body)  # once for all: looking at each alone takes five times as long
    for entry in items:
        item = pointed(entry, listing.item)
        shown = item if isinstance(item, Mapping) else {}
        if all(shown.get(key) == value for key, value in listing.where.items()):
            yield observed_in(item, bare, kind, binding, shallow=shallow)


def _kept(attributes: Mapping[str, Any], kind: Kind) -> dict[str, Value]:
    """The attributes of a reply that the kind knows, without what changes by itself."""
    kept = {}
    for name, passing in kind.kept.items():
        value = attributes.get(name)
        if value is not None:
            kept[name] = _without(passing, value) if passing and isinstance(value, dict) else value
    return kept


def _without(keys: frozenset[str], value: dict[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in keys}
