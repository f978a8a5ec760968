"""What an environment's state remembers of releases: its runs, and what people and checks said of them.

The records are kept in the state's `promotions`, oldest first, each as {"run": {...}} or the like. A record
is never changed but for the end of a run; old ones are dropped with the runs they are about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar, get_args

from attrs import evolve, field, frozen

from planner.errors import USE_THE_NEWER, StateError
from planner.model.codec import decode, encode
from planner.model.redaction import IDENTITY, WORD
from planner.model.release import Gate, Release
from planner.model.rollout import GOING, Begun, Failure
from planner.model.state import State
from planner.model.value import Value

KEPT: Final = 50
"""Runs, those that were not whole dropped first. What is said of a release goes with the last run of it."""

REPEATED: Final = 10
"""How often the same is kept, as the evidence of a check that is made every hour: the latest."""


def legible(text: str) -> str:
    """text with U+FFFD for what is no UTF-8 in a variable or an argument, as git's texts have it here."""
    return text.encode(errors="surrogateescape").decode(errors="replace")


@frozen
class Source:
    """Where a release came from: the environment, and its state as it was then."""

    environment: str = field(metadata=WORD)
    lineage: str = field(default="", metadata=WORD)
    serial: int = 0


@frozen
class Run:
    """An environment's time on a release, from the apply that brought it.

    since, until: ISO 8601 in UTC; until is "" while it runs. whole: the apply left nothing out.
    release: what ran. known_as: the id it has in the environment that it came from.
    by: who applied. commit: of the project. pull_request: "#12" or "!12". source, gates: as they were then.
    overrides: the pins that something else stood in place of, as "var.size by --var size, over pins/...".
    """

    release: Release
    since: str = field(metadata=WORD)
    until: str = field(default="", metadata=WORD)
    whole: bool = True
    known_as: str = field(default="", metadata=WORD)
    by: str = field(default="", converter=legible)
    commit: str = field(default="", metadata=WORD)
    plan_digest: str = field(default="", metadata=WORD)
    pull_request: str = ""
    source: Source | None = None
    gates: tuple[Gate, ...] = ()
    overrides: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.known_as or self.release.id

    def lasted(self, now: datetime) -> timedelta:
        return max(moment(self.until or now) - moment(self.since), timedelta())


@frozen
class Verification:
    """That a check passed or failed on a release that ran in the environment. early: that was still being
    rolled out there.
    """

    release: str = field(metadata=WORD)
    check: str = field(metadata=IDENTITY, converter=legible)
    ok: bool
    at: str = field(metadata=WORD)
    by: str = field(default="", converter=legible)
    url: str = field(default="", converter=legible)
    early: bool = False


@frozen
class Approval:
    """That somebody wants a release in the environment."""

    release: str = field(metadata=WORD)
    by: str = field(converter=legible)
    at: str = field(metadata=WORD)


@frozen
class Rejection:
    """That a release is not to be promoted to anywhere."""

    release: str = field(metadata=WORD)
    reason: str = field(converter=legible)
    by: str = field(converter=legible)
    at: str = field(metadata=WORD)


@frozen
class Force:
    """That a gate of the environment is set aside for a release."""

    release: str = field(metadata=WORD)
    gate: str = field(metadata=WORD)
    reason: str = field(converter=legible)
    by: str = field(converter=legible)
    at: str = field(metadata=WORD)


Record = Run | Verification | Approval | Rejection | Force
R = TypeVar("R", Run, Verification, Approval, Rejection, Force)

_KINDS: Final[Mapping[str, type[Any]]] = {kind.__name__.lower(): kind for kind in get_args(Record)}
"""By the name that the state has for them: "run", "verification"."""


