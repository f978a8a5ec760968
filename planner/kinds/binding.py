"""How a kind's API is called, and its replies read as resources: what the `api` part of a kind file says.

Whose a reply is, `id_in` decides for every call: one about another resource than the one that was asked for
is never believed, nor is an id that could not be sent back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from attrs import field, frozen

from planner.ece.operations import Operation, Reply, UploadForm, can_be_sent
from planner.errors import ApiError, Conflict
from planner.model.kept import lasting
from planner.model.kind import Kind
from planner.model.resource import Observed
from planner.model.value import Value
from planner.net.bodies import nests_too_deep


@frozen
class Call:
    """One API operation. send_version: it takes the resource version as the query parameter `version`."""

    operation: Operation
    query: Mapping[str, str] = field(factory=dict)
    send_version: bool = False


@frozen
class Listing:
    """What the reply to the list call holds. The pointers are JSON Pointers (RFC 6901), "" the whole.

    items: of the list, in the reply. item: of the resource, in an item. where: attributes that the items of
    this kind have, in a list that several kinds share. complete: an item shows all that a read shows, but
    version and users.
    """

    items: str = ""
    item: str = ""
    where: Mapping[str, Any] = field(factory=dict)
    complete: bool = True


@frozen
class ErrorFacts:
    """What the file of a kind says of an error of the API. advice: what to do about an error code. repeat:
    how often the call is tried again on it.

    conflict: it says that the installation moved since it was planned, whatever the status is.
    """

    advice: str
    repeat: int = 0
    conflict: bool = False

    def told(self, error: ApiError) -> ApiError:
        """error with the advice, as a Conflict where it says so."""
        if self.conflict and not isinstance(error, Conflict):
            return error.said_as(Conflict, error.summary, self.advice)
        error.advice = self.advice
        return error


@frozen
class Binding:
    """The `api` part of a kind file, read. calls: by name (list, create, read, update, upload, delete). id:
    the attribute that holds the id.

    id_pointer, attributes: where in a resource the id and the attributes are, as JSON Pointers. user_id: the
    user chooses the id; a create then must not find one.
    """

    calls: Mapping[str, Call]
    id: str
    id_pointer: str
    attributes: str = ""
    listing: Listing = Listing()
    user_id: bool = False
    used_by: str = ""
    errors: Mapping[str, ErrorFacts] = field(factory=dict)

    @property
    def id_in_path(self) -> bool:
        """Whether a create says the id in its path, so that no body has to."""
        return self.user_id and "{id}" in self.calls["create"].operation.path


@frozen
class Conventions:
    """What differs between installations. send_version: send ?version= where the kind file leaves that open.
    cloud: see Driver. uploads: the form that it takes, found out in the course of a run."""

    send_version: bool = False
    cloud: str = ""
    uploads: UploadForm = field(factory=UploadForm)


CALLS = ("list", "create", "read", "update", "upload", "delete")
_LISTING = ("items", "item", "where", "complete")


def read_binding(api: Mapping[str, Any]) -> Binding:
    """The `api` mapping of a kind file, which fits schemas/kind.schema.json."""
    regional = bool(api.get("regional"))
    return Binding(
        calls={name: _call(api[name], regional) for name in CALLS if name in api},
        id=api["id"],
        id_pointer=api.get("id_pointer", f"/{api['id']}"),
        attributes=api.get("attributes", ""),
        listing=Listing(**{key: api["list"][key] for key in _LISTING if key in api["list"]}),
        user_id=bool(api.get("user_id")),
        used_by=api.get("used_by", ""),
        errors={code: ErrorFacts(**facts) for code, facts in api.get("errors", {}).items()},
    )


def _call(call: Mapping[str, Any], regional: bool) -> Call:
    operation = Operation(
        name=call["operation"],
        method=call["method"],
        path=call["path"],
        repeatable=bool(call.get("repeatable", call["method"] == "GET")),
        timeout=call.get("timeout"),
        regional=regional,
    )
    return Call(operation, call.get("query", {}), bool(call.get("send_version")))


def pointed(value: Any, pointer: str) -> Any:
    """What a JSON Pointer (RFC 6901) names in value, None when it is not there."""
    for key in _keys(pointer):
        if not isinstance(value, Mapping) or key not in value:
            return None
        value = value[key]
    return value


@lru_cache(maxsize=256)
def _keys(pointer: str) -> tuple[str, ...]:
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])


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
    shown = (a for a in kind.attributes.values() if a.required and a.echoed and a.name != binding.id)
    wanted = [a.name for a in shown if not (a.write_only or a.local)]
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
    found = ((attribute, attributes.get(name)) for name, attribute in kind.kept.items())
    return {a.name: lasting(a, value) for a, value in found if value is not None}
