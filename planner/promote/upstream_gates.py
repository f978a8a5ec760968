"""The gates that ask what a release did upstream, before it came here. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from planner.model.durations import show_duration
from planner.model.release import Gate, Release
from planner.promote.log import Run, Verification
from planner.promote.matching import differing, is_whole, proof
from planner.promote.question import Question, Upstream

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
        """As upstream knows it; its own when only a part comes from there, or an archive is another one."""
        own = self.question.release
        proved = not differing(own, self.proved_by)
        return self.run.id if proved and is_whole(own, self.run) else own.id

    @property
    def proved_by(self) -> Release:
        """What the archives are compared with: upstream's, or the present one where templates stay."""
        present = self.question.log.present
        return proof(self.question.release, self.run.release, present.release if present else None)

    @property
    def goes_on(self) -> bool:
        return self.run is self.upstream.log.present


def upstream_gates(ask: Candidate) -> tuple[Gate, ...]:
    """Those that the environment has, in the order in which they are shown."""
    found = (make(ask) for make in _GATES)
    return tuple(gate for gate in found if gate is not None)


def _promote_from(ask: Candidate) -> Gate:
    until = "" if ask.goes_on else f", until {shown(ask.run.until)}"
    since = f"{ask.run.id} ran in {ask.upstream.environment} since {shown(ask.run.since)}"
    return Gate("promote_from", True, f"{since.replace(' ran ', ' runs ') if ask.goes_on else since}{until}")


def _archives(ask: Candidate) -> Gate:
    release, proved_by = ask.question.release, ask.proved_by
    name, where = ask.question.environment.name, ask.upstream.environment
    ran = f"ran in {where} on {ask.run.id}" if proved_by is ask.run.release else f"runs in {name}"
    if wrong := differing(release, proved_by):
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
        return Gate("converged", False, detail, f"Run: planner plan -e {where}")
    return Gate("converged", True, f"{where} has nothing pending and no drift")


def _unsettled(run: Run, upstream: Upstream) -> Iterator[str]:
    if not run.whole:
        yield "its last apply was not whole"
    if upstream.pending:
        yield f"{upstream.pending} pending change{'s' * (upstream.pending != 1)}"
    if upstream.drifted:
        named = ", ".join(upstream.drifted[:3]) + (", ..." if len(upstream.drifted) > 3 else "")
        yield f"{len(upstream.drifted)} drifted ({named})"


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
        return Gate("soak", False, f"{told}, and its last apply was not whole")
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
    """To the minute that has begun by then; to the second where one waits for less than an hour."""
    if needed < timedelta(hours=1):
        return f"{at + timedelta(microseconds=999_999):%Y-%m-%d %H:%M:%S} UTC"
    return f"{at + timedelta(seconds=59):%Y-%m-%d %H:%M} UTC"


def _checks(ask: Candidate) -> Gate | None:
    wanted, where = ask.question.environment.gates.checks, ask.upstream.environment
    if not wanted:
        return None
    latest = {item.check: item for item in ask.upstream.log.about(Verification, ask.run.id)}
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


_GATES: tuple[Callable[[Candidate], Gate | None], ...] = (
    _promote_from,
    _archives,
    _converged,
    _soak,
    _checks,
)