@frozen
class Log:
    """What an environment remembers of releases. kept: as its state has it, the oldest first.

    coming: the run of a release that is being rolled out. Nothing of it is kept before that ends, and nothing
    at all if it goes back. rollouts: that have begun and not ended. failures: of those that did not end well.
    """

    kept: tuple[Record, ...] = field(factory=tuple)
    coming: Run | None = None
    rollouts: tuple[Begun, ...] = ()
    failures: tuple[Failure, ...] = ()

    @property
    def records(self) -> tuple[Record, ...]:
        """Oldest first, as if what is coming ran, and not whole."""
        return after_apply(evolve(self, coming=None), self.coming).kept if self.coming else self.kept

    @property
    def ids(self) -> tuple[str, ...]:
        """The releases that are known here, in the order in which each was last told of."""
        went_back = (failure.release for failure in self.failures if failure.release)
        latest_first = dict.fromkeys(reversed([*map(id_of, self.records), *went_back]))
        return tuple(reversed(latest_first))

    @property
    def rolling(self) -> str:
        """How far the release is that is being rolled out, "" for none: "wave 2 of 3"."""
        begun = next((begun for begun in self.rollouts if begun.run), None)
        if begun is None:
            return ""
        return begun.where if begun.status == GOING else f"{begun.where}, {begun.status}: {begun.reason}"

    def went_back(self, release: str) -> Failure | None:
        """Why a roll-out of a release did not end well, unless it runs by now."""
        failed = (failure for failure in self.failures if failure.release == release)
        return None if self.present and self.present.id == release else next(failed, None)

    @property
    def runs(self) -> tuple[Run, ...]:
        return self.of(Run)

    @property
    def present(self) -> Run | None:
        """The run that goes on."""
        runs = self.runs
        return runs[-1] if runs and not runs[-1].until else None

    def of(self, kind: type[R]) -> tuple[R, ...]:
        return tuple(record for record in self.records if isinstance(record, kind))

    def about(self, kind: type[R], release: str) -> tuple[R, ...]:
        """The records of one kind about a release, by its id."""
        return tuple(record for record in self.of(kind) if id_of(record) == release)

    def ran(self, release: str) -> tuple[Run, ...]:
        """The whole runs of a release."""
        return tuple(run for run in self.about(Run, release) if run.whole)

    def earlier_run(self, release: Release) -> Run | None:
        """The latest whole run of a release."""
        return next((run for run in reversed(self.runs) if run.whole and run.release.is_same(release)), None)

    def origin(self, release: Release, present: Release | None) -> Run | None:
        """The run that a release comes from, if this is the log upstream; None when it comes from none.

        The one that goes on there, else the latest whole one. present: what the environment runs until now,
        as a promotion may leave a part of it as it is.
        """
        runs = [run for run in reversed(self.runs) if run.whole or not run.until]
        entirely = (run for run in runs if release.comes_from(run.release))
        partly = (run for run in runs if present and release.comes_from(run.release, present))
        return next(entirely, None) or next(partly, None)

    def soaked(self, release: str, now: datetime) -> timedelta:
        """How long the environment ran a release, all its whole runs together."""
        return sum((run.lasted(now) for run in self.ran(release)), timedelta())

    def after(self, release: str, now: datetime) -> datetime | None:
        """The latest time, in UTC, that the runs of a release name and that is after now; None for none."""
        times = (moment(at) for run in self.about(Run, release) for at in (run.since, run.until) if at)
        return max((at.astimezone(UTC) for at in times if at > now), default=None)

    def ended(self, at: str) -> Log:
        """This log after the present run ended."""
        present = self.present
        if present is None:
            return self
        return evolve(self, kept=tuple(evolve(r, until=at) if r is present else r for r in self.kept))

    def plus(self, record: Record) -> Log:
        """This log and one more record, without what is too old to keep."""
        return evolve(self, kept=_without_old_runs(_without_repeated((*self.kept, record))))

    def mixed(self, at: str) -> Log:
        """This log after what came besides stays, and what ran is not whole any more. at: ISO 8601 in UTC."""
        present = self.present
        if present is None or not present.whole:
            return self
        return self.ended(at).plus(evolve(present, since=at, whole=False))


def id_of(record: Record) -> str:
    """The release that a record is about."""
    return record.id if isinstance(record, Run) else record.release


def _without_repeated(records: tuple[Record, ...]) -> tuple[Record, ...]:
    times, kept = Counter[tuple[str, ...]](), []
    for record in reversed(records):
        times[_said(record)] += 1
        if isinstance(record, Run) or times[_said(record)] <= REPEATED:
            kept.append(record)
    return tuple(reversed(kept))


