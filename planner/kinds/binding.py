"""How a kind's API is called: what the `api` part of a kind file says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from attrs import field, frozen

from planner.ece.operations import Operation, UploadForm
from planner.errors import ApiError, Conflict, NotFound, NotYet
from planner.model.compare import same
from planner.model.identity import Identity
from planner.model.value import Value

REGION: Final = "ece-region"
"""How an ECE calls its only region, where calls have to name one."""


@frozen
class TextBody:
    """A body that is one attribute and nothing else. type: its media type."""

    attribute: str
    type: str


@frozen
class Call:
    """One API operation. send_version: it takes the resource version as the query parameter `version`.

    wrap: where in the body the attributes go, a JSON Pointer, "" the whole. add: what the body has besides.
    merge_patch: the body says what changes, with null for what goes (RFC 7396). text: the body is a text.
    token: the query parameter that makes a repeated call one call.
    """

    operation: Operation
    query: Mapping[str, str] = field(factory=dict)
    send_version: bool = False
    wrap: str = ""
    add: Mapping[str, Value] = field(factory=dict)
    merge_patch: bool = False
    text: TextBody | None = None
    token: str = ""

    @property
    def params(self) -> tuple[str, ...]:
        """The attributes that its path takes."""
        return tuple(re.findall(r"{(\w+)}", self.operation.path))

    def enclosed(self, attributes: Mapping[str, Value]) -> dict[str, Value]:
        """The body with these attributes."""
        body = dict(attributes)
        for key in reversed(self.wrap.split("/")[1:]):
            body = {key: body}
        return {**self.add, **body}


def merge_patch(found: Mapping[str, Value], wanted: Mapping[str, Value]) -> dict[str, Value]:
    """What turns found into wanted, of what wanted names, as a merge patch (RFC 7396)."""
    patch: dict[str, Value] = {}
    for name, value in wanted.items():
        there = found.get(name)
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            gone = dict.fromkeys(there.keys() - value.keys())
            if below := merge_patch(there, {**value, **gone}):
                patch[name] = below
        elif not same(there, value):
            patch[name] = value
    return patch


@frozen
class Listing:
    """What the reply to the list call holds. The pointers are JSON Pointers (RFC 6901), "" the whole.

    items: of the list, in the reply. keyed: it is a mapping, by the own part of the id. item: of the
    resource, in an item. where: attributes that the items of this kind have, in a list that several kinds
    share. unless: of items that nobody can manage.
    """

    items: str = ""
    keyed: bool = False
    item: str = ""
    where: Mapping[str, Any] = field(factory=dict)
    unless: Mapping[str, Any] = field(factory=dict)


@frozen
class ErrorFacts:
    """What the file of a kind says of an error of the API. advice: what to do about an error code. repeat:
    how often the call is tried again on it.

    conflict: it says that the installation moved since it was planned, whatever the status is. absent: it
    says that there is no such resource. pending: it says that something else has to end first.
    """

    advice: str
    repeat: int = 0
    conflict: bool = False
    absent: bool = False
    pending: bool = False

    def told(self, error: ApiError) -> ApiError:
        """error with the advice, as a Conflict, NotFound or NotYet where it is one."""
        meant = ((self.conflict, Conflict), (self.absent, NotFound), (self.pending, NotYet))
        kind = next((kind for is_one, kind in meant if is_one), type(error))
        if not isinstance(error, kind):
            return error.said_as(kind, error.summary, self.advice)
        error.advice = self.advice
        return error


@frozen
class Wait:
    """How to see that what the API accepted is done. call: what shows it, None for the call that reads.

    until: JSON Pointer -> the value, or one of the values, that a reply has there when it is done: all of
    them; without any a driver tells. failed: likewise when it failed: any of them. reason: where a reply says
    what goes on, or why it failed. before: a write is begun only when nothing goes on.
    """

    until: Mapping[str, Any] = field(factory=dict)
    call: Call | None = None
    failed: Mapping[str, Any] = field(factory=dict)
    reason: str = ""
    before: bool = False


@frozen
class Binding:
    """The `api` part of a kind file, read. calls: by name (list, create, read, update, upload, delete, and
    those of before_delete). identity: of what its ids are made.

    id_pointer, attributes: JSON Pointers to the own part of its id, and to the attributes, in a resource.
    user_id: the user chooses the id; a create then must not find one. names: attributes that the API calls
    otherwise. before_delete: the calls that a delete takes first. reset: what leaves a singleton as it was
    installed. wait: None where a write that was accepted is done.
    """

    calls: Mapping[str, Call]
    identity: Identity
    id_pointer: str
    attributes: str = ""
    listing: Listing = Listing()
    user_id: bool = False
    used_by: str = ""
    errors: Mapping[str, ErrorFacts] = field(factory=dict)
    names: Mapping[str, str] = field(factory=dict)
    before_delete: tuple[str, ...] = ()
    reset: Mapping[str, Value] | None = None
    wait: Wait | None = None

    @property
    def create(self) -> str:
        """The call that creates."""
        return "create" if "create" in self.calls else "update"

    @property
    def reading(self) -> Call:
        """The call that shows one resource, be it among others."""
        return self.calls["read" if "read" in self.calls else "list"]

    @property
    def in_path(self) -> frozenset[str]:
        """The attributes that a create says in its path, so that no body has to."""
        return frozenset(self.calls[self.create].params) if self.create in self.calls else frozenset()


@frozen
class Conventions:
    """What differs between installations. send_version: send ?version= where the kind file leaves that open.
    cloud: see Driver. uploads: the form that it takes, found out in the course of a run. region: its name.
    validate_only: it can be asked whether it would take a write."""

    send_version: bool = False
    cloud: str = ""
    uploads: UploadForm = field(factory=UploadForm)
    region: str = REGION
    validate_only: bool = True


CALLS = ("list", "create", "read", "update", "upload", "delete")
_LISTING = ("items", "keyed", "item", "where", "unless")
_WAIT = ("until", "failed", "reason", "before")
_CALL = ("query", "send_version", "wrap", "add", "merge_patch", "token")


def read_binding(api: Mapping[str, Any], identity: Identity, *, user_id: bool) -> Binding:
    """The `api` mapping of a kind file, which fits schemas/kind.schema.json."""
    names = api.get("names", {})
    calls = {**{name: api[name] for name in CALLS if name in api}, **api.get("before_delete", {})}
    return Binding(
        calls={name: _call(call, bool(api.get("regional"))) for name, call in calls.items()},
        identity=identity,
        id_pointer=api.get("id_pointer", f"/{names.get(identity.own, identity.own)}"),
        attributes=api.get("attributes", ""),
        listing=Listing(**{key: value for key, value in api.get("list", {}).items() if key in _LISTING}),
        user_id=user_id,
        used_by=api.get("used_by", ""),
        errors={code: ErrorFacts(**facts) for code, facts in api.get("errors", {}).items()},
        names=names,
        before_delete=tuple(api.get("before_delete", ())),
        reset=api.get("reset"),
        wait=_wait(api["wait"], bool(api.get("regional"))) if "wait" in api else None,
    )


def _wait(wait: Mapping[str, Any], regional: bool) -> Wait:
    call = _call(wait["call"], regional) if "call" in wait else None
    return Wait(call=call, **{key: wait[key] for key in _WAIT if key in wait})


def read_identity(kind: str, api: Mapping[str, Any]) -> Identity:
    """Of what the ids of a kind are made. A singleton below nothing has the name of its kind."""
    said = api.get("id", "")
    pattern = said if "{" in said else f"{{{said}}}" if said else kind
    parts = Identity(pattern).parts
    list_ = re.findall(r"{(\w+)}", api["list"]["path"]) if "list" in api else parts
    return Identity(pattern, tuple(name for name in parts if name in list_))


def _call(call: Mapping[str, Any], regional: bool) -> Call:
    operation = Operation(
        name=call["operation"],
        method=call["method"],
        path=call["path"],
        repeatable=bool(call.get("repeatable", call["method"] == "GET" or "token" in call)),
        timeout=call.get("timeout"),
        regional=regional,
    )
    text = TextBody(**call["body"]) if "body" in call else None
    return Call(operation, text=text, **{key: call[key] for key in _CALL if key in call})
