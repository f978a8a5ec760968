"""What planner asks of a forge."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from attrs import frozen

from planner.forge.target import Target
from planner.model.dialect import USUAL, Dialect


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

    @property
    def facts(self) -> Facts: ...

    @property
    def target(self) -> Target: ...

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
