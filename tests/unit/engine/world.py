"""A small installation, a driver of it, a store in memory, and short ways to write down what tests need."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import count
from typing import Any

from attrs import define, evolve, field, frozen

from planner.engine.carrying import Provenance, carry_out
from planner.engine.goal import Goal
from planner.engine.outcome import Fresh
from planner.engine.planning import make_plan
from planner.engine.ports import UserSearch
from planner.engine.refresh import NOTHING_SEEN, Asking, View, examine, survey
from planner.engine.surroundings import Surroundings
from planner.engine.workflow import Session, propose_from, recover
from planner.errors import Conflict, Forbidden, NotFound, NotYet, Refused, StateError
from planner.model.address import Address
from planner.model.compare import same
from planner.model.diagnostic import ERROR, Diagnostic, Diagnostics
from planner.model.facets import Attribute
from planner.model.identity import Parent
from planner.model.kind import ContentFacts, Kind, Settles
from planner.model.ledger import Event, Ledger
from planner.model.plan import AttributeDiff, Change, Plan
from planner.model.resource import (
    FAILED,
    PENDING,
    SETTLED,
    Content,
    Desired,
    Lifecycle,
    Observed,
    Prior,
    Reading,
    Request,
    Result,
    ServerTime,
    Settling,
    Validation,
)
from planner.model.state import Record, State
from planner.model.value import Deferred, Reference, Value, leaves

SALT = "00" * 16
NOW = "2025-01-31T12:00:00Z"


def _attribute(name: str, **facets: Any) -> Attribute:
    return Attribute(name, {"type": "string"}, **facets)


THING = Kind(
    name="thing",
    title="Thing",
    attributes={
        a.name: a
        for a in (
            _attribute("name", required=True),
            _attribute("tier", immutable=True),
            _attribute("tags", unordered=True),
            _attribute("settings"),
            _attribute("rules"),
            _attribute("note", cleared=True),
            _attribute("source", echoed=False),
            _attribute("password", write_only=True),
            _attribute("file", local=True),
            _attribute("id", read_only=True, stable=True),
            _attribute("url", read_only=True, stable=True),
            _attribute("stamp", read_only=True),
            _attribute("marker", read_only=True),
            _attribute("users", read_only=True, volatile=True),
        )
    },
    schema={},
    natural_key=("name",),
    content=ContentFacts("file", "marker", ("source",)),
)


SLOW = evolve(THING, settles=Settles(every=10, timeout=600))
"""Things that the installation only accepts."""


@define
class Time:
    """Seconds that pass only where somebody waits."""

    now: float = 0.0
    pauses: list[float] = field(factory=list)

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def address(name: str, kind: str = "thing") -> Address:
    return Address(kind, name)


def ref(name: str, *path: str | int) -> Reference:
    return Reference(address(name), path)


def later(*parts: str | Reference) -> Deferred:
    return Deferred(parts)


def content(text: str = "one", source: str = "files/a") -> Content:
    return Content(source, text * 8, len(text), f"archives/{text}.zip")


def desired(
    resource: str,
    *,
    depends_on: Sequence[str] = (),
    lifecycle: Lifecycle | None = None,
    file: Content | None = None,
    **attributes: Value,
) -> Desired:
    values = {"name": resource, **attributes}
    if file is not None:
        values["file"] = file.source
    references = [r for _, leaf in leaves(values) if isinstance(leaf, Deferred) for r in leaf.references]
    return Desired(
        address(resource),
        values,
        tuple(references),
        tuple(map(address, depends_on)),
        lifecycle or Lifecycle(),
        file,
    )


def prior(resource: str, id_: str = "", *, depends_on: Sequence[str] = (), **fields: Any) -> Prior:
    """A state entry; keywords that are fields of Prior are taken as such, the others as attributes."""
    known = ("version", "created", "content_sha256", "prevent_destroy", "create_before_destroy", "settling")
    own = {key: fields.pop(key) for key in known if key in fields}
    id_ = id_ or f"id-{resource}"
    attributes = {"name": resource, "id": id_, "url": f"repo://{id_}", "stamp": "1", **fields}
    return Prior(
        address(resource),
        id_,
        attributes,
        **{"version": "1", **own},
        dependencies=tuple(map(address, depends_on)),
    )


def observed(entry: Prior, *, version: str | None = None, used_by: Any = None, **changed: Value) -> Observed:
    """entry as an installation shows it, but for changed; None takes an attribute away."""
    attributes = {
        name: value
        for name, value in {**entry.attributes, **changed}.items()
        if value is not None and not (THING.attributes[name].local or THING.attributes[name].write_only)
    }
    return Observed(entry.id, attributes, version or entry.version, entry.created, None, used_by)


def state_of(*priors: Prior, **more: Any) -> State:
    return State("p", "dev", "lineage", 1, {p.address: p for p in priors}, **more)


def goal_of(*resources: Desired, **more: Any) -> Goal:
    return Goal("p", "dev", "digest", SALT, {d.address: d for d in resources}, **more)


@define
class Stored:
    """A resource in the installation."""

    attributes: dict[str, Value]
    version: int
    created: str | None
    used_by: list[str] = field(factory=list)
    accepted: float | None = None

    def observed(self, id_: str, *, closely: bool) -> Observed:
        return Observed(
            id_,
            {k: v for k, v in self.attributes.items() if v is not None and k != "password"},
            str(self.version) if closely else None,
            self.created,
            None,
            tuple(self.used_by) if closely else None,
        )


Fault = Callable[[str], None]
"""Told "before" and "after" a write; raises what the write is to raise then."""


def fails(error: BaseException, when: str = "before", times: int = 1) -> Fault:
    left = [times]

    def fault(moment: str) -> None:
        if moment == when and left[0] > 0:
            left[0] -= 1
            raise error

    return fault


@define
class Installation:
    """Implements the Driver port for THING. faults: by (operation, name). calls: the writes, in order. fresh:
    those of them that need no read before.

    clock: of the installation; None when its replies do not say the time. cloud: see Driver.
    takes: seconds from a write to when it is done, of a kind that settles. troubles: by name, why it fails
    instead. time: by which it goes.
    users: see Driver.
    unlisted: ids that the list leaves out. forbidden: ids that may not be read, there or not. against: what
    it objects. remark: what it says besides. restarts: what changes are for nodes, by name. at_once: whether
    it lists what is below many; behind: what it then shows otherwise, None for nothing. waiting: why what has
    an id has to wait. to_go, doubted: what it says is left, and in doubt. health: how well
    what a roll-out takes is.
    """

    kind: Kind = THING
    stored: dict[str, Stored] = field(factory=dict)
    faults: dict[tuple[str, str], Fault] = field(factory=dict)
    calls: list[tuple[str, str]] = field(factory=list)
    fresh: list[tuple[str, str]] = field(factory=list)
    reads: list[str] = field(factory=list)
    lists: int = 0
    lock: threading.Lock = field(factory=threading.Lock)
    ids: Any = field(factory=lambda: count(1))
    clock: Callable[[], str | None] = lambda: NOW
    cloud: str = ""
    before_delete: tuple[str, ...] = ()
    unlisted: set[str] = field(factory=set)
    forbidden: set[str] = field(factory=set)
    takes: float = 25.0
    troubles: dict[str, str] = field(factory=dict)
    time: Callable[[], float] = lambda: 0.0
    looks: list[str] = field(factory=list)
    users: UserSearch | None = None
    to_go: Mapping[str, Value] = field(factory=dict)
    doubted: Mapping[str, Value] = field(factory=dict)
    against: str = ""
    remark: str = ""
    restarts: dict[str, str] = field(factory=dict)
    at_once: bool = False
    behind: dict[str, Observed | None] = field(factory=dict)
    waiting: dict[str, str] = field(factory=dict)
    asked: Callable[[Request], Validation] = lambda _: Validation()
    health: Callable[[Request], Settling] = lambda _: SETTLED

    @classmethod
    def holding(cls, *priors: Prior) -> Installation:
        made = cls()
        for entry in priors:
            made.stored[entry.id] = Stored(
                {k: v for k, v in entry.attributes.items() if not THING.attributes[k].local},
                int(entry.version or 1),
                entry.created,
            )
        return made

    def server_time(self) -> ServerTime | None:
        shown = self.clock()
        return None if shown is None else ServerTime(shown, shown)

    def list(self, parent: Parent = ()) -> Mapping[str, Observed]:
        self.lists += 1
        below = [id_ for id_ in self.stored if id_ in parent or not parent]
        seen = ((id_, self.stored[id_]) for id_ in below if id_ not in self.unlisted)
        return {id_: self._observed(id_, item, closely=False) for id_, item in seen}

    def list_all(self, parents: Sequence[Parent]) -> Mapping[Parent, Mapping[str, Observed]] | None:
        if not self.at_once:
            return None
        self.lists += 1
        now = {id_: self._observed(id_, item, closely=False) for id_, item in self.stored.items()}
        shown = {id_: observed for id_, observed in {**now, **self.behind}.items() if observed}
        return {parent: {parent[-1]: shown[parent[-1]]} for parent in parents if parent[-1] in shown}

    def _observed(self, id_: str, item: Stored, *, closely: bool) -> Observed:
        waits = self.waiting.get(id_, "")
        return Observed(id_, {}, waits=waits) if waits else item.observed(id_, closely=closely)

    def read(self, id: str) -> Observed | None:  # noqa: A002
        with self.lock:
            self.reads.append(id)
            if id in self.forbidden:
                raise Forbidden(
                    "may not", operation="get-thing", status=403, codes=("root.permission_denied",)
                )
            return self._observed(id, self.stored[id], closely=True) if id in self.stored else None

    def operations(
        self, diffs: Sequence[AttributeDiff], content: Content | None, create: bool
    ) -> Sequence[str]:
        first = ["create"] if create else ["update"] if diffs else []
        return [*first, *(["upload"] if content else [])]

    def deletion(self) -> Sequence[str]:
        return (*self.before_delete, "delete")

    def obstacle(self, observed: Observed) -> str:
        return f"it is used by {', '.join(observed.used_by)}" if observed.used_by else ""

    def named(self, names: Collection[str]) -> Mapping[str, Sequence[str]]:
        """What is called so is told by the note."""
        seen = [(id_, item.attributes.get("note")) for id_, item in self.stored.items()]
        return {name: [id_ for id_, called in seen if name in (id_, called)] for name in names}

    def objections(
        self, held: Mapping[str, Value], wanted: Mapping[str, Value], observed: Observed | None
    ) -> Iterable[Diagnostic]:
        if self.against:
            there = observed.id if observed else "nothing"
            yield Diagnostic(ERROR, f"{wanted.get('name')} over {there}: {self.against}")

    def besides(
        self, held: Mapping[str, Value], wanted: Mapping[str, Value], observed: Observed | None
    ) -> Iterable[str]:
        if self.remark:
            there = observed.id if observed else "nothing"
            yield f"{self.remark}: {held.get('note')} to {wanted.get('note')} over {there}"

    def undeclarable(self, observed: Observed) -> Iterable[str]:
        return [self.remark] if self.remark else []

    def restart(self, change: Change) -> str:
        return self.restarts.get(change.address.name, "")

    def left(
        self, held: Mapping[str, Value], wanted: Mapping[str, Value], observed: Observed
    ) -> Mapping[str, Value]:
        assert observed.id == held["id"]
        assert "name" in wanted
        return self.to_go

    def in_force(self, prior: Mapping[str, Value]) -> Mapping[str, Value]:
        return {}

    def in_doubt(self, held: Mapping[str, Value], sent: Mapping[str, Value]) -> Mapping[str, Value]:
        assert "name" in {**held, **sent}
        return self.doubted

    def validate(self, request: Request) -> Validation:
        return self.asked(request)

    def looked(self, request: Request) -> Result:
        """As well as the settling that `health` gives says."""
        found = self.health(request)
        if found.status:
            pending = NotYet(found.reason, operation="get-thing", status=200)
            raise pending if found.status == PENDING else Refused(found.reason)
        return Result(None, reading=Reading("green", {"elasticsearch": [str(next(self.ids))]}))

    def checked(self, request: Request) -> Result:
        return Result(None, settling=self.health(request))

    def perform(self, request: Request) -> Result:
        name = request.address.name
        fault: Fault = self.faults.get((request.operation, name), lambda _: None)
        fault("before")
        with self.lock:
            self.calls.append((request.operation, name))
            self.fresh += [(request.operation, name)] * request.fresh
            result = self._write(request)
        fault("after")
        return result

    def settled(self, request: Request) -> Result:
        self.looks.append(request.address.name)
        fault: Fault = self.faults.get(("settle", request.address.name), lambda _: None)
        fault("before")
        item = self.stored.get(request.id or "")
        if item is None:
            return Result(None)
        if item.accepted is not None and self.time() < item.accepted + self.takes:
            return Result(None, settling=Settling(PENDING, f"begun at {item.accepted:.0f}"))
        if trouble := self.troubles.get(request.address.name):
            return Result(None, settling=Settling(FAILED, trouble))
        return Result(item.observed(request.id or "", closely=True), settling=SETTLED)

    def _write(self, request: Request) -> Result:
        sent = {k: v for k, v in request.desired.items() if not THING.attributes[k].local}
        if request.operation == "create":
            id_ = f"new-{next(self.ids)}"
            self.stored[id_] = Stored(
                {**sent, "id": id_, "url": f"repo://{id_}", "stamp": "1"}, 1, self.clock(), [], self.time()
            )
            return Result(self.stored[id_].observed(id_, closely=True))
        item = self.stored.get(request.id or "")
        if item is None:
            if request.operation == "delete":
                return Result(None, "it was gone already")
            raise NotFound("gone", operation="read", status=404)
        self._guard(item, request)
        if request.operation == "delete":
            del self.stored[request.id or ""]
            return Result(None)
        changed: dict[str, Value] = {"note": None, **sent} if request.operation == "update" else {}
        if request.operation == "upload":
            assert request.content is not None
            changed = {"marker": request.content.sha256[:4] + str(item.version)}
        item.version += 1
        item.accepted = self.time()
        item.attributes |= {**changed, "stamp": str(item.version)}
        return Result(item.observed(request.id or "", closely=True))

    def _guard(self, item: Stored, request: Request) -> None:
        if request.version is not None and request.version != str(item.version):
            conflict = Conflict("changed by somebody else", operation="read", status=409)
            conflict.observed = item.observed(request.id or "", closely=True)
            raise conflict

    def change(self, id_: str, **attributes: Value) -> None:
        """Somebody else's change."""
        self.stored[id_].attributes |= attributes
        self.stored[id_].version += 1


