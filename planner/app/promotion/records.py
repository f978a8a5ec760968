"""What people and checks say of releases, written into the state of an environment: approvals, rejections
and what a check found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from urllib.parse import urlsplit

from attrs import evolve, frozen

from planner.app.opening import Request
from planner.app.promotion.env_compare import read_side
from planner.app.promotion.provenance import actor, promoters
from planner.app.promotion.release_reading import (
    Logs,
    known_as,
    listed,
    matching,
    promoting_project,
    read_logs,
)
from planner.app.redaction import given_values
from planner.app.stores import locked
from planner.config.project import choose_environment
from planner.errors import PlannerError, Refused, WrongUsage
from planner.model.diagnostic import did_you_mean
from planner.model.project import Environment, Project
from planner.promote.log import Approval, Log, Rejection, Run, Verification, log_of, write_log

Change = Callable[[Log, str], Log]
"""From an environment's log and the time to the log as it is to be."""


def update_log(
    request: Request, environment: str, operation: str, change: Change, timeout: float = 0.0
) -> tuple[Log, bool]:
    """The environment's log after change, under the lock of its state; and whether it is another one.

    What change raises leaves the state as it is. timeout: seconds to wait for the lock.
    """
    project, caller, environ = request.project, request.caller, request.inputs.environ
    caller.redact.watch(lambda: given_values(project, environ))  # nobody is to give one as a reason
    store = request.states.open(choose_environment(project, environment))
    with locked(store, operation, timeout, caller.tell):
        state = store.checkpoint()
        before = log_of(state)
        after = change(before, store.clock())
        if after != before:
            store.amend(evolve(state, promotions=write_log(after)))
    return after, after != before


def approve(request: Request, beginning: str, timeout: float) -> tuple[str, tuple[str, ...]]:
    """Records that whoever works here wants the release in the environment of request. Refused, LockHeld.

    What was recorded, and what there is to know about it.
    """
    logs = read_logs(request)
    environment = choose_environment(logs.project, request.environment)
    name, needed = environment.name, environment.gates.approvals
    release = _known_to(request, logs, environment, beginning)
    by, without = actor(request), {who.casefold() for who in promoters(request, name)}

    def change(log: Log, at: str) -> Log:
        known = any(item.by.casefold() == by.casefold() for item in log.about(Approval, release))
        return log if known else log.plus(Approval(release, by, at))

    log, is_new = update_log(request, name, "release approve", change, timeout)
    people = {item.by.casefold() for item in log.about(Approval, release)} - without
    count = f" ({len(people)} of {needed})" if needed else ""
    done = f"Approved {release} for {name} as {by}{count}."
    if not is_new:
        done = f"{by} has approved {release} for {name} before{count}. Nothing was written."
    return done, tuple(_notes(environment, release, log, "" if by.casefold() not in without else by))


def _notes(environment: Environment, release: str, log: Log, promoter: str) -> Iterator[str]:
    """promoter: who approved, if that is one of the promoters."""
    name = environment.name
    if not environment.gates.approvals:
        yield f"{name} asks for no approvals"
    elif promoter:
        yield (
            f"{promoter} made the latest change to what {name} is to run; whoever promotes cannot approve, "
            "so while it is the latest this approval does not count"
        )
    for rejection in log.about(Rejection, release)[-1:]:
        yield f"{release} was rejected by {rejection.by}: {rejection.reason}"
    if log.present is not None and log.present.id == release:
        yield f"{name} is rolling it out, {log.rolling}" if log.coming else f"{name} runs it already"


def _known_to(request: Request, logs: Logs, environment: Environment, beginning: str) -> str:
    """The release, if the environment, one upstream or what its files bring is it. Refused otherwise."""
    places = (environment.name, *environment.promote_from)
    known = [release for name in places for release in logs.ids(name)]
    found = matching(beginning, known)
    if found is None:
        wanted = _wanted(request)
        found = matching(beginning, [wanted] if wanted else [])
    if found is not None:
        return found
    problems = "".join(f" The state of {name} could not be read." for name in places if name in logs.problems)
    there = f"Known there: {listed(known)}." if known else "No release is known there yet."
    where = " or ".join(places)
    raise Refused(f"no release that begins with {beginning} is known in {where}", advice=there + problems)


def _wanted(request: Request) -> str:
    """What the environment's files bring: a release of its own where only a part was promoted."""
    try:
        return read_side(request, request.environment or "").release.id
    except PlannerError:
        return ""


@frozen
class Rejected:
    """What became of a rejection. written: the environments that were told; already: those that knew before.

    failed: environment -> why it could not be told. running: those that run the release; rolling: those that
    are being brought it.
    """

    release: str
    written: tuple[str, ...]
    already: tuple[str, ...]
    failed: Mapping[str, PlannerError]
    running: tuple[str, ...]
    rolling: tuple[str, ...] = ()


