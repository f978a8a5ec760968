"""How attempts go on: what is due is done, in its order, with what there is at that moment.

    begin   a queued attempt gets its steps, and its instances their turns
    start   a group of instances reads what its lists name, and answers, or does not
    end     the plan is in force; what waited for the attempt comes 83 ms later, with nothing pending between
    fail    instances go back to the plan before; the attempt is shown as pending for a while, then as history

Whoever changes what instances read calls `catch_up` first, in the same transaction or before.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import evolve, frozen

from planner.sandbox.archives import Archives
from planner.sandbox.clock import Clock
from planner.sandbox.deployment_request import KINDS, each, extension_urls
from planner.sandbox.running import attempts, cluster, indices, schedule
from planner.sandbox.running.attempts import ENDED, FAILED, QUEUED, Attempt, Failure, Owner, Wanted
from planner.sandbox.running.boot import Content, without_plugins
from planner.sandbox.running.cluster import Cluster, Instance, Start, started
from planner.sandbox.running.entries import Place, places
from planner.sandbox.running.schedule import SEARCH
from planner.sandbox.running.steps import BOOT, ROLLING, WAITING
from planner.sandbox.tables import DEPLOYMENTS, Deployment, Resource, Resources, record_uses

HOLE: Final = 0.083
"""Seconds between two attempts of which one waits for the other."""
SHOWN: Final = 15.0
"""Seconds that a failed attempt is still shown as pending."""
CANCELLING: Final = 3.0
ILL: Final = "the container was killed before it ran"
CANCELLED: Final = Failure("", "The plan was cancelled.", "UserFailure:PlanCancelled")
_ORDER: Final = (SEARCH, *(kind for kind in KINDS if kind not in (SEARCH, "kibana")), "kibana")
"""Kibana comes last: other resources have it start anew."""


@frozen
class Request:
    """What an attempt is to be made for."""

    owner: Owner
    plan: dict[str, Any]
    source: Mapping[str, Any]
    wanted: Wanted


@frozen(eq=False)
class Course:
    """The attempts of an installation, within a transaction."""

    db: sqlite3.Connection
    clock: Clock
    archives: Archives

    @property
    def content(self) -> Content:
        return Content(self.db, self.archives)

    def catch_up(self) -> None:
        """Does whatever is due."""
        now = self.clock.now()
        while (attempt := attempts.due(self.db, now)) is not None:
            self._go_on(attempt, attempt.due())

    def ask(self, requests: Iterable[Request], *, together: bool = False) -> None:
        """Makes an attempt for each: the first begins now, any other when the one before it is over; or all
        begin `together`."""
        before = ""
        for request in sorted(requests, key=lambda each: _ORDER.index(each.owner.kind)):
            self._drop_queued(request.owner)
            attempt = Attempt(
                id=str(uuid.uuid4()),
                owner=request.owner,
                number=attempts.count(self.db, request.owner),
                plan=request.plan,
                source=dict(request.source),
                wanted=request.wanted,
                after="" if together else before,
                begun=self.clock.now(),
            )
            before = attempt.id
            attempts.keep(self.db, attempt)
            self._note_uses(request.owner)
        self.catch_up()

    def cancel(self, attempt: Attempt, *, at_once: bool) -> None:
        """Ends a pending attempt early: what it changed goes back, but for one that ends at once, which
        leaves instances as they are."""
        now = self.clock.now()
        if attempt.state == FAILED:
            self._leave(attempt, now)
        elif at_once:
            failed = evolve(schedule.cut(attempt, now, CANCELLED), groups=())
            self._leave(failed, now)
        else:
            end = self.clock.after(CANCELLING, now)
            attempts.keep(self.db, evolve(schedule.cut(attempt, end, CANCELLED), groups=()))

    def settle(self, deployment: Deployment) -> None:
        """Everything of a deployment runs already, as that of a seed does, and its plans are in force."""
        for kind, resource in each(deployment.resources):
            attempt = attempts.first(deployment, kind, resource)
            attempts.keep(self.db, attempt)
            self._settle(attempt)
            self._put_in_force(attempt)

    def _settle(self, attempt: Attempt) -> None:
        wanted, now = places(attempt.owner.kind, attempt.plan), self._at(attempt.begun, attempt.begun)
        found = Cluster().with_places(wanted)
        for place in wanted:
            if (instance := found.find(place)) is not None:
                up = started(instance, place, self.content, now)
                found = found.replaced(evolve(up, up=now.up, why=""))
        self._keep(attempt.owner, found)

    def forget(self, deployment_id: str, resources: Resources) -> None:
        """What there is of resources that are gone."""
        for kind, resource in each(resources):
            owner = Owner(deployment_id, kind, resource["ref_id"])
            self._drop_queued(owner)
            attempts.forget_all(self.db, owner)
            indices.forget_all(self.db, owner)
            cluster.forget(self.db, owner)

    def _go_on(self, attempt: Attempt, at: str) -> None:
        if attempt.state == QUEUED:
            self._begin(attempt, at)
        elif attempt.state == FAILED:
            self._leave(attempt, at)
        elif attempt.groups and attempt.groups[0].at <= attempt.ends:
            self._start(attempt)
        elif attempt.failure:
            self._fail(attempt, at)
        else:
            self._end(attempt, at)

    def _begin(self, attempt: Attempt, at: str) -> None:
        owner = attempt.owner
        if (before := attempts.pending(self.db, owner)) is not None:
            attempts.keep(self.db, evolve(attempt, after=before.id))
            return
        wanted = [] if attempt.wanted.stops else places(owner.kind, attempt.plan)
        there = cluster.find(self.db, owner).with_places(wanted)
        cluster.keep(self.db, owner, there)
        begun = schedule.begun(attempt, there, self.clock, at)
        if owner.kind != SEARCH and not attempt.wanted.stops and not self._reachable(owner, at):
            failure = Failure("", schedule.UNREACHABLE, "ClusterFailure:ClusterNotReachable")
            begun = evolve(schedule.cut(begun, begun.steps[0][2], failure), groups=())
        attempts.keep(self.db, begun)

    def _reachable(self, owner: Owner, at: str) -> bool:
        """Whether some Elasticsearch of the deployment answers."""
        deployment = DEPLOYMENTS.find(self.db, owner.deployment)
        found = deployment.resources.get(SEARCH, []) if deployment else []
        owners = (Owner(owner.deployment, SEARCH, resource["ref_id"]) for resource in found)
        return any(cluster.find(self.db, each).some_run(at) for each in owners)

    def _start(self, attempt: Attempt) -> None:
        group, *later = attempt.groups
        owner = attempt.owner
        there, wanted = cluster.find(self.db, owner), places(owner.kind, attempt.plan)
        names = [instance.name for instance in there.instances]
        sick, bare = names[: attempt.wanted.sick], names[: attempt.wanted.bare]
        failed = []
        for instance in [one for one in there.instances if one.name in group.names]:
            place = next(place for place in wanted if instance.is_at(place))
            ill = ILL if instance.name in sick else ""
            now = started(instance, place, self.content, self._at(group.at, group.up, ill))
            if now.name in bare:
                now = evolve(now, loaded=without_plugins(now.loaded))
            if instance.down:
                now = evolve(now, restarts=instance.restarts + 1)
                cluster.count_restart(self.db, attempt, now.name, group.at)
            there = there.replaced(now)
            failed += [now.name] if now.why else []
        self._keep(owner, there)
        attempts.keep(self.db, self._after_start(attempt, group.at, failed, tuple(later)))

    def _after_start(
        self, attempt: Attempt, at: str, failed: list[str], later: tuple[attempts.Group, ...]
    ) -> Attempt:
        """Where instances do not start, the others are left alone, and the attempt waits in vain."""
        if not failed:
            return evolve(attempt, groups=later)
        end = self.clock.after(schedule.WAIT, at)
        step = next((step for step, _, _ in attempt.steps if step in (ROLLING, WAITING)), "")
        waits = [step for step in attempt.steps if step[1] <= at]
        failure = schedule.not_running(failed, step)
        return evolve(schedule.cut(evolve(attempt, steps=tuple(waits)), end, failure), groups=())

    def _end(self, attempt: Attempt, at: str) -> None:
        owner = attempt.owner
        wanted = [] if attempt.wanted.stops else places(owner.kind, attempt.plan)
        there = cluster.find(self.db, owner).without_others(wanted)
        there = there.crashed(attempt.wanted.crashes, at)
        self._keep(owner, evolve(there, yellow=attempt.wanted.stays_yellow))
        attempts.keep(self.db, evolve(attempt, state=ENDED))
        self._put_in_force(attempt)
        self._note_uses(owner)
        self._call_waiting(attempt, at)

    def _put_in_force(self, attempt: Attempt) -> None:
        owner, deployment = attempt.owner, DEPLOYMENTS.find(self.db, attempt.owner.deployment)
        if deployment is None:
            return
        if attempt.wanted.stops:
            stopped = not any(attempts.going(self.db, each) for each in _owners(deployment))
            DEPLOYMENTS.update(self.db, evolve(deployment, stopped=stopped or deployment.stopped))
            return
        resources: Resources = {
            kind: [
                _in_force(resource, attempt) if _is(owner, kind, resource) else resource for resource in found
            ]
            for kind, found in deployment.resources.items()
        }
        DEPLOYMENTS.update(self.db, evolve(deployment, resources=resources, stopped=False))

    def _fail(self, attempt: Attempt, at: str) -> None:
        self._roll_back(attempt.owner, at)
        shows = (
            at if attempt.failure and attempt.failure.type == CANCELLED.type else self.clock.after(SHOWN, at)
        )
        attempts.keep(self.db, evolve(attempt, state=FAILED, shows=shows))
        self._call_waiting(attempt, at)

    def _roll_back(self, owner: Owner, at: str) -> None:
        """Instances that differ from the plan in force, or do not run, start with that. There is none of a
        resource that is new, and no way back."""
        deployment = DEPLOYMENTS.find(self.db, owner.deployment)
        every = each(deployment.resources) if deployment else ()
        resource = next((resource for kind, resource in every if _is(owner, kind, resource)), None)
        if resource is None or resource.get("fresh"):
            return
        wanted = places(owner.kind, resource["plan"])
        there = cluster.find(self.db, owner).without_others(wanted)
        for place in wanted:
            instance = there.find(place)
            if instance is not None and (instance.why or instance.word != place.word):
                there = there.quieted(instance, at).replaced(self._back(instance, place, at))
        self._keep(owner, there)

    def _back(self, instance: Instance, place: Place, at: str) -> Instance:
        again = started(instance, place, self.content, self._at(at, self.clock.after(BOOT, at)))
        return evolve(again, rollbacks=instance.rollbacks + 1)

    def _keep(self, owner: Owner, there: Cluster) -> None:
        """What starts with other files may not open what is there."""
        cluster.keep(self.db, owner, indices.opened(self.db, owner, there, self.archives))

    def _at(self, at: str, up: str, ill: str = "") -> Start:
        return Start(at, up, cluster.EVERY / self.clock.speed, ill)

    def _leave(self, attempt: Attempt, at: str) -> None:
        attempts.keep(self.db, evolve(attempt, state=ENDED))
        self._note_uses(attempt.owner)
        self._call_waiting(attempt, at)

    def _call_waiting(self, attempt: Attempt, at: str) -> None:
        begins = self.clock.after(HOLE, at)
        for waiting in [*attempts.waiting(self.db, attempt.owner.deployment, attempt.id)]:
            attempts.keep(self.db, evolve(waiting, after="", begun=begins))

    def _drop_queued(self, owner: Owner) -> None:
        """What waited for it waits for what it waited for."""
        for queued in attempts.going(self.db, owner):
            if queued.state == QUEUED:
                for waiting in [*attempts.waiting(self.db, owner.deployment, queued.id)]:
                    attempts.keep(self.db, evolve(waiting, after=queued.after, begun=queued.begun))
                attempts.forget(self.db, queued)

    def _note_uses(self, owner: Owner) -> None:
        deployment = DEPLOYMENTS.find(self.db, owner.deployment)
        if deployment is not None:
            note_uses(self.db, deployment)


def note_uses(db: sqlite3.Connection, deployment: Deployment) -> None:
    """What plans name that are in force, or tried."""
    plans: list[Mapping[str, Any]] = [
        resource["plan"]
        for resource in deployment.resources.get(SEARCH, [])
        if not deployment.stopped and not resource.get("fresh")
    ]
    for owner in _owners(deployment):
        plans += [each.plan for each in attempts.going(db, owner) if not each.wanted.stops]
    record_uses(db, deployment, extension_urls(plans))


def _owners(deployment: Deployment) -> list[Owner]:
    return [Owner(deployment.id, kind, resource["ref_id"]) for kind, resource in each(deployment.resources)]


def _is(owner: Owner, kind: str, resource: Resource) -> bool:
    return (owner.kind, owner.ref_id) == (kind, resource["ref_id"])


def _in_force(resource: Resource, attempt: Attempt) -> Resource:
    applied: Resource = {**resource, "plan": attempt.plan, "attempt": attempt.id}
    applied.pop("fresh", None)
    return applied
