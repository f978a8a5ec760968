"""GitHub, github.com and GitHub Enterprise Server. A repository is owner/name.

https://docs.github.com/rest/issues/comments; a pull request is an issue there. Its CI, which Gitea's is like,
says what a job is for in the JSON file of an event, parts of which strangers write. What a job shows and
passes on are files, too.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from attrs import evolve

from planner.forge.connection import ACCOUNT, Call, Connection, Ends, Reply, at, id_at, number_at, text_at
from planner.forge.kind import TWO_NAMES, Ci, Environ, Job, Kind, Way, run_of, says_true
from planner.forge.port import Comment, Facts, ForgeError
from planner.links import open_regular
from planner.net.address import address_of

_HEADERS: Final = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
JOB_ACCOUNT: Final = "github-actions[bot]"
"""Who writes with the token of a job."""

SQUASHED: Final = (re.compile(r"\A[^\n]*\((#\d{1,15})\)(?:\n|\Z)"),)
_NEXT: Final = re.compile(r'<([^<>]*)>\s*;[^,<]*\brel="?next"?')
_LARGEST: Final = 64 * 1024 * 1024
"""Bytes. GitHub's own limit is 25 MB."""

_REF: Final = re.compile(r"refs/pull/(\d{1,15})/", re.ASCII)
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
SUMMARY_LIMIT: Final = 1024 * 1024
"""Bytes, of all that one step writes; GitHub shows nothing of more."""

_TRIES: Final = 5
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)


def api_root(url: str) -> str:
    """https://github.com and https://ghes.example are taken for what they mean: their API is beside them."""
    given = address_of(url)
    if given.path.strip("/") or given.host.startswith("api."):
        return url
    if given.host == "github.com" or given.host.endswith(".ghe.com"):
        return evolve(given, host=f"api.{given.host}").url
    return f"{url}/api/v3"


class GitHub(Connection):
    facts = Facts(name="GitHub", limit=65_536, description_limit=65_536)

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
        ends: Ends = {("head", "ref"): branch, ("base", "ref"): base}
        url = self.client.at(*self._repository, "pulls")
        return self.opened(url, new, lambda: self._open(branch, base), _page, ends)

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


def actions(name: str, is_here: Callable[[Environ], bool], imitates: str = "") -> Ci:
    sources = {
        "number": "GITHUB_EVENT_PATH and GITHUB_REF",
        "repository": "GITHUB_REPOSITORY",
        "api": "GITHUB_API_URL",
        "run": "GITHUB_RUN_ID",
    }
    return Ci(name, is_here, _job, sources, actor="GITHUB_ACTOR", imitates=imitates)


def _job(environ: Environ) -> Job:
    given = (environ.get(name, "") for name in ("GITHUB_EVENT_PATH", "GITHUB_REF", "GITHUB_SHA"))
    found = pull_request(*given)
    return evolve(
        found,
        api=environ.get("GITHUB_API_URL", ""),
        repository=environ.get("GITHUB_REPOSITORY", ""),
        base=found.base or environ.get("GITHUB_BASE_REF", ""),
        # The id grows over all workflows of a repository, GITHUB_RUN_NUMBER in each by itself.
        run=run_of(environ, "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT"),
    )


def pull_request(path: str, ref: str, built: str = "") -> Job:
    """What the event says: the base is a merge queue's, the commit that what is to be merged goes on top of.

    path: of the event's file. ref: of the run, asked where the event names none. built: the run's commit,
    which is the pull request's for its own refs, and for no pull request; else it is the target's.
    """
    event = _event(path)
    if at(event, "merge_group") is not None:
        return Job(commit=built, queued=True, base=_commit(event, "merge_group", "base_sha"))
    number, found = _number(event), _REF.match(ref)
    if number is None and found:
        number = int(found[1]) or None
    head = _commit(event, "pull_request", "head", "sha") or _commit(event, "workflow_run", "head_sha")
    return Job(number=number, commit=head or (built if found or number is None else ""))


def _commit(event: Any, *path: str) -> str:
    found = text_at(event, *path)
    return found if _COMMIT.fullmatch(found) else ""


