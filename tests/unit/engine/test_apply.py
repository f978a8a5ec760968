from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from planner.engine.recover import LONGEST_AHEAD
from planner.engine.refresh import View
from planner.engine.workflow import Session, propose_from
from planner.errors import (
    ApiError,
    Conflict,
    NotFound,
    OutcomeUnknown,
    PartlyApplied,
    PlannerError,
    StalePlan,
    StateError,
    Unreachable,
)
from planner.model.declarations import Declarations, Import
from planner.model.ledger import APPLIED, FAILED, SKIPPED, StepFinished, StepStarted, ThreeWay
from planner.model.plan import Action, Plan
from planner.model.resource import Lifecycle, Prior, Request, Result
from planner.model.rollout import Milestone
from planner.model.state import Intent, Outcome
from planner.model.value import SCRYPT, Fingerprint, Secret, Value, stretched

from .world import (
    NOW,
    REPLACED,
    SALT,
    Scene,
    Stored,
    address,
    content,
    desired,
    fails,
    goal_of,
    later,
    observed,
    prior,
    ref,
)

REFUSED = ApiError("no", operation="create", status=400, advice="Correct it.")
LOST = OutcomeUnknown("no reply", advice="Plan again.")


def results(ledger: Any) -> dict[str, str]:
    return {entry.address.name: entry.result for entry in ledger.entries}


def reasons(ledger: Any) -> dict[str, str]:
    return {entry.address.name: entry.reason for entry in ledger.entries}


def test_everything_at_once() -> None:
    scene = Scene.of(prior("gone"), prior("kept", note="x"), prior("swap", tier="x"))
    ledger = scene.apply(
        desired("kept", note="y"),
        desired("swap", tier="y"),
        desired("new", file=content(), settings=later(ref("swap", "url"))),
        outputs={"url": later(ref("new", "url"))},
    )
    assert ledger.complete
    assert ledger.changed
    assert scene.agrees()
    assert (
        scene.world.stored[scene.state.resources[address("new")].id].attributes["settings"]
        == (scene.state.resources[address("swap")].attributes["url"])
    )
    assert scene.state.outputs["url"] == scene.state.resources[address("new")].attributes["url"]
    assert scene.state.resources[address("new")].content_sha256 == content().sha256
    assert scene.state.applied is not None
    assert scene.state.applied.complete


def test_applying_again_changes_nothing() -> None:
    scene = Scene.of()
    wanted = [desired("a", password=Secret("p"), file=content()), desired("b", depends_on=["a"])]
    scene.apply(*wanted)
    calls = list(scene.world.calls)
    assert scene.apply(*wanted).entries == ()
    assert scene.world.calls == calls


def test_an_intent_is_durable_before_its_call_and_an_outcome_before_what_depends_on_it() -> None:
    scene = Scene.of()
    seen: dict[str, list[Any]] = {}

    def look(name: str) -> Callable[[str], None]:
        def fault(moment: str) -> None:
            if moment == "before":
                seen[name] = list(scene.store.records)

        return fault

    scene.world.faults = {("create", n): look(n) for n in "abc"}
    scene.apply(desired("a"), desired("b", depends_on=["a"]), desired("c", depends_on=["b"]))
    kinds = {name: [(type(r).__name__, r.address.name) for r in records] for name, records in seen.items()}
    assert kinds["a"] == [("Intent", "a")]
    assert kinds["b"] == [("Intent", "a"), ("Outcome", "a"), ("Intent", "b")]
    assert kinds["c"][-2:] == [("Outcome", "b"), ("Intent", "c")]


def test_no_secret_reaches_the_journal() -> None:
    scene = Scene.of()
    scene.apply(desired("a", password=Secret("hunter2"), settings={"k": Secret("hunter2")}))
    assert "hunter2" not in repr(scene.store.batches)
    assert "hunter2" not in repr(scene.state)
    assert scene.state.resources[address("a")].attributes["password"] == Fingerprint.of("hunter2", SALT)


