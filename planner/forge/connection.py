"""What all forges do the same way; and their JSON, read so that no reply is a surprise.

What is made is made once though the reply may be lost, or be about another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from planner.forge.port import Comment, Forge, ForgeError, ReplyLost, Target

if TYPE_CHECKING:
    from planner.forge.client import Client  # brings requests, which commands that ask no forge do without

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")
PAUSES: Final = (1.0, 4.0, 10.0)
"""Seconds before one looks whether what was to be made is there."""

ACCOUNT: Final = "the account of the token is not known"
"""How a message begins when it is needed."""

Ends = Mapping[tuple[str, ...], str]
"""Where a pull request says its two branches, and what they are to be."""


@frozen
class Call:
    """One request to a forge. failure: how a message begins when it does not work. makes: it makes something,
    so that a second one would make another.
    """

    method: str
    url: str
    failure: str
    body: Mapping[str, Any] | None = None
    makes: bool = False


@frozen
class Reply:
    """What a forge replied. data: the JSON, None where there is none."""

    status: int
    headers: Mapping[str, str]
    data: Any


class Connection(Forge):
    """One pull request of one repository. account: of the token, "" until the forge has told."""

    def __init__(self, target: Target, client: Client) -> None:
        self.target = target
        self.client = client
        self.account = ""

    # How a message begins when something does not work.

    @property
    def not_read(self) -> str:
        return f"the comments of {self._shown} cannot be read"

    @property
    def not_opened(self) -> str:
        return f"a {self.facts.request} cannot be opened in {self.target.repository}"

    @property
    def _shown(self) -> str:
        """ "pull request 12 of owner/name"."""
        return f"{self.facts.request} {self.target.pull_request} of {self.target.repository}"

    def is_own(self, comment: Comment) -> bool:
        self.account = self.account or self.found_account()
        return bool(self.account) and comment.author == self.account

    def found_account(self) -> str:
        """What a comment by the account of the token has as its author, "" when the forge does not tell."""
        raise NotImplementedError

    def user(self, *unless: int) -> Any:
        """What the forge tells of that account; None where it answers with one of these statuses."""
        try:
            return self.client.get(self.client.at("user"), ACCOUNT)
        except ForgeError as error:
            if error.status not in unless:
                raise
        return None

    def opens_at(self, url: str, *below: str) -> list[dict[str, Any]]:
        """Open pull requests, as a list that is below these names of the reply."""
        return self.client.items(at(self.client.get(url, self.not_opened), *below), self.not_opened)

    def written(
        self, method: str, url: str, body: Mapping[str, Any], read: Callable[[Any], Comment], asked: str = ""
    ) -> Comment:
        """The comment that is made, or changed: then asked is its id. read: out of the reply."""
        failure = f"{self._shown} cannot be commented on"
        call = Call(method, url, failure, body, makes=not asked)
        comment = read(self.client.call(call).data)
        if not comment.id:
            raise self.client.misread(call)
        if asked and comment.id != asked:
            raise self.client.about_another(call)
        return comment

    def opened(
        self,
        url: str,
        body: Mapping[str, Any],
        look: Callable[[], Iterable[Any]],
        url_of: Callable[[Any], str],
        ends: Ends,
    ) -> str:
        """The URL of the pull request that look finds, else of the new one that a POST of body to url makes.

        look: the open ones from the same branch into the same one; a forge may show others beside them.
        """
        new = Call("POST", url, self.not_opened, body, makes=True)
        for pause in (*PAUSES, None):
            for found in look():
                if is_about(found, ends):
                    return url_of(found)
            try:
                return self._made(new, url_of, ends)
            except ReplyLost:
                if pause is None:
                    raise
                self.client.pauses.sleep(pause)
        raise AssertionError

    def _made(self, call: Call, url_of: Callable[[Any], str], ends: Ends) -> str:
        data = self.client.call(call).data
        url = url_of(data)
        if not url:
            raise self.client.misread(call)
        if not is_about(data, ends):
            raise self.client.about_another(call)
        return url


def text_at(data: Any, *path: str) -> str:
    """The text or number under these names, "" when there is none."""
    found = at(data, *path)
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def id_at(data: Any, *path: str) -> str:
    """An id that a later request can name, "" when there is none; dots and slashes are parts of addresses."""
    found = text_at(data, *path)
    return found if _ID.fullmatch(found) else ""


def is_about(data: Any, ends: Ends) -> bool:
    """Whether data holds these texts at these places, as far as it tells them."""
    return all(text_at(data, *path) in ("", text) for path, text in ends.items())


def number_at(data: Any, *path: str) -> int | None:
    """A number from 1 that can be one of a pull request, None when there is none."""
    return whole_number(text_at(data, *path), 15) or None


def whole_number(text: str, digits: int) -> int | None:
    """The whole number in a text, in decimal, of at most so many digits."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


def at(data: Any, *path: str) -> Any:
    """What is under these names, None when there is nothing."""
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data