def _number(event: Any) -> int | None:
    """An issue that is no pull request does not count."""
    issue = at(event, "issue")
    if issue is not None and not (at(issue, "pull_request") or at(event, "is_pull") is True):
        return None
    found = number_at(event, "pull_request", "number") or number_at(issue, "number") or _number_of_run(event)
    return found or number_at(event, "number")


def _number_of_run(event: Any) -> int | None:
    """The pull request of a workflow that follows another. Pull requests from forks are not there, those to
    others are.
    """
    found = at(event, "workflow_run", "pull_requests")
    home = text_at(event, "repository", "id")
    if not isinstance(found, list) or len(found) != 1 or text_at(found[0], "base", "repo", "id") != home:
        return None
    return number_at(found[0], "number")


def _event(path: str) -> Any:
    """The event that started the job; None for a file that cannot be read or understood."""
    try:
        with open_regular(Path(path)) as file:
            content = file.read(_LARGEST + 1)
        return json.loads(content) if len(content) <= _LARGEST else None
    except (OSError, ValueError, RecursionError):
        return None


def write_summary(environ: Mapping[str, str], render: Callable[[int], str]) -> bool:
    """Adds to the job summary. False where there is none. render: markdown of at most that many characters.

    It is rendered anew for fewer characters while its bytes are too many. ForgeError when it cannot be made
    short enough or written.
    """
    path = environ.get("GITHUB_STEP_SUMMARY", "")
    if not path:
        return False
    room = SUMMARY_LIMIT - _size(path) - 1
    limit = room
    for _ in range(_TRIES):
        content = f"{render(max(0, limit))}\n".encode(errors="replace")
        if len(content) <= room:
            _append(path, content, "the job summary")
            return True
        limit = limit * room // len(content) - 1
    raise ForgeError(f"the job summary is longer than the {SUMMARY_LIMIT} bytes that GitHub takes")


def write_outputs(environ: Mapping[str, str], outputs: Mapping[str, str]) -> bool:
    """Adds outputs of the step, of any number of lines each. False where there is no file for them."""
    path = environ.get("GITHUB_OUTPUT", "")
    if not path:
        return False
    text = "".join(_output(name, value) for name, value in outputs.items())
    _append(path, text.encode(errors="replace"), "the outputs of the step")
    return True


def _output(name: str, value: str) -> str:
    """An output, with an end that no value can hold, so that none can make another output."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"no name of an output: {name!r}")
    end = f"planner_{os.urandom(16).hex()}"
    return f"{name}<<{end}\n{value}\n{end}\n"


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def _append(path: str, content: bytes, what: str) -> None:
    try:
        with open(path, "ab", opener=_without_waiting) as file:
            os.set_blocking(file.fileno(), True)
            file.write(content)
    except (OSError, ValueError) as error:
        raise ForgeError(f"{what} cannot be written to {path}: {error}") from error


def _without_waiting(path: str, flags: int) -> int:
    """A pipe that nobody reads would never open."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o666)


KIND: Final = Kind(
    name="github",
    public="https://api.github.com",
    host="github.com",
    api_root=api_root,
    repository=TWO_NAMES,
    example="owner/name",
    headers=lambda given: {**_HEADERS, "Authorization": given.header("Bearer")},
    advice={
        401: "The token is wrong or has expired: correct GITHUB_TOKEN or GH_TOKEN.",
        403: "Give the job `permissions: pull-requests: write`. A pull request from a fork only has a token "
        "that reads: comment from a second workflow then.",
        404: "Check --repo, --pr and --api-url, and that the token may see the repository.",
    },
    connected=GitHub,
    # The order of GitHub's own command line.
    ways=(Way("GH_TOKEN"), Way("GITHUB_TOKEN")),
    hint="In a job: env: {GITHUB_TOKEN: ${{ github.token }}}.",
    ci=actions("GitHub Actions", says_true("GITHUB_ACTIONS")),
    merged=(re.compile(r"\AMerge pull request (#\d{1,15})\b"),),
    squashed=SQUASHED,
)