def test_fingerprints_of_older_planners_stay_until_the_next_apply_that_writes() -> None:
    older = Fingerprint(SALT, stretched("hunter2", SALT).hex(), SCRYPT)
    scene = Scene.of(prior("a", password=older), prior("b", password=older))
    same = [desired("a", password=Secret("hunter2")), desired("b", password=Secret("hunter2"))]
    assert propose_from(scene.session(goal_of(*same)), scene.state).plan.is_empty

    scene.world.faults["update", "a"] = fails(REFUSED)
    scene.apply(desired("a", password=Secret("hunter2"), note="n"), same[1])
    intent = next(r for batch in scene.store.batches for r in batch if isinstance(r, Intent))
    assert intent.attributes["password"] == older  # by which a doubt finds that it stays as it was
    kept = [entry.attributes["password"] for entry in scene.state.resources.values()]
    assert kept == [Fingerprint.of("hunter2", SALT)] * 2


def test_equals_start_in_order_and_one_by_one_at_parallelism_1() -> None:
    scene = Scene.of()
    scene.parallelism = 1
    scene.apply(*(desired(n) for n in "dbca"))
    assert scene.world.calls == [("create", n) for n in "abcd"]


def test_ready_steps_run_at_the_same_time() -> None:
    scene = Scene.of()
    together = threading.Barrier(3, timeout=120)

    def wait(moment: str) -> None:
        if moment == "before":
            together.wait()

    scene.world.faults = {("create", n): wait for n in "abc"}
    assert scene.apply(*(desired(n) for n in "abc")).complete


def test_a_step_starts_as_soon_as_what_it_waits_for_is_done() -> None:
    """a is slow; c waits for b only, and is done before a."""
    scene = Scene.of()
    done = threading.Event()

    def slow(moment: str) -> None:
        if moment == "before":
            assert done.wait(120)

    scene.world.faults = {
        ("create", "a"): slow,
        ("create", "c"): lambda moment: done.set() if moment == "after" else None,
    }
    assert scene.apply(desired("a"), desired("b"), desired("c", depends_on=["b"])).complete


def test_a_failure_stops_its_branch_only() -> None:
    scene = Scene.of()
    scene.world.faults[("create", "a")] = fails(REFUSED)
    ledger = scene.apply(
        desired("a"), desired("b", depends_on=["a"]), desired("c", depends_on=["b"]), desired("d")
    )
    assert results(ledger) == {"a": FAILED, "b": SKIPPED, "c": SKIPPED, "d": APPLIED}
    assert reasons(ledger)["c"] == "it waits for thing.a, which failed"
    assert (ledger.entries[0].reason, ledger.entries[0].advice) == ("no", "Correct it.")
    assert not ledger.interrupted
    assert scene.agrees()


def test_a_failed_upload_leaves_the_resource_in_the_state_for_the_next_run() -> None:
    scene = Scene.of()
    scene.world.faults[("upload", "a")] = fails(REFUSED)
    ledger = scene.apply(desired("a", file=content()))
    assert reasons(ledger)["a"] == "no (create done before)"
    assert ledger.changed
    scene.apply(desired("a", file=content()))
    assert scene.world.calls[-1] == ("upload", "a")
    assert [c for c, _ in scene.world.calls].count("create") == 1
    assert scene.agrees()


@pytest.mark.parametrize("error", [LOST, RuntimeError("a defect"), SystemExit(3)])
@pytest.mark.parametrize(("when", "there"), [("before", 0), ("after", 1)])
def test_an_unknown_outcome_is_settled_at_the_end(error: BaseException, when: str, there: int) -> None:
    scene = Scene.of()
    scene.world.faults[("create", "a")] = fails(error, when)
    ledger = scene.apply(desired("a"), desired("b"))
    assert results(ledger) == {"a": FAILED, "b": APPLIED}
    assert len(scene.world.stored) == there + 1
    assert scene.agrees()
    if isinstance(error, PlannerError):
        told = "was carried out; its id is new-" if there else "did not happen"
        assert f"no reply; a look shows that it {told}" in reasons(ledger)["a"]
    else:
        assert "defect of planner" in ledger.entries[0].advice
    assert scene.apply(desired("a"), desired("b")).complete
    assert len(scene.world.stored) == 2


