"""GitHub, github.com and GitHub Enterprise Server. A repository is owner/name.

https://docs.github.com/rest/issues/comments; a pull request is an issue there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import define, evolve

from planner.forge.client import Call, Client, Reply
from planner.forge.errors import ForgeError
from planner.forge.making import Ends, commented, opened
from planner.forge.port import Comment, Facts
from planner.forge.reading import id_at, text_at
from planner.forge.target import Target
from planner.forge.wording import ACCOUNT, not_commented, not_opened, not_read
from planner.net.address import address_of

FACTS: Final = Facts(
    name="GitHub",
    request="pull request",
    limit=65_536,
    description_limit=65_536,
    draws_mermaid=True,
    knows_details=True,
    hides_html_comments=True,
    obeys_slashes=False,
)
ADVICE: Final = {
    401: "The token is wrong or has expired: correct GITHUB_TOKEN or GH_TOKEN.",
    403: "Give the job `permissions: pull-requests: write`. A pull request from a fork only has a token that "
    "reads: comment from a second workflow then.",
    404: "Check --repo and --pr, and that the token may see the repository.",
}
HEADERS: Final = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
SCHEME: Final = "Bearer"
JOB_ACCOUNT: Final = "github-actions[bot]"
"""Who writes with the token of a job."""

_NEXT: Final = re.compile(r'<([^<>]*)>\s*;[^,<]*\brel="?next"?')


def api_root(url: str) -> str:
    """https://github.com and https://ghes.example are taken for what they mean: their API is beside them."""
    at = address_of(url)
    if at.path.strip("/") or at.host.startswith("api."):
        return url
    if at.host == "github.com" or at.host.endswith(".ghe.com"):
        return evolve(at, host=f"api.{at.host}").url
    return f"{url}/api/v3"


@define(eq=False)
class GitHub:
    target: Target
    client: Client
    facts: Facts = FACTS
    _account: str = ""

    def comments(self) -> Iterator[Comment]:
        url = self.client.at(*self._issue, "comments", query={"per_page": "100"})
        for page in self.client.pages(url, not_read(self.target, self.facts), _next):
            yield from (
                _comment(item) for item in self.client.items(page.data, not_read(self.target, self.facts))
            )

    def is_own(self, comment: Comment) -> bool:
        self._account = self._account or self._found_account()
        return comment.author == self._account

    def create(self, body: str) -> Comment:
        url = self.client.at(*self._issue, "comments")
        return self._written("POST", url, {"body": body})

    def update(self, comment: Comment, body: str) -> Comment:
        url = self.client.at(*self._repository, "issues", "comments", comment.id)
        return self._written("PATCH", url, {"body": body}, asked=comment.id)

    def open_pull_request(self, title: str, body: str, branch: str, base: str) -> str:
        owner = self.target.repository.partition("/")[0]
        asked = {"state": "open", "head": f"{owner}:{branch}", "base": base}
        url = self.client.at(*self._repository, "pulls", query=asked)
        failure = not_opened(self.target, self.facts)
        new = {"title": title, "body": body, "head": branch, "base": base}
        call = Call("POST", self.client.at(*self._repository, "pulls"), failure, new, makes=True)
        ends: Ends = {("head", "ref"): branch, ("base", "ref"): base}
        return opened(
            self.client, call, lambda: self.client.items(self.client.get(url, failure), failure), _page, ends
        )

    def _found_account(self) -> str:
        """The token of an app, and that of a job is one, may not read /user, but may ask GraphQL."""
        try:
            return text_at(self.client.get(self.client.at("user"), ACCOUNT), "login") or JOB_ACCOUNT
        except ForgeError as error:
            if error.status not in (401, 403, 404):
                raise
        query = Call("POST", self._graphql, ACCOUNT, {"query": "{viewer{login}}"})
        try:
            return text_at(self.client.call(query).data, "data", "viewer", "login") or JOB_ACCOUNT
        except ForgeError as error:
            if not error.status or error.status >= 500:
                raise
        return JOB_ACCOUNT

    def _written(self, method: str, url: str, body: Mapping[str, Any], *, asked: str = "") -> Comment:
        call = Call(method, url, not_commented(self.target, self.facts), body, makes=not asked)
        return commented(self.client, call, _comment, asked)

    @property
    def _graphql(self) -> str:
        root = self.target.api
        return f"{root.removesuffix('/v3')}/graphql" if root.endswith("/api/v3") else f"{root}/graphql"

    @property
    def _repository(self) -> Iterable[str]:
        return ("repos", *self.target.repository.split("/"))

    @property
    def _issue(self) -> Iterable[str]:
        return (*self._repository, "issues", self.target.pull_request)


def _next(reply: Reply) -> str:
    found = _NEXT.search(reply.headers.get("Link", ""))
    return found[1] if found else ""


def _comment(item: Any) -> Comment:
    on = text_at(item, "issue_url").rpartition("/")[2]
    return Comment(id_at(item, "id"), text_at(item, "user", "login"), text_at(item, "body"), _page(item), on)


def _page(item: Any) -> str:
    return text_at(item, "html_url")