def _said(record: Record) -> tuple[str, ...]:
    """What a record is about; () for a run."""
    match record:
        case Run():
            return ()
        case Verification():
            return ("verification", record.release, record.check)
        case Approval():
            return ("approval", record.release, record.by)
        case Rejection():
            return ("rejection", record.release)
        case Force():
            return ("force", record.release, record.gate)


def _without_old_runs(records: tuple[Record, ...]) -> tuple[Record, ...]:
    runs = [record for record in records if isinstance(record, Run)]
    dropped = sorted(runs[:-1], key=lambda run: run.whole)[: max(len(runs) - KEPT, 0)]
    dropped_ids = {id(run) for run in dropped}
    kept = tuple(record for record in records if id(record) not in dropped_ids)
    gone = {run.id for run in dropped} - {record.id for record in kept if isinstance(record, Run)}
    return tuple(record for record in kept if isinstance(record, Run) or record.release not in gone)


def moment(at: str | datetime) -> datetime:
    """A time as the state has it. ValueError for what is none."""
    if isinstance(at, datetime):
        return at
    found = datetime.fromisoformat(at)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def read_log(promotions: Iterable[Mapping[str, Value]]) -> Log:
    """The log in a state's `promotions`. ValueError for a record that is none."""
    return Log(tuple(_decoded(item) for item in promotions))


def _decoded(item: Mapping[str, Value]) -> Record:
    name, body = next(iter(item.items()), ("", None))
    if len(item) != 1 or name not in _KINDS:
        raise ValueError(f"unknown record: {', '.join(item) or 'nothing'}")
    record: Record = decode(body, _KINDS[name])
    return record


def run_of(begun: Begun) -> Run:
    """The run of the release that a roll-out brings. ValueError for what is none."""
    run: Run = decode(begun.run, Run)
    return run


def write_log(log: Log) -> tuple[Mapping[str, Value], ...]:
    """The log as a state's `promotions`."""
    return tuple({type(record).__name__.lower(): encode(record)} for record in log.kept)


def log_of(state: State) -> Log:
    """The log of an environment. A run that an apply was cut off in, or of which a part was replaced by what
    went back in another, counts as not whole from then on.

    StateError for records that nothing here can read.
    """
    try:
        log = _followed(read_log(state.promotions))
        coming = next((run_of(begun) for begun in state.rollouts if begun.run), None)
    except ValueError as error:
        raise StateError(
            f"the promotions in the state of {state.environment} are not understood: {error}",
            advice=USE_THE_NEWER,
        ) from error
    log = evolve(log, coming=coming, rollouts=state.rollouts, failures=state.failures)
    at = "" if coming or log.present is None else _mixed_since(log.present, state)
    return log.mixed(at) if at else log


def _followed(log: Log) -> Log:
    """Whose run is followed by another one: it ended when that began, which an apply that was cut off after a
    roll-out did not come to say."""
    if len([run for run in log.runs if not run.until]) < 2:
        return log
    follows = dict(zip(map(id, log.runs), [run.since for run in log.runs[1:]], strict=False))
    kept = (
        evolve(r, until=follows.get(id(r), "")) if isinstance(r, Run) and not r.until else r for r in log.kept
    )
    return evolve(log, kept=tuple(kept))


def _mixed_since(run: Run, state: State) -> str:
    """Since when it is not whole, though it came so; "" where it is. One that went back with all that came
    with it leaves what ran as it was."""
    partly = min((item.at for item in state.failures if item.partly and item.at > run.since), default="")
    applied = state.applied
    if partly or applied is None or applied.complete:
        return partly
    return "" if any(item.at >= applied.at for item in state.failures) else applied.at


def after_apply(log: Log, run: Run) -> Log:
    """The log after an apply that brought a run, whole or not. One that brings what is there goes on."""
    present = log.present
    if present is not None and _brought(present) == _brought(run):
        return log
    return log.ended(run.since).plus(run)


def _brought(run: Run) -> tuple[Release, str, bool]:
    return run.release, run.id, run.whole
