"""GitLab, gitlab.com and self-managed. A repository is the number of a project or its path, group/name.

https://docs.gitlab.com/api/notes/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from planner.forge.connection import Connection, Ends, Reply, id_at, number_at, text_at, whole_number
from planner.forge.kind import NAME, Ci, Environ, Job, Kind, Way, below, run_of, says_true
from planner.forge.port import Comment, Facts
from planner.model.dialect import Dialect

_ORDER: Final = {"per_page": "100", "sort": "asc", "order_by": "created_at"}


class GitLab(Connection):
    facts = Facts(
        name="GitLab",
        request="merge request",
        mark="!",
        limit=1_000_000,
        description_limit=1_000_000,
        dialect=Dialect(in_bytes=False),
    )

    def comments(self) -> Iterator[Comment]:
        for page in self.client.pages(self._page(1), self.not_read, self._next):
            notes = self.client.items(page.data, self.not_read)
            yield from (_comment(note) for note in notes if note.get("system") is not True)

    def found_account(self) -> str:
        return text_at(self.user(), "id")

    def create(self, body: str) -> Comment:
        url = self.client.at(*self._notes)
        return self.written("POST", url, {"body": body}, _comment)

    def update(self, comment: Comment, body: str) -> Comment:
        url = self.client.at(*self._notes, comment.id)
        return self.written("PUT", url, {"body": body}, _comment, comment.id)

    def open_pull_request(self, title: str, body: str, branch: str, base: str) -> str:
        ends = {"source_branch": branch, "target_branch": base}
        new = {"title": title, "description": body, **ends}
        url = self.client.at(*self._project, "merge_requests")
        look = self.client.at(*self._project, "merge_requests", query={"state": "opened", **ends})
        told: Ends = {(name,): end for name, end in ends.items()}
        return self.opened(url, new, lambda: self.opens_at(look), _web_page, told)

    def _page(self, number: int) -> str:
        return self.client.at(*self._notes, query={**_ORDER, "page": str(number)})

    def _next(self, reply: Reply) -> str:
        number = whole_number(reply.headers.get("X-Next-Page", "").strip(), 9)
        return "" if number is None else self._page(number)

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


def _job(environ: Environ) -> Job:
    commit = environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "") or environ.get("CI_COMMIT_SHA", "")
    return Job(
        api=environ.get("CI_API_V4_URL", ""),
        # CI_PROJECT_ID is the fork's in a merge request pipeline of a fork.
        repository=environ.get("CI_MERGE_REQUEST_PROJECT_ID", "") or environ.get("CI_PROJECT_ID", ""),
        number=number_at(environ.get("CI_MERGE_REQUEST_IID")),
        commit=commit,
        base=environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", ""),
        queued=environ.get("CI_MERGE_REQUEST_EVENT_TYPE", "") == "merge_train",
        # CI_PIPELINE_IID counts in the fork; a job that is repeated gets another id in the same pipeline.
        run=run_of(environ, "CI_PIPELINE_ID", "CI_JOB_ID"),
    )


KIND: Final = Kind(
    name="gitlab",
    public="https://gitlab.com/api/v4",
    host="gitlab.com",
    api_root=below("/api/v4"),
    repository=re.compile(rf"\d+|{NAME}(?:/{NAME})+", re.ASCII),
    example="group/project, or the number of the project",
    headers=lambda given: {"PRIVATE-TOKEN": given.token},
    advice={
        401: "The token is wrong or has expired: correct GITLAB_TOKEN. The token of a job (CI_JOB_TOKEN) "
        "cannot comment.",
        403: "GITLAB_TOKEN needs the scope `api` and at least the role Reporter.",
        404: "Check --repo, --pr and --api-url, and that GITLAB_TOKEN may see the project.",
    },
    connected=GitLab,
    ways=(Way("GITLAB_TOKEN"),),
    hint="The token of a job (CI_JOB_TOKEN) cannot comment: make a project access token (scope api).",
    ci=Ci(
        "GitLab CI",
        says_true("GITLAB_CI"),
        _job,
        {
            "number": "CI_MERGE_REQUEST_IID (of a merge request pipeline)",
            "repository": "CI_MERGE_REQUEST_PROJECT_ID",
            "api": "CI_API_V4_URL",
            "run": "CI_PIPELINE_ID",
        },
        actor="GITLAB_USER_LOGIN",
        authorities="CI_SERVER_TLS_CA_FILE",
    ),
    merged=(re.compile(r"^See merge request \S*(!\d{1,15})$", re.MULTILINE),),
)
