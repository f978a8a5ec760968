"""The environments of a project as they stand: what each runs, and what would come next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from attrs import evolve, field, frozen

from planner.app.caller import Caller
from planner.app.opening import Opened, Request, opened
from planner.app.promotion.admission import Terms
from planner.app.promotion.choosing import Wish
from planner.app.promotion.env_sides import read_side
from planner.app.promotion.outlook import Asked, Foreseen, foresee, refuse_plan
from planner.app.promotion.provenance import promoters
from planner.app.promotion.release import release_of
from planner.app.promotion.upstreams import asked, upstream_of
from planner.engine.workflow import Proposal, propose
from planner.errors import InvalidConfiguration, PlannerError, Refused
from planner.model.diagnostic import Diagnostic
from planner.model.project import Environment, Project
from planner.model.release import Gate, Release, Standing
from planner.model.state import State
from planner.promote.gates import judge
from planner.promote.log import log_of, moment
from planner.promote.matching import same
from planner.promote.question import BACK, PROMOTION, SAME, Question, Upstream, Verdict
from planner.vcs import repository_of


@frozen
class Seen:
    """found: its state's log, what its plan says, and what was in the way. advice: what to do about that.

    readable: whether its state could be read. empty: whether it holds nothing. whole: whether the last apply
    left nothing out. wanted: the release that its files bring, None where that is not known. promoters: who
    brings that one. by_commit: templates belong to a release.
    """

    environment: Environment
    found: Upstream
    advice: str = ""
    readable: bool = True
    empty: bool = False
    whole: bool = True
    wanted: Release | None = None
    promoters: frozenset[str] = field(factory=frozenset)
    by_commit: bool = False

    def question(
        self, release: Release, now: str, upstreams: tuple[Upstream, ...], by: frozenset[str] = frozenset()
    ) -> Question:
        """May release come in here? by: who brings it."""
        log = self.found.log
        return Question(self.environment, release, moment(now), log, upstreams, by, self.by_commit)


def look(request: Request, caller: Caller, project: Project, name: str, *, ask: bool) -> Seen:
    """One environment as it is now. ask: not its state alone, but its installation too, unless nothing was
    ever applied there.
    """
    environment = project.environments[name]
    try:
        store = request.states(caller.redact).open(environment, alone=not ask)
        state = store.load()
        seen = evolve(_remembered(environment, state), by_commit=project.promotes_templates)
    except PlannerError as error:
        found = Upstream(name, problem=caller.redact(error.summary), asked=False)
        return Seen(environment, found, caller.redact(error.advice), readable=False)
    if not ask:
        return seen
    return _unapplied(request, caller, project, seen) if seen.empty else _asked(request, caller, seen)


def _remembered(environment: Environment, state: State) -> Seen:
    log = log_of(state)
    present, applied = log.present, state.applied
    whole = present.whole if present else applied is None or applied.complete
    return Seen(environment, upstream_of(state), whole=whole, empty=state.is_empty and not present)


def _asked(request: Request, caller: Caller, seen: Seen) -> Seen:
    name = seen.environment.name
    own = request.elsewhere(name)
    try:
        with opened(own, caller) as there:
            proposal = propose(there.session, there.state)
            if not proposal.forbidden:
                return _planned(own, there, proposal, seen)
        problem, advice = first_error(proposal.diagnostics), f"Run: planner plan -e {name}"
    except InvalidConfiguration as error:
        problem, advice = first_error(error.diagnostics), f"Run: planner validate -e {name}"
    except PlannerError as error:
        problem, advice = error.summary, error.advice
    found = evolve(seen.found, problem=caller.redact(problem))
    return evolve(seen, found=found, advice=caller.redact(advice))


def _unapplied(request: Request, caller: Caller, project: Project, seen: Seen) -> Seen:
    """With what the files bring, though nothing was ever applied. What is wrong with them plan tells."""
    if project.promote is None:
        return seen
    try:
        wanted = read_side(request, caller, seen.environment.name).release
        return evolve(seen, wanted=wanted, promoters=_promoters(request, seen.environment))
    except PlannerError:
        return seen


def _promoters(request: Request, environment: Environment) -> frozenset[str]:
    return promoters(request, environment.name) if environment.gates.approvals else frozenset()


def _planned(own: Request, there: Opened, proposal: Proposal, seen: Seen) -> Seen:
    plan = proposal.plan
    wanted = release_of(own, there.configuration)
    return evolve(
        seen, found=asked(seen.found, plan), wanted=wanted, promoters=_promoters(own, seen.environment)
    )


def first_error(diagnostics: tuple[Diagnostic, ...]) -> str:
    """The first error with its place, and how many there are."""
    errors = [item for item in diagnostics if item.is_error]
    place = f"{errors[0].position}: " if errors[0].position else ""
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{place}{errors[0].summary}{more}"


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
    verdict = judge(here.question(here.wanted, now, upstreams, here.promoters))
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
    return judge(here.question(present.release, now, (upstream.found,)))


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
