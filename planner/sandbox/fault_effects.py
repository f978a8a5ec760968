"""Which faults are set, and what a fault does to a request.

A connection that breaks is a ConnectionResetError out of the app call, or out of the iteration of a truncated
body. Under waitress either closes the socket, since it takes an OSError for a broken connection. A transport
that calls the app in-process must turn both into its own connection error. There a `cut-upload` has read half
of the body; over a socket waitress has read all of it before the app is called.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import orjson
from werkzeug.wrappers import Request, Response

from planner.sandbox.archives import CHUNK
from planner.sandbox.faults import FaultRule, parse
from planner.sandbox.http import Family, Problem, Refusal, failed, reply
from planner.sandbox.storage import Storage

Answer = Callable[[], Response]
Look = Callable[[str], Response]
"""What a GET of a path answers to the same caller."""

START, RUNTIME = "start", "runtime"
TABLES = {START: "temp.local_fault", RUNTIME: "main.fault"}
QUERY = (
    "SELECT 'start' AS source, id, spec, seen, fired FROM temp.local_fault"
    " UNION ALL SELECT 'runtime', id, spec, seen, fired FROM main.fault ORDER BY 1 DESC, 2"
)
GATEWAY_PAGE = (
    b"<html>\r\n<head><title>%d</title></head>\r\n<body><center><h1>%d</h1></center></body>\r\n</html>\r\n"
)


class FaultTable:
    """Which faults are set and how often each has fired.

    Those given at the start belong to this process (a temporary table); those set at runtime are in the data
    file, so that every process that has it open sees them and counts them together.
    """

    def __init__(self, storage: Storage, given: Iterable[FaultRule] = ()) -> None:
        self._storage = storage
        self.add(given, START)

    def add(self, rules: Iterable[FaultRule], source: str = RUNTIME) -> None:
        if rows := [(rule.spec,) for rule in rules]:
            with self._storage.write() as db:
                db.executemany(f"INSERT INTO {TABLES[source]} (spec) VALUES (?)", rows)  # noqa: S608 - constants

    def clear(self) -> None:
        with self._storage.write() as db:
            for table in TABLES.values():
                db.execute(f"DELETE FROM {table}")  # noqa: S608 - constants

    def is_set(self, rule: FaultRule) -> bool:
        return any(row["spec"] == rule.spec for row in self._rows())

    def to_json(self) -> list[dict[str, str | int]]:
        return [{key: row[key] for key in ("spec", "source", "seen", "fired")} for row in self._rows()]

    def _rows(self) -> list[sqlite3.Row]:
        with self._storage.read() as db:
            return db.execute(QUERY).fetchall()

    def pick(self, method: str, path: str, media_type: str, *, asks: bool = False) -> list[FaultRule]:
        """The faults that fire on this request: those that pass, then at most one other. Counts them.
        asks: see FaultRule.matches.

        Without a matching fault this is one read of an empty table, for it is on the way of every request.
        """
        if not any(parse(row["spec"]).matches(method, path, media_type, asks=asks) for row in self._rows()):
            return []
        with self._storage.write() as db:
            return _fire(db, method, path, media_type, asks)


def _fire(db: sqlite3.Connection, method: str, path: str, media_type: str, asks: bool) -> list[FaultRule]:
    firing: list[FaultRule] = []
    for row in db.execute(QUERY).fetchall():
        rule, seen = parse(row["spec"]), row["seen"] + 1
        if not rule.matches(method, path, media_type, asks=asks):
            continue
        decided = bool(firing) and not firing[-1].passes
        fires = not decided and rule.fires(seen, row["fired"])
        statement = f"UPDATE {TABLES[row['source']]} SET seen = ?, fired = fired + ? WHERE id = ?"  # noqa: S608 - constants
        db.execute(statement, (seen, fires, row["id"]))
        if fires:
            firing.append(rule)
    return firing


def apply(rule: FaultRule, request: Request, answer: Answer, look: Look, family: Family) -> Response:
    """The reply in place of `answer()`, which is called if and only if the request is to take effect.

    family: of the route that the request is for. Raises ConnectionResetError.
    """
    match rule.effect:
        case "another":
            return _another(rule, request, answer, look, family) if family.path else answer()
        case "truncate":
            return _truncated(answer(), rule)
        case "wrong-size":
            return _with_wrong_size(answer())
        case "reset-before" | "drop-after" | "cut-upload":
            if rule.effect == "drop-after":
                answer().close()
            if rule.effect == "cut-upload":
                _read_half(request)
            raise _broken(rule)
    if rule.when == "after":
        answer().close()
    response = _canned(rule, family)
    if rule.retry_after is not None:
        response.headers["Retry-After"] = rule.retry_after
    return response


def _another(rule: FaultRule, request: Request, answer: Answer, look: Look, of: Family) -> Response:
    is_read, below = request.method == "GET", request.path.rstrip("/").partition(of.path)[2].strip("/")
    done = answer() if is_read or rule.when == "after" else None
    if done is not None and done.status_code >= 300:
        return done
    listed = look(of.path).get_json(silent=True)
    items = listed.get(of.into, []) if isinstance(listed, dict) else listed or []
    if is_read and not below:
        return _with_one_id_twice(listed, items, of)
    own = below or ((done.get_json() or {}).get(of.id_as) if done else None)
    other = next((item[of.id_as] for item in items if item[of.id_as] != own), None)
    if other is None:
        return done or answer()
    theirs = reply({of.id_as: other}) if of.only_id else look(f"{of.path}/{other}")
    theirs.status_code = done.status_code if done else 201 if request.method == "POST" and not below else 200
    return theirs


def _with_one_id_twice(listed: Any, items: list[Any], of: Family) -> Response:
    if len(items) > 1:
        items[-1][of.id_as] = items[0][of.id_as]
    return reply(listed)


def _broken(rule: FaultRule) -> ConnectionResetError:
    return ConnectionResetError(f"fault: {rule.spec}")


def _read_half(request: Request) -> None:
    left = CHUNK if request.content_length is None else request.content_length // 2
    while left > 0 and (chunk := request.stream.read(min(left, CHUNK))):
        left -= len(chunk)


def _truncated(whole: Response, rule: FaultRule) -> Response:
    body = whole.get_data()

    def half() -> Iterator[bytes]:
        yield body[: len(body) // 2]
        raise _broken(rule)

    whole.headers["Content-Length"] = str(len(body))
    whole.response = half()
    return whole


def _with_wrong_size(whole: Response) -> Response:
    body = whole.get_json(silent=True)
    if isinstance(body, dict) and "file_metadata" in body:
        body["file_metadata"]["size"] -= 1
        whole.set_data(orjson.dumps(body))
    return whole


def _canned(rule: FaultRule, family: Family) -> Response:
    """The replies that nothing of the request goes into."""
    number = int(rule.argument or 0)
    if rule.effect == "html":
        return Response(GATEWAY_PAGE % (number, number), number, content_type="text/html")
    if rule.effect == "ok-false":
        body = orjson.dumps({"ok": False, "message": rule.message or "Service unavailable."})
        return Response(body, number, content_type="application/json")
    if rule.effect == "empty":
        response = Response(b"", number)
        del response.headers["Content-Type"]
        return response
    status, code, message = family.errors.get(rule.effect, ERRORS[rule.effect])
    wait = [("Retry-After", str(number))] if rule.effect == "rate-limit" else []
    return failed(status or number, [Problem(rule.code or code, rule.message or message)], wait)


ERRORS: Mapping[str, Refusal] = {
    "status": (0, "root.fault", "The sandbox was asked to fail this request."),
    "rate-limit": (429, "root.too_many_requests", "Too many requests."),
    "version-conflict": (409, "root.version_conflict", "The version you sent is not the persisted one."),
    "id-exists": (409, "root.id_already_exists", "The id exists already."),
    "expired": (401, "root.unauthenticated", "The supplied authentication is invalid."),
}
"""Of error replies, unless the family of the route has its own; status 0 is the argument of the fault."""
