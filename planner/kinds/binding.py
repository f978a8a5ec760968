"""How a kind's API is called: the `api` part of a kind file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from planner.ece import Operation


@frozen
class Call:
    """One API operation. items: the key that holds a list's items, "" when the reply is the list."""

    operation: Operation
    query: Mapping[str, str] = field(factory=dict)
    items: str = ""


@frozen
class ErrorFacts:
    """advice: what to do about an error code. repeat: how often the call is tried again on it."""

    advice: str
    repeat: int = 0


@frozen
class Binding:
    """calls: by name (list, create, read, update, upload, delete). id: the reply's attribute that holds it."""

    calls: Mapping[str, Call]
    id: str
    user_id: bool = False
    send_version: bool = False
    used_by: str = ""
    errors: Mapping[str, ErrorFacts] = field(factory=dict)


CALLS = ("list", "create", "read", "update", "upload", "delete")


def read_binding(api: Mapping[str, Any]) -> Binding:
    """The `api` mapping of a kind file, which fits schemas/kind.schema.json."""
    regional = bool(api.get("regional"))
    return Binding(
        calls={name: _call(api[name], regional) for name in CALLS if name in api},
        id=api["id"],
        user_id=bool(api.get("user_id")),
        send_version=bool(api.get("send_version")),
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
    return Call(operation, call.get("query", {}), call.get("items", ""))
