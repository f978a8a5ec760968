"""What is shown once, through an apply: handed over before its outcome is written, and told where lost."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import define, evolve, field

from planner.engine.carrying import Provenance, carry_out
from planner.engine.credentials import Credentials
from planner.engine.outcome import Fresh
from planner.engine.surroundings import Surroundings
from planner.engine.workflow import propose_from, recover
from planner.errors import OutcomeUnknown, PlannerError
from planner.model.facets import EXTRA, NEEDED, Attribute
from planner.model.ledger import APPLIED, FAILED, SKIPPED, Ledger
from planner.model.plan import Action
from planner.model.resource import Credential, Desired, Request, Result
from planner.model.state import Outcome
from planner.model.value import Fingerprint, Secret

from .world import (
    NOW,
    REPLACED,
    SALT,
    THING,
    Installation,
    MemoryStore,
    Scene,
    address,
    desired,
    goal_of,
    later,
    prior,
    ref,
    state_of,
)


def kind_with(once: str) -> Any:
    token = Attribute("token", {"type": "string"}, read_only=True, write_only=True, stable=True, once=once)
    return evolve(THING, attributes={**THING.attributes, "token": token})


@define
class Showing(Installation):
    """Each create shows a token, as "t-new-1", unless silent."""

    silent: bool = False

    def _write(self, request: Request) -> Result:
        result = super()._write(request)
        if request.operation == "create" and result.observed and not self.silent:
            request.hand_over(result.observed.id, {"token": Secret(f"t-{result.observed.id}")})
        return result


@define
class Sink:
    """Fails for the names in refuses. journal: what was written when each came."""

    store: MemoryStore
    refuses: set[str] = field(factory=set)
    kept: list[str] = field(factory=list)
    too_early: list[str] = field(factory=list)

    def keep(self, credential: Credential) -> None:
        outcomes = [r.address for r in self.store.records if isinstance(r, Outcome)]
        if credential.address in outcomes:
            self.too_early.append(credential.value)
        if credential.address.name in self.refuses:
            raise PlannerError("the disk is full", advice="Make room.")
        self.kept.append(credential.value)


@define
class Once(Scene):
    sink: Any = None

    @classmethod
    def holding(cls, *priors: Any, once: str = NEEDED, **more: Any) -> Once:
        world = Showing(kind=kind_with(once), **more)
        world.stored = Installation.holding(*priors).stored
        store = MemoryStore(state_of(*priors))
        return cls(world, store, sink=Sink(store))

    def go(self, *resources: Desired, credentials: Credentials | None = None, **more: Any) -> Ledger:
        session = self.session(goal_of(*resources, **more))
        state, _ = recover(session)
        proposal = propose_from(session, state)
        assert not proposal.forbidden, proposal.diagnostics
        surroundings = Surroundings(
            journal=self.store.open_journal(state, "apply"),
            sink=self.events.append,
            now=lambda: NOW,
            timer=lambda: 0.0,
            pause=lambda _: None,
            stop=lambda: False,
            fresh=Fresh(),
            credentials=credentials or Credentials(self.sink),
        )
        return carry_out(session, proposal.plan, state, surroundings, Provenance("digest"))[1]

    def actions(self, *resources: Desired, **more: Any) -> dict[str, str]:
        session = self.session(goal_of(*resources, **more))
        proposal = propose_from(session, recover(session)[0])
        return {c.address.name: c.action.value for c in proposal.plan.changes if c.action is not Action.NO_OP}

    def held(self, name: str, attribute: str = "token") -> Any:
        return self.state.resources[address(name)].attributes.get(attribute)


def results(ledger: Ledger) -> dict[str, str]:
    return {entry.address.name: entry.result for entry in ledger.entries}


A, B = desired("a"), desired("b", note=later(ref("a", "token")))
PRINT = Fingerprint.of("t-new-1", SALT)


def test_it_is_kept_before_the_outcome_is_written_and_referred_to_in_the_same_run() -> None:
    scene = Once.holding()
    ledger = scene.go(A, B, outputs={"o": later(ref("a", "token"))})
    assert ledger.complete
    assert (sorted(scene.sink.kept), scene.sink.too_early) == (["t-new-1", "t-new-2"], [])
    assert scene.world.stored["new-2"].attributes["note"] == "t-new-1"
    assert (scene.held("a"), scene.held("b", "note"), scene.state.outputs) == (PRINT, PRINT, {"o": PRINT})
    assert scene.actions(A, B, outputs={"o": later(ref("a", "token"))}) == {}
    assert "t-new" not in str(scene.store.batches)


def test_what_could_not_be_kept_fails_the_step_that_was_done() -> None:
    scene = Once.holding()
    scene.sink.refuses = {"a"}
    ledger = scene.go(A, B, desired("c"))
    assert results(ledger) == {"a": FAILED, "b": SKIPPED, "c": APPLIED}
    assert ledger.changed
    reason = next(entry.reason for entry in ledger.entries if entry.address.name == "a")
    assert reason == "thing.a was made, and what only that reply shows is lost: the disk is full"
    assert (scene.held("a"), scene.held("a", "id")) == (None, "new-1")
    assert scene.actions(A, desired("c")) == {"a": "replace"}
    scene.sink.refuses = set()
    assert scene.go(A, B, desired("c")).complete
    assert scene.agrees()
    assert scene.actions(A, B, desired("c")) == {}


@pytest.mark.parametrize(("once", "then"), [(NEEDED, {"a": "replace"}), (EXTRA, {})])
def test_what_is_of_use_without_it_stays(once: str, then: dict[str, str]) -> None:
    scene = Once.holding(once=once)
    scene.sink.refuses = {"a"}
    assert results(scene.go(A)) == {"a": FAILED}
    assert scene.actions(A) == then


@pytest.mark.parametrize(("once", "result"), [(NEEDED, FAILED), (EXTRA, APPLIED)])
def test_a_reply_that_does_not_show_it(once: str, result: str) -> None:
    scene = Once.holding(once=once, silent=True)
    assert results(scene.go(A)) == {"a": result}
    assert scene.agrees()


def test_without_a_place_it_is_lost_and_told() -> None:
    scene = Once.holding()
    ledger = scene.go(A, credentials=Credentials())
    assert "nobody said where the token goes" in ledger.entries[0].reason


def test_an_update_keeps_the_fingerprint() -> None:
    scene = Once.holding()
    scene.go(A)
    scene.go(desired("a", note="changed"))
    assert (scene.held("a"), scene.held("a", "note")) == (PRINT, "changed")
    assert scene.sink.kept == ["t-new-1"]


def test_a_replacement_has_one_of_its_own() -> None:
    scene = Once.holding()
    scene.go(desired("a", tier="x", lifecycle=REPLACED))
    scene.go(desired("a", tier="y", lifecycle=REPLACED))
    assert scene.held("a") == Fingerprint.of("t-new-2", SALT)
    assert scene.sink.kept == ["t-new-1", "t-new-2"]


def test_a_create_in_doubt_that_is_found_is_made_anew() -> None:
    scene = Once.holding(silent=True)

    def lose(moment: str) -> None:
        if moment == "after":
            raise OutcomeUnknown("no reply")

    scene.world.faults["create", "a"] = lose
    scene.go(A)
    scene.world.faults.clear()
    assert "new-1" in scene.world.stored
    assert scene.actions(A) == {"a": "replace"}


def test_what_needs_a_value_that_nobody_has_is_refused() -> None:
    """Created later, or to be updated; not where nothing has to be sent, nor where it is made anew."""
    scene = Once.holding()
    scene.go(A)

    def errors(*resources: Desired) -> list[str]:
        session = scene.session(goal_of(*resources))
        return [d.summary for d in propose_from(session, scene.state).diagnostics if d.is_error]

    assert errors(A, B) == ["thing.b cannot be written without its note, which is resource.thing.a.token"]
    assert errors(desired("a", tier="t"), B) == errors(A, B)
    scene = Once.holding()
    scene.go(A, B)
    assert errors(A, B) == []
    changed = desired("b", note=later(ref("a", "token")), tags="t")
    assert errors(A, changed) == [
        "thing.b cannot be written without its note, which is resource.thing.a.token"
    ]


def test_an_entry_that_was_taken_over_without_it_is_made_anew() -> None:
    assert Once.holding(prior("a")).actions(A) == {"a": "replace"}
