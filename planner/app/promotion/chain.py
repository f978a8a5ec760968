"""The environments of a project as they stand: what each runs, and what would come next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final

from attrs import evolve, field, frozen

from planner.app.opening import Request, opened
from planner.app.promotion.admission import asked, upstream_of
from planner.app.promotion.choosing import Order, Promotion
from planner.app.promotion.env_compare import read_side
from planner.app.promotion.promoting import Foreseen, foresee, refuse_plan
from planner.app.promotion.provenance import promoters, release_of
from planner.engine.ports import Counted, uncounted
from planner.engine.refresh import Asking
from planner.engine.workflow import propose
from planner.errors import InvalidConfiguration, PlannerError, Refused
from planner.model.chain import Standing
from planner.model.diagnostic import Diagnostic
from planner.model.project import Environment, Project
from planner.model.release import Gate, Release
from planner.model.rollout import GOING
from planner.model.state import State
from planner.promote.gates import BACK, PROMOTION, SAME, Question, Upstream, Verdict, judge
from planner.promote.log import Log, log_of, moment


@frozen
class Seen:
    """An environment as far as anybody could see it. found: its state's log, what its plan says, and what was
    in the way. advice: what to do about that.

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


def look(request: Request, name: str) -> Seen:
    """One environment as it is now: its state, and if request refreshes its installation too, unless nothing
    was ever applied there.
    """
    environment = request.project.environments[name]
    try:
        state = request.states.open(environment, alone=not request.refresh).load()
        seen = _remembered(request.project, environment, state)
    except PlannerError as error:
        found = Upstream(name, problem=request.caller.redact(error.summary), asked=False)
        return Seen(environment, found, request.caller.redact(error.advice), readable=False)
    if not request.refresh:
        return seen
    return _unapplied(request, seen) if seen.empty else _asked(request, seen)


def _remembered(project: Project, environment: Environment, state: State) -> Seen:
    present, applied = log_of(state).present, state.applied
    whole = present.whole if present else applied is None or applied.complete
    return Seen(
        environment,
        upstream_of(state),
        whole=whole,
        empty=state.is_empty and not present,
        by_commit=project.promotes_templates,
    )


def _asked(request: Request, seen: Seen) -> Seen:
    name, redact = seen.environment.name, request.caller.redact
    own = request.elsewhere(name)
    try:
        with opened(own) as there:
            proposal = propose(there.session, there.state)
            if not proposal.forbidden:
                found, wanted = asked(seen.found, proposal.plan), release_of(own, there.configuration)
                return evolve(seen, found=found, wanted=wanted, promoters=_promoters(own, seen.environment))
        problem, advice = first_error(proposal.diagnostics), f"Run: planner plan -e {name}"
    except InvalidConfiguration as error:
        problem, advice = first_error(error.diagnostics), f"Run: planner validate -e {name}"
    except PlannerError as error:
        problem, advice = error.summary, error.advice
    return evolve(seen, found=evolve(seen.found, problem=redact(problem)), advice=redact(advice))


def _unapplied(request: Request, seen: Seen) -> Seen:
    """The environment with what the files bring, though nothing was ever applied. What is wrong with them
    plan tells.
    """
    if request.project.promote is None:
        return seen
    try:
        wanted = read_side(request, seen.environment.name).release
        return evolve(seen, wanted=wanted, promoters=_promoters(request, seen.environment))
    except PlannerError:
        return seen


def _promoters(request: Request, environment: Environment) -> frozenset[str]:
    return promoters(request, environment.name) if environment.gates.approvals else frozenset()


def first_error(diagnostics: tuple[Diagnostic, ...]) -> str:
    """The first error with its place, and how many there are."""
    errors = [item for item in diagnostics if item.is_error]
    place = f"{errors[0].position}: " if errors[0].position else ""
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{place}{errors[0].summary}{more}"


AT_ONCE: Final = 8
Ask = Callable[[Seen, Seen, str], Verdict]
"""What is said of the release that runs upstream: here, upstream, and the time."""


def standings(request: Request, now: str, counted: Counted = uncounted) -> tuple[Standing, ...]:
    """Every environment, in the order of planner.yaml. What cannot be looked at is told in its own entry.

    If request refreshes, their installations are asked for changes and drift. counted: hears how many
    environments were looked at.
    """
    looks = Asking(AT_ONCE, counted).each(lambda name: look(request, name), [*request.project.environments])
    seen = {item.environment.name: item for item in looks}
    ask = partial(_foreseen, request, seen) if request.refresh else _by_states
    return tuple(Asking(AT_ONCE).each(lambda item: standing(item, seen, now, ask), [*seen.values()]))


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
        since=present.since if present and present is not found.log.coming else "",
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
        rolling=tuple(_rolling(found.log)),
        held=tuple(f"{item.rollout}, {item.told}" for item in found.held),
    )


def _rolling(log: Log) -> Iterator[str]:
    """How far roll-outs are, each as "r-4f2c9a71be, wave 2 of 3"; by its own name where it brings none."""
    for begun in log.rollouts:
        stands = f", {begun.status}: {begun.reason}" if begun.status != GOING else ""
        yield f"{begun.release or begun.rollout.name}, {begun.where}{stands}"


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
    if here.wanted is None or (present is not None and present.release.is_same(here.wanted)):
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


def _foreseen(request: Request, seen: Mapping[str, Seen], here: Seen, upstream: Seen, now: str) -> Verdict:
    """What promote would say. Where it refuses, that is one more closed gate."""
    verdict, target, source = _by_states(here, upstream, now), here.environment, upstream.environment.name
    if verdict.way == SAME:
        return verdict
    upstreams = tuple(seen[name].found for name in target.promote_from)
    order = Order(request.elsewhere(target.name), Promotion(target.name, source), upstreams=upstreams)
    try:
        found = foresee(order, lambda _: None)
        verdict = found.admission.verdict
        if not verdict.refusals(applying=False) and not here.found.problem:
            _refuse_plan(found)
    except InvalidConfiguration as error:
        why, advice = f"{target.name} cannot run it: {first_error(error.diagnostics)}", ""
    except PlannerError as error:
        why, advice = error.summary, error.advice
    else:
        return verdict
    advice = advice or f"Run: planner promote {source} {target.name} --dry-run"
    gate = Gate("promotion", False, request.caller.redact(why), request.caller.redact(advice))
    # a refusal says more than that nothing proves where a release ran
    kept = (gate for gate in verdict.gates if gate.met or gate.name != "promote_from")
    return evolve(verdict, gates=(*kept, gate))


def _refuse_plan(found: Foreseen) -> None:
    """An installation that cannot be asked holds no promotion back."""
    try:
        refuse_plan(found)
    except Refused:
        raise
    except PlannerError:
        return
