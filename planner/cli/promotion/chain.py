"""The environments of a project as they stand: what each runs, and what would come next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from attrs import frozen

from planner.cli.console import Console
from planner.cli.promotion.env_look import Seen, look
from planner.cli.wiring import Request
from planner.model.chain import Standing
from planner.promote.gates import judge
from planner.promote.log import moment
from planner.promote.matching import same
from planner.promote.question import BACK, PROMOTION, SAME, Question, Verdict

AT_ONCE: Final = 8


def standings(request: Request, console: Console, now: str, *, refresh: bool = True) -> tuple[Standing, ...]:
    """Every environment, in the order of planner.yaml. refresh: ask the installations for changes and drift.

    What cannot be looked at is told in its own entry.
    """
    project = request.project
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        found = pool.map(
            lambda name: look(request, console, project, name, ask=refresh), project.environments
        )
        seen = {item.environment.name: item for item in found}
    return tuple(standing(item, seen, now) for item in seen.values())


def standing(here: Seen, seen: Mapping[str, Seen], now: str) -> Standing:
    """How one environment stands among all of them."""
    environment, found = here.environment, here.found
    present = found.log.present
    coming = _coming(here, seen, now)
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


def _coming(here: Seen, seen: Mapping[str, Seen], now: str) -> _Coming | None:
    """What the environment's files bring, if it ran upstream or here; else what runs upstream."""
    if not here.readable or not here.environment.promote_from:
        return None
    brought = _brought(here, seen, now)
    if brought is not None:
        return brought
    found = list(_upstream(here, seen, now))
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


def _upstream(here: Seen, seen: Mapping[str, Seen], now: str) -> Iterator[_Coming]:
    for name in here.environment.promote_from:
        upstream = seen[name].found
        if upstream.log.present is None:
            continue
        question = Question(
            environment=here.environment,
            release=upstream.log.present.release,
            now=moment(now),
            log=here.found.log,
            upstreams=(upstream,),
            by_commit=here.by_commit,
        )
        verdict = judge(question)
        if verdict.way != SAME:
            yield _Coming(verdict, name)
