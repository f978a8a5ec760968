"""What is said of roll-outs that have begun, to who wants something else; and which are held back."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import evolve

from planner.app.command_line import plain_command_line
from planner.errors import PlannerError, Refused, WrongUsage
from planner.model.diagnostic import near_or_there
from planner.model.plan import Plan
from planner.model.rollout import BACK, STOPPED, Begun, Rollout
from planner.model.state import State

if TYPE_CHECKING:
    from planner.app.opening import Opened
    from planner.engine.workflow import Proposal

WAYS: Final = ("continue", "back", "abandon")
"""How a roll-out that has begun may end, if somebody says so."""


def refuse_while_open(here: Opened, state: State) -> None:
    """Refused where a roll-out has begun and not ended."""
    for begun in state.rollouts:
        raise open_refusal(here.request.folder, here.environment.name, begun)


def open_refusal(folder: Path, environment: str, begun: Begun, why: str = "is not at its end") -> Refused:
    """That nothing else is done before a roll-out ends, and the commands that say how it does."""
    name = begun.rollout.name
    words = [word for word in WAYS if word != "back" or begun.leads_back]
    ways = [plain_command_line(folder, environment, "rollout", word, name) for word in words]
    return Refused(
        f"the roll-out {name} ({begun.id}) has begun, and {why}",
        advice="\n".join(["Say how it ends; nothing else is applied before:", *(f"  {way}" for way in ways)]),
    )


def with_open(proposal: Proposal) -> Proposal:
    """proposal, with a note on each roll-out that apply goes on with first; what is left of one stands in the
    waves of its record.
    """
    records, plan = proposal.state.rollouts, proposal.plan
    rollouts = tuple(_as_begun(rollout, records) for rollout in plan.rollouts)
    notes = (*map(_first, records), *plan.notes)
    return evolve(proposal, plan=evolve(plan, notes=notes, rollouts=rollouts))


def _as_begun(rollout: Rollout, records: Collection[Begun]) -> Rollout:
    """What is left of the record of the same, where rollout has no other members."""
    ids = {member.id for member in rollout.members}
    same = (b.rollout for b in records if (b.rollout.name, b.rollout.wish) == (rollout.name, rollout.wish))
    there = next((begun for begun in same if ids <= {member.id for member in begun.members}), None)
    return evolve(there.only(ids), keeping=rollout.keeping) if there and not rollout.held else rollout


def _first(begun: Begun) -> str:
    head = f"the roll-out {begun.rollout.name} ({begun.id})"
    if begun.status == STOPPED:
        back = ", back" if begun.leads_back else ""
        return (
            f"{head} has begun, and waits: {begun.reason}; apply is refused until somebody says how it ends: "
            f"planner rollout continue{back} or abandon"
        )
    if begun.status == BACK:
        return f"{head} goes back: apply finishes that first, and plans the rest afterwards"
    return f"{head} has begun: apply goes on with it first, {begun.where}, and plans the rest afterwards"


def refuse_not_held(here: Opened, plan: Plan, state: State, going: Collection[str] = ()) -> None:
    """WrongUsage for a roll-out to retry that no template declares, PlannerError for one that is not held
    back. going: those that had begun already.
    """
    declared = [block.name for block in here.session.goal.declarations.rollouts]
    failed = {(failure.rollout, failure.wish) for failure in state.failures}
    held = {rollout.name for rollout in plan.rollouts if (rollout.name, rollout.wish) in failed}
    for name in here.request.retried:
        if name not in declared:
            there = near_or_there(name, declared)
            raise WrongUsage(f"--retry-rollout {name} names no roll-out of the templates", advice=there)
        if name not in held and name not in going:
            raise PlannerError(
                f"the roll-out {name} is not held back: there is nothing to retry",
                advice="Leave out --retry-rollout.",
            )
