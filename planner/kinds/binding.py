"""How a kind's API is called: the `api` part of a kind file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from attrs import field, frozen

from planner.ece import Operation, UploadForm
from planner.errors import ApiError, Conflict


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
    """advice: what to do about an error code. repeat: how often the call is tried again on it.

    conflict: it says that the installation moved since it was planned, whatever the status is.
    """

    advice: str
    repeat: int = 0
    conflict: bool = False

    def told(self, error: ApiError) -> ApiError:
        """error, as what it is called and with what to do about it."""
        if self.conflict and not isinstance(error, Conflict):
            return Conflict(
                error.summary,
                operation=error.operation,
                status=error.status,
                codes=error.codes,
                advice=self.advice,
            )
        error.advice = self.advice
        return error


@frozen
class Binding:
    """calls: by name (list, create, read, update, upload, delete). id: the attribute that holds the id.

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
