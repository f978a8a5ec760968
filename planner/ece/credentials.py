"""Which credentials an environment uses. They come from variables only, never from a file."""

from __future__ import annotations

from typing import Final

from attrs import field, frozen

from planner.ece.sources import Source
from planner.errors import PlannerError

METHODS: Final = ("api_key", "basic", "login")

_KEY: Final = "EC_API_KEY"
_USER: Final = "EC_USER"
_PASS: Final = "EC_PASS"  # noqa: S105  # the variable's name

SECRET_VARIABLES: Final = (_KEY, _PASS)


@frozen
class Credentials:
    """method: "api_key", "basic" or "login". variables: where they came from, for messages."""

    method: str = "api_key"
    api_key: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    variables: str = _KEY


def find_credentials(source: Source) -> Credentials:
    """The credentials of source's environment.

    An API key wins over user and password, unless `auth` says otherwise; but those with the environment's
    name come before the plain ones, whichever they are: a plain key may belong to another installation.
    Raises PlannerError when something is missing.
    """
    wanted = source.choice("auth", METHODS)
    method = wanted or _likely(source)
    return _key(source, wanted) if method == "api_key" else _user(source, method)


def _likely(source: Source) -> str:
    for scope in (source.named, str):
        if source.variable(scope(_KEY)):
            return "api_key"
        if source.variable(scope(_USER)) or source.variable(scope(_PASS)):
            return "login"
    return "api_key"


def _key(source: Source, wanted: str | None) -> Credentials:
    key, name = _either(source, _KEY)
    if not key:
        raise _missing(source, [_KEY], "" if wanted else f", or {_USER} and {_PASS}")
    return Credentials(api_key=key, variables=name)


def _user(source: Source, method: str) -> Credentials:
    (user, user_from), (password, pass_from) = _either(source, _USER), _either(source, _PASS)
    missing = [name for name, value in ((_USER, user), (_PASS, password)) if not value]
    if missing:
        raise _missing(source, missing, "")
    variables = f"{user_from} and {pass_from}"
    return Credentials(method=method, user=user, password=password, variables=variables)


def _either(source: Source, variable: str) -> tuple[str, str]:
    """(value, variable): the one with the environment's name before the plain one."""
    named = source.named(variable)
    name = named if source.variable(named) else variable
    return source.variable(name) or "", name


def _missing(source: Source, variables: list[str], otherwise: str) -> PlannerError:
    each = " and ".join(f"{name} (or {source.named(name)})" for name in variables)
    verb = "is" if len(variables) == 1 else "are"
    return PlannerError(
        f"No credentials for environment {source.environment}: {' and '.join(variables)} {verb} not set",
        advice=f"Set {each}{otherwise}.",
    )