@define
class MemoryStore:
    """A StateStore and its journal. full: how many records it takes before it fails; None never.

    full_at_commit: no snapshot can be written. before: given what is about to be written.
    """

    snapshot: State
    records: list[Record] = field(factory=list)
    batches: list[list[Record]] = field(factory=list)
    full: int | None = None
    full_at_commit: bool = False
    before: Callable[[Sequence[Record]], object] = lambda _: None
    commits: int = 0

    def load(self) -> State:
        return self.snapshot.fold(self.records)

    def checkpoint(self) -> State:
        return self.commit(self.load()) if self.records else self.load()

    def open_journal(self, state: State, operation: str) -> MemoryStore:
        assert (state.serial, operation) == (self.snapshot.serial, "apply")
        return self

    def write(self, records: Sequence[Record]) -> None:
        self.before(records)
        if self.full is not None and len(self.records) + len(records) > self.full:
            raise StateError("the disk is full", advice="Make room.")
        self.records += records
        self.batches.append(list(records))

    def commit(self, state: State) -> State:
        if self.full_at_commit:
            raise StateError("the disk is full", advice="Make room.")
        self.commits += 1
        self.snapshot = evolve(state, serial=state.serial + 1)
        self.records = []
        return self.snapshot


@frozen
class Planned:
    plan: Plan
    diagnostics: tuple[Any, ...]

    def change(self, name: str) -> Any:
        return next(c for c in self.plan.changes if c.address.name == name and not c.deposed)

    @property
    def actions(self) -> dict[str, str]:
        return {c.address.name + "*" * c.deposed: c.action.value for c in self.plan.changes}

    @property
    def errors(self) -> list[str]:
        return [d.summary for d in self.diagnostics if d.is_error]