class Crossed:
    """A driver whose create of a name is answered with the resource of another id."""

    def __init__(self, world: Any, name: str, id_: str) -> None:
        self._world, self._name, self._id = world, name, id_

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world, name)

    def perform(self, request: Request) -> Result:
        result: Result = self._world.perform(request)
        if (request.operation, request.address.name) != ("create", self._name):
            return result
        return Result(self._world.stored[self._id].observed(self._id, closely=True))


@pytest.mark.parametrize(
    "id_",
    [
        pytest.param("id-kept", id="the state holds it"),
        pytest.param("id-gone", id="the state holds it and deletes it"),
        pytest.param("id-left", id="left over"),
        pytest.param("theirs", id="listed before"),
        pytest.param("namesake", id="listed before, of the same name"),
    ],
)
def test_a_create_that_is_answered_with_what_was_there_before_is_looked_for(id_: str) -> None:
    left = prior("kept", "id-left")
    scene = Scene.of(prior("kept"), prior("gone"), deposed=(left,))
    for other, name in (("theirs", "theirs"), ("namesake", "a"), ("id-left", "kept")):
        scene.world.stored[other] = Stored({"name": name, "id": other}, 7, NOW)
    session = scene.session(goal_of(desired("kept"), desired("a", file=content())))
    plan = plan_of(scene, session)
    driver: Any = Crossed(scene.world, "a", id_)
    ledger = scene.carry_out(evolve(session, drivers={"thing": driver}), plan, scene.state)
    assert f"its reply is about thing {id_}, which was there before; a look shows" in reasons(ledger)["a"]
    assert scene.state.resources[address("a")].id == "new-1"
    assert [scene.world.stored[other].version for other in ("theirs", "namesake")] == [7, 7]
    assert scene.apply(desired("kept"), desired("a", file=content())).complete
    assert scene.world.stored.keys() == {"id-kept", "new-1", "theirs", "namesake"}
    assert [scene.world.stored[other].version for other in ("theirs", "namesake")] == [7, 7]


def test_a_create_that_is_answered_with_what_the_same_run_made_is_looked_for() -> None:
    scene = Scene.of()
    scene.parallelism = 1
    session = scene.session(goal_of(desired("a"), desired("b")))
    plan = plan_of(scene, session)
    driver: Any = Crossed(scene.world, "b", "new-1")
    scene.carry_out(evolve(session, drivers={"thing": driver}), plan, scene.state)
    assert {entry.address.name: entry.id for entry in scene.state.resources.values()} == {
        "a": "new-1",
        "b": "new-2",
    }
    assert scene.agrees()


@pytest.mark.parametrize("again", [True, False])
def test_an_id_that_this_run_set_free_may_be_given_again(again: bool) -> None:
    scene = Scene.of(prior("a", "new-1" if again else "", tier="x"))
    assert scene.apply(desired("a", tier="y")).complete
    assert scene.agrees()


class Unlisted:
    """A driver whose lists fail once something was written."""

    def __init__(self, world: Any) -> None:
        self._world = world

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world, name)

    def list(self, parent: Any = ()) -> Any:
        if self._world.calls:
            raise Unreachable("no connection")
        return self._world.list(parent)


def plan_of(scene: Scene, session: Session) -> Plan:
    return propose_from(session, scene.state).plan


def test_a_doubt_that_cannot_be_settled_stays_in_the_state() -> None:
    scene = Scene.of()
    scene.world.faults[("create", "a")] = fails(LOST, "after")
    session = scene.session(goal_of(desired("a")))
    plan = plan_of(scene, session)
    ledger = scene.carry_out(evolve(session, drivers={"thing": Unlisted(scene.world)}), plan, scene.state)
    assert results(ledger) == {"a": FAILED}
    assert ledger.changed  # it may have, and "nothing was changed" must be true
    assert [i.address.name for i in scene.state.in_doubt] == ["a"]
    assert scene.apply(desired("a")).entries == ()
    assert scene.agrees()


