"""What the replies to calls say: resources, whose they are, and whether they can be believed.

Whose a reply is, `parts_in` decides for every call: one about another resource than the one that was asked
for is never believed, nor is an id that could not be sent back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from planner.ece.operations import Reply, can_be_sent
from planner.errors import ApiError
from planner.kinds.binding import Binding, Wait
from planner.model.compare import same
from planner.model.kept import lasting, once_in
from planner.model.kind import Kind
from planner.model.resource import FAILED, PENDING, SETTLED, Observed, Settling
from planner.model.value import UNKNOWN, Value
from planner.net.bodies import nests_too_deep


def pointed(value: Any, pointer: str) -> Any:
    """What a JSON Pointer (RFC 6901) names in value, None when it is not there."""
    for key in _keys(pointer) if pointer else ():
        if not isinstance(value, Mapping) or key not in value:
            return None
        value = value[key]
    return value


@lru_cache(maxsize=256)
def _keys(pointer: str) -> tuple[str, ...]:
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])


Parts = Mapping[str, str]
"""Attributes of an id, with their values."""

NOBODY: Final[Parts] = {}


def observed_in(
    body: Any, reply: Reply, kind: Kind, binding: Binding, asked: Parts = NOBODY, *, shallow: bool = False
) -> Observed:
    """The resource in a body. asked: what is known of its id. ApiError for anything else.

    shallow: the body is known to nest no deeper than is allowed.
    """
    attributes = _attributes_in(body, binding)
    if attributes is None:
        missing = binding.attributes.removeprefix("/") or "mapping"
        raise unusable(f"a reply about {kind.name} holds no {missing}", reply, binding)
    parts = parts_in(body, reply, kind, binding, asked)
    own = binding.identity.own
    id_ = binding.identity.id_of(parts)
    if not id_ or (own in asked and not _may_hide_its_id(kind, binding) and not _shows_its_id(body, binding)):
        missing = binding.id_pointer.removeprefix("/")
        raise unusable(f"a reply about {kind.name} holds no {missing}", reply, binding)
    if not shallow and nests_too_deep(body):
        what = f"a reply about {kind.name} {id_} nests lists and mappings more than a hundred deep"
        raise unusable(what, reply, binding)
    used_by = pointed(body, f"/{binding.used_by}") if binding.used_by else None
    if unlike := {name: part for name, part in parts.items() if attributes.get(name) != part}:
        attributes = {**attributes, **unlike}
    return Observed(
        id=id_,
        attributes=_kept(attributes, kind),
        version=reply.version,
        created=reply.created,
        last_modified=reply.last_modified,
        used_by=tuple(map(str, used_by)) if isinstance(used_by, list) else None,
    )


def _attributes_in(body: Any, binding: Binding) -> Mapping[str, Any] | None:
    """The attributes in a body, by our names; None where there are none."""
    found = pointed(body, binding.attributes)
    if not isinstance(found, Mapping):
        return None
    if not binding.names:
        return found
    by_theirs = {theirs: name for name, theirs in binding.names.items()}
    return {by_theirs.get(key, str(key)): value for key, value in found.items()}


def _shown_parts(body: Any, binding: Binding) -> dict[str, Any]:
    """The parts of an id that a body shows, whatever they are."""
    identity = binding.identity
    if identity.is_plain:
        found = pointed(body, binding.id_pointer)
        return {} if found is None else {identity.own: found}
    shown = {**(_attributes_in(body, binding) or {})}
    if identity.own:
        shown[identity.own] = pointed(body, binding.id_pointer)
    return {name: shown[name] for name in identity.parts if shown.get(name) is not None}


def _shows_its_id(body: Any, binding: Binding) -> bool:
    return binding.identity.own in _shown_parts(body, binding)


def parts_in(body: Any, reply: Reply, kind: Kind, binding: Binding, asked: Parts = NOBODY) -> dict[str, str]:
    """asked, with the parts of the id that a body shows. ApiError for one that is none, and for another than
    asked.
    """
    parts = dict(asked)
    for name, found in _shown_parts(body, binding).items():
        part = _part(found, reply, kind, binding)
        if parts.setdefault(name, part) != part:
            told = f"a reply about {kind.name} {parts[name]} is about {_shown(part)} instead"
            raise unusable(told, reply, binding)
    return parts


def _part(found: Any, reply: Reply, kind: Kind, binding: Binding) -> str:
    """A part of an id. ApiError for what cannot be one."""
    part = str(found) if type(found) in (str, int) else ""
    if not can_be_sent(part):
        what = f"a reply about {kind.name} gives {_shown(found)} as an id, which cannot be one"
        raise unusable(what, reply, binding)
    return part


def _shown(found: object) -> str:
    text = found if isinstance(found, str) and found.isprintable() and found else repr(found)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _may_hide_its_id(kind: Kind, binding: Binding) -> bool:
    """Whether a reply may come without the id that was asked for: the user chose it, or the kind says so."""
    own = binding.identity.own
    return binding.user_id or not own or not kind.attributes[own].echoed


def unusable(what: str, reply: Reply, binding: Binding) -> ApiError:
    return ApiError(
        what,
        operation=binding.reading.operation.name,
        status=reply.status,
        advice="Is the endpoint an Elastic Cloud Enterprise API that serves this kind, and does a proxy or a "
        "cache before it mix up replies?",
    )


def is_whole(body: Any, kind: Kind, binding: Binding) -> bool:
    """Whether the reply to a write holds the resource, and not only its id, or nothing."""
    attributes = _attributes_in(body, binding)
    if attributes is None:
        return False
    if not (_may_hide_its_id(kind, binding) or _shows_its_id(body, binding)):
        return False
    named = binding.identity.parts
    shown = (a for a in kind.attributes.values() if a.required and a.echoed and a.name not in named)
    wanted = [a.name for a in shown if not (a.write_only or a.local)]
    if wanted:
        return all(name in attributes for name in wanted)
    return bool(attributes.keys() & kind.attributes.keys() - {*named, *(a.name for a in kind.once)})


def shown_once(body: Any, kind: Kind, binding: Binding) -> dict[str, Value]:
    """What of the reply to a create no other reply shows, as secrets."""
    return once_in(kind.once, _attributes_in(body, binding) or {}) if kind.once else {}


def tells(body: Any, wait: Wait) -> bool:
    """Whether a body says how far the installation is."""
    shown = (found for pointer in wait.until for found in _each(body, pointer))
    return all(found is not None and found is not UNKNOWN for found in shown)


def settling_in(body: Any, wait: Wait) -> Settling:
    """How far the installation is, by a reply."""
    said = pointed(body, wait.reason) if wait.reason else None
    if failed := [*_those(body, wait.failed, are=True)]:
        return Settling(FAILED, said if isinstance(said, str) else failed[0])
    if unmet := [*_those(body, wait.until, are=False)]:
        return Settling(PENDING, said if isinstance(said, str) else unmet[0])
    return SETTLED


def _those(body: Any, told: Mapping[str, Any], *, are: bool) -> Iterator[str]:
    """What a body has, in words, where it is one of what was told, or none of them."""
    for pointer, wanted in told.items():
        values = wanted if isinstance(wanted, list) else [wanted]
        for found in _each(body, pointer):
            if any(same(found, value) for value in values) is are:
                yield _told(pointer, found)


def _each(body: Any, pointer: str) -> Iterator[Any]:
    """What a pointer leads to, of each item of a list where it has a *; UNKNOWN where there is no list."""
    head, star, rest = pointer.partition("/*")
    found = pointed(body, head)
    if not star:
        yield found
        return
    if not isinstance(found, list):
        yield UNKNOWN
        return
    for item in found:
        yield from _each(item, rest)


def _told(pointer: str, found: Any) -> str:
    name = pointer.rsplit("/", 1)[-1]
    if found is None or found is UNKNOWN:
        return f"{name} is not told"
    return f"{name} is {str(found).lower() if isinstance(found, bool) else _shown(found)}"


Observe = Callable[..., Observed]
"""observed_in, or what an odd kind has in its place: body, reply, asked and shallow."""


def listed_in(
    reply: Reply, kind: Kind, binding: Binding, below: Parts, observe: Observe
) -> dict[str, Observed]:
    """The resources in the reply to a list, by id, without versions. below: what they all live below.

    ApiError when it holds no list, and for two entries with one id: which of them is the one that a write to
    it would reach is not known.
    """
    found: dict[str, Observed] = {}
    bare = Reply(reply.status, {}, None)
    shallow = not nests_too_deep(reply.body)  # once for all: looking at each alone takes five times as long
    for key, body in _items_in(reply, binding):
        own = {} if key is None else {binding.identity.own: _part(key, reply, kind, binding)}
        item = observe(body, bare, {**below, **own}, shallow=shallow)
        if item.id in found:
            what = f"a list of {kind.name} holds two entries with the id {_shown(item.id)}"
            raise unusable(what, reply, binding)
        found[item.id] = item
    return found


def _items_in(reply: Reply, binding: Binding) -> Iterator[tuple[str | None, Any]]:
    """Each with its key, where the list is a mapping."""
    listing = binding.listing
    items = pointed(reply.body, listing.items)
    if not isinstance(items, Mapping if listing.keyed else list):
        name = binding.calls["list"].operation.name
        holds = "mapping" if listing.keyed else "list"
        what = f"the reply to {name} holds no {holds}" + (f" at {listing.items}" if listing.items else "")
        raise unusable(what, reply, binding)
    for key, entry in items.items() if isinstance(items, Mapping) else ((None, each) for each in items):
        item = pointed(entry, listing.item)
        shown = item if isinstance(item, Mapping) else {}
        theirs = any(shown.get(key) == value for key, value in listing.unless.items())
        if not theirs and all(shown.get(key) == value for key, value in listing.where.items()):
            yield key, item


def _kept(attributes: Mapping[str, Any], kind: Kind) -> dict[str, Value]:
    """The attributes of a reply that the kind knows, without what changes by itself or is shown once."""
    kept = {}
    for name, attribute in kind.kept.items():
        value = attributes.get(name)
        if value is not None and not attribute.once:
            kept[name] = lasting(attribute, value) if attribute.holds_volatile else value
    return kept
