"""Azure DevOps, Services and Server. A repository is project/repository; the API's root is the collection.

https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads; a comment sits in a thread, and is
named thread/comment here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import define

from planner.forge.client import Call, Client
from planner.forge.making import commented, opened
from planner.forge.port import Comment, Facts
from planner.forge.reading import at, id_at, text_at
from planner.forge.target import Target
from planner.forge.wording import ACCOUNT, not_commented, not_opened, not_read

FACTS: Final = Facts(
    name="Azure DevOps",
    request="pull request",
    limit=150_000,
    description_limit=4_000,
    draws_mermaid=False,
    knows_details=True,
    hides_html_comments=True,
    obeys_slashes=False,
)
ADVICE: Final = {
    401: "The token is wrong or has expired: correct SYSTEM_ACCESSTOKEN or AZURE_DEVOPS_PAT.",
    403: "Allow the account `Contribute to pull requests` on the repository; the account of a job is the "
    "project's Build Service.",
    404: "Check --repo and --pr, and that the token may see the repository.",
}
# Without it a token that is not taken is answered with a redirect to a page for people.
HEADERS: Final = {"X-TFS-FedAuthRedirect": "Suppress"}
SCHEME: Final = "Bearer"
_VERSION: Final = {"api-version": "7.1"}
_PREVIEW: Final = {"api-version": "7.1-preview"}
_TEXT: Final = 1
_BRANCH: Final = "refs/heads/"
_NONE: Final = Comment("", "", "")


def api_root(url: str) -> str:
    return url


@define(eq=False)
class AzureDevOps:
    target: Target
    client: Client
    facts: Facts = FACTS
    _account: str = ""

    def comments(self) -> Iterator[Comment]:
        failure = not_read(self.target, self.facts)
        found = self.client.get(self._at("threads"), failure)
        for thread in self.client.items(at(found, "value"), failure):
            if thread.get("isDeleted") is not True:
                yield from _comments(thread)

    def is_own(self, comment: Comment) -> bool:
        if not self._account:
            url = self.client.at("_apis", "connectionData", query=_PREVIEW)
            data = self.client.get(url, ACCOUNT)
            self._account = text_at(data, "authenticatedUser", "id").lower()
        return bool(self._account) and comment.author == self._account

    def create(self, body: str) -> Comment:
        new = {
            "comments": [{"parentCommentId": 0, "content": body, "commentType": _TEXT}],
            # Open, it would count among what is left to resolve before the merge.
            "status": "closed",
        }
        call = Call("POST", self._at("threads"), not_commented(self.target, self.facts), new, makes=True)
        return commented(self.client, call, lambda data: next(_comments(data), _NONE))

    def update(self, comment: Comment, body: str) -> Comment:
        thread, _, number = comment.id.partition("/")
        url = self._at("threads", thread, "comments", number)
        call = Call("PATCH", url, not_commented(self.target, self.facts), {"content": body})
        return commented(self.client, call, lambda data: _comment(thread, data), comment.id)

    def open_pull_request(self, title: str, body: str, branch: str, base: str) -> str:
        ends = {"sourceRefName": _BRANCH + branch, "targetRefName": _BRANCH + base}
        criteria = {f"searchCriteria.{name}": value for name, value in {**ends, "status": "active"}.items()}
        look = self.client.at(*self._repository, "pullrequests", query={**criteria, **_VERSION})
        failure = not_opened(self.target, self.facts)
        url = self.client.at(*self._repository, "pullrequests", query=_VERSION)
        new = {**ends, "title": title, "description": body}
        call = Call("POST", url, failure, new, makes=True)
        return opened(
            self.client,
            call,
            lambda: self.client.items(at(self.client.get(look, failure), "value"), failure),
            self._page,
            {(name,): ref for name, ref in ends.items()},
        )

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