def test_a_conflict_is_shown_three_ways() -> None:
    scene = Scene.of(prior("a", note="x", password=Fingerprint.of("hunter2", SALT)))
    session = scene.session(goal_of(desired("a", note="mine", password=Secret("hunter2"))))
    plan = plan_of(scene, session)
    scene.world.change("id-a", note="theirs")
    ledger = scene.carry_out(session, plan, scene.state)
    assert ledger.entries[0].conflict == (ThreeWay(("note",), "mine", "x", "theirs"),)
    assert not ledger.changed


def test_a_conflict_without_the_resource_is_still_told() -> None:
    scene = Scene.of(prior("a"))
    scene.world.faults[("update", "a")] = fails(Conflict("moved", operation="update", status=409))
    ledger = scene.apply(desired("a", note="x"))
    assert (ledger.entries[0].reason, ledger.entries[0].conflict) == ("moved", ())
    assert ledger.refused


GONE = NotFound("gone", operation="read", status=404)
STALE = StalePlan("the secret is not the planned one")


@pytest.mark.parametrize(
    ("operation", "error", "refused"),
    [
        ("update", GONE, True),
        ("update", STALE, True),
        ("update", REFUSED, False),
        ("update", LOST, False),
        ("update", RuntimeError("a defect"), False),
        ("create", GONE, False),
        ("create", Conflict("taken", operation="create", status=409), True),
        ("delete", Conflict("in use", operation="delete", status=400), True),
    ],
)
def test_a_ledger_tells_what_was_refused_from_what_failed(
    operation: str, error: BaseException, refused: bool
) -> None:
    wanted = {"create": desired("new"), "update": desired("a", note="x"), "delete": desired("b")}[operation]
    scene = Scene.of(prior("a"), prior("b"))
    kept = [desired(name) for name in "ab" if wanted.address.name != name and operation != "delete"]
    name = "new" if operation == "create" else "a"
    scene.world.faults[operation, name] = fails(error)
    ledger = scene.apply(wanted, *kept)
    assert (ledger.refused, results(ledger)) == (refused, {name: FAILED})


def test_stop_starts_nothing_new_and_keeps_what_is_in_flight() -> None:
    scene = Scene.of()
    scene.parallelism = 1
    scene.stop = lambda: ("create", "b") in scene.world.calls
    ledger = scene.apply(*(desired(n) for n in "abcd"))
    assert results(ledger) == {"a": APPLIED, "b": APPLIED, "c": SKIPPED, "d": SKIPPED}
    assert reasons(ledger)["d"] == "the run was stopped before its turn"
    assert ledger.interrupted
    assert scene.agrees()
    assert scene.state.applied is not None
    assert not scene.state.applied.complete


def test_stop_between_the_steps_of_a_change_tells_what_was_done() -> None:
    scene = Scene.of()
    scene.stop = lambda: bool(scene.world.calls)
    ledger = scene.apply(desired("a", file=content()))
    assert reasons(ledger)["a"] == "the run was stopped before its turn (create done before)"


@pytest.mark.parametrize("full", [0, 1, 2, 3])
def test_a_journal_that_cannot_be_written_ends_the_run(full: int) -> None:
    """At most full records are taken: intent a, outcome a with intent b, ..."""
    scene = Scene.of()
    scene.parallelism = 1
    scene.store.full = full
    ends = PartlyApplied if full else StateError
    with pytest.raises(ends, match="no further call was made") as caught:
        scene.apply(desired("a"), desired("b", depends_on=["a"]))
    made = len(scene.world.calls)
    assert made == (full + 1) // 2
    lost = full in (1, 2, 3)
    assert ("thing." in caught.value.advice) is lost
    if full == 1:
        assert "These outcomes are not in the state: thing.a is new-1." in caught.value.advice
    assert "Make room." in caught.value.advice
    if isinstance(caught.value, PartlyApplied):
        assert caught.value.advice.endswith("is looked up by the next plan or apply.")
        assert results(caught.value.ledger) == {"a": APPLIED, "b": APPLIED if made == 2 else SKIPPED}


