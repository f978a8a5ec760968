"""From a method and a path to a handler; no redirects, no HTML, the region prefix taken off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson
from attrs import field, frozen
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wrappers import Request, Response

from planner.sandbox.replies import api_error

API = "/api/v1"


@frozen
class Call:
    """A request on its way to a handler; `user` is empty where the route asks for no login."""

    request: Request
    params: Mapping[str, str]
    user: str = ""

    def json(self) -> dict[str, Any]:
        """The body as a JSON object, whatever its content type says. Raises ApiError 400."""
        try:
            body = orjson.loads(self.request.get_data(cache=False))
        except (orjson.JSONDecodeError, ClientDisconnected) as error:
            raise api_error(400, "root.invalid_data", "The request body is not valid JSON.") from error
        if not isinstance(body, dict):
            raise api_error(400, "root.invalid_data", "The request body is not a JSON object.")
        return body

    def flag(self, name: str) -> bool:
        """A boolean of the query string; anything but `true` is false."""
        return self.request.args.get(name, "").lower() == "true"


Handler = Callable[[Call], Response]


@frozen
class Route:
    """`path` is relative to /api/v1 (or starts with /sandbox); `{name}` stands for one segment."""

    method: str
    path: str
    handler: Handler
    login: bool = True
    segments: tuple[str, ...] = field(init=False)

    @segments.default
    def _split(self) -> tuple[str, ...]:
        return tuple(self.path.strip("/").split("/"))

    def params(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        found = {}
        for expected, actual in zip(self.segments, segments, strict=True):
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


class Router:
    def __init__(self, routes: Iterable[Route]) -> None:
        self._by_length: dict[int, list[Route]] = {}
        for route in routes:
            self._by_length.setdefault(len(route.segments), []).append(route)
        for group in self._by_length.values():
            # Literal segments win: /deployments/extensions is not a deployment with that id.
            group.sort(key=lambda route: [segment.startswith("{") for segment in route.segments])

    def find(self, method: str, path: str | None) -> tuple[Route, dict[str, str]]:
        """Raises ApiError 404 for an unknown path and 405 for a known one with another method."""
        matches = self._matches(path) if path is not None else []
        if not matches:
            raise api_error(404, "root.resource_not_found", "The requested resource could not be found")
        for route, params in matches:
            if route.method == method:
                return route, params
        allowed = ", ".join(sorted(route.method for route, _ in matches))
        raise api_error(
            405, "root.method_not_allowed", f"HTTP method not allowed, supported methods: {allowed}"
        )

    def _matches(self, path: str) -> list[tuple[Route, dict[str, str]]]:
        segments = tuple(path.strip("/").split("/"))
        matches: list[tuple[Route, dict[str, str]]] = []
        for route in self._by_length.get(len(segments), ()):
            params = route.params(segments)
            if params is None or (matches and matches[0][0].segments != route.segments):
                continue
            matches.append((route, params))
        return matches
