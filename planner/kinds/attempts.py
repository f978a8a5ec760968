"""Attempts to carry out a deployment's plans, followed to their end and judged. Pure.

What a write starts, its reply does not name. So the ids of all attempts are noted before it, by resource;
the first one that was not there then is the write's own, and that one is judged, wherever it has got to. The
plan in force says nothing: after a failed attempt it is the last good one again. Plans come one after
another, some of them made by the installation itself, with moments in which nothing is pending.

Source of the facts: ElasticsearchClusterPlansInfo and what it holds, in the description of the ECE API.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from attrs import evolve, field, frozen

from planner.model.resource import Observed, Reading
from planner.model.times import moment
from planner.model.value import Value

Noted = Mapping[str, tuple[str, ...]]
"""The ids of the attempts that there were, by resource."""

RUNNING, WELL, FAILED = "running", "well", "failed"
_LAST: Final = "plan-completed"
_QUIET: Final = 2.0
"""Seconds after the end of a plan in which the installation may begin another one for it."""


@frozen
class Judgement:
    """How far a change is. status: RUNNING, WELL or FAILED. reason: what is going on, or why it failed.

    unseen: nothing in force and nothing pending is the change's own: the history may tell.
    """

    status: str
    reason: str = ""
    unseen: bool = False


@frozen
class Attempt:
    """One attempt. place: "pending", "current" or "history". shown: as the reply has it."""

    id: str
    place: str
    shown: Mapping[str, Any] = field(repr=False)

    @property
    def steps(self) -> list[Mapping[str, Any]]:
        log = self.shown.get("plan_attempt_log")
        return [step for step in log if isinstance(step, Mapping)] if isinstance(log, list) else []

    @property
    def is_over(self) -> bool:
        """A plan that ended stays pending for a while."""
        return (
            self.place != "pending"
            or self._step() == _LAST
            or moment(self.shown.get("attempt_end_time")) is not None
        )

    @property
    def has_failed(self) -> bool:
        healthy, steps = self.shown.get("healthy"), self.steps
        bad = [step for step in steps if step.get("status") == "error"]
        ends_badly = bool(bad) and bad[-1] is steps[-1]
        return healthy is False or bool(self._error()) or ends_badly or (bool(bad) and healthy is not True)

    def _error(self) -> Mapping[str, Any]:
        error = self.shown.get("error")
        return error if isinstance(error, Mapping) else {}

    def _step(self) -> str:
        return str(self.steps[-1].get("step_id") or "") if self.steps else ""

    @property
    def restarts(self) -> bool:
        """Whether it starts nodes anew of which nothing changes: its plan says so, or its source."""
        told = self.shown
        for key in ("plan", "transient", "plan_configuration"):
            told = told[key] if isinstance(told.get(key), Mapping) else {}
        source = self.shown.get("source")
        action = str(source.get("action")) if isinstance(source, Mapping) else ""
        return bool(told.get("cluster_reboot")) or "restart" in action

    @property
    def doing(self) -> str:
        return self._step() or "it is about to begin"

    @property
    def why(self) -> str:
        """Why it failed: where, in the installation's words, and what it calls that."""
        bad = [step for step in self.steps if step.get("status") == "error"]
        where = next((str(s.get("step_id")) for s in bad if s.get("step_id") not in (None, _LAST)), "")
        told = [self._error(), *(said for step in reversed(bad) for said in reversed(_log_of(step)))]
        message = next((str(said["message"]) for said in told if said.get("message")), "")
        type_ = next((str(said["failure_type"]) for said in told if said.get("failure_type")), "")
        at = f" at {where}" if where else ""
        return f"its plan failed{at}: {message or 'no reason is given'}" + (f" ({type_})" if type_ else "")


