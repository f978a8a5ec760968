"""Who calls: API keys, basic, and sessions by login (ECE API, tag Authentication).

Without `Credentials` every non-empty API key, user name and login is taken, so that a person can start at
once; a request without Authorization, and a bearer token that no login gave out, are refused all the same.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from attrs import field, frozen
from werkzeug.wrappers import Request, Response

from planner.sandbox.replies import ApiError, api_error, isoformat, reply
from planner.sandbox.routing import Call, Route
from planner.sandbox.storage import Storage

TOKEN_LIFETIME = timedelta(hours=1)
KEY_USER = "admin"


def _frozen_map(users: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(users))


def _tuple(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(keys)


@frozen
class Credentials:
    """What the sandbox accepts instead of anything: API keys, and users by name with their passwords."""

    api_keys: tuple[str, ...] = field(factory=tuple, converter=_tuple, repr=False)
    users: Mapping[str, str] = field(factory=dict, converter=_frozen_map, repr=False)

    def has_key(self, key: str) -> bool:
        return any(_same(key, known) for known in self.api_keys)

    def has_user(self, name: str, password: str) -> bool:
        return name in self.users and _same(password, self.users[name])


@frozen
class AuthApi:
    storage: Storage
    clock: Callable[[], datetime]
    credentials: Credentials | None = None
    lifetime: timedelta = TOKEN_LIFETIME

    def routes(self) -> list[Route]:
        return [
            Route("POST", "/users/auth/_login", self.login, login=False),
            Route("POST", "/users/auth/_refresh", self.refresh, login=False),
            Route("POST", "/users/auth/_logout", self.logout),
            Route("GET", "/user", self.user),
        ]

    def identify(self, request: Request) -> str:
        """The name of the user who calls. Raises ApiError 401."""
        scheme, value = _authorization(request)
        user = {"apikey": self._by_key, "basic": self._by_basic, "bearer": self._by_token}.get(
            scheme, _nobody
        )(value)
        if user is None:
            raise unauthenticated()
        return user

    def login(self, call: Call) -> Response:
        body = call.json()
        name, password = body.get("username"), body.get("password")
        if not isinstance(name, str) or not isinstance(password, str) or not self._accepts(name, password):
            raise unauthenticated()
        return reply(self._session(name))

    def refresh(self, call: Call) -> Response:
        scheme, token = _authorization(call.request)
        user = self._by_token(token) if scheme == "bearer" else None
        if user is None:
            raise api_error(401, "root.unauthorized", "The authentication token is invalid or expired.")
        return reply(self._session(user))

    def logout(self, call: Call) -> Response:
        _, token = _authorization(call.request)
        with self.storage.write() as db:
            db.execute("DELETE FROM session WHERE token_sha256 = ?", (_sha256(token),))
        return reply({})

    def user(self, call: Call) -> Response:
        security = {"roles": ["ece_platform_admin"], "enabled": True}
        return reply({"user_name": call.user, "security": security, "builtin": call.user == KEY_USER})

    def _accepts(self, name: str, password: str) -> bool:
        return bool(name) if self.credentials is None else self.credentials.has_user(name, password)

    def _by_key(self, key: str) -> str | None:
        accepted = bool(key) if self.credentials is None else self.credentials.has_key(key)
        return KEY_USER if accepted else None

    def _by_basic(self, value: str) -> str | None:
        try:
            name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return name if self._accepts(name, password) else None

    def _by_token(self, token: str) -> str | None:
        query = "SELECT user_name FROM session WHERE token_sha256 = ? AND expires > ?"
        with self.storage.read() as db:
            row = db.execute(query, (_sha256(token), isoformat(self.clock()))).fetchone()
        return str(row["user_name"]) if row else None

    def _session(self, user: str) -> dict[str, Any]:
        """ECE API, TokenResponse. Only the token's hash is stored."""
        token, now = secrets.token_urlsafe(32), self.clock()
        expires = isoformat(now + self.lifetime)
        with self.storage.write() as db:
            db.execute("DELETE FROM session WHERE expires <= ?", (isoformat(now),))
            db.execute("INSERT INTO session VALUES (?, ?, ?)", (_sha256(token), user, expires))
        return {"token": token, "session_expiration_time": expires}


def unauthenticated() -> ApiError:
    return api_error(401, "root.unauthenticated", "The supplied authentication is invalid.")


def _authorization(request: Request) -> tuple[str, str]:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower(), value.strip()


def _nobody(_: str) -> None:
    return None


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(), known.encode())


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
