"""A promotion as a pull request: a branch with one commit, pushed, and opened at the forge."""

from __future__ import annotations

import re
from typing import Final

from attrs import evolve, frozen

from planner.app.opening import Request
from planner.app.promotion.pins_file import written
from planner.app.promotion.wording import Account, commit_message, description
from planner.errors import PlannerError, Refused, WrongUsage
from planner.forge.client import connect
from planner.forge.locating import Wanted, locate
from planner.forge.port import Forge, ForgeError
from planner.forge.registry import NAMES, PUBLIC, running
from planner.render.escaping import shorten
from planner.vcs import Repository
from planner.vcs.changing import begin_branch, check_out, commit_files, delete_branch, fetch, look_at, push

_ADDRESS: Final = re.compile(r"(?:\w+://)?(?:[^/@]*@)?([^/:]+)(?::\d+/|[:/])/*(.+?)(?:\.git)?/*")
_WIDEST_TITLE: Final = 200


@frozen
class Place:
    """Where pull requests are opened. remote: of the repository. base: as the user names it, else ""."""

    request: Request
    repository: Repository
    forge: Forge
    remote: str
    base: str = ""


@frozen
class Route:
    """Which branches a pull request leads over. present: the branch that is checked out, "" for none. head:
    its commit. base: the branch that the pull request goes into, at the remote. there: the commit of the
    promotion's own branch there, "" for none.
    """

    branch: str
    present: str
    head: str
    base: str
    base_commit: str
    there: str


def find_place(request: Request, repository: Repository, wanted: Wanted, base: str) -> Place:
    """Nothing is asked yet. WrongUsage when it is not known where, ForgeError without a token."""
    remote, environ = _remote(repository), request.inputs.environ
    if running(environ) is None and not wanted.forge:
        wanted = of_address(wanted, repository.setting(f"remote.{remote}.url"))
    located = locate(wanted, environ, needs_number=False)
    return Place(request, repository, connect(located.target, tell=request.caller.tell), remote, base)


def _remote(repository: Repository) -> str:
    """The remote of the branch that is checked out, else origin, else the only one."""
    there = repository.remotes()
    named = repository.setting(f"branch.{repository.branch()}.remote")
    found = next((name for name in (named, "origin", *there[: len(there) == 1]) if name in there), "")
    if not found:
        raise Refused(
            f"there is no remote to push to in {repository.root}", advice="Add one: git remote add origin URL"
        )
    return found


def of_address(wanted: Wanted, address: str) -> Wanted:
    """wanted with what the remote's address says, where that is at a forge that everybody knows."""
    found = _ADDRESS.fullmatch(address)
    forge = PUBLIC.get(found[1].lower()) if found else None
    if found is None or forge is None:
        raise WrongUsage(
            "it is not known at which forge a pull request is to be opened",
            advice=f"Give --forge (one of {', '.join(NAMES)}) and --repo.",
        )
    return evolve(wanted, forge=forge, repository=wanted.repository or found[2])


def find_route(place: Place, account: Account) -> Route:
    """Asks the remote, and fetches the branches that are in question. Refused when there is no way."""
    repository, branch = place.repository, account.branch
    present = repository.branch()
    upstream = repository.setting(f"branch.{present}.merge").removeprefix("refs/heads/") or present
    with place.request.caller.doing(f"Asking {place.remote}"):
        seen = look_at(repository, place.remote, branch, *filter(None, (place.base, upstream)))
    wanted = [place.base] if place.base else [upstream, seen.usual]
    base = next((name for name in wanted if name in seen.branches), "")
    if not base:
        raise Refused(
            f"{place.remote} has no branch {wanted[0] or 'of its own'} to open a pull request into",
            advice="Push it first, or name another one: --base BRANCH",
        )
    with place.request.caller.doing(f"Fetching from {place.remote}"):
        fetch(repository, place.remote, base, *([branch] if branch in seen.branches else []))
    commit, there = seen.branches[base], seen.branches.get(branch, "")
    route = Route(branch, present, repository.commit("HEAD"), base, commit, there)
    _check_base(place, route, account)
    return route


def _check_base(place: Place, route: Route, account: Account) -> None:
    repository, pinned = place.repository, account.choice.commit
    at = f"{route.base} at {place.remote}"
    if pinned and not repository.is_ancestor(pinned, route.base_commit):
        raise Refused(
            f"{pinned[:12]}, the commit of {account.choice.run.id}'s templates, is not in {at}",
            advice="Push or merge it there first: a pull request that is squashed would lose it.",
        )
    more = repository.commits_between(route.base_commit, route.head)
    if more:
        place.request.caller.tell(
            f"Note: {more} commit{'s' * (more != 1)} that {at} has not will be in the pull request too."
        )


def open_pull_request(place: Place, route: Route, account: Account, text: str) -> tuple[str, str]:
    """The URL of the pull request that brings text as the pins, and its commit.

    One that is open already stays as it is. The branch that was checked out is checked out afterwards. An
    error says what is done already.
    """
    found = _existing(place, route, account.file, text)
    commit = found or _commit_on_branch(place, route, account, text)
    if commit != route.there:
        _push(place, route)
    return _opened(place, route, account), commit


def _existing(place: Place, route: Route, name: str, text: str) -> str:
    """The commit of the promotion's branch that holds text, "" when there is no branch, or it was merged."""
    repository = place.repository
    for commit in (route.there, repository.find(f"refs/heads/{route.branch}") or ""):
        if not commit or repository.is_ancestor(commit, route.head):
            continue
        if repository.content(commit, name) == text.encode():
            return commit
        delete = f"git branch -D {route.branch}"
        raise Refused(
            f"there is a branch {route.branch} already, with another {name}",
            advice=f"Merge it, or delete it: "
            f"{f'git push {place.remote} --delete {route.branch}' if commit == route.there else delete}",
        )
    return ""


def _commit_on_branch(place: Place, route: Route, account: Account, text: str) -> str:
    repository = place.repository
    is_new = repository.find(f"refs/heads/{route.branch}") is None
    begin_branch(repository, route.branch)
    try:
        with written(place.request.folder, account.file, text):
            commit = commit_files(repository, (account.file,), commit_message(account))
    except BaseException:
        _go_back(repository, route)
        if is_new:
            delete_branch(repository, route.branch)
        raise
    _go_back(repository, route)
    return commit


def _go_back(repository: Repository, route: Route) -> None:
    try:
        check_out(repository, route.present, route.head)
    except PlannerError as error:
        back = route.present or f"--detach {route.head[:12]}"
        raise PlannerError(
            f"{error.summary}: {route.branch} is checked out, and has the promotion",
            advice=f"Go back: git switch {back}. git says: {error.advice}",
        ) from error


def _push(place: Place, route: Route) -> None:
    try:
        with place.request.caller.doing(f"Pushing to {place.remote}"):
            push(place.repository, place.remote, route.branch)
    except PlannerError as error:
        raise PlannerError(
            f"{error.summary}: the promotion is committed on {route.branch} here, and not at {place.remote}",
            advice=f"Run it again when it can be pushed. git says:\n{error.advice}",
        ) from error


def _opened(place: Place, route: Route, account: Account) -> str:
    facts = place.forge.facts
    title = shorten(account.title, _WIDEST_TITLE)
    body = description(account, facts.description_limit)
    try:
        with place.request.caller.doing(f"Opening the {facts.request}"):
            return place.forge.open_pull_request(title, body, route.branch, route.base)
    except ForgeError as error:
        pushed = f"{route.branch} is at {place.remote}: open it there, or run this again."
        raise PlannerError(error.summary, advice=f"{error.advice} {pushed}".strip()) from error
