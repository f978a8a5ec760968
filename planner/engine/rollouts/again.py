"""The plan that goes on with a roll-out that began, or goes back: made of its record and of the state. Pure.

It needs no templates: the record knows what each member declared, and what it is to declare. No version is
pinned, since what others did meanwhile to the same deployments is kept as it is found.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from planner.engine.diff import differences
from planner.engine.goal import Goal
from planner.engine.ports import Drivers
from planner.engine.steps import make_steps
from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.plan import ROLLOUT, SETTLE, Action, Change, Plan
from planner.model.rollout import BACK, CHECK, DONE, LOOK, LOOKED, RESTARTED, Begun, Declared, Member
from planner.model.state import State


def plan_again(records: Sequence[Begun], state: State, goal: Goal, drivers: Drivers) -> Plan:
    """What is left of roll-outs that began. PlannerError where the state holds a member's binding no more."""
    again = _Again(state, goal, drivers)
    changes: list[Change] = []
    writes: dict[Address, Sequence[str]] = {}
    for begun in records:
        for member in _left(begun):
            change = again.change(begun, member)
            changes.append(change)
            writes[change.address] = again.writes(begun, member, change)
    changes.sort(key=lambda change: change.address)
    return Plan(
        project=goal.project,
        environment=goal.environment,
        mode=ROLLOUT,
        lineage=state.lineage,
        serial=state.serial,
        config_digest=goal.config_digest,
        changes=tuple(changes),
        steps=make_steps(changes, writes, {}, {}, {}),
        rollouts=tuple(begun.rollout for begun in records),
        partial=True,
    )


def _left(begun: Begun) -> Sequence[Member]:
    if begun.status == BACK:
        return begun.to_go_back
    return [member for member in begun.rollout.members if begun.of(member.id).stage != DONE]


@frozen(eq=False, repr=False)
class _Again:
    state: State
    goal: Goal
    drivers: Drivers

    def change(self, begun: Begun, member: Member) -> Change:
        name, back = begun.rollout.name, begun.status == BACK
        reason = f"the roll-out {name} {'goes back' if back else 'goes on'}"
        if member.id not in begun.declared:
            return Change(member.address, Action.RESTART, reason, id=member.id)
        prior = self.state.resources.get(member.address)
        if prior is None:
            raise PlannerError(
                f"the roll-out {name} cannot go on: the state holds {member.address} no more",
                advice=f"Leave everything as it is, and plan anew: planner rollout abandon {name}",
            )
        said = begun.declared.get(member.id, Declared())
        wanted = said.before if back else said.after
        kind = self.drivers[member.address.kind].kind
        return Change(
            address=member.address,
            action=Action.UPDATE,
            reason=reason,
            id=prior.id,
            before=prior.attributes,
            after=wanted,
            diffs=differences(wanted, prior, kind, self.goal.salt),
            dependencies=prior.dependencies,
            prevent_destroy=prior.prevent_destroy,
            create_before_destroy=prior.create_before_destroy,
            on_leave=prior.on_leave,
            settle_within=said.settle_within,
        )

    def writes(self, begun: Begun, member: Member, change: Change) -> tuple[str, ...]:
        """What was looked at is not looked at again: the reading would be of what this roll-out did. What
        failed is, where somebody says that it is tried again."""
        looked = begun.status == BACK or begun.of(member.id).stage == LOOKED
        write = (RESTARTED,) if change.action is Action.RESTART else ("update", SETTLE)
        return (*(() if looked else (LOOK,)), *write, CHECK)
