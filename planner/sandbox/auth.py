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

from planner.sandbox.http import ApiError, Call, Route, api_error, isoformat, reply
from planner.sandbox.storage import Storage

TOKEN_LIFETIME = timedelta(hours=1)
KEY_USER = "admin"


def _frozen_map(users: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(users))


def _by_key(keys: Mapping[str, str | None] | Iterable[str]) -> Mapping[str, str | None]:
    return MappingProxyType(dict(keys) if isinstance(keys, Mapping) else dict.fromkeys(keys, KEY_USER))


@frozen
class Credentials:
    """What the sandbox accepts instead of anything: API keys, and users by name with their passwords.

    Each key is of the user that it is given with, or of none (a session without a user id); keys alone are
    all of one user.
    """

    api_keys: Mapping[str, str | None] = field(factory=dict, converter=_by_key, repr=False)
    users: Mapping[str, str] = field(factory=dict, converter=_frozen_map, repr=False)

    @classmethod
    def from_json(cls, value: Any) -> Credentials:
        """Credentials from {"api_keys": {KEY: USER or null}, "users": {NAME: PASSWORD}}. Raises
        ValueError.
        """
        if not isinstance(value, dict) or not value or value.keys() - {"api_keys", "users"}:
            raise ValueError("credentials are api_keys, users or both, and nothing else")
        keys, users = (value.get(name, {}) for name in ("api_keys", "users"))
        if not _texts(keys, str | None):
            raise ValueError("api_keys gives each key the name of its user, or null")
        if not _texts(users, str):
            raise ValueError("users gives each name a password")
        return cls(keys, users)

    def user_of(self, key: str) -> str | None:
        """Empty where the key is of no user, None where nobody has it."""
        return next((user or "" for known, user in self.api_keys.items() if same(key, known)), None)

    def has_user(self, name: str, password: str) -> bool:
        return name in self.users and same(password, self.users[name])


@frozen(eq=False, repr=False)
class AuthApi:
    storage: Storage
    clock: Callable[[], datetime]
    credentials: Credentials | None
    lifetime: timedelta

    def routes(self) -> list[Route]:
        return [
            Route("POST", "/users/auth/_login", self.login, login=False, body=True),
            Route("POST", "/users/auth/_refresh", self.refresh, login=False),
            Route("POST", "/users/auth/_logout", self.logout),
            Route("GET", "/user", self.user),
        ]

    def identify(self, request: Request) -> str:
        """The name of the user who calls, empty for a session without one. Raises ApiError 401."""
        scheme, value = _authorization(request)
        ways = {"apikey": self._by_key, "basic": self._by_basic, "bearer": self._by_token}
        user = ways[scheme](value) if scheme in ways else None
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
        if not call.user:
            raise api_error(404, "user.not_found", "User not found.")
        security = {"roles": ["ece_platform_admin"], "enabled": True}
        return reply({"user_name": call.user, "security": security, "builtin": call.user == KEY_USER})

    def _accepts(self, name: str, password: str) -> bool:
        return bool(name) if self.credentials is None else self.credentials.has_user(name, password)

    def _by_key(self, key: str) -> str | None:
        if self.credentials is None:
            return KEY_USER if key else None
        return self.credentials.user_of(key)

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

    def _session(self, user: str) -> dict[str, str]:
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


def _texts(value: Any, kind: Any) -> bool:
    """Whether it maps texts that are not empty to what is of a kind."""
    return isinstance(value, dict) and all(
        isinstance(key, str) and key and isinstance(of, kind) and of != "" for key, of in value.items()
    )


def same(given: str, known: str) -> bool:
    """Whether both are the same, in a time that tells nothing."""
    return hmac.compare_digest(given.encode(), known.encode())


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
