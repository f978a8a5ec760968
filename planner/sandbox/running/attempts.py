"""Attempts of plans: what is tried, step by step, and what was tried before."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import asdict, field, frozen

from planner.sandbox import objects
from planner.sandbox.http import Stamp
from planner.sandbox.objects import GOING, Object
from planner.sandbox.tables import Deployment, Resource

PAST: Final = "attempt_past"
NEVER: Final = "9999"
"""As a moment: when something else has happened."""
QUEUED, RUNNING, FAILED, ENDED = "queued", "running", "failed", "ended"
CREATE, UPDATE = "deployments.create-deployment", "deployments.update-deployment"
RESTART, SHUTDOWN = "deployments.restart-resource", "deployments.shutdown-deployment"


@frozen
class Owner:
    """The resource of a deployment that an attempt is about."""

    deployment: str
    kind: str
    ref_id: str

    @property
    def path(self) -> str:
        return f"{self.deployment}/{self.kind}/{self.ref_id}"


@frozen
class Failure:
    """Why an attempt failed, at a step, and what is told of it."""

    step: str
    message: str
    type: str
    details: Mapping[str, str] = field(factory=dict)
    internal: Mapping[str, Any] = field(factory=dict)


@frozen
class Group:
    """Instances that start together: they are down from `at`, and answer from `up`."""

    at: str
    up: str
    names: tuple[str, ...]


@frozen
class Wanted:
    """What the one who asked for an attempt wants of it, or a fault. `stops`: nothing is to run afterwards.
    `reboots`: also what did not change starts anew. `group_by`: as a plan's strategy has it.
    `fails_at`: the step that a fault breaks, with its `message`. `sick`: so many instances do not start,
    whatever they load; `bare`: so many start without their plugins. `crashes`: so often one was started again
    by itself when it ends. `stays_yellow`: shards are not all there when it ends."""

    stops: bool = False
    reboots: bool = False
    snapshot: bool = True
    group_by: str = "__name__"
    fails_at: str = ""
    message: str = ""
    sick: int = 0
    bare: int = 0
    crashes: int = 0
    stays_yellow: bool = False


@frozen
class Attempt:
    """One attempt. `steps` have the moments that they start and end at. `after`: the attempt that it waits
    for while it is queued. `shows`: until when a failed one is shown as pending."""

    id: str
    owner: Owner
    number: int
    plan: dict[str, Any]
    source: dict[str, Any]
    wanted: Wanted = Wanted()
    state: str = QUEUED
    after: str = ""
    begun: str = ""
    steps: tuple[tuple[str, str, str], ...] = ()
    groups: tuple[Group, ...] = ()
    failure: Failure | None = None
    ends: str = ""
    shows: str = ""

    @property
    def healthy(self) -> bool:
        return self.failure is None

    def due(self) -> str:
        """The moment at which it goes on."""
        if self.state == QUEUED:
            return NEVER if self.after else self.begun
        if self.state == FAILED:
            return self.shows
        return min([self.ends, *(group.at for group in self.groups[:1])])


def first(deployment: Deployment, kind: str, resource: Resource) -> Attempt:
    """The one that brought about a plan that was in force from the beginning, the same at each telling."""
    made = deployment.stamp.created
    return Attempt(
        id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{deployment.id}/{resource['id']}")),
        owner=Owner(deployment.id, kind, resource["ref_id"]),
        number=0,
        plan=resource["plan"],
        source={"facilitator": "adminconsole", "action": CREATE, "date": made},
        state=ENDED,
        begun=made,
        ends=made,
    )


def keep(db: sqlite3.Connection, attempt: Attempt) -> None:
    """As one that goes on, or as one of the past, where it has ended."""
    if attempt.state == ENDED:
        forget(db, attempt)
        _insert(db, PAST, attempt, attempt.ends)
    else:
        _insert(db, GOING, attempt, attempt.due())


def _insert(db: sqlite3.Connection, kind: str, attempt: Attempt, due: str) -> None:
    stamp = Stamp(attempt.number, attempt.begun, due)
    objects.update(db, Object(kind, attempt.owner.path, attempt.id, _body(attempt), stamp))


def _body(attempt: Attempt) -> dict[str, Any]:
    """Plans are large, and kept as they are."""
    return asdict(attempt, recurse=False) | {
        "owner": asdict(attempt.owner),
        "wanted": asdict(attempt.wanted),
        "groups": [asdict(group) for group in attempt.groups],
        "failure": asdict(attempt.failure) if attempt.failure else None,
    }


def forget(db: sqlite3.Connection, attempt: Attempt) -> None:
    objects.delete(db, Object(GOING, attempt.owner.path, attempt.id, {}, Stamp(0, "", "")))


def forget_all(db: sqlite3.Connection, owner: Owner) -> None:
    """Of a resource that is gone."""
    for kind in (GOING, PAST):
        for thing in objects.every(db, kind, owner.path):
            objects.delete(db, thing)


def due(db: sqlite3.Connection, now: str) -> Attempt | None:
    """The one that goes on first, where its moment has come."""
    query = "SELECT parent, id FROM object WHERE kind = ? AND modified <= ? ORDER BY modified, seq LIMIT 1"
    row = db.execute(query, (GOING, now)).fetchone()
    thing = objects.find(db, GOING, row["parent"], row["id"]) if row else None
    return _read(thing) if thing else None


def going(db: sqlite3.Connection, owner: Owner) -> list[Attempt]:
    return [_read(thing) for thing in objects.every(db, GOING, owner.path)]


def pending(db: sqlite3.Connection, owner: Owner) -> Attempt | None:
    """The attempt that a read shows as pending."""
    return next((each for each in going(db, owner) if each.state != QUEUED), None)


def waiting(db: sqlite3.Connection, deployment: str, after: str) -> Iterator[Attempt]:
    """Those of a deployment that wait for one."""
    query = "SELECT parent, id FROM object WHERE kind = ? AND parent > ? AND parent < ? AND modified = ?"
    below = (f"{deployment}/", f"{deployment}0")  # what sorts between begins with the first
    for row in db.execute(query, (GOING, *below, NEVER)).fetchall():
        thing = objects.find(db, GOING, row["parent"], row["id"])
        if thing and thing.body["after"] == after:
            yield _read(thing)


def history(db: sqlite3.Connection, owner: Owner) -> list[Attempt]:
    """Those that ended, the oldest first."""
    return [_read(thing) for thing in objects.every(db, PAST, owner.path)]


def ended(db: sqlite3.Connection, owner: Owner, id_: str) -> Attempt | None:
    thing = objects.find(db, PAST, owner.path, id_)
    return _read(thing) if thing else None


def last_ended(db: sqlite3.Connection, owner: Owner) -> Attempt | None:
    query = "SELECT id FROM object WHERE kind = ? AND parent = ? ORDER BY seq DESC LIMIT 1"
    row = db.execute(query, (PAST, owner.path)).fetchone()
    return ended(db, owner, row["id"]) if row else None


def count(db: sqlite3.Connection, owner: Owner) -> int:
    query = "SELECT count(*) FROM object WHERE kind IN (?, ?) AND parent = ?"
    return int(db.execute(query, (GOING, PAST, owner.path)).fetchone()[0])


def _read(thing: Object) -> Attempt:
    told = dict(thing.body)
    told["owner"] = Owner(**told["owner"])
    told["wanted"] = Wanted(**told["wanted"])
    told["groups"] = tuple(Group(each["at"], each["up"], tuple(each["names"])) for each in told["groups"])
    told["steps"] = tuple(tuple(step) for step in told["steps"])
    told["failure"] = Failure(**told["failure"]) if told["failure"] else None
    return Attempt(**told)
