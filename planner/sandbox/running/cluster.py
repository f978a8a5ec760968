"""The instances of a resource, as they are, and how often they started anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import asdict, evolve, frozen

from planner.sandbox import objects
from planner.sandbox.http import Stamp, isoformat
from planner.sandbox.objects import Object
from planner.sandbox.running.attempts import Attempt, Owner
from planner.sandbox.running.boot import Content, Loaded, start
from planner.sandbox.running.entries import Place

_KIND: Final = "cluster"
_RESTART: Final = "restart"
EVERY: Final = 30.0
"""Seconds between two automatic restarts of an instance that does not start."""
MOST_ALERTS: Final = 100
EXIT_CODE: Final = 1


@frozen
class Instance:
    """`word` is the one of the place that it last started at. `up`: from when it answers, "" where it never
    will. `down`: when it last went down, or began. `why`: what keeps it from starting, which is tried
    `every` so many seconds. `at`: when it read what it `loaded`."""

    name: str
    element: str
    zone: int
    memory: int = 0
    roles: tuple[str, ...] = ()
    configuration: str = ""
    version: str = ""
    word: str = ""
    loaded: tuple[Loaded, ...] = ()
    at: str = ""
    down: str = ""
    up: str = ""
    why: str = ""
    every: float = EVERY
    restarts: int = 0
    rollbacks: int = 0

    def runs(self, now: str) -> bool:
        return bool(self.up) and self.up <= now

    def is_at(self, place: Place) -> bool:
        return (self.element, self.zone) == (place.element, place.zone)


@frozen
class Cluster:
    """`alerts` are those of instances that run by now; `yellow`: shards are not all there, though all
    runs. `blocked`: what cannot be opened, and why."""

    instances: tuple[Instance, ...] = ()
    following: int = 0
    yellow: bool = False
    blocked: tuple[str, ...] = ()
    alerts: tuple[tuple[str, str], ...] = ()

    def some_run(self, now: str) -> bool:
        return any(instance.runs(now) for instance in self.instances)

    def find(self, place: Place) -> Instance | None:
        return next((instance for instance in self.instances if instance.is_at(place)), None)

    def with_places(self, places: Iterable[Place]) -> Cluster:
        """With an instance, that never started yet, for each place that has none."""
        instances, following = list(self.instances), self.following
        for place in places:
            if self.find(place) is None:
                instances.append(Instance(f"instance-{following:010}", place.element, place.zone))
                following += 1
        return evolve(self, instances=tuple(instances), following=following)

    def without_others(self, places: Iterable[Place]) -> Cluster:
        """Only what has a place."""
        kept = {(place.element, place.zone) for place in places}
        return evolve(
            self, instances=tuple(each for each in self.instances if (each.element, each.zone) in kept)
        )

    def replaced(self, instance: Instance) -> Cluster:
        instances = tuple(instance if each.name == instance.name else each for each in self.instances)
        return evolve(self, instances=instances)

    def quieted(self, instance: Instance, until: str) -> Cluster:
        """What an instance tried in vain until then is known for good."""
        tried = ((instance.name, at) for at in vain_starts(instance, until))
        return evolve(self, alerts=(*self.alerts, *tried)[-MOST_ALERTS:])

    def crashed(self, times: int, at: str) -> Cluster:
        """With one that was started again by itself so often, and runs."""
        told = [(each.name, at) for each in self.instances[:1]] * times
        return evolve(self, alerts=(*self.alerts, *told)[-MOST_ALERTS:])


def vain_starts(instance: Instance, until: str) -> Iterator[str]:
    """The moments at which an instance was started again that does not start."""
    if not instance.why:
        return
    at, end = datetime.fromisoformat(instance.down), datetime.fromisoformat(until)
    tries = int(max(0.0, (end - at).total_seconds()) // instance.every)
    for number in range(max(1, tries - MOST_ALERTS + 1), tries + 1):
        yield isoformat(at + timedelta(seconds=number * instance.every))


@frozen
class Start:
    """A start at a moment, after which the instance answers from `up`, or is started again `every` so many
    seconds. `ill` keeps it from answering, whatever it loads."""

    at: str
    up: str
    every: float
    ill: str = ""


def started(instance: Instance, place: Place, content: Content, now: Start) -> Instance:
    """The instance as it is once it was started at a place."""
    loaded, why = start(content, place)
    why = now.ill or why
    return evolve(
        instance,
        memory=place.memory,
        roles=place.roles,
        configuration=place.configuration,
        version=place.version,
        word=place.word,
        loaded=tuple(loaded),
        at=now.at,
        down=now.at,
        up="" if why else now.up,
        every=now.every,
        why=why,
    )


def find(db: sqlite3.Connection, owner: Owner) -> Cluster:
    """What is there of a resource; nothing of one that never began."""
    thing = objects.find(db, _KIND, owner.path, "")
    if thing is None:
        return Cluster()
    told: dict[str, Any] = dict(thing.body)
    told["instances"] = tuple(_read(each) for each in told["instances"])
    told["alerts"] = tuple(tuple(each) for each in told["alerts"])
    told["blocked"] = tuple(told["blocked"])
    return Cluster(**told)


def _read(told: dict[str, Any]) -> Instance:
    return Instance(**told | {"roles": tuple(told["roles"]), "loaded": tuple(told["loaded"])})


def keep(db: sqlite3.Connection, owner: Owner, cluster: Cluster) -> None:
    instances = [asdict(instance, recurse=False) for instance in cluster.instances]
    body = asdict(cluster, recurse=False) | {"instances": instances}
    objects.update(db, Object(_KIND, owner.path, "", body, Stamp(1, "", "")))


def forget(db: sqlite3.Connection, owner: Owner) -> None:
    objects.delete(db, Object(_KIND, owner.path, "", {}, Stamp(0, "", "")))


def count_restart(db: sqlite3.Connection, attempt: Attempt, name: str, at: str) -> None:
    """An instance that was there starts anew for an attempt."""
    path = attempt.owner.path
    thing = objects.find(db, _RESTART, path, attempt.id)
    names = [*(thing.body["instances"] if thing else ()), name]
    source = {key: attempt.source.get(key) for key in ("action", "user_id")}
    objects.update(db, Object(_RESTART, path, attempt.id, {**source, "instances": names}, Stamp(1, at, at)))


def restarts(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """One for each attempt that had instances start anew, in their order; also of what is gone."""
    return [
        dict(zip(("deployment_id", "kind", "ref_id"), thing.parent.split("/", 2), strict=True))
        | {"attempt_id": thing.id, "at": thing.stamp.modified, **thing.body}
        for thing in objects.every(db, _RESTART)
    ]
