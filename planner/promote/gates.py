"""The gates of an environment: may this release come in, and if not, why and what next. Pure.

One function, `judge`, answers for promote, preview, apply and status alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from attrs import evolve, field, frozen

from planner.model.project import Environment
from planner.model.release import Gate, Release
from planner.model.rollout import Failure
from planner.model.times import is_open, next_opening, show_duration
from planner.promote.log import Approval, Force, Log, Rejection, Run, Source, Verification

FIRST, SAME, BACK, PROMOTION = "first", "same", "back", "promotion"


@frozen
class Upstream:
    """An environment that releases come from, as it is now.

    pending: how many changes its plan has. drifted: addresses. problem: why it could not be looked at, ""
    when it could. asked: whether its installation was; else pending and drifted say nothing, nor does held:
    the roll-outs that its plan holds back, since they failed.
    """

    environment: str
    log: Log = field(factory=Log)
    lineage: str = ""
    serial: int = 0
    pending: int = 0
    drifted: tuple[str, ...] = ()
    problem: str = ""
    asked: bool = True
    held: tuple[Failure, ...] = ()


@frozen
class Question:
    """May release come into environment? log: of the environment.

    promoters: who brings it; their own approvals do not count. by_commit: templates belong to a release, so
    that one whose templates are in no commit cannot be proved to be any other.
    """

    environment: Environment
    release: Release
    now: datetime
    log: Log = field(factory=Log)
    upstreams: tuple[Upstream, ...] = ()
    promoters: frozenset[str] = frozenset()
    by_commit: bool = False


@frozen
class Verdict:
    """Whether a release may come in. way: how the release comes in: as the FIRST environment's own, as the
    SAME that is there, BACK to one that was there, or by PROMOTION. release: its id, as upstream knows it.
    source: where it comes from.
    """

    way: str
    release: str
    gates: tuple[Gate, ...] = ()
    source: Source | None = None

    def refusals(self, *, applying: bool) -> tuple[Gate, ...]:
        """The closed gates that hold back an apply, or a promotion."""
        return tuple(gate for gate in self.gates if not gate.met and (applying or not gate.applies))


def judge(question: Question) -> Verdict:
    """Every gate of the environment, with its state and why."""
    log, release = question.log, question.release
    if question.by_commit and question.environment.promote_from and not release.templates:
        return _verdict(question, PROMOTION, release.id, (_in_no_commit(question),))
    present = log.present
    if present is not None and present.release.is_same(release):
        return _verdict(question, SAME, present.id, ())
    before = log.earlier_run(release)
    if before is not None:
        proof = Gate("promote_from", True, f"{before.id} ran in {question.environment.name} before")
        return _verdict(question, BACK, before.id, (proof,))
    if not question.environment.promote_from:
        return _verdict(question, FIRST, release.id, ())
    verdicts = [_promoted(question, upstream) for upstream in question.upstreams]
    nowhere = _verdict(question, PROMOTION, release.id, (_not_from(question),))
    return max(verdicts, key=_most_met, default=nowhere)


def _most_met(verdict: Verdict) -> tuple[bool, int]:
    return verdict.source is not None, -len(verdict.refusals(applying=True))


def _promoted(question: Question, upstream: Upstream) -> Verdict:
    present = question.log.present
    run = upstream.log.origin(question.release, present.release if present else None)
    if run is None:
        gate = _not_known(question, upstream) if upstream.problem else _not_from(question)
        return _verdict(question, PROMOTION, question.release.id, (gate,))
    ask = Candidate(question, upstream, run)
    gates = (make(ask) for make in (_promote_from, _archives, _converged, _soak, _checks))
    return _verdict(question, PROMOTION, ask.id, tuple(gate for gate in gates if gate is not None), ask)


def _verdict(
    question: Question, way: str, release: str, gates: tuple[Gate, ...], ask: Candidate | None = None
) -> Verdict:
    """The verdict with the gates that hold for every way in, and those set aside by force."""
    rest = (_approvals(question, release) if way in (FIRST, PROMOTION) else None, _windows(question))
    rejected = _rejected(question.log, release, ask)
    found = [*gates, *(gate for gate in (*rest, rejected) if gate is not None)]
    forces = {force.gate: force for force in question.log.about(Force, release)}
    source = Source(ask.upstream.environment, ask.upstream.lineage, ask.upstream.serial) if ask else None
    return Verdict(way, release, tuple(_forced(gate, forces.get(gate.name)) for gate in found), source)


def _forced(gate: Gate, force: Force | None) -> Gate:
    if gate.met or force is None:
        return gate
    return evolve(gate, met=True, forced=f"{force.reason} ({force.by}, {force.at})")


def _not_from(question: Question) -> Gate:
    name, allowed = question.environment.name, " or ".join(question.environment.promote_from)
    detail = f"{name} accepts releases from {allowed}; {question.release.id} did not run there"
    for upstream in question.upstreams:
        if failure := upstream.log.went_back(question.release.id):
            detail = f"{question.release.id} went back in {upstream.environment}: {failure.told}"
    promote = f"Promote what runs there: planner promote {question.environment.promote_from[0]} {name}"
    return Gate("promote_from", False, detail, promote)


def _not_known(question: Question, upstream: Upstream) -> Gate:
    where = upstream.environment
    detail = f"whether {question.release.id} ran in {where} is not known: {upstream.problem}"
    return Gate("promote_from", False, detail, f"See what is wrong: planner show -e {where}")


def _in_no_commit(question: Question) -> Gate:
    upstream, name = question.environment.promote_from[0], question.environment.name
    detail = f"the templates of {question.release.id} are in no commit: nothing proves that they ran upstream"
    advice = f"Commit templates/ and files/, apply them to {upstream}: then planner promote {upstream} {name}"
    return Gate("promote_from", False, detail, advice)


def _approvals(question: Question, release: str) -> Gate | None:
    needed, name = question.environment.gates.approvals, question.environment.name
    if not needed:
        return None
    promoters = {who.casefold() for who in question.promoters}
    approvals = question.log.about(Approval, release)
    people = {item.by.casefold(): item.by for item in approvals if item.by.casefold() not in promoters}
    own = len({item.by.casefold() for item in approvals}) - len(people)
    told = f"{release} has {len(people)} of {needed} approvals for {name}"
    told += f": {', '.join(people.values())}" if people else ""
    told += "; whoever promotes cannot approve" if own else ""
    run = f"planner release approve {release} {name}"
    advice = f"Let somebody else run: {run}" if own else f"Run: {run}"
    advice = "" if len(people) >= needed else advice
    return Gate("approvals", len(people) >= needed, told, advice, applies=True)


def _windows(question: Question) -> Gate | None:
    windows = question.environment.gates.windows
    if not windows:
        return None
    if is_open(windows, question.now):
        return Gate("windows", True, "open now", applies=True)
    opening = next_opening(windows, question.now)
    when = f"; opens {opening:%Y-%m-%d %H:%M} UTC" if opening else ""
    return Gate("windows", False, f"{question.environment.name} is closed now{when}", applies=True)


def _rejected(log: Log, release: str, ask: Candidate | None) -> Gate | None:
    """The gate that a rejection closes, also that of a release which only a part comes from."""
    logs, releases = ([log, ask.upstream.log], {release, ask.run.id}) if ask else ([log], {release})
    found = [item for log in logs for item in log.of(Rejection) if item.release in releases]
    if not found:
        return None
    last = found[-1]
    return Gate("rejected", False, f"{last.release} was rejected by {last.by}: {last.reason}")


_OTHER_CONTENT: Final = (
    "Promote again, to pin the templates that ran there. If they are pinned, files on disk are not as their "
    "commit has them: git ignores some (git status --ignored), or converts their line ends (git ls-files "
    "--eol files). Say files/** -text at the end of .gitattributes, run git add --renormalize files, commit, "
    "apply upstream, and promote."
)


@frozen
class Candidate:
    """A release, and the run upstream that it comes from."""

    question: Question
    upstream: Upstream
    run: Run

    @property
    def id(self) -> str:
        """The id as upstream knows it; its own when only a part comes from there, or an archive is another
        one.
        """
        own = self.question.release
        proved = not own.differing(self.proved_by)
        return self.run.id if proved and own.comes_from(self.run.release) else own.id

    @property
    def proved_by(self) -> Release:
        """What the archives are compared with: upstream's, or the present one where templates stay."""
        present = self.question.log.present
        return self.question.release.proof(self.run.release, present.release if present else None)

    @property
    def goes_on(self) -> bool:
        return self.run is self.upstream.log.present


