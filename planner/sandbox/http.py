"""HTTP as ECE speaks it: requests, replies, error replies, and from a method and a path to a handler.

No redirects and no HTML; the region prefix of a path is taken off.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from typing import Any, Final

import orjson
from attrs import field, frozen
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wrappers import Request, Response

ERROR_CODES = "x-cloud-error-codes"
LOGIN = ("WWW-Authenticate", 'ApiKey, Basic realm="sandbox", Bearer')
DEEPEST = 100
"""How far a body may nest: what is kept of it comes back some levels deeper, and still has to be written."""
WORDS: Mapping[str, tuple[str, ...]] = {
    "deployment_id": (
        *("_resync", "_search", "eligible-remote-clusters", "extensions", "templates", "traffic-filter"),
    ),
    "allocator_id": ("_resync", "_search"),
    "constructor_id": ("_resync",),
    "runner_id": ("_resync", "_search"),
    "proxy_id": ("filtered-groups", "health", "settings"),
    "user_name": ("auth",),
    "api_key_id": ("_all",),
}
"""What the API has where such an id stands; none is one."""
OPERATION = re.compile(r"/api/v1(?=/)(?:/regions/[^/]*)?(/.*)?", re.DOTALL)


@frozen
class Stamp:
    """What the resource headers carry: a version that grows with each write, and two dates."""

    version: int
    created: str
    modified: str

    def headers(self) -> list[tuple[str, str]]:
        return [
            ("x-cloud-resource-version", str(self.version)),
            ("x-cloud-resource-created", self.created),
            ("x-cloud-resource-last-modified", self.modified),
        ]

    def written(self, now: str) -> Stamp:
        return Stamp(self.version + 1, self.created, now)


@frozen
class Problem:
    """One element of `errors` in a failed reply (ECE API, BasicFailedReplyElement)."""

    code: str
    message: str
    fields: tuple[str, ...] = ()

    def to_json(self) -> dict[str, str | list[str]]:
        fields = {"fields": list(self.fields)} if self.fields else {}
        return {"code": self.code, "message": self.message, **fields}


class ApiError(Exception):
    """Ends a request with `status` and an error body; the transaction it passes through is rolled back."""

    def __init__(self, status: int, *problems: Problem, headers: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(f"{status} " + "; ".join(problem.message for problem in problems))
        self.status = status
        self.problems = problems
        self.headers = tuple(headers)

    def reply(self) -> Response:
        return failed(self.status, self.problems, self.headers)


def api_error(status: int, code: str, message: str, *fields: str) -> ApiError:
    return ApiError(status, Problem(code, message, fields))


def reply(body: Any, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> Response:
    all_headers = [("Content-Type", "application/json"), *headers]
    return Response(orjson.dumps(body), status, all_headers)


def versioned(body: Any, stamp: Stamp, status: int = 200) -> Response:
    return reply(body, status, stamp.headers())


def failed(status: int, problems: Iterable[Problem], headers: Iterable[tuple[str, str]] = ()) -> Response:
    """A 401 says how to log in, as HTTP asks for. Each code stands once, in order, in one header."""
    problems = tuple(problems)
    codes = ",".join(dict.fromkeys(problem.code for problem in problems))
    login = [LOGIN] if status == 401 else []
    errors = [problem.to_json() for problem in problems]
    return reply({"errors": errors}, status, [(ERROR_CODES, codes), *login, *headers])


def isoformat(moment: datetime) -> str:
    """ISO 8601 in UTC with `Z` and always three decimals, so that texts sort as their moments do."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@frozen
class Mark:
    """What a fault has a handler play: its effect, its number, and its texts by their names."""

    effect: str
    number: int = 0
    texts: Mapping[str, str] = field(factory=dict)


def is_true(request: Request, name: str) -> bool:
    return request.args.get(name, "").lower() == "true"


@frozen(eq=False, repr=False)
class Call:
    """A request on its way to a handler; `user` is empty where the route asks for no login, and for a session
    without a user id. `marks` are those of the faults that fired."""

    request: Request
    params: Mapping[str, str]
    user: str = ""
    marks: tuple[Mark, ...] = ()

    def mark(self, effect: str) -> Mark | None:
        return next((mark for mark in self.marks if mark.effect == effect), None)

    def json(self, *, optional: bool = False) -> dict[str, Any]:
        """The body as a JSON object, whatever its content type says; an `optional` one that is not there is
        empty. Raises ApiError 400."""
        body = self.value(b"{}" if optional else b"")
        if not isinstance(body, dict):
            raise _no_json("is not a JSON object")
        return body

    def value(self, instead: bytes = b"") -> Any:
        """The body, of any shape in JSON; `instead` of none. Raises ApiError 400."""
        try:
            body = orjson.loads(self.request.get_data(cache=False) or instead)
        except (orjson.JSONDecodeError, ClientDisconnected) as error:
            raise _no_json("is not valid JSON") from error
        if _nests(body, DEEPEST):
            raise _no_json(f"nests more than {DEEPEST} levels")
        return body

    def text(self) -> str:
        """The body as a text in UTF-8, whatever its content type says. Raises ApiError 400."""
        try:
            return self.request.get_data(cache=False).decode()
        except (UnicodeDecodeError, ClientDisconnected) as error:
            raise _no_json("is no text in UTF-8") from error

    def flag(self, name: str) -> bool:
        """A boolean of the query string; anything but `true` is false."""
        return is_true(self.request, name)

    def count(self, name: str, default: int) -> int:
        """A whole number of the query string; anything else is the default."""
        sent = self.request.args.get(name, "")
        return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else default

    def check_version(self, stamp: Stamp, code: str, status: int = 409) -> None:
        """Raises ApiError, with the status and the code, for `?version=` of an older version."""
        sent = self.request.args.get("version")
        if sent is not None and sent != str(stamp.version):
            message = f"The version you sent [{sent}] does not match the persisted version [{stamp.version}]."
            raise api_error(status, code, message)


