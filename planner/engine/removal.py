"""Removal: what forbids a deletion, what puts it off, and the deletion of what is deposed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from attrs import define, evolve, field

from planner.engine.decisions import decide_forget
from planner.engine.diff import take_over
from planner.engine.goal import Goal
from planner.engine.ports import Drivers
from planner.engine.refresh import View
from planner.engine.selection import Deposed, Pending
from planner.model.address import Address
from planner.model.diagnostic import Diagnostics
from planner.model.plan import Action, Change
from planner.model.resource import Observed, Prior
from planner.model.state import LEFT_OVER


@define
class Removals:
    """postponed: replaced resources that stay, deposed, until a later plan. notes: why, for people."""

    view: View
    drivers: Drivers
    goal: Goal
    diagnostics: Diagnostics
    postponed: set[Address] = field(factory=set)
    notes: list[str] = field(factory=list)

    def of_deposed(self, deposed: Sequence[Prior], forgotten: Collection[Address]) -> dict[Pending, Change]:
        """The deletions of deposed resources; one that is still in use waits for a plan that finds it unused.

        forgotten: where nothing is deleted, since a removed block says so.
        """
        found: dict[Pending, Change] = {}
        for prior in deposed:
            observed = self.view.deposed.get((prior.address, prior.id))
            obstacle = self._obstacle(prior.address, observed)
            item = Deposed(prior.address, prior.id, prior.dependencies)
            if prior.address in forgotten:
                found[item] = evolve(decide_forget(prior).change, deposed=True)
            elif obstacle:
                self._put_off(prior.address, prior.id, obstacle)
            else:
                found[item] = self._of_deposed(prior, observed)
        return found

    def _of_deposed(self, prior: Prior, observed: Observed | None) -> Change:
        kind = self.drivers[prior.address.kind].kind
        secrets = self.goal.secrets(prior.address)
        if observed:
            prior = take_over(prior, observed, kind, self.goal.salt, secrets=secrets)
        return Change(
            address=prior.address,
            action=Action.DELETE,
            reason=f"it is {LEFT_OVER}",
            id=prior.id,
            before=prior.attributes,
            version=prior.version,
            deposed=True,
            dependencies=prior.dependencies,
        )

    def check(self, changes: Sequence[Change], in_use: Mapping[Address, Pending]) -> None:
        """Reports deletions that must not be, or cannot be. in_use: by what the plan leaves out."""
        for change in changes:
            if change.deposed or change.action not in (Action.DELETE, Action.REPLACE):
                continue
            if change.prevent_destroy:
                self._refuse_protected(change)
            obstacle = self._obstacle(change.address, self.view.resources.get(change.address))
            if change.action is Action.REPLACE and change.create_before_destroy:
                user = in_use.get(change.address)
                if why := obstacle or (user and f"{user}, which is left out, still uses it"):
                    self.postponed.add(change.address)
                    self._put_off(change.address, change.id or "", why)
            elif obstacle:
                self._refuse_in_use(change, obstacle)

    def _obstacle(self, address: Address, observed: Observed | None) -> str:
        return self.drivers[address.kind].obstacle(observed) if observed else ""

    def _put_off(self, address: Address, id_: str, obstacle: str) -> None:
        self.notes.append(
            f"{address}: the replaced {id_} stays for now, because {obstacle}; "
            "a later plan deletes it when nothing uses it any more"
        )

    def _refuse_protected(self, change: Change) -> None:
        declared = change.action is Action.REPLACE
        self.diagnostics.error(
            f"{change.address} must not be destroyed",
            detail=f"The plan would {change.action.value} it, because {change.reason}, "
            "but its lifecycle says prevent_destroy.",
            address=change.address,
            advice="Take the change back, or set prevent_destroy: false."
            if declared
            else "Keep its block, or apply prevent_destroy: false first.",
        )

    def _refuse_in_use(self, change: Change, obstacle: str) -> None:
        advice = "Remove it from their plans first, or keep its block."
        if change.action is Action.REPLACE:
            advice = (
                "Give it create_before_destroy: then the new one is made first, and this one is deleted "
                "by a later plan, when nothing uses it any more."
            )
        self.diagnostics.error(
            f"{change.address} cannot be deleted",
            detail=f"{obstacle[0].upper()}{obstacle[1:]}.",
            address=change.address,
            advice=advice,
        )
