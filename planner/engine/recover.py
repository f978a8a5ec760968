"""Recovery: intents that a run left without an outcome are settled by looking at the installation.

What has an id is read. A create is looked for among the resources with its natural key that were not there
when it was planned and that no state entry holds: one is adopted, none means that it never happened, more
than there are such creates in doubt, or some that cannot be told apart, are shown to the user. A create is
never repeated blindly.

Whether a resource was made since is told by the ids that the intent names, and by the installation's own
clock, then and when it made the resource. The clock of who wrote the intent decides nothing; where nothing
better was noted, it is a reason to ask.

An installation goes on with what a dead client asked for; a create that fetches a download_url may take many
seconds. So a create in doubt that is not there is looked for again, until it is as old as the request of a
living client may get, by the installation's clock. Only creates: whatever else comes late has an id, and the
next plan shows what it did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from attrs import evolve, frozen

from planner.engine.outcome import prior_after
from planner.engine.ports import Driver, Drivers
from planner.engine.refresh import Asking, list_kinds, lists_of, read_held, refuse_blind
from planner.model.agreement import agree, proven
from planner.model.compare import same, sort_key
from planner.model.kind import SHARED, Kind
from planner.model.resource import PENDING, Observed, Prior, Settling
from planner.model.rollout import RESTARTED
from planner.model.state import Intent, Outcome, State
from planner.model.value import Value, is_sensitive

HOSTS_APART = timedelta(minutes=5)
"""What the clocks of one installation's hosts may differ by."""

CLOCKS_APART = timedelta(hours=1)
"""What the clock of an earlier planner may have differed by from the installation's."""

LONGEST_AHEAD: Final = 2.0  # seconds from when an intent is durable to when its step is begun, at most
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 5.0
_ACCEPTED: Final = Settling(PENDING, "it may have been accepted")
_CUT_OFF: Final = 1.0  # seconds by which times without fractions may be wrong


@frozen
class Settlement:
    """What became of one intent. outcomes: to be written to the state. found: in words, after "it".

    server_time: what the installation's clock showed at the look, at least; None where nobody knows.
    """

    intent: Intent
    outcomes: tuple[Outcome, ...]
    found: str
    server_time: str | None = None

    @classmethod
    def failed(cls, intent: Intent, found: str, time: str | None = None) -> Settlement:
        return cls(intent, (Outcome(intent.step, intent.address, "failed"),), found, time)

    @property
    def carried_out(self) -> bool:
        """Whether the state is another one for it."""
        return self.outcomes[-1].result == "done"

    @property
    def note(self) -> str:
        return f"{self.intent.address}: the {self.intent.operation} begun at {self.intent.at} {self.found}"


@frozen
class Ambiguous:
    """Creates in doubt, and resources that they may have made: which made which is not clear."""

    intents: tuple[Intent, ...]
    candidates: tuple[Observed, ...]
    kind: Kind


@frozen
class Settled:
    settlements: tuple[Settlement, ...] = ()
    ambiguous: tuple[Ambiguous, ...] = ()

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        return tuple(outcome for item in self.settlements for outcome in item.outcomes)

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(item.note for item in self.settlements)


def settle(state: State, drivers: Drivers, salt: str) -> Settled:
    """Looks up every intent in doubt. Nothing is written."""
    settlements = [_settle_known(i, state, drivers, salt) for i in state.in_doubt if i.operation != "create"]
    shared = (i for i in state.in_doubt if i.operation == "create" and _is_shared(i, drivers))
    settlements += [_settle_shared(i, state, drivers[i.address.kind], salt) for i in shared]
    ambiguous = []
    for kind, groups in _creates(state, drivers).items():
        driver = drivers[kind]
        intents = [intent for group in groups.values() for intent in group]
        listed = list_kinds(lists_of(intents, drivers), drivers, Asking(1)).get(kind, {})
        if driver.cloud:
            refuse_blind(driver, state, listed)
        for group in groups.values():
            candidates = _candidates(group, state, driver, listed)
            sure = all(_is_surely_later(found, intent) for found in candidates for intent in group)
            assigned = _assigned(group, candidates, driver.kind) if sure else None
            if assigned is None:
                ambiguous.append(Ambiguous(tuple(group), candidates, driver.kind))
            else:
                settlements += _settle_creates(group, state, assigned, driver, salt)
    return Settled(tuple(settlements), tuple(ambiguous))


def _is_shared(intent: Intent, drivers: Drivers) -> bool:
    return drivers[intent.address.kind].kind.singleton == SHARED


