"""Bitbucket Cloud. A repository is workspace/slug.

https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import define

from planner.forge.client import Call, Client, Reply
from planner.forge.errors import ForgeError
from planner.forge.making import commented, opened
from planner.forge.port import Comment, Facts
from planner.forge.reading import at, id_at, text_at
from planner.forge.target import Target
from planner.forge.wording import ACCOUNT, not_commented, not_opened, not_read

FACTS: Final = Facts(
    name="Bitbucket",
    request="pull request",
    limit=30_000,
    description_limit=30_000,
    draws_mermaid=False,
    knows_details=False,
    hides_html_comments=False,
    obeys_slashes=False,
)
ADVICE: Final = {
    401: "The token is wrong or has expired: correct BITBUCKET_TOKEN, or BITBUCKET_EMAIL and "
    "BITBUCKET_API_TOKEN.",
    403: "The token needs the scope to write pull requests.",
    404: "Check --repo and --pr, and that the token may see the repository.",
}
SCHEME: Final = "Bearer"


def api_root(url: str) -> str:
    return url if url.endswith("/2.0") else f"{url}/2.0"


@define(eq=False)
class Bitbucket:
    """The token of a repository, a project or a workspace may not ask who it is. Its comments are known by
    what Bitbucket lets it do then: only its author may change a comment, so each one that looks like one's
    own is written back as it is, until one was taken: its author it is."""

    target: Target
    client: Client
    facts: Facts = FACTS
    _account: str = ""
    _asked: bool = False

    def comments(self) -> Iterator[Comment]:
        failure = not_read(self.target, self.facts)
        url = self.client.at(*self._pull_request, "comments", query={"pagelen": "100", "sort": "created_on"})
        for page in self.client.pages(url, failure, _next):
            for item in self.client.items(at(page.data, "values"), failure):
                if item.get("deleted") is not True:
                    yield _comment(item)

    def is_own(self, comment: Comment) -> bool:
        if not self._asked:
            self._account, self._asked = self._found_account(), True
        if not self._account and comment.author and self._may_change(comment):
            self._account = comment.author
        return bool(self._account) and comment.author == self._account

    def create(self, body: str) -> Comment:
        url = self.client.at(*self._pull_request, "comments")
        return self._written("POST", url, _content(body))

    def update(self, comment: Comment, body: str) -> Comment:
        url = self.client.at(*self._pull_request, "comments", comment.id)
        return self._written("PUT", url, _content(body), asked=comment.id)

    def open_pull_request(self, title: str, body: str, branch: str, base: str) -> str:
        asked = (
            f'state = "OPEN" AND source.branch.name = {json.dumps(branch)}'
            f" AND destination.branch.name = {json.dumps(base)}"
        )
        url = self.client.at(*self._repository, "pullrequests", query={"q": asked})
        failure = not_opened(self.target, self.facts)
        new = {
            "title": title,
            "description": body,
            "source": {"branch": {"name": branch}},
            "destination": {"branch": {"name": base}},
        }
        call = Call("POST", self.client.at(*self._repository, "pullrequests"), failure, new, makes=True)
        return opened(
            self.client,
            call,
            lambda: self.client.items(at(self.client.get(url, failure), "values"), failure),
            _page,
            {("source", "branch", "name"): branch, ("destination", "branch", "name"): base},
        )

    def _found_account(self) -> str:
        try:
            user = self.client.get(self.client.at("user"), ACCOUNT)
        except ForgeError as error:
            if error.status not in (400, 401, 403, 404):
                raise
            return ""
        return text_at(user, "uuid")

    def _may_change(self, comment: Comment) -> bool:
        try:
            self.update(comment, comment.body)
        except ForgeError as error:
            if error.status not in (400, 401, 403, 404):
                raise
            return False
        return True

    def _written(self, method: str, url: str, body: Mapping[str, Any], *, asked: str = "") -> Comment:
        call = Call(method, url, not_commented(self.target, self.facts), body, makes=not asked)
        return commented(self.client, call, _comment, asked)

    @property
    def _repository(self) -> Iterable[str]:
        return ("repositories", *self.target.repository.split("/"))

    @property
    def _pull_request(self) -> Iterable[str]:
        return (*self._repository, "pullrequests", self.target.pull_request)


def _content(body: str) -> dict[str, Any]:
    return {"content": {"raw": body}}


def _next(reply: Reply) -> str:
    return text_at(reply.data, "next")


def _comment(item: Any) -> Comment:
    on = text_at(item, "pullrequest", "id")
    text = text_at(item, "content", "raw")
    return Comment(id_at(item, "id"), text_at(item, "user", "uuid"), text, _page(item), on)


def _page(item: Any) -> str:
    return text_at(item, "links", "html", "href")
