"""JSON replies, error replies and dates as ECE writes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson
from attrs import frozen
from werkzeug.wrappers import Response

ERROR_CODES = "x-cloud-error-codes"
LOGIN = ("WWW-Authenticate", 'ApiKey, Basic realm="sandbox", Bearer')


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

    def to_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        return body | {"fields": list(self.fields)} if self.fields else body


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


def check_version(sent: str | None, stamp: Stamp, group: str) -> None:
    """Raises ApiError 409, with a code of the group, for `?version=` of an older version."""
    if sent is not None and sent != str(stamp.version):
        message = f"The version you sent [{sent}] does not match the persisted version [{stamp.version}]."
        raise api_error(409, f"{group}.version_conflict", message)


def reply(body: Any, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> Response:
    all_headers = [("Content-Type", "application/json"), *headers]
    return Response(orjson.dumps(body), status, all_headers)


def versioned(body: Any, stamp: Stamp, status: int = 200) -> Response:
    return reply(body, status, stamp.headers())


def failed(status: int, problems: Iterable[Problem], headers: Iterable[tuple[str, str]] = ()) -> Response:
    """A 401 says how to log in, as HTTP asks for."""
    errors = [problem.to_json() for problem in problems]
    # Each code once, in order, as one comma-separated header.
    codes = ",".join(dict.fromkeys(error["code"] for error in errors))
    login = [LOGIN] if status == 401 else []
    return reply({"errors": errors}, status, [(ERROR_CODES, codes), *login, *headers])


def isoformat(moment: datetime) -> str:
    """ISO 8601 in UTC with `Z` and always three decimals, so that texts sort as their moments do."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