def test_a_snapshot_that_cannot_be_written_ends_the_run_with_its_ledger() -> None:
    scene = Scene.of()
    scene.store.full_at_commit = True
    with pytest.raises(PartlyApplied, match="the disk is full") as caught:
        scene.apply(desired("a"))
    assert "What was applied is in its journal" in caught.value.advice
    assert results(caught.value.ledger) == {"a": APPLIED}
    scene.store.full_at_commit = False
    assert scene.apply(desired("a")).entries == ()
    assert scene.agrees()


def test_what_a_failing_journal_lost_is_found_by_the_next_run() -> None:
    scene = Scene.of()
    scene.store.full = 1
    with pytest.raises(PartlyApplied):
        scene.apply(desired("a"), desired("b", depends_on=["a"]))
    scene.store.full = None
    assert scene.apply(desired("a"), desired("b", depends_on=["a"])).complete
    assert scene.agrees()
    assert len(scene.world.stored) == 2


def waits_for(event: threading.Event) -> Callable[[str], None]:
    def fault(moment: str) -> None:
        if moment == "before":
            assert event.wait(120)

    return fault


def at_once(scene: Scene, first: str, second: str, done: Callable[[], object]) -> None:
    """Both are begun before either goes on; done is called when the first one took effect, and then the
    second one goes on.
    """
    begun, over = threading.Barrier(2, timeout=120), threading.Event()

    def of_first(moment: str) -> None:
        if moment == "before":
            begun.wait()
        else:
            done()
            over.set()

    def of_second(moment: str) -> None:
        if moment == "before":
            begun.wait()
            assert over.wait(120)

    scene.world.faults |= {("create", first): of_first, ("create", second): of_second}


def test_steps_that_run_while_the_journal_fails_are_waited_for_and_named() -> None:
    scene = Scene.of()
    scene.parallelism = 2
    scene.store.full = 2
    at_once(scene, "a", "b", lambda: None)
    with pytest.raises(PartlyApplied) as caught:
        scene.apply(*(desired(n) for n in "ab"))
    assert "thing.a is new-" in caught.value.advice
    assert "thing.b is new-" in caught.value.advice
    assert len(scene.world.stored) == 2


# steps handed out ahead


def in_doubt(scene: Scene) -> list[int]:
    """How many steps had an intent and no outcome after each write."""
    open_: set[int] = set()
    found = []
    for batch in scene.store.batches:
        for record in batch:
            assert not isinstance(record, Milestone)
            (open_.add if isinstance(record, Intent) else open_.discard)(record.step)
        found.append(len(open_))
    return found


@pytest.mark.parametrize(("parallelism", "most"), [(1, 1), (2, 3), (4, 7), (50, 20)])
def test_how_many_steps_a_crash_can_leave_in_doubt(parallelism: int, most: int) -> None:
    scene = Scene.of()
    scene.parallelism = parallelism
    assert scene.apply(*(desired(f"{n:02}") for n in range(20))).complete
    assert max(in_doubt(scene)) == most


def test_a_worker_that_becomes_free_waits_for_no_write() -> None:
    """The outcome of a is durable only when c was begun."""
    scene = Scene.of()
    scene.parallelism = 2
    begun = threading.Event()
    scene.world.faults = {("create", "b"): waits_for(begun), ("create", "c"): lambda _: begun.set()}

    def before(records: Any) -> None:
        assert isinstance(records[0], Intent) or begun.wait(120)

    scene.store.before = before
    assert scene.apply(*(desired(n) for n in "abc")).complete
    assert scene.agrees()


def test_a_stop_takes_back_what_was_handed_out_ahead() -> None:
    scene = Scene.of()
    scene.parallelism = 2
    stopped = threading.Event()
    scene.stop = stopped.is_set
    at_once(scene, "a", "b", stopped.set)
    ledger = scene.apply(*(desired(n) for n in "abcd"))
    assert results(ledger) == {"a": APPLIED, "b": APPLIED, "c": SKIPPED, "d": SKIPPED}
    assert reasons(ledger)["c"] == "the run was stopped before its turn"
    assert {e.address.name for e in scene.events if isinstance(e, StepStarted)} == {"a", "b"}
    assert in_doubt(scene)[-1] == 0
    assert scene.agrees()


