"""GitLab, gitlab.com and self-managed. A repository is the number of a project or its path, group/name.

https://docs.gitlab.com/api/notes/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import define

from planner.forge.client import Call, Client, Reply
from planner.forge.making import Ends, commented, opened
from planner.forge.port import Comment, Facts
from planner.forge.reading import id_at, text_at
from planner.forge.target import Target
from planner.forge.wording import ACCOUNT, not_commented, not_opened, not_read

FACTS: Final = Facts(
    name="GitLab",
    request="merge request",
    limit=1_000_000,
    description_limit=1_000_000,
    draws_mermaid=True,
    knows_details=True,
    hides_html_comments=True,
    obeys_slashes=True,
)
ADVICE: Final = {
    401: "The token is wrong or has expired: correct GITLAB_TOKEN. The token of a job (CI_JOB_TOKEN) cannot "
    "comment.",
    403: "GITLAB_TOKEN needs the scope `api` and at least the role Reporter.",
    404: "Check --repo and --pr, and that GITLAB_TOKEN may see the project.",
}
_ORDER: Final = {"per_page": "100", "sort": "asc", "order_by": "created_at"}


def api_root(url: str) -> str:
    return url if url.endswith("/api/v4") else f"{url}/api/v4"


@define(eq=False)
class GitLab:
    target: Target
    client: Client
    facts: Facts = FACTS
    _account: str = ""

    def comments(self) -> Iterator[Comment]:
        failure = not_read(self.target, self.facts)
        for page in self.client.pages(self._page(1), failure, self._next):
            notes = self.client.items(page.data, failure)
            yield from (_comment(note) for note in notes if note.get("system") is not True)

    def is_own(self, comment: Comment) -> bool:
        if not self._account:
            user = self.client.get(self.client.at("user"), ACCOUNT)
            self._account = text_at(user, "id")
        return bool(self._account) and comment.author == self._account

    def create(self, body: str) -> Comment:
        url = self.client.at(*self._notes)
        return self._written("POST", url, {"body": body})

    def update(self, comment: Comment, body: str) -> Comment:
        url = self.client.at(*self._notes, comment.id)
        return self._written("PUT", url, {"body": body}, asked=comment.id)

    def open_pull_request(self, title: str, body: str, branch: str, base: str) -> str:
        asked = {"state": "opened", "source_branch": branch, "target_branch": base}
        url = self.client.at(*self._project, "merge_requests", query=asked)
        failure = not_opened(self.target, self.facts)
        new = {"title": title, "description": body, "source_branch": branch, "target_branch": base}
        call = Call("POST", self.client.at(*self._project, "merge_requests"), failure, new, makes=True)
        ends: Ends = {("source_branch",): branch, ("target_branch",): base}
        return opened(
            self.client,
            call,
            lambda: self.client.items(self.client.get(url, failure), failure),
            _web_page,
            ends,
        )

    def _page(self, number: int) -> str:
        return self.client.at(*self._notes, query={**_ORDER, "page": str(number)})

    def _next(self, reply: Reply) -> str:
        number = reply.headers.get("X-Next-Page", "").strip()
        return self._page(int(number)) if number.isascii() and number.isdigit() and len(number) < 10 else ""

    def _written(self, method: str, url: str, body: Mapping[str, Any], *, asked: str = "") -> Comment:
        call = Call(method, url, not_commented(self.target, self.facts), body, makes=not asked)
        return commented(self.client, call, _comment, asked)

    @property
    def _project(self) -> Iterable[str]:
        return ("projects", self.target.repository)

    @property
    def _notes(self) -> Iterable[str]:
        return (*self._project, "merge_requests", self.target.pull_request, "notes")


def _comment(note: Any) -> Comment:
    on = text_at(note, "noteable_iid")
    return Comment(id_at(note, "id"), text_at(note, "author", "id"), text_at(note, "body"), on=on)


def _web_page(item: Any) -> str:
    return text_at(item, "web_url")
