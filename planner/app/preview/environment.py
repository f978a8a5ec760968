"""One environment of a preview: planned at its installation, or offline from what the base declares; and what
is wrong with it as text: all of it, each with its place and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import evolve, frozen

from planner.app.contents import imagined_contents
from planner.app.linting import proposed, with_findings
from planner.app.opening import Request, opened, opened_offline
from planner.app.preview.comparison import Read, with_stand_ins
from planner.app.promotion.admission import Admission, admission
from planner.app.redaction import document_redaction
from planner.config.load import Configuration
from planner.engine.goal import Goal
from planner.engine.offline import imagined
from planner.engine.workflow import Proposal, compare
from planner.errors import InvalidConfiguration, PlannerError
from planner.model.diagnostic import Diagnostic, Position, folded
from planner.model.lazily import Lazily
from planner.model.preview import IN_WORDS, EnvironmentPreview
from planner.model.resource import Content
from planner.promote.gates import BACK, PROMOTION
from planner.state.document import Redact
from planner.state.saved import dump_plan, plan_digest

Planned = tuple[EnvironmentPreview, bytes | None]
"""An environment, and its plan as a saved one."""


@frozen
class Task:
    """One environment to plan. was, now: as rendered before and after the change."""

    request: Request
    was: Read
    now: Read
    offline: bool = False

    @property
    def at_hand(self) -> Mapping[str, Content]:
        """The archives before the change, by their hash."""
        was = self.was.configuration
        contents = (desired.content for desired in was.resources.values()) if was else ()
        return {content.sha256: content for content in contents if content}


def foresee(task: Task, found: EnvironmentPreview) -> Planned:
    """found with its plan, or with what kept it from having one."""
    redact = task.request.caller.redact
    try:
        if task.offline:
            return _from_base(task, found)
        with opened(task.request) as here:
            goal = blaming(here.session.goal, found.why)
            blamed = evolve(here, session=evolve(here.session, goal=goal))
            proposal = proposed(blamed, at_hand=task.at_hand)
            shown, data = _shown(task, found, proposal, here.configuration, here.store.redact)
            now = here.store.clock()
            admitted = admission(task.request, here.configuration, proposal.state, now)
            return (with_gates(shown, admitted) if admitted else shown), data
    except PlannerError as error:
        return evolve(found, error=redact(told_of(error)), advice=redact(advice_of(error))), None


def blaming(goal: Goal, why: tuple[str, ...]) -> Goal:
    """goal, whose values are told to come from what the change changed, where that is known."""
    return goal if IN_WORDS.issuperset(why) else evolve(goal, origins=evolve(goal.origins, changed=why))


def with_gates(found: EnvironmentPreview, admitted: Admission) -> EnvironmentPreview:
    """found with what the environment's gates say of the release that merging brings, and what comes then."""
    verdict = admitted.verdict
    waiting = ", ".join(gate.name for gate in verdict.refusals(applying=True))
    says = {
        PROMOTION: f"{verdict.release} from {verdict.source.environment}" if verdict.source else "",
        BACK: f"back to {verdict.release}",
    }.get(verdict.way, "")
    comes = f"waits for {waiting}" if waiting else "can be applied" if says else ""
    return evolve(found, gates=verdict.gates, on_merge=": ".join(filter(None, [says, comes])))


def _from_base(task: Task, found: EnvironmentPreview) -> Planned:
    """Base taken for applied, head planned from it."""
    goal, drivers = opened_offline(with_stand_ins(task.request))
    goal = blaming(goal, found.why)
    was = task.was.configuration
    base, outputs = (was.resources, was.outputs) if was else ({}, {})
    kinds = Lazily(drivers, lambda name: drivers[name].kind)
    state = imagined(goal.project, goal.environment, base, outputs, kinds, goal.salt)
    redact = document_redaction(task.request.caller.redact, f"{goal.project}/{goal.environment}")
    proposal, now = compare(goal, drivers, state), task.now.configuration
    if now is not None:
        contents = imagined_contents(task.request, proposal, base)
        proposal = evolve(proposal, state=evolve(state, contents=contents))
        proposal = with_findings(task.request, now, proposal, at_hand=task.at_hand)
    shown, data = _shown(task, found, proposal, now, redact)
    return evolve(shown, digest=""), data


def _shown(
    task: Task, found: EnvironmentPreview, proposal: Proposal, now: Configuration | None, redact: Redact
) -> Planned:
    """A plan that apply would refuse is shown with the reason, and has no digest."""
    plan = proposal.plan
    shown = evolve(found, plan=plan)
    if proposal.forbidden:
        reasons = located(proposal.diagnostics, now, task.was.configuration)
        return evolve(shown, error=task.request.caller.redact(told(reasons))), dump_plan(plan, redact)
    return evolve(shown, digest=plan_digest(plan, redact)), dump_plan(plan, redact)


def told(diagnostics: Iterable[Diagnostic]) -> str:
    """The errors by file and line, one below the other, each once, with those of a loop folded."""
    errors = folded(item for item in diagnostics if item.is_error)
    return "\n".join(dict.fromkeys("\n".join(_lines(item)) for item in errors))


def told_of(error: PlannerError) -> str:
    if isinstance(error, InvalidConfiguration) and error.diagnostics:
        return told(error.diagnostics)
    return error.summary


def advice_of(error: PlannerError) -> str:
    if isinstance(error, InvalidConfiguration):
        return "planner validate shows the lines."
    return error.advice


def located(
    diagnostics: Iterable[Diagnostic], now: Configuration | None, before: Configuration | None
) -> tuple[Diagnostic, ...]:
    """diagnostics, those about a resource with the place where it is declared, or was before the change."""
    return tuple(_located(item, now, before) for item in diagnostics)


def _located(item: Diagnostic, now: Configuration | None, before: Configuration | None) -> Diagnostic:
    if item.position is not None:
        return item
    if (position := _declared(item.address, now)) is not None:
        return evolve(item, position=position)
    if (position := _declared(item.address, before)) is not None:
        return evolve(item, position=position, detail=f"It was declared there before. {item.detail}")
    return item


def _declared(name: str | None, configuration: Configuration | None) -> Position | None:
    if name is None or configuration is None:
        return None
    found = (address for address in configuration.resources if str(address) == name)
    return next((configuration.locate(address, ()) for address in found), None)


def _lines(item: Diagnostic) -> Iterator[str]:
    yield f"{item.position}: {item.summary}" if item.position else item.summary
    for text in (item.detail, item.advice):
        yield from (f"  {line}" for line in text.split("\n") if line)
