"""The gates of an environment: may this release come in, and if not, why and what next. Pure.

One function, `judge`, answers for promote, preview, apply and status alike.
"""

from __future__ import annotations

from attrs import evolve

from planner.model.release import Gate
from planner.model.windows import is_open, next_opening
from planner.promote.log import Approval, Force, Log, Rejection, Source
from planner.promote.matching import earlier_run, origin, same
from planner.promote.question import BACK, FIRST, PROMOTION, SAME, Question, Upstream, Verdict
from planner.promote.upstream_gates import Candidate, upstream_gates


def judge(question: Question) -> Verdict:
    """Every gate of the environment, with its state and why."""
    log, release = question.log, question.release
    if question.by_commit and question.environment.promote_from and not release.templates:
        return _verdict(question, PROMOTION, release.id, (_in_no_commit(question),))
    present = log.present
    if present is not None and same(present.release, release):
        return _verdict(question, SAME, present.id, ())
    before = earlier_run(log, release)
    if before is not None:
        proof = Gate("promote_from", True, f"{before.id} ran in {question.environment.name} before")
        return _verdict(question, BACK, before.id, (proof,))
    if not question.environment.promote_from:
        return _verdict(question, FIRST, release.id, ())
    verdicts = [_promoted(question, upstream) for upstream in question.upstreams]
    return max(verdicts, key=_most_met, default=_from_nowhere(question))


def _most_met(verdict: Verdict) -> tuple[bool, int]:
    return verdict.source is not None, -len(verdict.refusals(applying=True))


def _from_nowhere(question: Question) -> Verdict:
    return _verdict(question, PROMOTION, question.release.id, (_not_from(question),))


def _promoted(question: Question, upstream: Upstream) -> Verdict:
    present = question.log.present
    run = origin(upstream.log, question.release, present.release if present else None)
    if run is None:
        gate = _not_known(question, upstream) if upstream.problem else _not_from(question)
        return _verdict(question, PROMOTION, question.release.id, (gate,))
    ask = Candidate(question, upstream, run)
    return _verdict(question, PROMOTION, ask.id, upstream_gates(ask), ask)


def _verdict(
    question: Question, way: str, release: str, gates: tuple[Gate, ...], ask: Candidate | None = None
) -> Verdict:
    """With the gates that hold for every way in, and those set aside by force."""
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
    advice = "" if len(people) >= needed else f"Run: planner release approve {release} {name}"
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
    """Also when only a part of the release comes from a rejected one."""
    logs, releases = ([log, ask.upstream.log], {release, ask.run.id}) if ask else ([log], {release})
    found = [item for log in logs for item in log.of(Rejection) if item.release in releases]
    if not found:
        return None
    last = found[-1]
    return Gate("rejected", False, f"{last.release} was rejected by {last.by}: {last.reason}")