def reject(request: Request, beginning: str, reason: str, names: Sequence[str], timeout: float) -> Rejected:
    """Written into the log of every environment that knows the release, or of those named. Refused."""
    logs = read_logs(request)
    chosen = tuple(dict.fromkeys(choose_environment(logs.project, name).name for name in names))
    release = known_as(beginning, [id_ for name in logs.by_environment for id_ in logs.ids(name)])
    _refuse_strangers(logs, release, chosen)
    knowing = [name for name in chosen or logs.project.environments if _may_know(logs, name, release)]
    rejection = Rejection(release, reason, actor(request), at="")
    results = {name: _reject(request, name, rejection, timeout) for name in knowing}
    known = next(item for item in logs.releases if item.id == release)
    return Rejected(
        release=release,
        written=tuple(name for name, result in results.items() if result is True),
        already=tuple(name for name, result in results.items() if result is False),
        failed={name: result for name, result in results.items() if isinstance(result, PlannerError)},
        running=known.runs_in,
        rolling=tuple(known.rolling_in),
    )


def _may_know(logs: Logs, name: str, release: str) -> bool:
    return name in logs.problems or release in logs.ids(name)


def _refuse_strangers(logs: Logs, release: str, chosen: Sequence[str]) -> None:
    strangers = [name for name in chosen if not _may_know(logs, name, release)]
    if strangers:
        knowing = [name for name in logs.by_environment if release in logs.ids(name)]
        raise Refused(
            f"{' and '.join(strangers)} never heard of {release}",
            advice=f"Known in: {', '.join(knowing)}. Without -e it is rejected there.",
        )


def _reject(request: Request, environment: str, rejection: Rejection, timeout: float) -> bool | PlannerError:
    """Whether it was written; False when it was there before. The error when it could not be."""

    def change(log: Log, at: str) -> Log:
        said = [evolve(item, at="") for item in log.about(Rejection, rejection.release)]
        if rejection in said or rejection.release not in log.ids:
            return log
        return log.plus(evolve(rejection, at=at))

    try:
        return update_log(request, environment, "release reject", change, timeout)[1]
    except PlannerError as error:
        return error


def verify(
    request: Request, check: str, url: str, timeout: float, *, passed: bool
) -> tuple[str, Iterator[str]]:
    """Records what a check found of the release that the environment of request runs now, or that is being
    rolled out there: which that is, and notes for people. url: of the evidence, "" for none. Refused when
    there is none.
    """
    _check_url(url)
    project = promoting_project(request)
    name, by = choose_environment(project, request.environment).name, actor(request)

    def change(log: Log, at: str) -> Log:
        run = _whole_run(name, log)
        return log.plus(Verification(run.id, check, passed, at, by, url, early=log.coming is not None))

    log, _ = update_log(request, name, "verify", change, timeout)
    found = log.of(Verification)[-1].release
    return found, chain(_too_early(log), _unasked(project, name, check))


def _too_early(log: Log) -> Iterator[str]:
    if log.coming:
        yield f"{log.coming.id} is being rolled out, {log.rolling}; gates count checks from its end on"


def _whole_run(environment: str, log: Log) -> Run:
    run = log.present
    if run is None:
        raise Refused(f"{environment} runs no release", advice=f"Apply one: planner apply -e {environment}")
    if not (run.whole or log.coming):
        raise Refused(
            f"{environment} does not run {run.id} as a whole: its last apply left something out",
            advice=f"Apply the rest: planner apply -e {environment}",
        )
    return run


def _unasked(project: Project, environment: str, check: str) -> Iterator[str]:
    """That no gate asks for the check."""
    downstream = [e for e in project.environments.values() if environment in e.promote_from]
    asked = [name for item in downstream for name in item.gates.checks]
    if check in asked:
        return
    if not downstream:
        yield f"no environment takes releases from {environment}, so that no gate asks for {check}."
        return
    names = ", ".join(item.name for item in downstream)
    near = did_you_mean(check, asked) or (
        f"They ask for: {', '.join(dict.fromkeys(asked))}." if asked else ""
    )
    yield f"no gate of {names} asks for the check {check}. {near}".rstrip()


def _check_url(url: str) -> None:
    """A link that people may follow. WrongUsage; what is wrong is not repeated, it may be a secret."""
    if not url:
        return
    try:
        parts = urlsplit(url)
        web = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        web = False
    if not web or not url.isprintable() or " " in url:
        raise WrongUsage("--url takes a web address, as https://ci.example/runs/12")
    if "@" in parts.netloc:
        raise WrongUsage(
            "--url holds credentials, and it is kept in the state and shown",
            advice="Give it without the part before the @.",
        )
