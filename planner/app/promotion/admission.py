"""Whether an environment's gates let in what is about to be applied, what its state remembers of it, and the
environments that it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import evolve, frozen

from planner.app.opening import Request, opened
from planner.app.promotion.provenance import actor, overrides, promoters, pull_request, release_of
from planner.config.environment_file import Pins
from planner.config.load import Configuration
from planner.engine.workflow import propose
from planner.errors import GatesClosed, InvalidConfiguration, PlannerError
from planner.model.diagnostic import ERROR, Diagnostic
from planner.model.plan import Action, Plan
from planner.model.project import TEMPLATES, Environment
from planner.model.release import Release, exactly
from planner.model.state import State
from planner.promote.gates import PROMOTION, SAME, Question, Upstream, Verdict, judge
from planner.promote.log import Force, Log, Run, after_apply, log_of, moment
from planner.vcs import commit_of


def remembered(request: Request, names: tuple[str, ...]) -> tuple[Upstream, ...]:
    """What their states say, without a look at their installations."""
    return tuple(_remembered(request, name) for name in names)


def _remembered(request: Request, name: str) -> Upstream:
    try:
        return upstream_of(request.states.open(request.project.environments[name]).load())
    except PlannerError as error:
        return Upstream(name, problem=request.caller.redact(error.summary))


def upstream_of(state: State) -> Upstream:
    """What a state says."""
    return Upstream(state.environment, log_of(state), state.lineage, state.serial, asked=False)


def _looked_at(request: Request, upstream: Upstream) -> Upstream:
    """With what its plan says."""
    if upstream.problem or upstream.log.present is None:
        return upstream
    own = request.elsewhere(upstream.environment)
    try:
        with opened(own) as there:
            proposal = propose(there.session, there.state)
    except PlannerError as error:
        return evolve(upstream, problem=request.caller.redact(error.summary))
    if proposal.forbidden:
        return evolve(upstream, problem="its plan has errors")
    return asked(upstream, proposal.plan)


def asked(upstream: Upstream, plan: Plan) -> Upstream:
    """upstream with what the environment's plan says. Pending are the changes that are there without any
    drift. What is held back is no change of the plan.
    """
    drifted = {item.address for item in plan.drift}
    changes = [c for c in plan.changes if c.action is not Action.NO_OP and c.address not in drifted]
    named = tuple(sorted(str(item.address) for item in plan.drift))
    held = tuple(rollout.held for rollout in plan.rollouts if rollout.held)
    pending = len(changes) + len(plan.outputs)
    return evolve(upstream, pending=pending, drifted=named, asked=True, held=held)


@frozen
class Admission:
    """A release that is to come into an environment, and what its gates say. log: of the environment.

    run: the environment's time on it, but for when it begins.
    """

    environment: str
    run: Run
    log: Log
    verdict: Verdict

    @property
    def is_new(self) -> bool:
        """Whether the environment would run another release than now, or run this one whole at last."""
        present = self.log.present
        return present is None or not present.whole or present.release != self.run.release

    def begun(self, plan_digest: str, at: str) -> Run:
        """The run as it is while the release is being brought. at: when that began."""
        return evolve(self.run, since=at, whole=False, plan_digest=plan_digest)

    def after(self, plan_digest: str, at: str, *, whole: bool) -> Log:
        """The log after an apply. at: when it ended."""
        return after_apply(self.log, evolve(self.begun(plan_digest, at), whole=whole))


@frozen
class Forcing:
    """The gates that the command line sets aside."""

    gates: tuple[str, ...] = ()
    reason: str = ""

    def noted(self, log: Log, release: str, by: str, now: str) -> Log:
        """log with what is set aside for a release."""
        for gate in self.gates:
            log = log.plus(Force(release, gate, self.reason, by, now))
        return log


NO_FORCING: Final = Forcing()


def verdict_on(request: Request, environment: Environment, run: Run, log: Log, now: str) -> Verdict:
    """What the gates say of a release that is on its way, by the states alone."""
    upstreams = remembered(request, environment.promote_from)
    by_commit = request.project.promotes_templates
    return judge(Question(environment, run.release, moment(now), log, upstreams, by_commit=by_commit))


def admission(
    request: Request,
    configuration: Configuration,
    state: State,
    now: str,
    forcing: Forcing = NO_FORCING,
    upstreams: tuple[Upstream, ...] | None = None,
) -> Admission | None:
    """What comes in, and whether it may; None where nothing is promoted.

    upstreams: as they are, where somebody looked at them already; else their installations are asked only
    where the release is from there.
    """
    release = release_of(request, configuration)
    if release is None:
        return None
    environment, by = configuration.environment, actor(request)
    question = Question(
        environment=environment,
        release=release,
        now=moment(now),
        log=log_of(state),
        upstreams=remembered(request, environment.promote_from) if upstreams is None else upstreams,
        promoters=promoters(request, environment.name) if environment.gates.approvals else frozenset(),
        by_commit=configuration.project.promotes_templates,
    )
    if not request.texts:  # those are of a promotion that asks which release it is
        _refuse_another(configuration, question)
    verdict = judge(question)
    if forcing.gates:
        question = evolve(question, log=forcing.noted(question.log, verdict.release, by, now))
        verdict = judge(question)
    if upstreams is None and verdict.way == PROMOTION and verdict.source is not None:
        with request.caller.doing(f"Looking at {verdict.source.environment}"):
            asked_too = tuple(_looked_at(request, item) for item in question.upstreams)
            question = evolve(question, upstreams=asked_too)
        verdict = judge(question)
    run = evolve(_run(request, question, verdict), by=by, overrides=tuple(overrides(configuration)))
    return Admission(environment.name, run, question.log, verdict)


def _refuse_another(configuration: Configuration, question: Question) -> None:
    """InvalidConfiguration where the id in the pins is of a release that is known, and not the one pinned.

    That it is of this one is proved by its own digest. One that no state knows is not proved to be another.
    """
    pins, release = configuration.pins, question.release
    if pins is None or pins.release in ("", release.id):
        return
    logs = (question.log, *(upstream.log for upstream in question.upstreams))
    meant = next((run.release for log in logs for run in reversed(log.runs) if run.id == pins.release), None)
    wrong = [] if meant is None else list(_unlike(pins, configuration, release, meant))
    if wrong:
        problem = Diagnostic(
            ERROR,
            f"{pins.release} is not what is pinned: it has another {' and '.join(wrong)}",
            position=pins.position("release"),
            advice=f"Take it as one promotion wrote it (git log -p {pins.file.name}), or promote again.",
        )
        raise InvalidConfiguration([problem])


def _unlike(pins: Pins, configuration: Configuration, release: Release, meant: Release) -> Iterator[str]:
    """What is pinned otherwise than it was in a release. What overrides a pin is told of its own."""
    if pins.templates and release.templates != meant.templates:
        yield TEMPLATES
    for name in pins.variables:
        before, after = meant.variables.get(name), release.variables.get(name)
        if not configuration.variables[name].pin and exactly(before) != exactly(after):
            yield name


def _run(request: Request, question: Question, verdict: Verdict) -> Run:
    """What was proved when the release came in stays with it, also when it is applied once more."""
    present = question.log.present if verdict.way == SAME else None
    gates = {gate.name: gate for gate in (*(present.gates if present else ()), *verdict.gates)}
    return Run(
        release=question.release,
        since="",
        known_as="" if verdict.release == question.release.id else verdict.release,
        commit=commit_of(request.folder) or "",
        pull_request=pull_request(request),
        source=present.source if present else verdict.source,
        gates=tuple(gates.values()),
    )


def refuse_closed(admitted: Admission | None, *, applying: bool) -> None:
    """GatesClosed with the reason of the one gate, or the names of several."""
    found = admitted.verdict.refusals(applying=applying) if admitted else ()
    if admitted is None or not found:
        return
    if len(found) > 1:
        names = ", ".join(gate.name for gate in found)
        summary = (
            f"{len(found)} gates of {admitted.environment} hold {admitted.verdict.release} back: {names}"
        )
    else:
        summary = found[0].detail
    force = " ".join(f"--force {gate.name}" for gate in found)
    set_aside = f"To set {'it' if len(found) == 1 else 'them'} aside: {force} --reason TEXT."
    advice = "\n".join([*(gate.advice for gate in found if gate.advice), set_aside])
    raise GatesClosed(summary, admitted.verdict.gates if len(found) > 1 else (), advice=advice)
