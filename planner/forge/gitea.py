"""Gitea and Forgejo, whose API is made like GitHub's. A repository is owner/name.

GET /repos/{owner}/{repo}/issues/{index}/comments takes neither page nor limit and gives all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from planner.forge.connection import text_at
from planner.forge.github import SQUASHED, GitHub, actions
from planner.forge.kind import TWO_NAMES, Kind, Way, below, says_true
from planner.forge.port import Comment, Facts

JOB_ACCOUNTS: Final = frozenset({"gitea-actions", "forgejo-actions"})
"""Who writes with the token of a job."""

_PULLS: Final = 50
"""Pull requests a page: the most that an installation gives unless it is configured otherwise."""


class Gitea(GitHub):
    # It has no limit of its own; a comment that is longer is nothing to read.
    facts = Facts(name="Gitea", limit=65_536, description_limit=65_536)
    _accounts: frozenset[str] = frozenset()

    def is_own(self, comment: Comment) -> bool:
        if not self._accounts:
            self._accounts = frozenset({text_at(self.user(401, 403, 404), "login")} - {""}) or JOB_ACCOUNTS
        return comment.author in self._accounts

    def _open(self, branch: str, base: str) -> Iterator[Any]:
        """The list cannot be asked for a branch. It ends with the page that brings nothing more."""
        seen: set[str] = set()
        for number in range(1, 1000):
            query = {"state": "open", "limit": str(_PULLS), "page": str(number)}
            page = self.opens_at(self.client.at(*self._repository, "pulls", query=query))
            if {text_at(item, "id") for item in page} <= seen:
                return
            seen |= {text_at(item, "id") for item in page}
            yield from (item for item in page if self._goes(item, branch, base))

    def _goes(self, item: Any, branch: str, base: str) -> bool:
        ends = (text_at(item, "head", "ref"), text_at(item, "base", "ref"))
        home = text_at(item, "head", "repo", "full_name").lower()
        return ends == (branch, base) and home == self.target.repository.lower()


KIND: Final = Kind(
    name="gitea",
    aliases=("forgejo",),
    api_root=below("/api/v1"),
    repository=TWO_NAMES,
    example="owner/name",
    headers=lambda given: {"Authorization": given.header("token")},
    advice={
        401: "The token is wrong or has expired: correct GITEA_TOKEN.",
        403: "The token needs to write issues and pull requests (scope write:issue), and its account to "
        "write to the repository.",
        404: "Check --repo, --pr and --api-url, and that the token may see the repository.",
    },
    connected=Gitea,
    # Elsewhere GITHUB_TOKEN is for GitHub, and must not go to another forge.
    ways=(Way("GITEA_TOKEN"), Way("FORGEJO_TOKEN"), Way("GITHUB_TOKEN", own_ci=True)),
    hint="In a job: env: {GITHUB_TOKEN: ${{ github.token }}}.",
    ci=actions("Gitea Actions", says_true("GITEA_ACTIONS", "FORGEJO_ACTIONS"), imitates="github"),
    merged=(re.compile(r"\AMerge pull request '.*' \((#\d{1,15})\b"),),
    squashed=SQUASHED,
)