def _promote_from(ask: Candidate) -> Gate:
    if ask.run is ask.upstream.log.coming:
        where = f"{ask.upstream.environment} since {shown(ask.run.since)}"
        return Gate("promote_from", True, f"{ask.run.id} is being rolled out in {where}")
    until = "" if ask.goes_on else f", until {shown(ask.run.until)}"
    since = f"{ask.run.id} ran in {ask.upstream.environment} since {shown(ask.run.since)}"
    return Gate("promote_from", True, f"{since.replace(' ran ', ' runs ') if ask.goes_on else since}{until}")


def _archives(ask: Candidate) -> Gate:
    release, proved_by = ask.question.release, ask.proved_by
    name, where = ask.question.environment.name, ask.upstream.environment
    ran = f"ran in {where} on {ask.run.id}" if proved_by is ask.run.release else f"runs in {name}"
    if wrong := release.differing(proved_by):
        return Gate("archives", False, f"not what {ran}: {', '.join(wrong)}", _OTHER_CONTENT)
    if not release.archives:
        return Gate("archives", True, "there are none")
    proved = len(release.archives.keys() & proved_by.archives.keys())
    own = len(release.archives) - proved
    return Gate("archives", True, f"{proved} with the content that {ran}" + f"; {own} not there" * bool(own))