def planned(goal: Goal, state: State, world: Installation | None = None, view: View | None = None) -> Planned:
    """The plan for goal from what the installation shows; from the state alone without world and view."""
    drivers = {"thing": world or Installation()}
    if view is None:
        view = View()
        if world is not None:
            view = survey(state, goal.resources.values(), drivers, Asking(1))
            view = examine(view, state.resources.values(), drivers, Asking(1))
    diagnostics = Diagnostics()
    plan = make_plan(goal, state, view, drivers, diagnostics)
    return Planned(plan, tuple(diagnostics))


@define
class Scene:
    """An environment from end to end: state, installation, and what is wanted."""

    world: Installation
    store: MemoryStore
    events: list[Event] = field(factory=list)
    stop: Callable[[], bool] = lambda: False
    parallelism: int = 4
    timer: Callable[[], float] = lambda: 0.0
    pause: Callable[[float], object] = lambda _: None
    fresh_until: float = 0.0

    @classmethod
    def of(cls, *priors: Prior, **more: Any) -> Scene:
        return cls(Installation.holding(*priors), MemoryStore(state_of(*priors, **more)))

    @classmethod
    def settling(cls, *priors: Prior, **more: Any) -> Scene:
        """Where nothing is done at once, and time passes only where somebody waits."""
        scene, time = cls.of(*priors, **more), Time()
        scene.world.kind, scene.world.time = SLOW, time
        scene.timer, scene.pause = time, time.pause
        return scene

    def session(self, goal: Goal, **more: Any) -> Session:
        return Session(goal, {"thing": self.world}, self.store, lambda: "", self.parallelism, **more)

    def apply(self, *resources: Desired, **more: Any) -> Ledger:
        """more: of the goal."""
        session = self.session(goal_of(*resources, **more))
        state, _ = recover(session)
        proposal = propose_from(session, state)
        assert not proposal.forbidden, proposal.diagnostics
        return self.carry_out(session, proposal.plan, state, proposal.view)

    def carry_out(self, session: Session, plan: Plan, state: State, view: View = NOTHING_SEEN) -> Ledger:
        surroundings = Surroundings(
            journal=self.store.open_journal(state, "apply"),
            sink=self.events.append,
            now=lambda: NOW,
            timer=self.timer,
            pause=self.pause,
            stop=self.stop,
            fresh=Fresh(view.versions, self.fresh_until),
        )
        _, ledger, _ = carry_out(session, plan, state, surroundings, Provenance("digest"))
        return ledger

    @property
    def state(self) -> State:
        return self.store.snapshot

    def agrees(self) -> bool:
        """Whether state and installation hold the same: no orphan, no duplicate, the same versions."""
        held = {p.id: p for p in (*self.state.resources.values(), *self.state.deposed)}
        assert held.keys() == self.world.stored.keys()
        assert not self.state.in_doubt
        for id_, item in self.world.stored.items():
            assert held[id_].version == str(item.version)
            shown = item.observed(id_, closely=True).attributes
            assert all(same(held[id_].attributes.get(k), v) for k, v in shown.items() if k != "source")
        return True


REPLACED = Lifecycle(create_before_destroy=True)
