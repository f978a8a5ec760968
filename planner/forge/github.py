"""GitHub, github.com and GitHub Enterprise Server. A repository is owner/name.

https://docs.github.com/rest/issues/comments; a pull request is an issue there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from attrs import evolve

from planner.forge.actions import actions
from planner.forge.connection import ACCOUNT, Call, Connection, Reply
from planner.forge.kind import TWO_NAMES, Kind, Way, says_true
from planner.forge.port import Comment, Facts, ForgeError
from planner.forge.reading import id_at, text_at
from planner.net.address import address_of

FACTS: Final = Facts(name="GitHub", limit=65_536, description_limit=65_536)
_ADVICE: Final = {
    401: "The token is wrong or has expired: correct GITHUB_TOKEN or GH_TOKEN.",
    403: "Give the job `permissions: pull-requests: write`. A pull request from a fork only has a token that "
    "reads: comment from a second workflow then.",
    404: "Check --repo and --pr, and that the token may see the repository.",
}
_HEADERS: Final = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
JOB_ACCOUNT: Final = "github-actions[bot]"
"""Who writes with the token of a job."""

SQUASHED: Final = (re.compile(r"\A[^\n]*\((#\d{1,15})\)(?:\n|\Z)"),)
_NEXT: Final = re.compile(r'<([^<>]*)>\s*;[^,<]*\brel="?next"?')


def api_root(url: str) -> str:
    """https://github.com and https://ghes.example are taken for what they mean: their API is beside them."""
    at = address_of(url)
    if at.path.strip("/") or at.host.startswith("api."):
        return url
    if at.host == "github.com" or at.host.endswith(".ghe.com"):
        return evolve(at, host=f"api.{at.host}").url
    return f"{url}/api/v3"


class GitHub(Connection):
    facts = FACTS

    def comments(self) -> Iterator[Comment]:
        url = self.client.at(*self._issue, "comments", query={"per_page": "100"})
        for page in self.client.pages(url, self.not_read, _next):
            yield from (_comment(item) for item in self.client.items(page.data, self.not_read))

    def create(self, body: str) -> Comment:
        url = self.client.at(*self._issue, "comments")
        return self.written("POST", url, {"body": body}, _comment)

    def update(self, comment: Comment, body: str) -> Comment:
        url = self.client.at(*self._repository, "issues", "comments", comment.id)
        return self.written("PATCH", url, {"body": body}, _comment, comment.id)

    def open_pull_request(self, title: str, body: str, branch: str, base: str) -> str:
        new = {"title": title, "body": body, "head": branch, "base": base}
        return self.opened(
            self.client.at(*self._repository, "pulls"),
            new,
            lambda: self._open(branch, base),
            _page,
            {("head", "ref"): branch, ("base", "ref"): base},
        )

    def _open(self, branch: str, base: str) -> Iterable[Any]:
        owner = self.target.repository.partition("/")[0]
        asked = {"state": "open", "head": f"{owner}:{branch}", "base": base}
        return self.opens_at(self.client.at(*self._repository, "pulls", query=asked))

    def found_account(self) -> str:
        """The token of an app, and that of a job is one, may not read /user, but may ask GraphQL."""
        if (user := self.user(401, 403, 404)) is not None:
            return text_at(user, "login") or JOB_ACCOUNT
        query = Call("POST", self._graphql, ACCOUNT, {"query": "{viewer{login}}"})
        try:
            return text_at(self.client.call(query).data, "data", "viewer", "login") or JOB_ACCOUNT
        except ForgeError as error:
            if not error.status or error.status >= 500:
                raise
        return JOB_ACCOUNT

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
    on = (text_at(item, "pull_request_url") or text_at(item, "issue_url")).rpartition("/")[2]
    return Comment(id_at(item, "id"), text_at(item, "user", "login"), text_at(item, "body"), _page(item), on)


def _page(item: Any) -> str:
    return text_at(item, "html_url")


KIND: Final = Kind(
    name="github",
    facts=FACTS,
    public="https://api.github.com",
    host="github.com",
    api_root=api_root,
    repository=TWO_NAMES,
    example="owner/name",
    headers=lambda given: {**_HEADERS, "Authorization": given.header("Bearer")},
    advice=_ADVICE,
    connected=GitHub,
    # The order of GitHub's own command line.
    ways=(Way("GH_TOKEN"), Way("GITHUB_TOKEN")),
    hint="In a job: env: {GITHUB_TOKEN: ${{ github.token }}}.",
    ci=actions("GitHub Actions", says_true("GITHUB_ACTIONS")),
    merged=(re.compile(r"\AMerge pull request (#\d{1,15})\b"),),
    squashed=SQUASHED,
)
