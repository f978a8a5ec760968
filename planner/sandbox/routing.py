"""From a method and a path to a handler; no redirects, no HTML, the region prefix taken off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson
from attrs import field, frozen
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wrappers import Request, Response

from planner.sandbox.replies import ApiError, Problem, api_error, reply

API = "/api/v1"
DEEPEST = 100
"""How far a body may nest: what is kept of it comes back some levels deeper, and still has to be written."""
WORDS = frozenset(
    ("_resync", "_search", "eligible-remote-clusters", "extensions", "templates", "traffic-filter")
)
"""What may stand where the id of a deployment does; none is one (ECE API, paths below /deployments)."""


@frozen
class Call:
    """A request on its way to a handler; `user` is empty where the route asks for no login, and for a session
    without a user id."""

    request: Request
    params: Mapping[str, str]
    user: str = ""

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

    def flag(self, name: str) -> bool:
        """A boolean of the query string; anything but `true` is false."""
        return self.request.args.get(name, "").lower() == "true"


def _no_json(fault: str) -> ApiError:
    return api_error(400, "root.invalid_json_request", f"The request body {fault}.")


def _nests(body: Any, levels: int) -> bool:
    layer = [body] if isinstance(body, dict | list) else []
    for _ in range(levels):
        within = (value.values() if isinstance(value, dict) else value for value in layer)
        layer = [below for values in within for below in values if isinstance(below, dict | list)]
    return bool(layer)


Handler = Callable[[Call], Response]


@frozen
class Route:
    """`path` is relative to /api/v1 (or starts with /sandbox); `{name}` stands for one segment.

    `body` tells that the handler reads one, and changes nothing before it did.
    """

    method: str
    path: str
    handler: Handler
    login: bool = True
    body: bool = False
    segments: tuple[str, ...] = field(init=False)

    @segments.default
    def _split(self) -> tuple[str, ...]:
        return tuple(self.path.strip("/").split("/"))

    def params(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        found = {}
        for expected, actual in zip(self.segments, segments, strict=True):
            if expected == "{deployment_id}" and actual in WORDS:
                return None
            if expected.startswith("{"):
                found[expected[1:-1]] = actual
            elif expected != actual:
                return None
        return found


def operation_path(path: str) -> str | None:
    """The path without `/api/v1` and `/regions/<region>`; None for a path of no API.

    Elastic's clients send platform paths with a region and the others without; the server takes both.
    """
    if path == "/sandbox" or path.startswith("/sandbox/"):
        return path
    if not path.startswith(API + "/"):
        return None
    rest = path[len(API) :]
    if rest.startswith("/regions/"):
        _, _, _, *below = rest.split("/", 3)
        rest = "/" + "".join(below)
    # The sandbox's own paths are not under /api.
    return None if rest.startswith("/sandbox") else rest


@frozen
class Place:
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
        if method == "OPTIONS":
            return Route(method, self.routes[0].path, self._options)
        allowed = self.allowed()
        message = f"HTTP method not allowed, supported methods: {allowed}"
        raise ApiError(405, Problem("root.method_not_allowed", message), headers=[("Allow", allowed)])

    def of(self, method: str) -> Route | None:
        asked = "GET" if method == "HEAD" else method
        return next((route for route in self.routes if route.method == asked), None)

    def allowed(self) -> str:
        methods = {route.method for route in self.routes}
        return ", ".join(sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())))

    def _options(self, _: Call) -> Response:
        return reply({}, headers=[("Allow", self.allowed())])


class Router:
    def __init__(self, routes: Iterable[Route]) -> None:
        self._by_length: dict[int, list[Route]] = {}
        for route in routes:
            self._by_length.setdefault(len(route.segments), []).append(route)
        for group in self._by_length.values():
            # Literal segments win: /deployments/extensions is not a deployment with that id.
            group.sort(key=lambda route: [segment.startswith("{") for segment in route.segments])

    def at(self, path: str | None, *, api: bool) -> Place:
        """`path` is None for one that no operation has; below /api even such a path asks for a login."""
        segments = tuple(path.strip("/").split("/")) if path is not None else ()
        routes: list[Route] = []
        found: Mapping[str, str] = {}
        for route in self._by_length.get(len(segments), ()):
            params = route.params(segments)
            if params is not None and (not routes or routes[0].segments == route.segments):
                routes.append(route)
                found = params
        return Place(tuple(routes), found, all(route.login for route in routes) if routes else api)
