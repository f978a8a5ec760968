"""The variables that hold a forge's token, and the files of authorities to trust."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from attrs import frozen

from planner.forge.errors import ForgeError
from planner.forge.port import Credentials
from planner.net.authorities import flaw_of


@frozen
class Way:
    """variable: of the token. username: the variable of the user name; "" for an empty one, None for none.

    own_ci: only in the forge's own CI the variable is this forge's.
    """

    variable: str
    username: str | None = None
    own_ci: bool = False

    @property
    def shown(self) -> str:
        return f"{self.username} and {self.variable}" if self.username else self.variable


def found_credentials(
    ways: Iterable[Way], environ: Mapping[str, str], *, is_own_ci: bool
) -> Credentials | None:
    """None when there are none; ForgeError for odd ones."""
    for way in ways:
        given = _given(way, environ) if is_own_ci or not way.own_ci else None
        if given is not None:
            return _checked(given)
    return None


def _given(way: Way, environ: Mapping[str, str]) -> Credentials | None:
    token = environ.get(way.variable, "").strip()
    if not way.username:
        return Credentials(token, way.shown, way.username) if token else None
    username = environ.get(way.username, "").strip()
    return Credentials(token, way.shown, username) if token and username else None


def _checked(given: Credentials) -> Credentials:
    """A line break would end the header, and a message about it would show the token."""
    for text in (given.token, given.username or ""):
        if not text.isascii() or not text.isprintable() or " " in text:
            raise ForgeError(
                f"the value of {given.variables} is no token: it holds characters that none has",
                advice="Set it again, without quotes and line breaks.",
            )
    return given


def trusted(names: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    """The file of authorities that the first of these variables names, None for the usual ones."""
    for name in names:
        path = environ.get(name, "").strip()
        if path:
            if flaw := flaw_of(Path(path)):
                raise ForgeError(f"the CA file {path} {flaw}", advice=f"Correct {name}.")
            return path
    return None
