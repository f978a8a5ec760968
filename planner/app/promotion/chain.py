"""The environments of a project as they stand: what each runs, and what would come next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from attrs import evolve, frozen

from planner.app.caller import Caller
from planner.app.opening import Request
from planner.app.promotion.admission import Terms
from planner.app.promotion.choosing import Wish
from planner.app.promotion.env_look import Seen, first_error, look
from planner.app.promotion.outlook import Asked, Foreseen, foresee, refuse_plan
from planner.errors import InvalidConfiguration, PlannerError, Refused
from planner.model.chain import Standing
from planner.model.release import Gate
from planner.promote.gates import judge
from planner.promote.log import moment
from planner.promote.matching import same
from planner.promote.question import BACK, PROMOTION, SAME, Question, Verdict
from planner.vcs import repository_of

AT_ONCE: Final = 8
Ask = Callable[[Seen, Seen, str], Verdict]
"""What is said of the release that runs upstream: here, upstream, and the time."""


def standings(request: Request, caller: Caller, now: str, *, refresh: bool = True) -> tuple[Standing, ...]:
    """Every environment, in the order of planner.yaml. refresh: ask the installations for changes and drift.

    What cannot be looked at is told in its own entry.
    """
    project = request.project
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        found = pool.map(lambda name: look(request, caller, project, name, ask=refresh), project.environments)
        seen = {item.environment.name: item for item in found}
        ask = partial(_foreseen, request, caller, seen) if refresh else _by_states
        return tuple(pool.map(lambda item: standing(item, seen, now, ask), seen.values()))


def standing(here: Seen, seen: Mapping[str, Seen], now: str, ask: Ask | None = None) -> Standing:
    """How one environment stands among all of them. ask: of what runs upstream; by the states alone."""
    environment, found = here.environment, here.found
    present = found.log.present
    coming = _coming(here, seen, now, ask or _by_states)
    return Standing(
        environment=environment.name,
        promote_from=environment.promote_from,
        protected=environment.protected,
        release=present.id if present else "",
        since=present.since if present else "",
        whole=here.whole,
        pending=found.pending,
        drifted=found.drifted,
        problem=found.problem,
        advice=here.advice,
        readable=here.readable,
        asked=found.asked,
        empty=here.empty,
        coming=coming.verdict.release if coming else "",
        source=coming.source if coming else "",
        promoted=coming.promoted if coming else False,
        gates=coming.verdict.gates if coming else (),
    )


@frozen
class _Coming:
    """A release that would come next, and what the gates say. source, promoted: see Standing."""

    verdict: Verdict
    source: str
    promoted: bool = False


def _coming(here: Seen, seen: Mapping[str, Seen], now: str, ask: Ask) -> _Coming | None:
    """What the environment's files bring, if it ran upstream or here; else what runs upstream."""
    if not here.readable or not here.environment.promote_from:
        return None
    brought = _brought(here, seen, now)
    if brought is not None:
        return brought
    found = list(_upstream(here, seen, now, ask))
    return next((item for item in found if item.verdict.way == PROMOTION), next(iter(found), None))


def _brought(here: Seen, seen: Mapping[str, Seen], now: str) -> _Coming | None:
    present = here.found.log.present
    if here.wanted is None or (present is not None and same(present.release, here.wanted)):
        return None
    upstreams = tuple(seen[name].found for name in here.environment.promote_from)
    question = Question(
        environment=here.environment,
        release=here.wanted,
        now=moment(now),
        log=here.found.log,
        upstreams=upstreams,
        promoters=here.promoters,
        by_commit=here.by_commit,
    )
    verdict = judge(question)
    if verdict.source is not None:
        return _Coming(verdict, verdict.source.environment, promoted=True)
    if verdict.way != BACK:
        return None
    present_there = {item.environment: item.log.present for item in upstreams}
    runs_it = (name for name, run in present_there.items() if run and run.id == verdict.release)
    return _Coming(verdict, next(runs_it, here.environment.name), promoted=True)


def _upstream(here: Seen, seen: Mapping[str, Seen], now: str, ask: Ask) -> Iterator[_Coming]:
    for name in here.environment.promote_from:
        if seen[name].found.log.present is None:
            continue
        verdict = ask(here, seen[name], now)
        if verdict.way != SAME:
            yield _Coming(verdict, name)


def _by_states(here: Seen, upstream: Seen, now: str) -> Verdict:
    present = upstream.found.log.present
    assert present is not None  # noqa: S101 - nothing comes from where nothing runs
    question = Question(
        environment=here.environment,
        release=present.release,
        now=moment(now),
        log=here.found.log,
        upstreams=(upstream.found,),
        by_commit=here.by_commit,
    )
    return judge(question)


def _foreseen(
    request: Request, caller: Caller, seen: Mapping[str, Seen], here: Seen, upstream: Seen, now: str
) -> Verdict:
    """What promote would say. Where it refuses, that is one more closed gate."""
    verdict, target, source = _by_states(here, upstream, now), here.environment, upstream.environment.name
    if verdict.way == SAME:
        return verdict
    terms = Terms(upstreams=tuple(seen[name].found for name in target.promote_from))
    own, repository = request.elsewhere(target.name), repository_of(request.folder)
    try:
        found = foresee(caller, Asked(own, Wish(target.name, source), terms, repository), lambda _: None)
        verdict = found.admission.verdict
        if not verdict.refusals(applying=False) and not here.found.problem:
            _refuse_plan(caller, found)
    except InvalidConfiguration as error:
        why, advice = f"{target.name} cannot run it: {first_error(error.diagnostics)}", ""
    except PlannerError as error:
        why, advice = error.summary, error.advice
    else:
        return verdict
    advice = advice or f"Run: planner promote {source} {target.name} --dry-run"
    return _refused(verdict, caller.redact(why), caller.redact(advice))


def _refuse_plan(caller: Caller, found: Foreseen) -> None:
    """An installation that cannot be asked holds no promotion back."""
    try:
        refuse_plan(caller, found)
    except Refused:
        raise
    except PlannerError:
        return


def _refused(verdict: Verdict, why: str, advice: str) -> Verdict:
    """A refusal says more than that nothing proves where a release ran."""
    kept = (gate for gate in verdict.gates if gate.met or gate.name != "promote_from")
    return evolve(verdict, gates=(*kept, Gate("promotion", False, why, advice)))