def test_a_step_that_waited_long_gets_another_intent_before_it_is_sent() -> None:
    """Recovery counts from its intent how long a create can come late. Where steps wait, none goes ahead."""
    scene = Scene.of()
    scene.parallelism = 2
    times, seen = [0.0], [0]
    handed_out, begun = threading.Event(), threading.Event()

    def timer() -> float:
        now = times[-1]
        if threading.current_thread() is threading.main_thread():  # which hands out c
            handed_out.set()
        return now

    def first(moment: str) -> None:
        waits_for(handed_out)(moment)
        times.append(LONGEST_AHEAD + 1)

    def late(_moment: str) -> None:
        seen.append(sum(isinstance(r, Intent) and r.address.name == "c" for r in scene.store.records))
        begun.set()

    scene.timer = timer
    scene.world.faults = {
        ("create", "a"): first,
        ("create", "b"): waits_for(begun),
        ("create", "c"): late,
    }
    assert scene.apply(*(desired(n) for n in "abcdef")).complete
    assert seen[1] == 2
    failed = [any(isinstance(r, Outcome) and r.result == "failed" for r in b) for b in scene.store.batches]
    assert max(in_doubt(scene)[failed.index(True) :]) == 2  # before it another may have been handed out ahead
    assert [c for c in scene.world.calls if c[1] == "c"] == [("create", "c")]
    assert scene.agrees()


def test_what_was_handed_out_ahead_is_not_begun_when_the_journal_fails() -> None:
    """e and f are begun while the outcome of a is written; when that failed, nothing frees g."""
    scene = Scene.of()
    scene.store.full = 7
    writing, begun, told = threading.Event(), threading.Event(), threading.Event()

    class Events(list[Any]):
        def append(self, event: Any) -> None:
            if isinstance(event, StepFinished) and event.address.name == "e":
                told.set()

    def before(records: Any) -> None:
        if len(records) < 7:
            writing.set()
            assert begun.wait(120)

    def last(moment: str) -> None:
        begun.set()
        waits_for(told)(moment)

    scene.events, scene.store.before = Events(), before
    scene.world.faults = {("create", n): waits_for(told) for n in "bcd"}
    scene.world.faults |= {("create", "e"): waits_for(writing), ("create", "f"): last}
    wanted = [desired(n) for n in "abcdefg"]
    with pytest.raises(PartlyApplied) as caught:
        scene.apply(*wanted)
    assert all(f"thing.{n} is new-" in caught.value.advice for n in "abcdef")
    assert sorted(scene.world.calls) == [("create", n) for n in "abcdef"]
    scene.store.full, scene.store.before, scene.world.faults = None, lambda _: None, {}
    assert scene.apply(*wanted).complete
    assert scene.agrees()


def test_a_request_that_cannot_be_made_fails_its_step_only() -> None:
    scene = Scene.of()
    ledger = scene.apply(desired("a"), desired("b", settings=later("x", ref("a", "marker"))), desired("c"))
    assert results(ledger) == {"a": APPLIED, "b": FAILED, "c": APPLIED}
    assert reasons(ledger)["b"].startswith("thing.b.settings cannot be put together")
    assert [i for batch in scene.store.batches for i in batch if isinstance(i, Intent)][
        -1
    ].address.name != "b"
    assert scene.agrees()


def test_events_tell_the_run_and_a_sink_that_fails_stops_nothing() -> None:
    scene = Scene.of(prior("b"))
    scene.world.faults[("create", "a")] = fails(REFUSED)
    scene.apply(desired("a"))
    started = {e.address.name: e.action for e in scene.events if isinstance(e, StepStarted)}
    finished = {e.address.name: (e.ok, e.message) for e in scene.events if isinstance(e, StepFinished)}
    assert started == {"a": Action.CREATE, "b": Action.DELETE}
    assert finished == {"a": (False, "no"), "b": (True, "")}


class Closed(list[Any]):
    def append(self, event: Any) -> None:
        raise BrokenPipeError


