"""What planner asks of a forge, of which pull request, where, and as whom; and what can go wrong there."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from typing import Final, Protocol

from attrs import field, frozen

from planner.errors import PlannerError, WrongUsage
from planner.model.dialect import USUAL, Dialect

_SIZE: Final = re.compile(r"too (?:long|large|big)|exceed|maximum|at most", re.IGNORECASE)
SHORTEST: Final = 8
"""Characters. A shorter text is a token of no forge, and as a word it would be taken out of every message."""


class ForgeError(PlannerError):
    """The forge did not do it. status: of its reply, 0 without one. said: in that reply, one line."""

    def __init__(self, summary: str, *, status: int = 0, said: str = "", advice: str = "") -> None:
        super().__init__(summary, advice=advice)
        self.status = status
        self.said = said

    @property
    def may_be_size(self) -> bool:
        """Whether a shorter text may be taken. GitHub says 422 to that and to other things."""
        return self.status in (413, 422) or (self.status == 400 and _SIZE.search(self.said) is not None)


class ReplyLost(ForgeError):
    """Something was to be made, and no usable reply came: it may be there. Look before it is made again."""


@frozen
class Credentials:
    """What planner shows a forge to be let in. variables: where they are from, for messages. username: None
    for a token that goes by itself.
    """

    token: str = field(repr=False)
    variables: str
    username: str | None = field(default=None, repr=False)

    @property
    def pair(self) -> str:
        """User and token in base64, for basic authentication."""
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
    """Where a forge is, and which repository and pull request of it is meant. forge: a name of the registry.
    api: root of its API, without a slash at the end.

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


@frozen
class Facts:
    """What the text of a comment has to know. Sizes are in characters.

    name: as people write it. request: what it calls a pull request, mark: what it puts before its number.
    limit: of a comment. description_limit: of the text of a pull request. dialect: of its Markdown.
    """

    name: str
    limit: int
    description_limit: int
    request: str = "pull request"
    mark: str = "#"
    dialect: Dialect = USUAL


@frozen
class Comment:
    """id and author are the forge's own, only good for it; id: "" for one that no request can name.

    url: where people find it, "" when not known. on: the number of its pull request, "" when it does not say.
    """

    id: str
    author: str
    body: str
    url: str = ""
    on: str = ""


class Forge(Protocol):
    """One pull request of one repository. All of it raises ForgeError, and create ReplyLost as well."""

    facts: Facts
    target: Target

    def comments(self) -> Iterable[Comment]:
        """All that people see, oldest first, without deleted ones and the forge's own notes."""
        ...

    def is_own(self, comment: Comment) -> bool:
        """Whether the account of the token wrote it. Asked only of comments that look like one's own."""
        ...

    def create(self, body: str) -> Comment: ...

    def update(self, comment: Comment, body: str) -> Comment: ...

    def open_pull_request(self, title: str, body: str, branch: str, base: str) -> str:
        """The URL of the open pull request from branch into base; one that is there stays as it is.

        The target needs no number for this. branch and base: names without refs/heads/.
        """
        ...
