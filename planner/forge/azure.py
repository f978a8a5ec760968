"""Azure DevOps, Services and Server. A repository is project/repository; the API's root is the collection.

https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads; a comment sits in a thread, and is
named thread/comment here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import evolve

from planner.forge.connection import ACCOUNT, Connection, Ends, at, id_at, number_at, text_at
from planner.forge.kind import Ci, Environ, Job, Kind, Way, joined, run_of, says_true
from planner.forge.port import Comment, Facts
from planner.model.dialect import Dialect

# Without it a token that is not taken is answered with a redirect to a page for people.
_HEADERS: Final = {"X-TFS-FedAuthRedirect": "Suppress"}
_VERSION: Final = {"api-version": "7.1"}
_PREVIEW: Final = {"api-version": "7.1-preview"}
_MARKDOWN: Final = Dialect(mermaid=False, alerts=False)
_TEXT: Final = 1
_BRANCH: Final = "refs/heads/"
_NONE: Final = Comment("", "", "")


class AzureDevOps(Connection):
    facts = Facts(name="Azure DevOps", limit=150_000, description_limit=4_000, dialect=_MARKDOWN)

    def comments(self) -> Iterator[Comment]:
        found = self.client.get(self._at("threads"), self.not_read)
        for thread in self.client.items(at(found, "value"), self.not_read):
            if thread.get("isDeleted") is not True:
                yield from _comments(thread)

    def found_account(self) -> str:
        url = self.client.at("_apis", "connectionData", query=_PREVIEW)
        return text_at(self.client.get(url, ACCOUNT), "authenticatedUser", "id").lower()

    def create(self, body: str) -> Comment:
        new = {
            "comments": [{"parentCommentId": 0, "content": body, "commentType": _TEXT}],
            # Open, it would count among what is left to resolve before the merge.
            "status": "closed",
        }
        return self.written("POST", self._at("threads"), new, lambda data: next(_comments(data), _NONE))

    def update(self, comment: Comment, body: str) -> Comment:
        thread, _, number = comment.id.partition("/")
        url = self._at("threads", thread, "comments", number)
        return self.written("PATCH", url, {"content": body}, lambda data: _comment(thread, data), comment.id)

    def open_pull_request(self, title: str, body: str, branch: str, base: str) -> str:
        ends = {"sourceRefName": _BRANCH + branch, "targetRefName": _BRANCH + base}
        criteria = {f"searchCriteria.{name}": value for name, value in {**ends, "status": "active"}.items()}
        look = self.client.at(*self._repository, "pullrequests", query={**criteria, **_VERSION})
        url = self.client.at(*self._repository, "pullrequests", query=_VERSION)
        new = {**ends, "title": title, "description": body}
        told: Ends = {(name,): ref for name, ref in ends.items()}
        return self.opened(url, new, lambda: self.opens_at(look, "value"), self._page, told)

    def _page(self, item: Any) -> str:
        """The reply's own url is the API's."""
        number, web = text_at(item, "pullRequestId"), text_at(item, "repository", "webUrl")
        if number and not web:
            project, _, repository = self.target.repository.partition("/")
            web = self.client.at(project, "_git", repository)
        return f"{web}/pullrequest/{number}" if number else ""

    def _at(self, *below: str, query: Mapping[str, str] = _VERSION) -> str:
        number = self.target.pull_request
        return self.client.at(*self._repository, "pullRequests", number, *below, query=query)

    @property
    def _repository(self) -> Iterable[str]:
        project, _, repository = self.target.repository.partition("/")
        return (project, "_apis", "git", "repositories", repository)


def _comments(thread: Any) -> Iterator[Comment]:
    found = at(thread, "comments")
    for item in found if isinstance(found, list) else ():
        if at(item, "isDeleted") is not True and at(item, "commentType") in ("text", _TEXT):
            yield _comment(id_at(thread, "id"), item)


def _comment(thread: str, item: Any) -> Comment:
    number = id_at(item, "id")
    named = f"{thread}/{number}" if thread and number else ""
    return Comment(named, text_at(item, "author", "id").lower(), text_at(item, "content"))


def _job(environ: Environ) -> Job:
    provider = environ.get("BUILD_REPOSITORY_PROVIDER", "TfsGit")
    base = environ.get("SYSTEM_PULLREQUEST_TARGETBRANCH", "")
    found = Job(base=base, run=run_of(environ, "BUILD_BUILDID", "SYSTEM_JOBATTEMPT"))
    if provider.lower() != "tfsgit":
        return evolve(found, elsewhere=provider)
    return evolve(
        found,
        api=environ.get("SYSTEM_COLLECTIONURI", ""),
        repository=joined(environ, "SYSTEM_TEAMPROJECT", "BUILD_REPOSITORY_ID"),
        number=number_at(environ.get("SYSTEM_PULLREQUEST_PULLREQUESTID")),
        commit=environ.get("SYSTEM_PULLREQUEST_SOURCECOMMITID", ""),
    )


_ANY_NAME: Final = r"(?!\.{1,2}(?:/|$))[^/\x00-\x1f\x7f]+"
KIND: Final = Kind(
    name="azure",
    aliases=("azure-devops", "azuredevops"),
    api_root=lambda url: url,
    repository=re.compile(rf"{_ANY_NAME}/{_ANY_NAME}"),
    example="project/repository",
    headers=lambda given: {**_HEADERS, "Authorization": given.header("Bearer")},
    advice={
        401: "The token is wrong or has expired: correct SYSTEM_ACCESSTOKEN or AZURE_DEVOPS_PAT.",
        403: "Allow the account `Contribute to pull requests` on the repository; the account of a job is "
        "the project's Build Service.",
        404: "Check --repo, --pr and --api-url, and that the token may see the repository.",
    },
    connected=AzureDevOps,
    ways=(Way("SYSTEM_ACCESSTOKEN"), Way("AZURE_DEVOPS_PAT", username="")),
    hint="In a job: env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}.",
    ci=Ci(
        "Azure Pipelines",
        says_true("TF_BUILD"),
        _job,
        {
            "number": "SYSTEM_PULLREQUEST_PULLREQUESTID (of a build validation)",
            "repository": "SYSTEM_TEAMPROJECT and BUILD_REPOSITORY_ID",
            "api": "SYSTEM_COLLECTIONURI",
            "run": "BUILD_BUILDID",
        },
        actor="BUILD_REQUESTEDFOREMAIL",
    ),
    merged=(re.compile(r"\AMerged? PR (#?\d{1,15})\b"),),
)
