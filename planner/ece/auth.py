"""Who asks: an API key, a user and password, or a login with a bearer token."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from attrs import define, field, frozen

from planner.ece.operations import Operation, Reply
from planner.errors import ApiError, OutcomeUnknown, PlannerError, Unauthenticated

# Makes a call with the given Authorization header, or with none: (operation, json, authorization) -> Reply.
Call = Callable[[Operation, Any, str | None], Reply]

_LOGIN = Operation("login", "POST", "/users/auth/_login", repeatable=True)
# Not repeatable, so that it fails at once: a login does the same, and is repeatable.
_REFRESH = Operation("refresh-token", "POST", "/users/auth/_refresh")


@frozen
class ApiKeyAuth:
    """`Authorization: ApiKey ...`. variable: where the key came from, for messages."""

    key: str = field(repr=False)
    variable: str = "EC_API_KEY"

    def __attrs_post_init__(self) -> None:
        _check_printable(self.key, self.variable)

    @property
    def advice(self) -> str:
        return f"Set {self.variable} to an API key that is valid for this installation."

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.key,)

    def authorization(self, call: Call) -> str:  # noqa: ARG002  # as of a login
        return f"ApiKey {self.key}"


@frozen
class BasicAuth:
    """`Authorization: Basic ...` (RFC 7617, UTF-8). variables: where user and password came from."""

    user: str
    password: str = field(repr=False)
    variables: str = "EC_USER and EC_PASS"

    @property
    def advice(self) -> str:
        return f"Check {self.variables}."

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.password, self._encoded)

    @property
    def _encoded(self) -> str:
        return base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    def authorization(self, call: Call) -> str:  # noqa: ARG002  # as of a login
        return f"Basic {self._encoded}"


@define
class LoginAuth:
    """Logs in with the API operation login, sends `Authorization: Bearer ...`, and renews the token.

    clock: seconds since the epoch. margin: seconds before its end at which a token is refreshed. One thread
    logs in, the others wait for it.
    """

    user: str
    password: str = field(repr=False)
    clock: Callable[[], float] = time.time
    margin: float = 60.0
    variables: str = "EC_USER and EC_PASS"
    _token: str | None = field(default=None, init=False, repr=False)
    _expires: float | None = field(default=None, init=False, repr=False)
    _secrets: tuple[str, ...] = field(default=(), init=False, repr=False)
    _lock: Lock = field(factory=Lock, init=False, repr=False, eq=False)

    @property
    def advice(self) -> str:
        return f"Check {self.variables}."

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.password, *self._secrets)

    def authorization(self, call: Call) -> str:
        with self._lock:
            if self._token is None:
                self._log_in(call)
            elif self._expires is not None and self.clock() >= self._expires - self.margin:
                self._refresh(self._token, call)
            return f"Bearer {self._token}"

    def renewed(self, refused: str, call: Call) -> str:
        """Another value after a 401 for refused."""
        with self._lock:
            # Another thread may have logged in since the refused request was sent.
            if f"Bearer {self._token}" == refused:
                self._log_in(call)
            return f"Bearer {self._token}"

    def _refresh(self, token: str, call: Call) -> None:
        try:
            self._keep(call(_REFRESH, None, f"Bearer {token}"))
        except (ApiError, OutcomeUnknown):
            self._log_in(call)

    def _log_in(self, call: Call) -> None:
        self._keep(call(_LOGIN, {"username": self.user, "password": self.password}, None))

    def _keep(self, reply: Reply) -> None:
        body = reply.body if isinstance(reply.body, dict) else {}
        token = body.get("token")
        if not isinstance(token, str) or not token:
            raise Unauthenticated(
                "login: the reply holds no token", operation="login", status=reply.status, advice=self.advice
            )
        _check_printable(token, "the token of the login")
        self._token = token
        self._expires = self._end(reply, body.get("session_expiration_time"))
        if token not in self._secrets:
            self._secrets = (*self._secrets, token)

    def _end(self, reply: Reply, until: object) -> float | None:
        """The end, by this clock, of a token that lasts until then by the server's, ISO 8601: the two may
        differ.

        None when it says nothing, then a 401 tells that it is over.
        """
        try:
            moment = datetime.fromisoformat(str(until))
        except ValueError:
            return None
        end = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        return end if reply.date is None else self.clock() + end - reply.date.timestamp()


Auth = ApiKeyAuth | BasicAuth | LoginAuth
"""The Authorization header of each request, for many threads at once.

advice: what to do when the credentials are refused. secrets: every secret held so far, so that outputs can be
scanned for them. authorization: the header's value; a login asks the API for it.
"""


def _check_printable(secret: str, source: str) -> None:
    # A line break would end the header, and the error of the HTTP library would show the value.
    if not secret or not all("!" <= char <= "~" for char in secret):
        raise PlannerError(
            f"{source} is empty or holds a space, a line break or another character no key has",
            advice="Copy it again, without quotes and line breaks.",
        )
