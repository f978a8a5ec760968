"""Requests to the kinds of `planner.sandbox.api`, answered as the descriptions of these say."""

from __future__ import annotations

import re
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from attrs import evolve, frozen
from werkzeug.wrappers import Request, Response

from planner.sandbox import objects
from planner.sandbox.description import Description, Operation
from planner.sandbox.http import ApiError, Call, Family, Problem, Route, Stamp, api_error, reply
from planner.sandbox.installation import Installation
from planner.sandbox.objects import Object
from planner.sandbox.shapes import MOST_PROBLEMS

MASK: Final = "********"
INVALID: Final = (400, "root.invalid_json_request", "The request body is not valid.")


@frozen(eq=False, repr=False)
class Turn:
    """One request to one kind, within its transaction; what writes raises before it wrote, or is undone.

    What is odd about a kind overrides a step: `ways`, `parent`, `mint`, `kept`, `shown`, `listed`, `let_go`.
    Any of them raises ApiError where the API refuses.
    """

    of: Description
    at: Installation
    operation: Operation
    call: Call
    sent: dict[str, Any]
    db: sqlite3.Connection

    def ways(self) -> Mapping[str, Callable[[], Response]]:
        """What an operation may do, by its word."""
        return {
            "list": self.listing,
            "create": self.create,
            "read": self.read,
            "put": self.put,
            "replace": self.replace,
            "merge": self.merge,
            "delete": self.delete,
        }

    def listing(self) -> Response:
        found = self.listed(objects.every(self.db, self.of.kind, self.parent()))
        return reply({self.operation.into: found} if self.operation.into else found)

    def read(self) -> Response:
        return self.answer(self.found(), self.operation.done)

    def create(self) -> Response:
        sent, parent = self.taken(self.sent), self.parent()
        return self._written(self.new(parent, self.mint(sent)), sent)

    def put(self) -> Response:
        sent, before = self.taken(self.sent), self.find()
        if before is None and self.operation.compares and "version" in self.call.request.args:
            raise self.refusal("absent")
        if before is not None and self.flag("create_only"):
            raise self.refusal("taken")
        return self._written(before or self.new(self.parent(), self.id), sent)

    def replace(self) -> Response:
        sent = self.taken(self.sent)
        return self._written(self.found(), sent)

    def merge(self) -> Response:
        before = self.found()
        return self._written(
            before, self.taken(patched({self.of.id_as: before.id, **before.body}, self.sent))
        )

    def delete(self) -> Response:
        """What is always there is reset."""
        thing = self.found()
        if self.of.always is not None:
            return self._written(thing, self.of.always)
        self._check_version(thing)
        self.let_go(thing)
        return self.answer(thing, self.operation.done)

    def seed(self) -> None:
        """Makes what an entry of a seed tells; what is there already stays as it is."""
        entry = completed(self.sent, self.of.defaults)
        sent = self.taken(entry)
        sent.pop(self.of.id_as, None)
        fresh = self.new(self.parent(), str(entry[self.of.id_as]) if self.of.id_as else "")
        objects.insert(
            self.db, evolve(fresh, body=self.seeded(sent), stamp=fresh.stamp.written(self.at.now()))
        )

    # The steps of them, as a plain kind takes them.

    def parent(self) -> str:
        """What its objects are below."""
        parent = "/".join(self.call.params[name] for name in self.of.parent)
        if self.of.below and objects.find(self.db, self.of.below, "", parent) is None:
            raise self.refusal("absent", id=parent)
        return parent

    def mint(self, sent: dict[str, Any]) -> str:
        """The id of a new object. What names itself does not keep its name in its body too."""
        return secrets.token_hex(16) if self.of.minted == "hex" else str(sent.pop(self.of.minted))

    def kept(self, sent: dict[str, Any], before: Object) -> dict[str, Any]:  # noqa: ARG002 - others need it
        """What is kept of a checked body. before is of version 0 where it is new."""
        return sent

    def seeded(self, sent: dict[str, Any]) -> dict[str, Any]:
        """What is kept of a checked entry of a seed, which may say what only the server else sets."""
        return self.kept(sent, self.new("", ""))

    def shown(self, thing: Object) -> dict[str, Any]:
        """What a read shows."""
        body = thing.body
        for path in self.of.secrets if self.at.masks else ():
            body = masked(body, path.split("."))
        named = {self.of.id_as: thing.id} if self.of.id_as else {}
        return {**named, **({self.of.body_as: body} if self.of.body_as else body)}

    def listed(self, found: list[Object]) -> list[dict[str, Any]]:
        """What a list shows of those that are there, in the order that they were made in."""
        return [self.shown(thing) for thing in found]

    def let_go(self, thing: Object) -> None:
        """Deletes it."""
        objects.delete(self.db, thing)

    # What steps are made of.

    @property
    def id(self) -> str:
        return "/".join(value for name, value in self.call.params.items() if name not in self.of.parent)

    def flag(self, name: str) -> bool:
        return name in self.operation.flags and self.call.flag(name)

    def new(self, parent: str, id_: str) -> Object:
        """One of version 0: nothing was written yet."""
        now = self.at.now()
        return Object(self.of.kind, parent, id_, {}, Stamp(0, now, now))

    def find(self) -> Object | None:
        parent = self.parent()
        thing = objects.find(self.db, self.of.kind, parent, self.id)
        if thing is None and self.of.always is not None:
            fresh = self.new(parent, self.id)
            return evolve(fresh, body=self.of.always, stamp=evolve(fresh.stamp, version=1))
        return thing

    def found(self) -> Object:
        thing = self.find()
        if thing is None:
            raise self.refusal("absent")
        return thing

    def taken(self, sent: dict[str, Any]) -> dict[str, Any]:
        """What of a body is known to the API. Raises ApiError with an element for each thing wrong."""
        body: dict[str, Any] = self.of.shapes.known(sent, self.operation.takes)
        status, code, _ = self.of.errors.get("invalid", INVALID)
        found = self.of.shapes.problems(body, self.operation.takes)
        if problems := [Problem(code, message, (name,)) for name, message in found]:
            raise ApiError(status, *problems[:MOST_PROBLEMS])
        return body

    def refusal(self, name: str, /, *fields: str, **more: str) -> ApiError:
        """The error of this name; its message names parameters of the path, `id`, and what more there is."""
        status, code, message = self.of.errors[name]
        words = {"id": self.id, **self.call.params, **more}
        return api_error(status, code, re.sub(r"\{(\w+)\}", lambda found: words[found[1]], message), *fields)

    def answer(self, thing: Object, status: int) -> Response:
        bodies: Mapping[str, Callable[[], dict[str, Any]]] = {
            "object": lambda: self.shown(thing),
            "id": lambda: {"id": thing.id},
            "nothing": dict,
        }
        headers = thing.stamp.headers() if self.operation.headers else ()
        return reply(bodies[self.operation.gives](), status, headers)

    def _written(self, before: Object, sent: dict[str, Any]) -> Response:
        """Keeps what was sent, in place of what was there before."""
        new = before.stamp.version == 0
        if not new:
            self._check_version(before)
        stamp = before.stamp.written(self.at.now())
        thing = evolve(before, body=self.kept(sent, before), stamp=stamp)
        if self.flag("validate_only"):
            return self.answer(thing, 200)
        if not new:
            objects.update(self.db, thing)
        elif not objects.insert(self.db, thing):
            raise self.refusal("taken", id=thing.id)
        return self.answer(thing, self.operation.made if new else self.operation.done)

    def _check_version(self, thing: Object) -> None:
        if self.operation.compares:
            status, code, _ = self.of.errors["conflict"]
            self.call.check_version(thing.stamp, code, status)