def test_a_sink_that_fails_stops_nothing() -> None:
    scene = Scene.of()
    scene.events = Closed()
    assert scene.apply(desired("a"), desired("b")).complete


# replacements


def test_create_before_destroy_leaves_one_over_until_it_is_deleted() -> None:
    scene = Scene.of(prior("a", tier="x"))
    scene.world.faults[("delete", "a")] = fails(REFUSED)
    ledger = scene.apply(desired("a", tier="y", lifecycle=REPLACED))
    assert results(ledger) == {"a": FAILED}
    assert [p.id for p in scene.state.deposed] == ["id-a"]
    assert scene.state.resources[address("a")].id == "new-1"
    ledger = scene.apply(desired("a", tier="y", lifecycle=REPLACED))
    assert results(ledger) == {"a": APPLIED}
    assert scene.state.deposed == ()
    assert scene.agrees()


def test_a_left_over_that_moved_is_guarded() -> None:
    scene = Scene.of(prior("a"), deposed=(prior("a", "old"),))
    scene.world.stored["old"] = Stored({"name": "a"}, 1, None)
    session = scene.session(goal_of(desired("a")))
    plan = plan_of(scene, session)
    scene.world.change("old", note="theirs")
    ledger = scene.carry_out(session, plan, scene.state)
    assert results(ledger) == {"a": FAILED}
    assert "old" in scene.world.stored


def test_a_left_over_that_is_gone_is_forgotten() -> None:
    scene = Scene.of(prior("a"), deposed=(prior("a", "old"),))
    ledger = scene.apply(desired("a"))
    assert reasons(ledger)["a"] == "it was gone already"
    assert scene.state.deposed == ()


def test_two_left_overs_and_the_resource_itself() -> None:
    scene = Scene.of(prior("a"), deposed=(prior("a", "o1"), prior("a", "o2")))
    for id_ in ("o1", "o2"):
        scene.world.stored[id_] = Stored({"name": "a"}, 1, None)
    assert scene.apply().complete
    assert scene.world.stored == {}
    assert scene.agrees()


def test_a_replacement_in_place_deletes_first() -> None:
    scene = Scene.of(prior("a", tier="x"))
    scene.world.faults[("create", "a")] = fails(REFUSED)
    ledger = scene.apply(desired("a", tier="y"))
    assert reasons(ledger)["a"] == "no (delete done before)"
    assert scene.state.resources == {}
    assert scene.agrees()


def test_ignored_attributes_are_sent_as_they_are() -> None:
    scene = Scene.of(prior("a", settings={"mine": 1, "theirs": 1}))
    scene.world.change("id-a", settings={"mine": 1, "theirs": 2})
    ignores = Lifecycle(ignore_changes=(("settings", "theirs"),))
    scene.apply(desired("a", settings={"mine": 5, "theirs": 0}, lifecycle=ignores))
    assert scene.world.stored["id-a"].attributes["settings"] == {"mine": 5, "theirs": 2}
    assert scene.agrees()


def test_a_state_brought_up_to_date_needs_no_call() -> None:
    scene = Scene.of(prior("a"))
    ledger = scene.apply(desired("a", lifecycle=Lifecycle(prevent_destroy=True)))
    assert (ledger.entries, scene.world.calls) == ((), [])
    assert scene.state.resources[address("a")].prevent_destroy


@pytest.mark.parametrize(
    ("has", "operation", "tier", "outputs"),
    [
        ([], "create", "x", {}),
        ([prior("a", tier="x")], "update", "x", {"o": "repo://id-a"}),
        ([prior("a", tier="x")], "create", "y", {}),  # after its delete
        ([prior("a", tier="x")], "delete", "y", {"o": "repo://id-a"}),
    ],
)
def test_outputs_are_of_what_is_there_after_a_failure(
    has: list[Prior], operation: str, tier: str, outputs: dict[str, Value]
) -> None:
    """No output goes on telling the id of what the state does not have."""
    scene = Scene.of(*has, outputs={"o": "former"})
    scene.world.faults[operation, "a"] = fails(REFUSED)
    wanted = desired("a", tier=tier, note="new")
    scene.apply(wanted, outputs={"o": later(ref("a", "url")), "p": None})
    assert scene.state.outputs == outputs