def _log_of(step: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    log = step.get("info_log")
    return [said for said in log if isinstance(said, Mapping)] if isinstance(log, list) else []


def noted(body: Any) -> dict[str, tuple[str, ...]]:
    """The attempts of each resource in the reply to a read of a deployment, with its history."""
    return {name: tuple(attempt.id for attempt in _attempts(info)) for name, info in _resources(body)}


def nothing_new(body: Any, before: Reading | None) -> Reading | None:
    """The reading of before, where no attempt has come since: there is none to follow. None elsewhere."""
    if before is None:
        return None
    known = {id_ for ids in following_of(before.attempts).values() for id_ in ids}
    came = {id_ for ids in noted(body).values() for id_ in ids} - known
    return None if came else evolve(before, attempts={})


def pending(body: Any, besides: Collection[str] = ()) -> str:
    """What a deployment is busy with, "" with nothing. besides: ids of attempts that are left aside."""
    for name, info in _resources(body):
        for attempt in _attempts(info):
            if attempt.place == "pending" and not attempt.is_over and attempt.id not in besides:
                return f"{name}: {attempt.doing}"
    return ""


def begun_since(body: Any, before: Noted) -> Iterator[tuple[str, Attempt]]:
    """The attempts that were not there when before was noted, of the resources that were, by their names."""
    for name, info in _resources(body):
        for attempt in _attempts(info):
            if attempt.id not in before.get(name, (attempt.id,)):
                yield name, attempt


def judged(body: Any, before: Noted, changed: str, now: datetime | None = None) -> Judgement:
    """How far a change is, by a read of its deployment. before: what was noted then. changed: the kind of the
    resources that the change is of: their attempts have to come. now: by the installation's clock.
    """
    own, unseen = {}, []
    for name, info in _resources(body):
        first = _first_new(_attempts(info), before.get(name, ()))
        if first is not None:
            own[name] = first
        elif name in before and kind_of(name) == changed:
            unseen.append(name)
    if failed := [name for name, attempt in own.items() if attempt.is_over and attempt.has_failed]:
        name = min(failed, key=lambda name: kind_of(name) != changed)
        return Judgement(FAILED, f"{name}: {own[name].why}")
    if unseen or not any(kind_of(name) == changed for name in own):
        return Judgement(RUNNING, f"{(*unseen, changed)[0]}: its plan has not begun", unseen=True)
    if running := [name for name, attempt in own.items() if not attempt.is_over]:
        return Judgement(RUNNING, f"{running[0]}: {own[running[0]].doing}")
    if _just_ended(own.values(), now):
        return Judgement(RUNNING, "what follows from it may still begin")
    return Judgement(WELL)


def _just_ended(attempts: Iterable[Attempt], now: datetime | None) -> bool:
    ends = (moment(attempt.shown.get("attempt_end_time")) for attempt in attempts)
    return now is not None and any(end and 0 <= (now - end).total_seconds() < _QUIET for end in ends)


def _first_new(attempts: Iterable[Attempt], before: Iterable[str]) -> Attempt | None:
    known = {*before}
    new = [attempt for attempt in attempts if attempt.id not in known]
    return min(new, key=lambda attempt: str(attempt.shown.get("attempt_start_time") or "~"), default=None)


def _resources(body: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The name of each resource, and what is told of its plans."""
    for name, resource in resources(body):
        info = resource.get("info")
        plans = info.get("plan_info") if isinstance(info, Mapping) else None
        yield name, plans if isinstance(plans, Mapping) else {}


def resources(body: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each resource of a deployment, named for people: by its kind, and its ref_id where there are more."""
    found = body.get("resources") if isinstance(body, Mapping) else None
    for kind, those in found.items() if isinstance(found, Mapping) else ():
        each = those if isinstance(those, list) else []
        listed = [resource for resource in each if isinstance(resource, Mapping)]
        for resource in listed:
            yield (str(kind) if len(listed) == 1 else f"{kind} {resource.get('ref_id')}"), resource


def kind_of(name: str) -> str:
    """The kind of a resource, by its name for people."""
    return name.partition(" ")[0]


def _attempts(plans: Mapping[str, Any]) -> list[Attempt]:
    """Each attempt once, where it tells most: the history may hold the one in force again."""
    history = plans.get("history")
    places = [("pending", plans.get("pending")), ("current", plans.get("current"))]
    places += [("history", each) for each in history] if isinstance(history, list) else []
    found: dict[str, Attempt] = {}
    for place, shown in places:
        if isinstance(shown, Mapping):
            id_ = str(shown.get("plan_attempt_id") or shown.get("attempt_start_time") or place)
            attempt = Attempt(id_, place, shown)
            if id_ not in found or (attempt.steps and not found[id_].steps):
                found[id_] = attempt
    return [*found.values()]


def followed(found: Observed, before: Noted) -> Observed:
    """found, with what is to be known when its attempts are looked at: that there are none, with nothing."""
    following: dict[str, Value] = {name: [*ids] for name, ids in before.items()}
    return evolve(found, attributes={**found.attributes, "following": following})


def unfollowed(found: Observed) -> Observed:
    """found, without what an earlier change had to know."""
    return evolve(found, attributes={**found.attributes, "following": None})


def following_of(following: Mapping[str, Value]) -> Noted:
    held = ((name, ids) for name, ids in following.items() if isinstance(ids, list | tuple))
    return {name: tuple(map(str, ids)) for name, ids in held}