@frozen
class Kind:
    """What is described, and the class of its turns: another than `Turn` where it is odd."""

    of: Description
    turn: type[Turn] = Turn

    def routes(self, at: Installation) -> Iterator[Route]:
        for operation in self.of.operations:
            there = not (self.of.ece_only and at.cloud)
            handler = partial(self._answer, at, operation) if there else not_there
            family = self._family(operation)
            yield Route(operation.method, operation.path, handler, body=operation.reads, family=family)

    def seed(self, at: Installation, db: sqlite3.Connection, entry: dict[str, Any]) -> None:
        """Makes what an entry of a seed tells. Raises ApiError."""
        environ = {"REQUEST_METHOD": "PUT", "QUERY_STRING": f"region={entry.get('region', at.region)}"}
        operation = Operation("PUT", "", "seed", self.of.shape)
        self.turn(self.of, at, operation, Call(Request(environ), {}), entry, db).seed()

    def _family(self, operation: Operation) -> Family:
        """Only plain lists are known to be of all that there is."""
        codes = {"version-conflict": "conflict", "id-exists": "taken"}
        told = {fault: self.of.errors[name] for fault, name in codes.items() if name in self.of.errors}
        lists = (each for each in self.of.operations if each.does == "list" and not self.of.parent)
        path, into = next(((each.path, each.into) for each in lists if self.of.id_as), ("", ""))
        return Family(told, path, into, self.of.id_as, operation.gives == "id")

    def _answer(self, at: Installation, operation: Operation, call: Call) -> Response:
        sent = {operation.text: call.text()} if operation.text else call.json() if operation.takes else {}
        with at.storage.read() if operation.method == "GET" else at.storage.write() as db:
            return self.turn(self.of, at, operation, call, sent, db).ways()[operation.does]()


def not_there(_: Call) -> Response:
    """What Elastic Cloud says to paths that only an installation of one's own has."""
    return reply({"ok": False, "message": "Unknown resource."}, 404)


def masked(body: Any, path: list[str]) -> Any:
    """body with a mask in the place of what is at a path."""
    if not path:
        return MASK
    if not isinstance(body, dict) or path[0] not in body:
        return body
    return {**body, path[0]: masked(body[path[0]], path[1:])}


def completed(given: Any, defaults: Any) -> Any:
    """given with the defaults of what it leaves out, at every depth of mappings."""
    if not isinstance(given, dict) or not isinstance(defaults, Mapping):
        return given
    filled = {key: completed(given[key], value) if key in given else value for key, value in defaults.items()}
    return {**given, **filled}


def patched(body: Any, patch: Any) -> Any:
    """A JSON merge patch (RFC 7396): a null takes away."""
    if not isinstance(patch, dict):
        return patch
    base = body if isinstance(body, dict) else {}
    kept = {key: value for key, value in base.items() if key not in patch}
    return kept | {key: patched(base.get(key), value) for key, value in patch.items() if value is not None}