def _settle_shared(intent: Intent, state: State, driver: Driver, salt: str) -> Settlement:
    """A create of a part of what was there before. Nothing tells whether it was carried out, or still will
    be: the state has what is there, or what was sent where nothing shows, and knows that as its own."""
    kind = driver.kind
    called = kind.identity.id_of(intent.attributes)
    ids = driver.named([called])[called] if called else ()
    found = driver.read(ids[0]) if len(ids) == 1 and (kind.name, ids[0]) not in state.holders() else None
    if found is None:
        return Settlement.failed(intent, "did not happen")
    if found.waits:  # what it is to load again is in use
        found = evolve(found, attributes={**intent.attributes, **kind.identity.parts_of(found.id)})
    seen = _doubted(intent, found, driver, {})
    outcomes = tuple(adopted_create(intent, seen, state, kind, salt))
    return Settlement(intent, outcomes, "was looked up; the state has what is there")


def _creates(state: State, drivers: Drivers) -> Mapping[str, Mapping[str, list[Intent]]]:
    """The creates in doubt of each kind by natural key: those with the same cannot be told apart by it."""
    found: dict[str, dict[str, list[Intent]]] = defaultdict(lambda: defaultdict(list))
    for intent in state.in_doubt:
        if intent.operation == "create" and not _is_shared(intent, drivers):
            key = drivers[intent.address.kind].kind.key_of(intent.attributes)
            found[intent.address.kind][sort_key(key)].append(intent)
    return found


def _settle_known(intent: Intent, state: State, drivers: Drivers, salt: str) -> Settlement:
    kind, before = drivers[intent.address.kind].kind, state.resources.get(intent.address)
    if intent.operation == RESTARTED:
        return Settlement.failed(intent, "is looked after by its roll-out")
    if (kind.name, intent.id) not in state.holders():
        return Settlement.failed(intent, "is void: the state holds the resource no more")
    (observed,), _ = read_held([Prior(intent.address, intent.id or "", {})], state, drivers, Asking(1))
    if observed is None:
        gone = Outcome(intent.step, intent.address, "done", None, intent.id, intent.deposed)
        found = "was carried out" if intent.operation == "delete" else "is void: the resource is gone"
        return Settlement(intent, (gone,), found)
    known = before.version if before and kind.singleton != SHARED else None  # what is accepted shows later
    untouched = known is not None and known == observed.version
    if intent.operation == "delete" or intent.deposed or untouched:
        return Settlement.failed(intent, "did not happen")
    observed = _doubted(intent, observed, drivers[kind.name], before.attributes if before else {})
    prior = _looked_up(intent, observed, before, kind, salt)
    done = Outcome(intent.step, intent.address, "done", prior)
    return Settlement(intent, (done,), "was looked up; the state has what is there")


def _doubted(intent: Intent, found: Observed, driver: Driver, held: Mapping[str, Value]) -> Observed:
    return evolve(found, attributes={**found.attributes, **driver.in_doubt(held, intent.attributes)})


def _looked_up(intent: Intent, observed: Observed, before: Prior | None, kind: Kind, salt: str) -> Prior:
    """What is there now is the truth, whoever wrote it. What the server does not show counts as unknown."""
    if before is not None and observed.waits:
        return evolve(before, attributes={**before.attributes, **observed.attributes}, settling=_ACCEPTED)
    prior = prior_after(evolve(intent, content_sha256=None), observed, before, kind, salt)
    unsure = set(_unsure(intent, observed, before.attributes if before else {}, kind))
    return evolve(prior, attributes={k: v for k, v in prior.attributes.items() if k not in unsure})


def _unsure(intent: Intent, observed: Observed, before: Mapping[str, Value], kind: Kind) -> Iterator[str]:
    """The attributes that the write would have changed without anybody being able to see it."""
    for name, value in intent.attributes.items():
        shown = name in observed.attributes and same(value, observed.attributes[name])
        hidden = kind.attributes[name].unshown or is_sensitive(value)
        if hidden and not shown and not same(value, before.get(name)):
            yield name


def _settle_creates(
    group: Sequence[Intent], state: State, adopted: Mapping[int, Observed], driver: Driver, salt: str
) -> Iterator[Settlement]:
    time = driver.server_time()
    for number, intent in enumerate(group):
        found = adopted.get(number)
        if found is None:
            yield Settlement.failed(intent, "did not happen", time.said if time else None)
        else:
            seen = _doubted(intent, found, driver, {})
            outcomes = tuple(adopted_create(intent, seen, state, driver.kind, salt))
            once = " and ".join(attribute.name for attribute in driver.kind.once)
            told = f"; its {once}, which only that reply showed, may have reached nobody" if once else ""
            yield Settlement(intent, outcomes, f"was carried out; its id is {found.id}{told}")


def adopted_create(intent: Intent, found: Observed, state: State, kind: Kind, salt: str) -> Iterator[Outcome]:
    """The outcomes of a create that made found."""
    replaced = state.resources.get(intent.address)
    if intent.create_before_destroy and replaced is not None and replaced.id == intent.id:
        yield Outcome(intent.step, intent.address, "deposed")
    yield Outcome(intent.step, intent.address, "done", prior_after(intent, found, None, kind, salt))


