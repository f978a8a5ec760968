"""The variables that hold a forge's token, and the files of authorities to trust."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from attrs import frozen

from planner.forge.errors import ForgeError
from planner.forge.target import Credentials
from planner.net.authorities import flaw_of


@frozen
class Way:
    """variable: of the token. username: the variable of the user name; "" for an empty one, None for none.

    ci: the only one in which the variable is this forge's.
    """

    variable: str
    username: str | None = None
    ci: str = ""

    @property
    def shown(self) -> str:
        return f"{self.username} and {self.variable}" if self.username else self.variable


WAYS: Final[Mapping[str, tuple[Way, ...]]] = {
    # The order of GitHub's own command line.
    "github": (Way("GH_TOKEN"), Way("GITHUB_TOKEN")),
    "gitlab": (Way("GITLAB_TOKEN"),),
    # Elsewhere GITHUB_TOKEN is for GitHub, and must not go to another forge.
    "gitea": (Way("GITEA_TOKEN"), Way("FORGEJO_TOKEN"), Way("GITHUB_TOKEN", ci="gitea")),
    "bitbucket": (Way("BITBUCKET_TOKEN"), Way("BITBUCKET_API_TOKEN", username="BITBUCKET_EMAIL")),
    "azure": (Way("SYSTEM_ACCESSTOKEN"), Way("AZURE_DEVOPS_PAT", username="")),
}
SECRET_VARIABLES: Final = tuple(sorted({way.variable for ways in WAYS.values() for way in ways}))
_HINTS: Final[Mapping[str, str]] = {
    "github": "In a job: env: {GITHUB_TOKEN: ${{ github.token }}}.",
    "gitlab": "The token of a job (CI_JOB_TOKEN) cannot comment: make a project access token (scope api).",
    "gitea": "In a job: env: {GITHUB_TOKEN: ${{ github.token }}}.",
    "bitbucket": "Make a repository access token that may write pull requests.",
    "azure": "In a job: env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}.",
}


def found_credentials(forge: str, ci: str, environ: Mapping[str, str]) -> Credentials | None:
    """ci: whose job this is, "" for none. None when there are none; ForgeError for odd ones."""
    for way in WAYS[forge]:
        given = _given(way, environ) if way.ci in ("", ci) else None
        if given is not None:
            return _checked(given)
    return None


def _given(way: Way, environ: Mapping[str, str]) -> Credentials | None:
    token = environ.get(way.variable, "").strip()
    if not way.username:
        return Credentials(token, way.shown, way.username) if token else None
    username = environ.get(way.username, "").strip()
    return Credentials(token, way.shown, username) if token and username else None


def how_to_give(forge: str) -> str:
    ways = " or ".join(way.shown for way in WAYS[forge] if not way.ci)
    return f"set {ways}. {_HINTS[forge]}"


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
