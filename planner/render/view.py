"""What there is to say of a plan, said once; text, Markdown, HTML and events only lay it out, and escape it.

    PlanView    the whole plan: its sections, its counts, its last sentence; preview.py has those of several
    ChangeView  one resource that changes, and DriftView one that moved behind it, in resource_view.py
    Row         one attribute that comes, goes or differs; see rows.py

A new fact of a change goes into `ChangeView.facts`: every format shows what is there. The plan as one JSON
document is not laid out: it is the value itself, by planner.state.saved. No sentence says more than was
looked at, and nothing here is escaped yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from attrs import frozen

from planner.model.address import Address, as_read
from planner.model.plan import (
    DESTROY,
    IMPORT_ONLY,
    REFRESH_ONLY,
    Action,
    Change,
    CheckResult,
    Plan,
)
from planner.model.rollout import Rollout
from planner.model.state import LEFT_OVER
from planner.render.renames import Renames
from planner.render.resource_view import KINDS, LOSSES, ChangeView, DriftView, drift_views, place
from planner.render.rows import Row, output_rows
from planner.render.values import all_of, plural

if TYPE_CHECKING:
    from planner.render.rollout_view import Membership, RolloutView

CHECKED_LATER: Final = "checked after the apply"
CHECKED: Final = {"failed": "failed", "unknown": f"is {CHECKED_LATER}"}
"""What is said of a check that did not simply pass."""

_NAMED: Final = 3


@frozen(eq=False, repr=False)
class PlanView:
    """What there is to say of a plan. again: the command that applies the same, "" where nobody gave one."""

    plan: Plan
    again: str = ""

    @property
    def changes(self) -> Iterator[ChangeView]:
        found = (change for change in self.plan.changes if change.action is not Action.NO_OP)
        return self.views(sorted(found, key=place))

    def views(self, changes: Iterable[Change]) -> Iterator[ChangeView]:
        """Some of the plan's changes, with what it says of each elsewhere."""
        told, waves = {content.address: content for content in self.plan.contents}, self._memberships
        return (
            ChangeView(c) if c.deposed else ChangeView(c, told.get(c.address), waves.get(c.address))
            for c in changes
        )

    @property
    def _memberships(self) -> Mapping[Address, Membership]:
        """Of what is changed wave by wave: in which it is."""
        if not self.plan.rollouts:
            return {}
        from planner.render.rollout_view import memberships  # noqa: PLC0415 - only where something is

        return memberships(self.plan)

    @property
    def losses(self) -> Iterator[ChangeView]:
        """What is deleted or replaced."""
        return (change for change in self.changes if change.group in LOSSES)

    @property
    def rollouts(self) -> Iterator[RolloutView]:
        if not self.plan.rollouts:
            return iter(())
        from planner.render.rollout_view import rollout_views  # noqa: PLC0415 - only where there are some

        return rollout_views(self.plan, self.again)

    @property
    def held(self) -> list[Rollout]:
        """The roll-outs that do not begin."""
        return [rollout for rollout in self.plan.rollouts if rollout.held]

    @property
    def drift(self) -> Iterator[DriftView]:
        return drift_views(self.plan.drift)

    @property
    def outputs(self) -> list[Row]:
        return output_rows(self.plan.outputs)

    @property
    def counts(self) -> Counter[str]:
        """Changes and drift by their groups."""
        groups = (KINDS[c.action].group for c in self.plan.changes if c.action is not Action.NO_OP)
        return Counter(groups) + Counter(drift=len(self.plan.drift))

    @property
    def left_out(self) -> Iterator[tuple[Address, str, str]]:
        """What --target and --exclude keep out: the address, what of it with its change, and why."""
        for item in sorted(self.plan.left_out, key=place):
            deposed = f", {LEFT_OVER}" if item.deposed else ""
            yield item.address, f"{deposed} ({item.action.value})", item.why

    @property
    def renames(self) -> Renames:
        return Renames.of([self.plan])

    @property
    def checks(self) -> Iterator[CheckResult]:
        """The checks that did not simply pass."""
        return (check for check in self.plan.checks if check.status in CHECKED)

    @property
    def passed(self) -> str:
        """How many checks simply passed, "" for none."""
        count = sum(1 for check in self.plan.checks if check.status == "passed")
        return f"{plural(count, 'check')} passed." if count else ""

    @property
    def behind(self) -> str:
        """Which entries of the state are not as observed, and why; an import or a move is told as such, and
        an update writes its entry anew."""
        moved = {
            item.address: "gone" if item.gone else "changed outside of planner" for item in self.plan.drift
        }
        written = {c.address for c in self.plan.changes if c.action is Action.UPDATE} - moved.keys()
        told = {c.address for c in self.plan.changes if c.imported or c.moved_from is not None} | written
        entries = {prior.address for prior in self.plan.refreshed} - told | {*self.plan.gone}
        named = [
            f"{item} ({moved.get(item, 'its version, dates or lifecycle')})"
            for item in sorted(entries, key=as_read)
        ]
        if len(named) > _NAMED:
            named[_NAMED:] = [f"{len(named) - _NAMED:,} more"]
        return f"The state is behind for {all_of(named)}; apply brings it up to date." if named else ""

    @property
    def _but_for(self) -> str:
        """What a sentence about all does not hold of."""
        named = [str(item.address) for item in self.plan.waiting]
        if len(named) > _NAMED:
            named[_NAMED:] = [f"{len(named) - _NAMED:,} more"]
        return f", but for what cannot be looked at now: {all_of(named)}" if named else ""

    @property
    def no_changes(self) -> str:
        """That nothing changes: in two words, or in as many as are true where changes are left out."""
        return "no changes to what was selected" if self.plan.left_out else "no changes"

    def nothing_to_do(self, environment: str) -> str:
        """A sentence for a plan without changes. environment: its name as it is laid out."""
        plan, where, waits = self.plan, f"the {environment} environment", self._but_for
        if self.held:
            held = [f"rollout.{rollout.name}" for rollout in self.held]
            return f"Nothing begins: {all_of(held)} {'is' if len(held) == 1 else 'are'} held back."
        if plan.left_out:
            return "Nothing that was selected changes."
        if plan.mode == DESTROY:
            return f"The state of {where} holds nothing to delete now."
        if plan.mode == REFRESH_ONLY:
            return f"The state is as {where} is{waits}; the configuration was not compared with it."
        if plan.mode == IMPORT_ONLY:
            return f"There is nothing to import into the state of {where}{waits}."
        what = f"What was selected of {where}" if plan.partial else f"The {environment} environment"
        how = "" if plan.asked else " by its state; the installation was not asked"
        return f"{what} matches the configuration{how}{waits}."
