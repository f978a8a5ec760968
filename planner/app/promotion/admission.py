"""Whether an environment's gates let in what is about to be applied, and what its state remembers of it."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, field, frozen

from planner.app.caller import Caller
from planner.app.opening import Request
from planner.app.promotion.provenance import actor, promoters, pull_request
from planner.app.promotion.release import release_of
from planner.app.promotion.upstreams import looked_at, remembered
from planner.config.load import Configuration
from planner.errors import GatesClosed
from planner.model.release import Release
from planner.model.state import State
from planner.model.value import Value
from planner.promote.gates import judge
from planner.promote.log import Force, Log, Run, after_apply, log_of, moment, write_log
from planner.promote.question import PROMOTION, SAME, Question, Upstream, Verdict
from planner.vcs import commit_of


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

    def promotions(self, plan_digest: str, at: str, *, whole: bool) -> tuple[Mapping[str, Value], ...]:
        """The state's, after an apply. at: when it ended."""
        run = evolve(self.run, since=at, whole=whole, plan_digest=plan_digest)
        return write_log(after_apply(self.log, run))


@frozen
class Forcing:
    """The gates that the command line sets aside."""

    gates: tuple[str, ...] = ()
    reason: str = ""


@frozen
class Terms:
    """upstreams: as they are, where somebody looked at them already; None to look."""

    forcing: Forcing = field(factory=Forcing)
    upstreams: tuple[Upstream, ...] | None = None


def admission(
    request: Request, configuration: Configuration, state: State, caller: Caller, now: str, terms: Terms
) -> Admission | None:
    """None where nothing is promoted. An upstream installation is asked only where it is from there."""
    release = release_of(request, configuration)
    if release is None:
        return None
    environment, forcing, upstreams = configuration.environment, terms.forcing, terms.upstreams
    question = Question(
        environment=environment,
        release=release,
        now=moment(now),
        log=log_of(state),
        upstreams=remembered(request, caller, environment.promote_from) if upstreams is None else upstreams,
        promoters=promoters(request, environment.name) if environment.gates.approvals else frozenset(),
        by_commit=configuration.project.promotes_templates,
    )
    verdict = judge(question)
    if forcing.gates:
        question = evolve(question, log=_forced(question.log, verdict.release, forcing, request, now))
        verdict = judge(question)
    if upstreams is None and verdict.way == PROMOTION and verdict.source is not None:
        with caller.doing(f"Looking at {verdict.source.environment}"):
            question = evolve(question, upstreams=looked_at(request, caller, environment.promote_from))
        verdict = judge(question)
    return Admission(environment.name, _run(request, release, question.log, verdict), question.log, verdict)


def _run(request: Request, release: Release, log: Log, verdict: Verdict) -> Run:
    """What was proved when the release came in stays with it, also when it is applied once more."""
    present = log.present if verdict.way == SAME else None
    gates = {gate.name: gate for gate in (*(present.gates if present else ()), *verdict.gates)}
    return Run(
        release=release,
        since="",
        known_as="" if verdict.release == release.id else verdict.release,
        by=actor(request.folder, request.inputs.environ),
        commit=commit_of(request.folder) or "",
        pull_request=pull_request(request.folder, request.inputs.environ),
        source=present.source if present else verdict.source,
        gates=tuple(gates.values()),
    )


def _forced(log: Log, release: str, forcing: Forcing, request: Request, now: str) -> Log:
    by = actor(request.folder, request.inputs.environ)
    for gate in forcing.gates:
        log = log.plus(Force(release, gate, forcing.reason, by, now))
    return log


def refuse_closed(admitted: Admission, *, applying: bool) -> None:
    """GatesClosed with the reason of the one gate, or the names of several."""
    found = admitted.verdict.refusals(applying=applying)
    if not found:
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
    advice = " ".join([*(_sentence(gate.advice) for gate in found if gate.advice), set_aside])
    raise GatesClosed(summary, admitted.verdict.gates if len(found) > 1 else (), advice=advice)


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
