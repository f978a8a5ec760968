"""Replies of the API read as resources, as a kind file says where their parts are.

Whose a reply is, `id_in` decides for every call: one about another resource than the one that was asked for
is never believed, nor is an id that could not be sent back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from planner.ece import Reply, can_be_sent
from planner.errors import ApiError
from planner.kinds.binding import Binding, pointed
from planner.model.kind import Kind
from planner.model.resource import Observed
from planner.model.value import Value
from planner.net.bodies import nests_too_deep


def observed_in(
    body: Any, reply: Reply, kind: Kind, binding: Binding, asked: str = "", *, shallow: bool = False
) -> Observed:
    """The resource in a body. asked: the id that it must have. ApiError for anything else.

    shallow: the body is known to nest no deeper than is allowed.
    """
    attributes = pointed(body, binding.attributes)
    if not isinstance(attributes, Mapping):
        missing = binding.attributes.removeprefix("/") or "mapping"
        raise _unusable(f"a reply about {kind.name} holds no {missing}", reply, binding)
    id_ = id_in(body, reply, kind, binding, asked) or (asked if _may_hide_its_id(kind, binding) else "")
    if not id_:
        missing = binding.id_pointer.removeprefix("/")
        raise _unusable(f"a reply about {kind.name} holds no {missing}", reply, binding)
    if not shallow and nests_too_deep(body):
        what = f"a reply about {kind.name} {id_} nests lists and mappings more than a hundred deep"
        raise _unusable(what, reply, binding)
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


def id_in(body: Any, reply: Reply, kind: Kind, binding: Binding, asked: str = "") -> str:
    """The id in a body, "" without one. ApiError for one that is none, and for another than asked."""
    found = pointed(body, binding.id_pointer)
    if found is None:
        return ""
    id_ = str(found) if type(found) in (str, int) else ""
    if not can_be_sent(id_):
        what = f"a reply about {kind.name} gives {_shown(found)} as an id, which cannot be one"
        raise _unusable(what, reply, binding)
    if asked and id_ != asked:
        raise _unusable(f"a reply about {kind.name} {asked} is about {_shown(id_)} instead", reply, binding)
    return id_


def _shown(found: object) -> str:
    text = found if isinstance(found, str) and found.isprintable() and found else repr(found)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _may_hide_its_id(kind: Kind, binding: Binding) -> bool:
    """Whether a reply may come without the id that was asked for: the user chose it, or the kind says so."""
    return binding.user_id or not kind.attributes[binding.id].echoed


def _unusable(what: str, reply: Reply, binding: Binding, call: str = "read") -> ApiError:
    return ApiError(
        what,
        operation=binding.calls[call].operation.name,
        status=reply.status,
        advice="Is the endpoint an Elastic Cloud Enterprise API that serves this kind, and does a proxy or a "
        "cache before it mix up replies?",
    )


def is_whole(body: Any, kind: Kind, binding: Binding) -> bool:
    """Whether the reply to a write holds the resource, and not only its id, or nothing."""
    attributes = pointed(body, binding.attributes)
    if not isinstance(attributes, Mapping):
        return False
    if pointed(body, binding.id_pointer) is None and not _may_hide_its_id(kind, binding):
        return False
    always = [
        a.name for a in kind.attributes.values() if a.required and a.echoed and not (a.write_only or a.local)
    ]
    wanted = [name for name in always if name != binding.id]
    return all(name in attributes for name in wanted) if wanted else bool(set(attributes) - {binding.id})


def listed_in(reply: Reply, kind: Kind, binding: Binding) -> dict[str, Observed]:
    """The resources in the reply to a list, by id, without versions.

    ApiError when it holds no list, and for two entries with one id: which of them is the one that a write to
    it would reach is not known.
    """
    found: dict[str, Observed] = {}
    for item in _items_in(reply, kind, binding):
        if item.id in found:
            what = f"a list of {kind.name} holds two entries with the id {_shown(item.id)}"
            raise _unusable(what, reply, binding, "list")
        found[item.id] = item
    return found


def _items_in(reply: Reply, kind: Kind, binding: Binding) -> Iterator[Observed]:
    listing = binding.listing
    items = pointed(reply.body, listing.items)
    if not isinstance(items, list):
        name = binding.calls["list"].operation.name
        what = f"the reply to {name} holds no list" + (f" at {listing.items}" if listing.items else "")
        raise _unusable(what, reply, binding, "list")
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
