"""Bitbucket Cloud. A repository is workspace/slug.

https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from planner.forge.connection import Connection, Ends, Reply, at, id_at, number_at, text_at
from planner.forge.kind import NAME, Ci, Environ, Job, Kind, Way, below, joined, run_of
from planner.forge.port import Comment, Facts, ForgeError
from planner.model.dialect import Dialect

_MARKDOWN: Final = Dialect(details=False, mermaid=False, alerts=False, hides_comments=False)
_REFUSED: Final = (400, 401, 403, 404)


class Bitbucket(Connection):
    """The token of a repository, a project or a workspace may not ask who it is. Its comments are known by
    what Bitbucket lets it do then: only its author may change a comment, so each one that looks like one's
    own is written back as it is, until one was taken: its author it is."""

    facts = Facts(name="Bitbucket", limit=30_000, description_limit=30_000, dialect=_MARKDOWN)
    _asked: bool = False

    def comments(self) -> Iterator[Comment]:
        url = self.client.at(*self._pull_request, "comments", query={"pagelen": "100", "sort": "created_on"})
        for page in self.client.pages(url, self.not_read, _next):
            for item in self.client.items(at(page.data, "values"), self.not_read):
                if item.get("deleted") is not True:
                    yield _comment(item)

    def is_own(self, comment: Comment) -> bool:
        if not self._asked:
            self.account, self._asked = text_at(self.user(*_REFUSED), "uuid"), True
        if not self.account and comment.author and self._may_change(comment):
            self.account = comment.author
        return bool(self.account) and comment.author == self.account

    def create(self, body: str) -> Comment:
        url = self.client.at(*self._pull_request, "comments")
        return self.written("POST", url, _content(body), _comment)

    def update(self, comment: Comment, body: str) -> Comment:
        url = self.client.at(*self._pull_request, "comments", comment.id)
        return self.written("PUT", url, _content(body), _comment, comment.id)

    def open_pull_request(self, title: str, body: str, branch: str, base: str) -> str:
        ends = {"source": {"branch": {"name": branch}}, "destination": {"branch": {"name": base}}}
        asked = f'state = "OPEN" AND source.branch.name = {json.dumps(branch)}'
        asked += f" AND destination.branch.name = {json.dumps(base)}"
        new = {"title": title, "description": body, **ends}
        url = self.client.at(*self._repository, "pullrequests")
        look = self.client.at(*self._repository, "pullrequests", query={"q": asked})
        told: Ends = {("source", "branch", "name"): branch, ("destination", "branch", "name"): base}
        return self.opened(url, new, lambda: self.opens_at(look, "values"), _page, told)

    def _may_change(self, comment: Comment) -> bool:
        try:
            self.update(comment, comment.body)
        except ForgeError as error:
            if error.status not in _REFUSED:
                raise
            return False
        return True

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


def _job(environ: Environ) -> Job:
    return Job(
        repository=joined(environ, "BITBUCKET_WORKSPACE", "BITBUCKET_REPO_SLUG"),
        number=number_at(environ.get("BITBUCKET_PR_ID")),
        commit=environ.get("BITBUCKET_COMMIT", ""),
        base=environ.get("BITBUCKET_PR_DESTINATION_BRANCH", ""),
        run=run_of(environ, "BITBUCKET_BUILD_NUMBER", "BITBUCKET_STEP_RUN_NUMBER"),
    )


KIND: Final = Kind(
    name="bitbucket",
    public="https://api.bitbucket.org/2.0",
    host="bitbucket.org",
    api_root=below("/2.0"),
    repository=re.compile(r"(?:[\w-]+|\{[\w-]+\})/" + rf"(?:{NAME}|\{{[\w-]+\}})", re.ASCII),
    example="workspace/slug",
    headers=lambda given: {"Authorization": given.header("Bearer")},
    advice={
        401: "The token is wrong or has expired: correct BITBUCKET_TOKEN, or BITBUCKET_EMAIL and "
        "BITBUCKET_API_TOKEN.",
        403: "The token needs the scope to write pull requests.",
        404: "Check --repo, --pr and --api-url, and that the token may see the repository.",
    },
    connected=Bitbucket,
    ways=(Way("BITBUCKET_TOKEN"), Way("BITBUCKET_API_TOKEN", username="BITBUCKET_EMAIL")),
    hint="Make a repository access token that may write pull requests.",
    ci=Ci(
        "Bitbucket Pipelines",
        lambda environ: bool(environ.get("BITBUCKET_BUILD_NUMBER")),
        _job,
        {
            "number": "BITBUCKET_PR_ID (of a pull-requests pipeline)",
            "repository": "BITBUCKET_WORKSPACE and BITBUCKET_REPO_SLUG",
            "api": "",
            "run": "BITBUCKET_BUILD_NUMBER",
        },
        actor="BITBUCKET_STEP_TRIGGERER_UUID",
    ),
    merged=(
        re.compile(r"\AMerged? in .*pull request (#?\d{1,15})\b"),
        re.compile(r"\APull request (#\d{1,15}): "),  # Data Center
    ),
)