def _assigned(
    group: Sequence[Intent], candidates: Sequence[Observed], kind: Kind
) -> dict[int, Observed] | None:
    """A candidate for each create, by its place in group, as far as they go; None when that would be a guess.

    Those that are as a create desired them are its own, the most demanding create first. What remains
    is clear only when it is one candidate and one create.
    """
    left = list(candidates)
    found: dict[int, Observed] = {}
    for number in sorted(range(len(group)), key=lambda n: -len(group[n].attributes)):
        match = next((c for c in left if _is_as_wanted(c, group[number], kind)), None)
        if match is not None:
            left.remove(match)
            found[number] = match
    open_ = [number for number in range(len(group)) if number not in found]
    if len(left) == len(open_) == 1:
        return {**found, open_[0]: left[0]}
    return None if left else found


def _is_as_wanted(candidate: Observed, intent: Intent, kind: Kind) -> bool:
    return all(
        agree(kind.attributes[name], value, candidate.attributes.get(name), proven)
        for name, value in intent.attributes.items()
        if not kind.attributes[name].unshown
    )


def _candidates(
    group: Sequence[Intent], state: State, driver: Driver, listed: Mapping[str, Observed]
) -> tuple[Observed, ...]:
    kind = driver.kind
    taken = {id_ for name, id_ in state.holders() if name == kind.name}
    taken.update(id_ for intent in group for id_ in intent.existing)
    key = kind.key_of(group[0].attributes)
    same_key = [
        id_
        for id_, observed in listed.items()
        if id_ not in taken and same(key, kind.key_of(observed.attributes))
    ]
    read = (driver.read(id_) for id_ in sorted(same_key))
    return tuple(
        found
        for found in read
        if found is not None
        and same(key, kind.key_of(found.attributes))
        and any(_may_be_later(found, intent.server_time, HOSTS_APART) for intent in group)
    )


def _may_be_later(found: Observed, begun: str | None, apart: timedelta) -> bool:
    """Whether found may have been made since begun. True where that is not known."""
    age = seconds_between(found.created, begun)
    return age is None or age <= apart.total_seconds()


def _is_surely_later(found: Observed, intent: Intent) -> bool:
    """Whether found was surely made later: not when an earlier planner wrote the intent, and its clock, the
    only one noted, speaks against it.
    """
    return intent.server_time is not None or _may_be_later(found, intent.at, CLOCKS_APART)


def seconds_between(earlier: str | None, later: str | None) -> float | None:
    """The seconds from one time, in ISO 8601, to another; None where one of them is missing or not
    understood.
    """
    try:
        return (datetime.fromisoformat(later or "") - datetime.fromisoformat(earlier or "")).total_seconds()
    except (ValueError, TypeError):
        return None


@frozen
class Waiting:
    """How long a create that is not there yet is waited for. grace: seconds after its intent in which a
    create may show up; 0 where requests end with their client.

    sleep: takes seconds. tell: takes a line for people.
    """

    grace: float
    sleep: Callable[[float], None]
    tell: Callable[[str], None]

    def left(self, found: Settled) -> float:
        """Seconds until no create that was not found can be under way any more; 0 when none can."""
        if not self.grace:
            return 0.0
        until = self.grace + LONGEST_AHEAD + _CUT_OFF
        pairs = ((item.intent.server_time, item.server_time) for item in _not_found(found))
        ages = (seconds_between(*pair) or 0.0 for pair in pairs)  # none where no clock tells
        return max((min(until, until - age) for age in ages), default=0.0)


NO_WAITING: Final = Waiting(0.0, lambda _seconds: None, lambda _line: None)


def settle_in_time(look: Callable[[], Settled], waiting: Waiting) -> Settled:
    """What look finds, once nothing can come late any more. look: settles all that is in doubt."""
    found, pause = look(), _FIRST_PAUSE
    left = waiting.left(found)
    if left > 0:
        waiting.tell(_told(found, left))
    while left > 0:
        slept = min(pause, left)
        waiting.sleep(slept)
        found = look()
        left = min(left - slept, waiting.left(found))  # it only falls, also where no clock tells
        pause = min(pause * 2, _LONGEST_PAUSE)
    return found


def _not_found(found: Settled) -> list[Settlement]:
    return [i for i in found.settlements if i.intent.operation == "create" and not i.carried_out]


def _told(found: Settled, left: float) -> str:
    addresses = [*map(str, sorted({item.intent.address for item in _not_found(found)}))]
    shown = ", ".join(addresses[:3]) + (", ..." if len(addresses) > 3 else "")
    return (
        f"Waiting up to {left:.0f} s: a run was cut off while it created {shown}, "
        "and the installation may still be at it."
    )
