"""Gitea and Forgejo. A repository is owner/name.

GET /repos/{owner}/{repo}/issues/{index}/comments takes neither page nor limit and gives all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import define

from planner.forge.client import Call, Client
from planner.forge.errors import ForgeError
from planner.forge.making import Ends, commented, opened
from planner.forge.port import Comment, Facts
from planner.forge.reading import id_at, text_at
from planner.forge.target import Target
from planner.forge.wording import ACCOUNT, not_commented, not_opened, not_read

FACTS: Final = Facts(
    name="Gitea",
    request="pull request",
    # It has no limit of its own; a comment that is longer is nothing to read.
    limit=65_536,
    description_limit=65_536,
    draws_mermaid=True,
    knows_details=True,
    hides_html_comments=True,
    obeys_slashes=False,
)
ADVICE: Final = {
    401: "The token is wrong or has expired: correct GITEA_TOKEN.",
    403: "The token needs to write issues and pull requests (scope write:issue), and its account to write to "
    "the repository.",
    404: "Check --repo and --pr, and that the token may see the repository.",
}
SCHEME: Final = "token"
JOB_ACCOUNTS: Final = frozenset({"gitea-actions", "forgejo-actions"})
"""Who writes with the token of a job."""

_PULLS: Final = 50
"""Pull requests a page: the most that an installation gives unless it is configured otherwise."""


def api_root(url: str) -> str:
    return url if url.endswith("/api/v1") else f"{url}/api/v1"


@define(eq=False)
class Gitea:
    target: Target
    client: Client
    facts: Facts = FACTS
    _accounts: frozenset[str] = frozenset()

    def comments(self) -> Iterator[Comment]:
        failure = not_read(self.target, self.facts)
        found = self.client.get(self.client.at(*self._issue, "comments"), failure)
        yield from (_comment(item) for item in self.client.items(found, failure))

    def is_own(self, comment: Comment) -> bool:
        self._accounts = self._accounts or self._found_accounts()
        return comment.author in self._accounts

    def create(self, body: str) -> Comment:
        url = self.client.at(*self._issue, "comments")
        return self._written("POST", url, {"body": body})

    def update(self, comment: Comment, body: str) -> Comment:
        url = self.client.at(*self._repository, "issues", "comments", comment.id)
        return self._written("PATCH", url, {"body": body}, asked=comment.id)

    def open_pull_request(self, title: str, body: str, branch: str, base: str) -> str:
        failure = not_opened(self.target, self.facts)
        new = {"title": title, "body": body, "head": branch, "base": base}
        call = Call("POST", self.client.at(*self._repository, "pulls"), failure, new, makes=True)
        ends: Ends = {("head", "ref"): branch, ("base", "ref"): base}
        return opened(self.client, call, lambda: self._open(branch, base, failure), _page, ends)

    def _open(self, branch: str, base: str, failure: str) -> Iterator[Any]:
        """The list cannot be asked for a branch. It ends with the page that brings nothing more."""
        seen: set[str] = set()
        for number in range(1, 1000):
            query = {"state": "open", "limit": str(_PULLS), "page": str(number)}
            url = self.client.at(*self._repository, "pulls", query=query)
            page = self.client.items(self.client.get(url, failure), failure)
            if {text_at(item, "id") for item in page} <= seen:
                return
            seen |= {text_at(item, "id") for item in page}
            yield from (item for item in page if self._goes(item, branch, base))

    def _goes(self, item: Any, branch: str, base: str) -> bool:
        ends = (text_at(item, "head", "ref"), text_at(item, "base", "ref"))
        home = text_at(item, "head", "repo", "full_name").lower()
        return ends == (branch, base) and home == self.target.repository.lower()

    def _found_accounts(self) -> frozenset[str]:
        try:
            user = self.client.get(self.client.at("user"), ACCOUNT)
        except ForgeError as error:
            if error.status not in (401, 403, 404):
                raise
            return JOB_ACCOUNTS
        return frozenset({text_at(user, "login")} - {""}) or JOB_ACCOUNTS

    def _written(self, method: str, url: str, body: Mapping[str, Any], *, asked: str = "") -> Comment:
        call = Call(method, url, not_commented(self.target, self.facts), body, makes=not asked)
        return commented(self.client, call, _comment, asked)

    @property
    def _repository(self) -> Iterable[str]:
        return ("repos", *self.target.repository.split("/"))

    @property
    def _issue(self) -> Iterable[str]:
        return (*self._repository, "issues", self.target.pull_request)


def _comment(item: Any) -> Comment:
    on = (text_at(item, "pull_request_url") or text_at(item, "issue_url")).rpartition("/")[2]
    return Comment(id_at(item, "id"), text_at(item, "user", "login"), text_at(item, "body"), _page(item), on)


def _page(item: Any) -> str:
    return text_at(item, "html_url")
