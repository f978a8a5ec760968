"""The environments that releases come from, as they are now."""

from __future__ import annotations

from attrs import evolve

from planner.app.caller import Caller
from planner.app.opening import Request, opened
from planner.engine.workflow import propose
from planner.errors import PlannerError
from planner.model.plan import Action, Plan
from planner.model.project import Project
from planner.model.state import State
from planner.promote.log import log_of
from planner.promote.question import Upstream


def remembered(request: Request, caller: Caller, names: tuple[str, ...]) -> tuple[Upstream, ...]:
    """What their states say, without a look at their installations."""
    project = request.project
    return tuple(_remembered(request, caller, project, name) for name in names)


def looked_at(request: Request, caller: Caller, names: tuple[str, ...]) -> tuple[Upstream, ...]:
    """The same, with what their plans say."""
    return tuple(_looked_at(request, caller, item) for item in remembered(request, caller, names))


def _remembered(request: Request, caller: Caller, project: Project, name: str) -> Upstream:
    try:
        return upstream_of(request.states(caller.redact).open(project.environments[name]).load())
    except PlannerError as error:
        return Upstream(name, problem=caller.redact(error.summary))


def upstream_of(state: State) -> Upstream:
    """What a state says."""
    return Upstream(state.environment, log_of(state), state.lineage, state.serial, asked=False)


def _looked_at(request: Request, caller: Caller, upstream: Upstream) -> Upstream:
    if upstream.problem or upstream.log.present is None:
        return upstream
    own = request.elsewhere(upstream.environment)
    try:
        with opened(own, caller) as there:
            proposal = propose(there.session, there.state)
    except PlannerError as error:
        return evolve(upstream, problem=caller.redact(error.summary))
    if proposal.forbidden:
        return evolve(upstream, problem="its plan has errors")
    return asked(upstream, proposal.plan)


def asked(upstream: Upstream, plan: Plan) -> Upstream:
    """With what the environment's plan says. Pending are the changes that are there without any drift."""
    drifted = {item.address for item in plan.drift}
    changes = [c for c in plan.changes if c.action is not Action.NO_OP and c.address not in drifted]
    named = tuple(sorted(str(item.address) for item in plan.drift))
    return evolve(upstream, pending=len(changes) + len(plan.outputs), drifted=named, asked=True)
