"""Approvals of releases: who wants which one in an environment."""

from __future__ import annotations

from attrs import frozen

from planner.app.caller import Caller
from planner.app.opening import Request
from planner.app.promotion.actor import actor
from planner.app.promotion.env_sides import read_side
from planner.app.promotion.promoters import promoters
from planner.app.promotion.records import update_log
from planner.app.promotion.release_names import listed, matching
from planner.app.promotion.release_reading import Logs, read_logs
from planner.config.load import choose_environment
from planner.errors import PlannerError, Refused
from planner.model.project import Environment
from planner.promote.log import Approval, Log, Rejection


@frozen
class Approved:
    """An approval as it was recorded. is_new: False when by had approved the release before.

    counts: False where by is one of the promoters. people: how many approvals count, by now.
    """

    release: str
    environment: Environment
    by: str
    is_new: bool
    counts: bool
    people: int
    log: Log

    @property
    def rejection(self) -> Rejection | None:
        return next(iter(reversed(self.log.about(Rejection, self.release))), None)

    @property
    def runs_there(self) -> bool:
        return self.log.present is not None and self.log.present.id == self.release


def approve(request: Request, caller: Caller, beginning: str, timeout: float) -> Approved:
    """Records that whoever works here wants the release in the environment of request. Refused, LockHeld."""
    logs = read_logs(request, caller)
    environment = choose_environment(logs.project, request.environment)
    release = _known_to(request, caller, logs, environment, beginning)
    by = actor(request.folder, request.inputs.environ)
    without = {who.casefold() for who in promoters(request, environment.name)}
    new: list[Approval] = []

    def change(log: Log, at: str) -> Log:
        if any(item.by.casefold() == by.casefold() for item in log.about(Approval, release)):
            return log
        new.append(Approval(release, by, at))
        return log.plus(new[0])

    log = update_log(request, environment.name, caller, "release approve", change, timeout)
    people = {item.by.casefold() for item in log.about(Approval, release)} - without
    counts = by.casefold() not in without
    return Approved(release, environment, by, bool(new), counts, len(people), log)


def _known_to(request: Request, caller: Caller, logs: Logs, environment: Environment, beginning: str) -> str:
    """The release, if the environment, one upstream or what its files bring is it. Refused otherwise."""
    places = (environment.name, *environment.promote_from)
    known = [release for name in places for release in logs.ids(name)]
    found = matching(beginning, known)
    if found is None:
        wanted = _wanted(request, caller)
        found = matching(beginning, [wanted] if wanted else [])
    if found is not None:
        return found
    problems = "".join(f" The state of {name} could not be read." for name in places if name in logs.problems)
    there = f"Known there: {listed(known)}." if known else "No release is known there yet."
    where = " or ".join(places)
    raise Refused(f"no release that begins with {beginning} is known in {where}", advice=there + problems)


def _wanted(request: Request, caller: Caller) -> str:
    """What the environment's files bring: a release of its own where only a part was promoted."""
    try:
        return read_side(request, caller, request.environment or "").release.id
    except PlannerError:
        return ""


def told(found: Approved) -> tuple[str, tuple[str, ...]]:
    """What was recorded, and what there is to know about it."""
    name, release = found.environment.name, found.release
    needed = found.environment.gates.approvals
    count = f" ({found.people} of {needed})" if needed else ""
    done = f"Approved {release} for {name} as {found.by}{count}."
    if not found.is_new:
        done = f"{found.by} has approved {release} for {name} before{count}. Nothing was written."
    return done, tuple(_notes(found))


def _notes(found: Approved) -> list[str]:
    name = found.environment.name
    notes = []
    if not found.environment.gates.approvals:
        notes.append(f"{name} asks for no approvals")
    elif not found.counts:
        notes.append(
            f"{found.by} made the latest change to what {name} is to run; whoever promotes cannot approve, "
            "so while it is the latest this approval does not count"
        )
    if found.rejection is not None:
        notes.append(f"{found.release} was rejected by {found.rejection.by}: {found.rejection.reason}")
    if found.runs_there:
        notes.append(f"{name} runs it already")
    return notes