def _no_json(fault: str) -> ApiError:
    return api_error(400, "root.invalid_json_request", f"The request body {fault}.")


def _nests(body: Any, levels: int) -> bool:
    layer = [body] if isinstance(body, dict | list) else []
    for _ in range(levels):
        within = (value.values() if isinstance(value, dict) else value for value in layer)
        layer = [below for values in within for below in values if isinstance(below, dict | list)]
    return bool(layer)


Refusal = tuple[int, str, str]
"""The status of an error reply, its code and its message."""


@frozen
class Family:
    """What faults say of the kind that a route serves: `errors` by the names of faults; and where others of
    it are: at `path` a list, in its field `into`, whose members have their ids in `id_as`; "" where there is
    no such list. `only_id`: a reply of the route is the id alone."""

    errors: Mapping[str, Refusal] = field(factory=dict)
    path: str = ""
    into: str = ""
    id_as: str = "id"
    only_id: bool = False


@frozen(eq=False, repr=False)
class Route:
    """`path` is relative to /api/v1 (or starts with /sandbox); `{name}` stands for one segment, but for what
    REST has.

    `body` tells that the handler reads one, and changes nothing before it did.
    """

    method: str
    path: str
    handler: Callable[[Call], Response]
    login: bool = True
    body: bool = False
    family: Family = Family()


def operation_path(path: str) -> str | None:
    """The path without `/api/v1` and `/regions/<region>`; None for a path of no API.

    Elastic's clients send platform paths with a region and the others without; the server takes both. The
    sandbox's own paths are not under /api.
    """
    if path == "/sandbox" or path.startswith("/sandbox/"):
        return path
    found = OPERATION.fullmatch(path)
    below = found and (found[1] or "/")
    return below if below and not below.startswith("/sandbox") else None


@frozen(eq=False, repr=False)
class PathRoutes:
    """What there is at a path: routes that differ in their methods only, none for an unknown path."""

    routes: tuple[Route, ...]
    params: Mapping[str, str]
    login: bool

    def route(self, method: str) -> Route:
        """HEAD is a GET without its body. Raises ApiError 404 for an unknown path, and 405, which says what
        is allowed, for a known one with another method."""
        if not self.routes:
            raise api_error(404, "root.resource_not_found", "The requested resource could not be found")
        if found := self.of(method):
            return found
        methods = {route.method for route in self.routes}
        allowed = ", ".join(sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())))
        if method == "OPTIONS":
            return Route(method, self.routes[0].path, lambda _: reply({}, headers=[("Allow", allowed)]))
        message = f"HTTP method not allowed, supported methods: {allowed}"
        raise ApiError(405, Problem("root.method_not_allowed", message), headers=[("Allow", allowed)])

    def of(self, method: str) -> Route | None:
        asked = "GET" if method == "HEAD" else method
        return next((route for route in self.routes if route.method == asked), None)


Places = list[tuple[re.Pattern[str], tuple[Route, ...]]]


class Router:
    """`late` gives routes that are made when a path is none of the others."""

    def __init__(self, routes: Iterable[Route], late: Callable[[], Iterable[Route]] = tuple) -> None:
        self._places = _places(routes)
        self._late = cache(lambda: _places(late()))

    def at(self, path: str | None, *, api: bool) -> PathRoutes:
        """`path` is None for one that no operation has; below /api even such a path asks for a login."""
        nothing = PathRoutes((), {}, api)
        if path is None:
            return nothing
        return _at(self._places, path.strip("/")) or _at(self._late(), path.strip("/")) or nothing


def _places(routes: Iterable[Route]) -> Places:
    """Literal segments win, as { sorts behind them: /deployments/extensions is no deployment of that id."""
    by_path = groupby(sorted(routes, key=lambda route: route.path), lambda route: route.path)
    return [(_pattern(path), tuple(found)) for path, found in by_path]


def _at(places: Places, path: str) -> PathRoutes | None:
    for pattern, routes in places:
        if found := pattern.fullmatch(path):
            return PathRoutes(routes, found.groupdict(), all(route.login for route in routes))
    return None


def _pattern(path: str) -> re.Pattern[str]:
    """`{name}` stands for one segment, which is none of its WORDS."""
    return re.compile(re.sub(r"\{(\w+)\}", lambda found: _segment(found[1]), path.strip("/")))


REST: Final = ("proxy_path",)
"""What stands for one segment or more, at the end of a path."""


def _segment(name: str) -> str:
    if name in REST:
        return f"(?P<{name}>.*)"
    words = "|".join(WORDS.get(name, ()))
    return rf"(?!(?:{words})(?:/|\Z))(?P<{name}>[^/]*)" if words else f"(?P<{name}>[^/]*)"
