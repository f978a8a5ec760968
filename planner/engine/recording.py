"""What the state learns of a step that ended: the records of its outcome. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from planner.engine.outcome import deposes, prior_after
from planner.model.plan import SETTLE, Step
from planner.model.resource import Prior, Result
from planner.model.rollout import CHECK, LOOK, RESTARTED
from planner.model.state import Outcome, Record, Working

if TYPE_CHECKING:
    from planner.engine.apply import Run


def outcomes_of(run: Run, step: Step, result: Result) -> list[Record]:
    """The records of a step that gave a result."""
    intent, change, before = run.intents[step.number], run.change_of(step), entry_of(run.working, step)
    if step.operation == SETTLE and (before is None or result.observed is None or result.settling.status):
        return _not_settled(step, before, result)
    if step.operation in (LOOK, CHECK, RESTARTED):
        done = Outcome(step.number, step.address, "done", before, intent.id)
        return [done] if step.operation == RESTARTED else []
    if result.observed is None:
        run.known_ids.discard((step.address.kind, intent.id or ""))
        return [Outcome(step.number, step.address, "done", None, intent.id, step.deposed)]
    kind = run.drivers[step.address.kind].kind
    run.known_ids.add((kind.name, result.observed.id))
    run.world.fresh.written.add((kind.name, result.observed.id))
    reads = run.reads.get(step.address, ())
    once = run.world.credentials.held.get(step.address, {})
    prior = prior_after(intent, result.observed, before, kind, run.salt, reads, once)
    done = Outcome(step.number, step.address, "done", prior, deposed=step.deposed)
    if deposes(step, change):
        return [Outcome(step.number, step.address, "deposed"), done]
    return [done]


def _not_settled(step: Step, before: Prior | None, result: Result) -> list[Record]:
    """What the state is told of what failed. Of what was deleted, or reset, it holds nothing any more."""
    if before is None or not result.settling.status:
        return []
    failed = evolve(before, settling=result.settling)
    return [Outcome(step.number, step.address, "done", failed, deposed=step.deposed)]


def entry_of(working: Working, step: Step) -> Prior | None:
    """The state's entry of the resource of a step."""
    if not step.deposed:
        return working.resources.get(step.address)
    return next((p for p in working.deposed if (p.address, p.id) == (step.address, step.id)), None)
