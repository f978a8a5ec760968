"""The state of one environment as a value, and the journal records that lead from one to the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import define, evolve, field, frozen

from planner.model.address import Address
from planner.model.members import KnownContent
from planner.model.redaction import IDENTITY, WORD
from planner.model.resource import FORGET, Prior
from planner.model.rollout import Begun, Failure, Milestone
from planner.model.value import Value


@frozen
class Applied:
    """The last apply: what it was made from. inputs: variable -> value, secrets as fingerprints."""

    at: str = field(metadata=WORD)
    plan_digest: str = field(metadata=WORD)
    config_digest: str = field(metadata=WORD)
    inputs: Mapping[str, Value] = field(factory=dict)
    commit: str | None = field(default=None, metadata=WORD)
    complete: bool = True


@frozen
class Intent:
    """Written before a call. at: when, by the clock of who wrote it; for people only. ISO 8601 in UTC.

    server_time: what the installation's own clock showed then, at most; "" where no reply said it, None in an
    intent of a planner that did not note it. existing: ids that carried the same natural key before.
    id: of the resource that is written to; for a create, of the one that it deposes (see State.deposed).
    """

    step: int
    address: Address
    operation: str = field(metadata=WORD)
    at: str = field(metadata=WORD)
    id: str | None = field(default=None, metadata=IDENTITY)
    attributes: Mapping[str, Value] = field(factory=dict)
    existing: tuple[str, ...] = field(default=(), metadata=IDENTITY)
    server_time: str | None = field(default=None, metadata=WORD)
    dependencies: tuple[Address, ...] = ()
    prevent_destroy: bool = False
    create_before_destroy: bool = False
    content_sha256: str | None = field(default=None, metadata=WORD)
    deposed: bool = False
    on_leave: str = field(default=FORGET, metadata=WORD)


@frozen
class Outcome:
    """Written after a call. prior: the resource as it is now. result: "done", "failed" (no effect), or
    "deposed" (the entry is now that of a deposed resource).

    done with prior None: the resource is gone.
    """

    step: int
    address: Address
    result: str = field(metadata=WORD)
    prior: Prior | None = None
    id: str | None = field(default=None, metadata=IDENTITY)
    deposed: bool = False


Record = Intent | Outcome | Milestone
Whose = tuple[str, str]
LEFT_OVER = "left over from a replacement"  # as messages call what is deposed


def whose(prior: Prior) -> Whose:
    """What tells a resource of an installation from every other: its kind and its id."""
    return prior.address.kind, prior.id


@frozen
class State:
    """What is known of one environment since the last apply. lineage: made once, with the first snapshot; ""
    before that. serial: grows with each snapshot.

    deposed: objects replaced with create_before_destroy whose deletion has not happened yet.
    in_doubt: intents of a run that died before it wrote their outcome.
    promotions: kept for the promotion records of an environment. contents: what is known of the archives that
    the installation holds, by their sha256; of some nothing is. rollouts: those that have begun and not
    ended. failures: of those that did not end well, the last of each.
    """

    project: str = field(metadata=WORD)
    environment: str = field(metadata=WORD)
    lineage: str = field(default="", metadata=WORD)
    serial: int = 0
    resources: Mapping[Address, Prior] = field(factory=dict)
    deposed: tuple[Prior, ...] = ()
    outputs: Mapping[str, Value] = field(factory=dict)
    applied: Applied | None = None
    promotions: tuple[Mapping[str, Value], ...] = field(default=(), metadata=WORD)
    in_doubt: tuple[Intent, ...] = ()
    contents: Mapping[str, KnownContent] = field(factory=dict)
    rollouts: tuple[Begun, ...] = ()
    failures: tuple[Failure, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it knows of no resource, nor of any that may have been made."""
        return not (self.entries or self.in_doubt)

    @property
    def entries(self) -> tuple[Prior, ...]:
        """All that it holds: the resources, then the deposed ones."""
        return (*self.resources.values(), *self.deposed)

    def holders(self) -> dict[Whose, str]:
        """The kind and id of all that it holds -> whose that is, for people. It can be nobody else's."""
        left = {whose(prior): f"{prior.address}, {LEFT_OVER}," for prior in self.deposed}
        return left | {whose(prior): str(prior.address) for prior in self.resources.values()}

    def knowing(self, contents: Mapping[str, KnownContent]) -> State:
        """This state with what is known of the archives that it says the installation has."""
        held = {prior.content_sha256 for prior in self.entries}
        known = {sha256: item for sha256, item in {**self.contents, **contents}.items() if sha256 in held}
        return evolve(self, contents=known)

    def fold(self, records: Iterable[Record]) -> State:
        """This state after the journal's records; intents without an outcome become in_doubt."""
        working = Working.of(self)
        for record in records:
            working.take(record)
        return working.state()


@define
class Working:
    """A state that records are folded into, one by one, at a cost that does not grow with the state."""

    base: State
    resources: dict[Address, Prior]
    deposed: list[Prior]
    doubt: dict[tuple[int, Address], Intent]
    rollouts: dict[str, Begun]
    failures: dict[str, Failure]
    runs: list[Mapping[str, Value]] = field(factory=list)

    @classmethod
    def of(cls, state: State) -> Working:
        # Steps are numbered anew by each run: an older doubt may have the number of a new step.
        doubt = {(intent.step, intent.address): intent for intent in state.in_doubt}
        rollouts, failures = (
            {begun.id: begun for begun in state.rollouts},
            {f.rollout: f for f in state.failures},
        )
        return cls(state, dict(state.resources), list(state.deposed), doubt, rollouts, failures)

    def take(self, record: Record) -> None:
        if isinstance(record, Intent):
            self.doubt[record.step, record.address] = record
        elif isinstance(record, Milestone):
            self._pass(record)
        elif record.result == "deposed":  # its create has an outcome of its own
            self._depose(record.address)
        else:
            self.doubt.pop((record.step, record.address), None)
            self._take_outcome(record)

    def _pass(self, stage: Milestone) -> None:
        begun = stage.begun or self.rollouts.get(stage.rollout)
        if begun is None:
            return
        name = begun.rollout.name
        self.rollouts[begun.id] = begun.taking(stage)
        if stage.ended:
            del self.rollouts[begun.id]
            self.failures.pop(name, None)
            if begun.run and not (self.rollouts or stage.failure or begun.is_untouched):
                self.runs.append({"run": begun.run})
        if stage.failure:
            self.failures[name] = stage.failure

    def _depose(self, address: Address) -> None:
        left = self.resources.pop(address, None)
        if left is not None:
            self.deposed.append(left)

    def _take_outcome(self, outcome: Outcome) -> None:
        if outcome.result == "failed":
            return
        if outcome.deposed:
            self._take_deposed(outcome)
        elif outcome.prior is None:
            self.resources.pop(outcome.address, None)
        else:
            self.resources[outcome.address] = outcome.prior

    def _take_deposed(self, outcome: Outcome) -> None:
        known = (outcome.address, outcome.prior.id if outcome.prior else outcome.id)
        after = [outcome.prior] if outcome.prior else []
        self.deposed = [*(p for p in self.deposed if (p.address, p.id) != known), *after]

    def state(self) -> State:
        deposed, in_doubt = tuple(self.deposed), tuple(self.doubt.values())
        return evolve(
            self.base,
            promotions=(*self.base.promotions, *self.runs),
            resources=dict(self.resources),
            deposed=deposed,
            in_doubt=in_doubt,
            rollouts=tuple(self.rollouts.values()),
            failures=tuple(self.failures.values()),
        )
