"""When an attempt does what, as it is known when it begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Final

from attrs import evolve

from planner.sandbox.clock import Clock
from planner.sandbox.running import steps
from planner.sandbox.running.attempts import RUNNING, Attempt, Failure, Group, Wanted
from planner.sandbox.running.cluster import Cluster, Instance
from planner.sandbox.running.entries import Place, places

SEARCH: Final = "elasticsearch"
WAIT: Final = 600.0
"""Seconds that an instance may take until it runs."""
UNEXPECTED: Final = (
    "An unexpected error was encountered during step [{step}]. Ensure there are no issue with your deployment"
    " and then attempt to re-run the plan."
)
NOT_RUNNING: Final = (
    "Failed to detect running cluster - instance was not detected as running in time. Check the health of the"
    " cluster, and look at the instance and/or allocator logs to determine if there were any issues starting."
)
UNREACHABLE: Final = (
    "Plan change failed: Cluster not reachable: [elasticsearch]. Please validate the cluster is in a healthy"
    " state and retry."
)


def wanted_of(plan: Mapping[str, Any]) -> Wanted:
    """What a plan wants for this once: how it is rolled, whether all is to start anew."""
    transient = plan.get("transient") or {}
    told, rolling = (
        transient.get("plan_configuration") or {},
        (transient.get("strategy") or {}).get("rolling") or {},
    )
    return Wanted(
        reboots=told.get("cluster_reboot") == "forced",
        snapshot=not told.get("skip_snapshot"),
        group_by=rolling.get("group_by") or "__name__",
    )


def begun(attempt: Attempt, cluster: Cluster, clock: Clock, at: str) -> Attempt:
    """The attempt, once it begins, with its steps and the groups of instances that start. `cluster` has an
    instance for each of its places."""
    starting = [] if attempt.wanted.stops else _starting(attempt, cluster)
    at_once = attempt.owner.kind != SEARCH or not cluster.some_run(at)
    groups = _groups(starting, "__all__" if at_once else attempt.wanted.group_by)
    course = _course(attempt, groups, running=cluster.some_run(at))
    times = [
        (step, clock.after(start, at), clock.after(end, at)) for step, start, end in steps.offsets(course)
    ]
    begun = evolve(
        attempt,
        state=RUNNING,
        after="",
        begun=at,
        steps=tuple(times),
        groups=tuple(_timed(groups, times, clock)),
        ends=times[-1][2],
    )
    return _broken(begun) if attempt.wanted.fails_at else begun


def _starting(attempt: Attempt, cluster: Cluster) -> list[Instance]:
    """What differs from what the plan wants, what does not run, and all where it reboots."""
    found = ((cluster.find(place), place) for place in places(attempt.owner.kind, attempt.plan))
    return [
        instance
        for instance, place in found
        if instance and (attempt.wanted.reboots or _differs(instance, place))
    ]


def _differs(instance: Instance, place: Place) -> bool:
    return instance.word != place.word or not instance.up


def _groups(starting: Iterable[Instance], group_by: str) -> list[tuple[str, ...]]:
    """The names of those that start together."""
    ordered = sorted(starting, key=lambda each: (each.zone, each.name))
    if not ordered:
        return []
    if group_by == "__all__":
        return [tuple(each.name for each in ordered)]
    if group_by in ("logical_zone_name", "__zone__"):
        zones = groupby(ordered, key=lambda each: each.zone)
        return [tuple(each.name for each in zone) for _, zone in zones]
    return [(each.name,) for each in ordered]


def _course(attempt: Attempt, groups: list[tuple[str, ...]], *, running: bool) -> Iterable[steps.Timed]:
    if attempt.wanted.stops:
        return steps.stop(snapshot=attempt.wanted.snapshot and attempt.owner.kind == SEARCH)
    if attempt.owner.kind != SEARCH:
        return steps.stateless(starts=bool(groups))
    if not running:
        return steps.first_start()
    return steps.change(len(groups), snapshot=attempt.wanted.snapshot)


def _timed(groups: list[tuple[str, ...]], times: list[tuple[str, str, str]], clock: Clock) -> Iterator[Group]:
    """Within the step that starts them: one group after the other in a rolling change, else all at once."""
    begins = {step: start for step, start, _ in times}
    at = begins.get(steps.ROLLING) or begins.get(steps.WAITING, times[0][1])
    for number, names in enumerate(groups):
        down = clock.after(number * steps.GROUP, at)
        yield Group(down, clock.after(steps.BOOT, down), names)


def _broken(attempt: Attempt) -> Attempt:
    """It fails at the end of the step that a fault names, or of its last one but plan-completed."""
    wanted = attempt.wanted
    names = [step for step, _, _ in attempt.steps]
    number = names.index(wanted.fails_at) if wanted.fails_at in names else len(names) - 2
    step, _, end = attempt.steps[number]
    message = wanted.message or UNEXPECTED.format(step=step)
    failure = Failure(step, message, "UnknownFailure:UnknownErrorEncountered", {"stepId": step})
    groups = tuple(group for group in attempt.groups if group.at < end)
    return evolve(cut(attempt, end, failure), groups=groups)


def cut(attempt: Attempt, end: str, failure: Failure) -> Attempt:
    """The attempt, which fails at a moment, in the step that it is in then."""
    done = [step for step in attempt.steps if step[1] <= end and step[0] != steps.COMPLETED]
    last = (done[-1][0], done[-1][1], end) if done else ("plan-validator", attempt.begun, end)
    failed_at = evolve(failure, step=last[0])
    return evolve(
        attempt,
        steps=(*done[:-1], last, (steps.COMPLETED, end, end)),
        ends=end,
        failure=failed_at,
    )


def not_running(names: Iterable[str], step: str) -> Failure:
    """What is told of instances that did not start in time; why they did not is in their logs only."""
    told = ", ".join(f"Instance is not running [{name}]" for name in names)
    internal = {
        "details": f"The state did not become the desired one before [{WAIT * 1000:.0f} milliseconds]"
        f" elapsed. Last error was: [{told}. Please check allocator/docker logs.]"
    }
    kind = "ClusterFailure:InstanceDidNotStartWhileWaitingForRunning"
    return Failure(step, NOT_RUNNING, kind, {}, internal)
