"""One environment as it is now: its state, and what its plan says of the installation."""

from __future__ import annotations

from attrs import evolve, field, frozen

from planner.app.caller import Caller
from planner.app.opening import Opened, Request, opened
from planner.app.promotion.env_sides import read_side
from planner.app.promotion.promoters import promoters
from planner.app.promotion.release import release_of
from planner.app.promotion.upstreams import drifted_in, pending_in
from planner.engine.workflow import Proposal, propose
from planner.errors import InvalidConfiguration, PlannerError
from planner.model.diagnostic import Diagnostic
from planner.model.project import Environment, Project
from planner.model.release import Release
from planner.model.state import State
from planner.promote.question import Upstream
from planner.promote.recording import log_of


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


def look(request: Request, caller: Caller, project: Project, name: str, *, ask: bool) -> Seen:
    """ask: not its state alone, but its installation too, unless nothing was ever applied there."""
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
    return _foreseen(request, caller, project, seen) if seen.empty else _asked(request, caller, seen)


def _remembered(environment: Environment, state: State) -> Seen:
    log = log_of(state)
    present, applied = log.present, state.applied
    whole = present.whole if present else applied is None or applied.complete
    found = Upstream(environment.name, log, state.lineage, state.serial, asked=False)
    return Seen(environment, found, whole=whole, empty=state.is_empty and not present)


def _asked(request: Request, caller: Caller, seen: Seen) -> Seen:
    name = seen.environment.name
    own = request.elsewhere(name)
    try:
        with opened(own, caller) as there:
            proposal = propose(there.session)
            if not proposal.forbidden:
                return _planned(own, there, proposal, seen)
        problem, advice = first_error(proposal.diagnostics), f"Run: planner plan -e {name}"
    except InvalidConfiguration as error:
        problem, advice = first_error(error.diagnostics), f"Run: planner validate -e {name}"
    except PlannerError as error:
        problem, advice = error.summary, error.advice
    found = evolve(seen.found, problem=caller.redact(problem))
    return evolve(seen, found=found, advice=caller.redact(advice))


def _foreseen(request: Request, caller: Caller, project: Project, seen: Seen) -> Seen:
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
    found = evolve(seen.found, pending=pending_in(plan), drifted=drifted_in(plan), asked=True)
    return evolve(
        seen,
        found=found,
        wanted=release_of(own, there.configuration),
        promoters=_promoters(own, seen.environment),
    )


def first_error(diagnostics: tuple[Diagnostic, ...]) -> str:
    """The first error with its place, and how many there are."""
    errors = [item for item in diagnostics if item.is_error]
    place = f"{errors[0].position}: " if errors[0].position else ""
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{place}{errors[0].summary}{more}"