def test_outcomes_name_what_is_gone() -> None:
    scene = Scene.of(prior("a"))
    scene.apply()
    outcome = next(r for batch in scene.store.batches for r in batch if isinstance(r, Outcome))
    assert (outcome.result, outcome.prior, outcome.id) == ("done", None, "id-a")


# what needs no read before it is written

OWN = [("upload", "kept"), ("upload", "new")]
READ = [("delete", "gone"), ("delete", "left"), ("delete", "swap"), ("update", "kept")]


@pytest.mark.parametrize(
    ("until", "refresh", "expected"),
    [
        (0.0, True, OWN),
        (100.0, False, OWN),
        (100.0, True, sorted([*OWN, *READ])),
        (1.0, True, sorted([*OWN, ("delete", "gone")])),
    ],
)
def test_what_this_run_read_or_wrote_needs_no_read(
    until: float, refresh: bool, expected: list[tuple[str, str]]
) -> None:
    """A call takes a second. What the plan read is too old after `until`, what a reply said never is."""
    scene = Scene.of(
        *(prior("gone"), prior("kept", note="x"), prior("left"), prior("swap", tier="x")),
        deposed=(prior("left", "old"),),
    )
    scene.world.stored["old"] = Stored({"name": "left"}, 1, None)
    scene.parallelism, scene.fresh_until = 1, until
    scene.timer = lambda: float(len(scene.world.calls))
    wanted = (
        desired("kept", note="y", file=content()),
        desired("left"),
        desired("new", file=content()),
        desired("swap", tier="y"),
    )
    session = scene.session(goal_of(*wanted), refresh=refresh)
    proposal = propose_from(session, scene.state)
    assert scene.carry_out(session, proposal.plan, scene.state, proposal.view).complete
    assert sorted(scene.world.fresh) == expected


def test_a_version_that_the_plan_did_not_read_is_not_fresh() -> None:
    """One that is not what was read, that was read of another, or that was in a list only."""
    scene = Scene.of(prior("a"), prior("b"), prior("c"))
    session = scene.session(goal_of(*(desired(name, note="y") for name in "abc")))
    proposal = propose_from(session, scene.state)
    seen = {
        address("a"): observed(prior("a"), version="7"),
        address("b"): observed(prior("d")),
        address("c"): evolve(observed(prior("c")), version=None),
    }
    scene.fresh_until = 1.0
    assert scene.carry_out(session, proposal.plan, scene.state, View(seen)).complete
    assert scene.world.fresh == []


def test_what_is_taken_over_was_read_by_the_plan() -> None:
    scene = Scene.of()
    scene.world.stored["theirs"] = Stored({"name": "a", "id": "theirs"}, 3, None)
    found = Import(address("a"), "theirs")
    scene.fresh_until = 1.0
    ledger = scene.apply(desired("a", note="y"), declarations=Declarations(imports=(found,)))
    assert ledger.complete
    assert scene.world.fresh == [("update", "a")]


@pytest.mark.parametrize("most", [1, 2, 5])
@pytest.mark.parametrize("parallelism", [1, 3, 50])
def test_where_threads_are_limited_those_that_there_are_do_it(
    most: int, parallelism: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene.of(*(prior(f"old{n}") for n in range(4)))
    scene.parallelism = parallelism
    limit_threads(most, monkeypatch)
    assert scene.apply(*(desired(f"new{n}") for n in range(20))).complete
    assert len(scene.world.calls) == len(set(scene.world.calls))
    assert scene.agrees()


def test_without_any_thread_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene.of()
    limit_threads(0, monkeypatch)
    with pytest.raises(PlannerError, match="there is no thread to work with"):
        scene.apply(desired("a"), desired("b"))
    assert (scene.world.calls, scene.store.records) == ([], [])


def limit_threads(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each pool no more can be started."""
    start = threading.Thread.start

    def limited(thread: threading.Thread) -> None:
        if int(thread.name.rpartition("_")[2]) >= most:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
