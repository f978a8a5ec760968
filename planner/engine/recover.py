"""Recovery: intents that a run left without an outcome are settled by looking at the installation.

What has an id is read. A create is looked for among the resources with its natural key that were not there
when it was planned and that no state entry holds: one is adopted, none means that it never happened, more
are shown to the user. A create is never repeated blindly.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import evolve, frozen

from planner.engine.outcome import prior_after
from planner.engine.ports import Driver, Drivers
from planner.model.resource import Observed
from planner.model.state import Intent, Outcome, State

CLOCKS_APART = timedelta(hours=1)
"""A candidate created longer than this before the intent is somebody else's, whatever the clocks say."""


@frozen
class Ambiguous:
    """A create in doubt that several resources could come from."""

    intent: Intent
    candidates: tuple[Observed, ...]


@frozen
class Settled:
    """outcomes: to be written to the state. notes: what was found, for people."""

    outcomes: tuple[Outcome, ...] = ()
    notes: tuple[str, ...] = ()
    ambiguous: tuple[Ambiguous, ...] = ()


def settle(state: State, drivers: Drivers, salt: str) -> Settled:
    """Looks up every intent in doubt. Nothing is written."""
    outcomes: list[Outcome] = []
    notes: list[str] = []
    ambiguous: list[Ambiguous] = []
    for intent in state.in_doubt:
        driver = drivers[intent.address.kind]
        if intent.operation != "create":
            outcome, note = _settle_known(intent, state, driver, salt)
        else:
            candidates = _candidates(intent, state, driver, {o.prior.id for o in outcomes if o.prior})
            if len(candidates) > 1:
                ambiguous.append(Ambiguous(intent, candidates))
                continue
            outcome, note = _settle_create(intent, state, candidates, driver, salt)
        outcomes += outcome
        notes.append(f"{intent.address}: the {intent.operation} begun at {intent.at} {note}")
    return Settled(tuple(outcomes), tuple(notes), tuple(ambiguous))


def _settle_known(intent: Intent, state: State, driver: Driver, salt: str) -> tuple[list[Outcome], str]:
    observed = driver.read(intent.id or "")
    if observed is None:
        gone = Outcome(intent.step, intent.address, "done", None, intent.id, intent.deposed)
        done = "was carried out" if intent.operation == "delete" else "is void: the resource is gone"
        return [gone], done
    if intent.operation == "delete":
        return [Outcome(intent.step, intent.address, "failed")], "did not happen"
    # whether it happened or not, what is there now is the truth; a file counts as unknown
    before = state.resources.get(intent.address)
    certain = evolve(intent, content_sha256=None)
    prior = prior_after(certain, observed, before, driver.kind, salt)
    return [Outcome(intent.step, intent.address, "done", prior)], "was looked up; the state has what is there"


def _settle_create(
    intent: Intent, state: State, candidates: tuple[Observed, ...], driver: Driver, salt: str
) -> tuple[list[Outcome], str]:
    if not candidates:
        return [Outcome(intent.step, intent.address, "failed")], "did not happen"
    found = candidates[0]
    outcomes = [
        Outcome(intent.step, intent.address, "done", prior_after(intent, found, None, driver.kind, salt))
    ]
    if intent.create_before_destroy and intent.address in state.resources:
        outcomes.insert(0, Outcome(intent.step, intent.address, "deposed"))
    return outcomes, f"was carried out; its id is {found.id}"


def _candidates(intent: Intent, state: State, driver: Driver, adopted: set[str]) -> tuple[Observed, ...]:
    kind = driver.kind
    held = {p.id for p in (*state.resources.values(), *state.deposed) if p.address.kind == kind.name}
    taken = held | set(intent.existing) | adopted
    key = [intent.attributes.get(name) for name in kind.natural_key]
    listed = driver.list()
    same_key = [
        id_
        for id_, observed in listed.items()
        if id_ not in taken and [observed.attributes.get(name) for name in kind.natural_key] == key
    ]
    read = (driver.read(id_) for id_ in sorted(same_key))
    return tuple(found for found in read if found is not None and _made_since(found, intent))


def _made_since(found: Observed, intent: Intent) -> bool:
    if found.created is None:
        return True
    try:
        return datetime.fromisoformat(found.created) >= datetime.fromisoformat(intent.at) - CLOCKS_APART
    except (ValueError, TypeError):
        return True