def _converged(ask: Candidate) -> Gate:
    where, on = ask.upstream.environment, ask.run.id
    if not ask.goes_on:
        return Gate("converged", True, f"{where} was, until {shown(ask.run.until)}")
    if ask.upstream.problem or not ask.upstream.asked:
        why = ask.upstream.problem or "its installation was not asked"
        detail = f"whether {where} is converged on {on} is not known: {why}"
        return Gate("converged", False, detail, f"Run: planner plan -e {where}")
    told = list(_unsettled(ask.run, ask.upstream))
    if told:
        detail = f"{where} is not converged on {on}: {', '.join(told)}"
        verb = "apply" if ask.upstream.log.rolling else "plan"
        return Gate("converged", False, detail, f"Run: planner {verb} -e {where}")
    return Gate("converged", True, f"{where} has nothing pending and no drift")


def _unsettled(run: Run, upstream: Upstream) -> Iterator[str]:
    if not run.whole:
        yield _not_whole(upstream)
    yield from (f"its roll-out {item.rollout} is held back: {item.told}" for item in upstream.held)
    if upstream.pending:
        yield f"{upstream.pending} pending change{'s' * (upstream.pending != 1)}"
    if upstream.drifted:
        named = ", ".join(upstream.drifted[:3]) + (", ..." if len(upstream.drifted) > 3 else "")
        yield f"{len(upstream.drifted)} drifted ({named})"


def _not_whole(upstream: Upstream) -> str:
    rolling = upstream.log.rolling
    return f"it is being rolled out, {rolling}" if rolling else "its last apply was not whole"


def _soak(ask: Candidate) -> Gate | None:
    needed, now = ask.question.environment.gates.soak, ask.question.now
    if not needed:
        return None
    where, log = ask.upstream.environment, ask.upstream.log
    if (future := log.after(ask.run.id, now)) is not None:
        return _from_the_future(ask, future)
    soaked = log.soaked(ask.run.id, now)
    told = f"{ask.run.id} soaked {show_duration(soaked)} of {show_duration(needed)} in {where}"
    if soaked >= needed:
        return Gate("soak", True, told)
    if not ask.goes_on:
        return Gate("soak", False, f"{told}, and does not run there any more")
    if not ask.run.whole:
        return Gate("soak", False, f"{told}, and {_not_whole(ask.upstream)}")
    return Gate("soak", False, f"{told}; eligible {_minute(now + needed - soaked, needed)}")


def _from_the_future(ask: Candidate, at: datetime) -> Gate:
    """How long it soaked is not known where one of two clocks is wrong."""
    where, now = ask.upstream.environment, ask.question.now
    detail = (
        f"the log of {where} says that {ask.run.id} ran there at {at:%Y-%m-%d %H:%M:%S} UTC, which is in the "
        f"future: it is {now:%Y-%m-%d %H:%M:%S} UTC by the clock here"
    )
    return Gate("soak", False, detail, f"Set the clock of this machine right, or of who applied to {where}.")


def _minute(at: datetime, needed: timedelta) -> str:
    """A time to the minute that has begun by then; to the second where one waits for less than an hour."""
    if needed < timedelta(hours=1):
        return f"{at + timedelta(microseconds=999_999):%Y-%m-%d %H:%M:%S} UTC"
    return f"{at + timedelta(seconds=59):%Y-%m-%d %H:%M} UTC"


def _checks(ask: Candidate) -> Gate | None:
    wanted, where = ask.question.environment.gates.checks, ask.upstream.environment
    if not wanted:
        return None
    said = ask.upstream.log.about(Verification, ask.run.id)
    latest = {item.check: item for item in said if not item.early}
    missing = [name for name in wanted if name not in latest]
    failed = [latest[name] for name in wanted if name in latest and not latest[name].ok]
    told = [f"{name} was not verified on {ask.run.id} in {where}" for name in missing]
    told += [f"{_evidence(item)} on {ask.run.id} in {where}" for item in failed]
    if told:
        name = missing[0] if missing else failed[0].check
        return Gate("checks", False, "; ".join(told), f"Run: planner verify {where} --check {name} --ok")
    return Gate("checks", True, "; ".join(_evidence(latest[name]) for name in wanted))


def _evidence(item: Verification) -> str:
    by = f" by {item.by}" if item.by else ""
    url = f" ({item.url})" if item.url else ""
    return f"{item.check} {'passed' if item.ok else 'failed'} {shown(item.at)}{by}{url}"


def shown(at: str) -> str:
    """ "2026-08-24 09:00 UTC"."""
    return f"{at[:10]} {at[11:16]} UTC"
