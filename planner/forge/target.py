"""Which pull request, where, and as whom."""

from __future__ import annotations

from base64 import b64encode
from typing import Final

from attrs import field, frozen

from planner.errors import WrongUsage

SHORTEST: Final = 8
"""Characters. A shorter text is a token of no forge, and as a word it would be taken out of every message."""


@frozen
class Credentials:
    """variables: where they are from, for messages. username: None for a token that goes by itself."""

    token: str = field(repr=False)
    variables: str
    username: str | None = field(default=None, repr=False)

    @property
    def pair(self) -> str:
        """For basic authentication."""
        return b64encode(f"{self.username or ''}:{self.token}".encode()).decode()

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no message shows."""
        return (self.token, self.pair) if len(self.token) >= SHORTEST else ()

    def header(self, scheme: str) -> str:
        """The value of Authorization. scheme: of a token that goes by itself."""
        return f"{scheme} {self.token}" if self.username is None else f"Basic {self.pair}"


@frozen
class Target:
    """forge: a name of the registry. api: root of its API, without a slash at the end.

    repository: as the forge's own file says. number: of the pull request, None when none is needed. ca_file:
    authorities to trust, None: the usual ones.
    """

    forge: str
    api: str
    repository: str
    number: int | None
    credentials: Credentials
    ca_file: str | None = None

    @property
    def pull_request(self) -> str:
        if self.number is None:
            raise WrongUsage("the pull request is not known", advice="Give --pr N.")
        return str(self.number)
