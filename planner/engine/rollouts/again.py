"""The plan that goes on with a roll-out that began, or goes back: made of its record and of the state. Pure.

It needs no templates: the record knows what each member declared, and what it is to declare. No version is
pinned, since what others did meanwhile to the same deployments is kept as it is found.

Where users only restarted, the way back first puts in place again what was there before, once, and then each
of those that may have started anew does so once more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from attrs import evolve, frozen

from planner.engine.diff import differences
from planner.engine.entry import declared_attributes
from planner.engine.goal import Goal
from planner.engine.ports import Drivers
from planner.engine.steps import make_steps
from planner.errors import PlannerError, Refused
from planner.model.address import Address
from planner.model.plan import ROLLOUT, SETTLE, Action, Change, Plan
from planner.model.resource import Content
from planner.model.rollout import (
    BACK,
    CHECK,
    DONE,
    LOOK,
    LOOKED,
    RESTARTED,
    RETURNING,
    Begun,
    Declared,
    Former,
    Member,
)
from planner.model.state import State
from planner.model.value import Value

_NONE: Final[Mapping[str, Content]] = MappingProxyType({})


def owed(begun: Begun, state: State) -> Mapping[Address, Former]:
    """What a roll-out has still to put in place, or back there, before anybody starts anew with it."""
    new = {name: Former(sha256) for name, sha256 in begun.contents.items()}
    wanted = begun.former if begun.status == BACK else new
    found = ((Address.parse(name), item) for name, item in wanted.items())
    held = {address: prior.content_sha256 for address, prior in state.resources.items()}
    return {address: item for address, item in found if held.get(address) != item.sha256}


def plan_again(
    records: Sequence[Begun],
    state: State,
    goal: Goal,
    drivers: Drivers,
    at_hand: Mapping[str, Content] = _NONE,
) -> Plan:
    """What is left of roll-outs that began. at_hand: archives, by their SHA-256. Refused where one that is
    owed is none of them, PlannerError where the state does not hold any more what is to be written."""
    again = _Again(state, goal, drivers)
    changes: list[Change] = []
    writes: dict[Address, Sequence[str]] = {}
    waits: dict[Address, Sequence[Address]] = {}
    for begun in records:
        placed = owed(begun, state)
        for address, former in placed.items():
            change = again.placed(begun, address, former, at_hand)
            changes.append(change)
            writes[address] = drivers[address.kind].operations(change.diffs, change.content, create=False)
        for member in _left(begun):
            change = again.change(begun, member)
            changes.append(change)
            writes[change.address] = again.writes(begun, member, change)
            waits[change.address] = tuple(placed)
    changes.sort(key=lambda change: change.address)
    return Plan(
        project=goal.project,
        environment=goal.environment,
        mode=ROLLOUT,
        lineage=state.lineage,
        serial=state.serial,
        config_digest=goal.config_digest,
        changes=tuple(changes),
        steps=make_steps(changes, writes, {}, waits, {}),
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
        if member.id not in begun.declared:
            return Change(member.address, Action.RESTART, _reason(begun), id=member.id)
        said = begun.declared.get(member.id, Declared())
        wanted = said.before if begun.status == BACK else said.after
        return evolve(self._update(begun, member.address, wanted), settle_within=said.settle_within)

    def placed(
        self, begun: Begun, address: Address, former: Former, at_hand: Mapping[str, Content]
    ) -> Change:
        """What puts an archive in place. On the way back, what was declared with it, too."""
        content, kind = at_hand.get(former.sha256), self.drivers[address.kind].kind
        if content is None:
            raise _not_at_hand(begun, address, former, self.goal.environment)
        prior = self.state.resources.get(address)
        there = declared_attributes(prior, kind) if prior and begun.status != BACK else former.declared
        declared = {name: value for name, value in there.items() if not kind.attributes[name].read_only}
        change = self._update(begun, address, declared)
        return evolve(change, content=content, content_before=prior.content_sha256 if prior else None)

    def _update(self, begun: Begun, address: Address, wanted: Mapping[str, Value]) -> Change:
        prior, name = self.state.resources.get(address), begun.rollout.name
        if prior is None:
            raise PlannerError(
                f"the roll-out {name} cannot go on: the state holds {address} no more",
                advice=f"Leave everything as it is, and plan anew: planner rollout abandon {name} "
                f"-e {self.goal.environment}",
            )
        kind = self.drivers[address.kind].kind
        return Change(
            address=address,
            action=Action.UPDATE,
            reason=_reason(begun),
            id=prior.id,
            before=prior.attributes,
            after=wanted,
            diffs=differences(wanted, prior, kind, self.goal.salt),
            dependencies=prior.dependencies,
            prevent_destroy=prior.prevent_destroy,
            create_before_destroy=prior.create_before_destroy,
            on_leave=prior.on_leave,
        )

    def writes(self, begun: Begun, member: Member, change: Change) -> tuple[str, ...]:
        """What was looked at is not looked at again: the reading would be of what this roll-out did. What
        failed is, where somebody says that it is tried again. To start anew once more, on the way back, is
        another matter: by a look of its own it is told from the way forward."""
        back, stage = begun.status == BACK, begun.of(member.id).stage
        restarts = change.action is Action.RESTART
        looked = (stage == RETURNING or not restarts) if back else stage == LOOKED
        write = (RESTARTED,) if restarts else ("update", SETTLE)
        return (*(() if looked else (LOOK,)), *write, CHECK)


def _not_at_hand(begun: Begun, address: Address, former: Former, environment: str) -> Refused:
    name, back = begun.rollout.name, begun.status == BACK
    way, which = ("back", "old") if back else ("on", "new")
    returning = f"planner rollout back {name} -e {environment}"
    command = returning if back else f"planner rollout continue {name} -e {environment}"
    return Refused(
        f"the roll-out {name} cannot go {way}: the {which} archive of {address} is not at hand here",
        advice=f"Its sha256 is {former.sha256}. Give the templates that file again, or take a machine or a "
        f"clone that has it: {command}",
    )


def _reason(begun: Begun) -> str:
    return f"the roll-out {begun.rollout.name} {'goes back' if begun.status == BACK else 'goes on'}"
