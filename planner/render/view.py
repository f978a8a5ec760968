"""What there is to say of a plan, said once; text, Markdown, HTML and events only lay it out, and escape it.

    PlanView    the whole plan: its sections, its counts, its last sentence; preview.py has those of several
    ChangeView  one resource that changes; DriftView one that moved behind the plan's back
    Row         one attribute that comes, goes or differs; see rows.py

A new fact of a change goes into `ChangeView.facts`: every format shows what is there. The plan as one JSON
document is not laid out: it is the value itself, by planner.state.saved. No sentence says more than was
looked at, and nothing here is escaped yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from attrs import frozen

from planner.model.address import Address, as_read
from planner.model.plan import (
    DESTROY,
    IMPORT_ONLY,
    REFRESH_ONLY,
    Action,
    Change,
    CheckResult,
    Drift,
    LeftOut,
    Plan,
)
from planner.model.state import LEFT_OVER
from planner.model.value import Value, dotted
from planner.render.renames import Renames
from planner.render.rows import Row, change_rows, names_of, output_rows, rows_of
from planner.render.values import is_unknown, plural

CHECKED_LATER: Final = "checked after the apply"
CHECKED: Final = {"failed": "failed", "unknown": f"is {CHECKED_LATER}"}
"""What is said of a check that did not simply pass."""

_SAY_NOTHING: Final = frozenset({"", "it is new", "it is not in the state"})
_NAMED: Final = 3


@frozen
class _Kind:
    """How changes of one kind are shown. sign: the symbol. group: what it is counted and filtered by.
    headline: goes on after the address.
    """

    sign: str
    group: str
    headline: str


_KINDS: Final[Mapping[Action, _Kind]] = {
    Action.CREATE: _Kind("+", "create", "will be created"),
    Action.UPDATE: _Kind("~", "update", "will be updated in place"),
    Action.REPLACE: _Kind("-/+", "replace", "must be replaced"),
    Action.DELETE: _Kind("-", "delete", "will be deleted"),
    Action.FORGET: _Kind(".", "state", "will be forgotten: it leaves the state and stays where it is"),
    Action.IMPORT: _Kind(".", "state", "will be imported"),
    Action.MOVE: _Kind(".", "state", "will be moved in the state"),
}
CALLS: Final = ("create", "update", "replace", "delete")
"""The groups that call the API, by what they do."""

LOSSES: Final = ("delete", "replace")
"""Those of them that cannot be taken back."""


@frozen
class Fact:
    """What holds of a change beside what happens to it. key, value: for programs.

    text: for people, "" where the headline says it. tag: a word for where there is no room, "" for none.
    """

    key: str
    value: Value
    text: str
    tag: str = ""


@frozen(eq=False, repr=False)
class ChangeView:
    """What there is to say of one change."""

    change: Change

    @property
    def _kind(self) -> _Kind:
        return _KINDS[self.change.action]

    @property
    def address(self) -> Address:
        return self.change.address

    @property
    def id(self) -> str:
        return self.change.id or ""

    @property
    def action(self) -> str:
        return self.change.action.value

    @property
    def sign(self) -> str:
        """The symbol; `.` for what touches the state only."""
        replaced_first = self.change.action is Action.REPLACE and self.change.create_before_destroy
        return "+/-" if replaced_first else self._kind.sign

    @property
    def group(self) -> str:
        """create, update, replace, delete, or state for what calls nothing."""
        return self._kind.group

    @property
    def order(self) -> str:
        """What comes first in a replacement."""
        return {"-/+": "delete, then create", "+/-": "create, then delete"}.get(self.sign, "")

    @property
    def deposed(self) -> str:
        """What such a change says of itself, "" for the others."""
        return LEFT_OVER if self.change.deposed else ""

    @property
    def what(self) -> str:
        """What happens."""
        change = self.change
        if change.action is Action.MOVE:
            return f"{change.moved_from} has moved to {change.address}"
        headline = "will be reset to what was installed" if change.resets else self._kind.headline
        if change.action is Action.IMPORT and change.taken_over:
            headline = "will be taken over as it is"
        deposed = f" ({self.deposed})" if self.deposed else ""
        return f"{change.address}{deposed} {headline}"

    @property
    def reason(self) -> str:
        """Why, "" where that says no more than what happens."""
        reason = self.change.reason
        return "" if self.deposed or reason.strip(" .").lower() in _SAY_NOTHING else reason

    @property
    def forced_by(self) -> list[str]:
        """The attributes that force a replacement."""
        return [dotted(diff.path) for diff in self.change.diffs if diff.forces_replacement]

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What else there is to say, each a line of its own."""
        change = self.change
        found = []
        if change.imported:
            how = "taken over" if change.taken_over else "imported"
            text = "" if change.action is Action.IMPORT else f"{how} first"
            found.append(Fact("imported", True, text, how))
        if change.moved_from is not None:
            text = "" if change.action is Action.MOVE else f"moved from {change.moved_from}"
            found.append(Fact("moved_from", str(change.moved_from), text, "moved"))
        return tuple(found)

    @property
    def headlines(self) -> tuple[str, ...]:
        """What happens and why, then what holds beside it."""
        why = f": {self.reason}" if self.reason else ""
        return f"{self.what}{why}", *(f"({fact.text})" for fact in reversed(self.facts) if fact.text)

    @property
    def sentence(self) -> str:
        """The headlines as one sentence, for where no symbol stands beside it."""
        order = ", created before the earlier one is deleted" if self.sign == "+/-" else ""
        return f"{self.what}{order}{' '.join(self.headlines).removeprefix(self.what)}."

    @property
    def tags(self) -> tuple[str, ...]:
        """What a line without room warns of."""
        told = (fact.tag for fact in self.facts if fact.text)
        return tuple(filter(None, (self.deposed, *told)))

    @property
    def gist(self) -> str:
        """Which attributes change, or why the resource comes, goes or moves."""
        change = self.change
        if change.action is Action.MOVE:
            return f"from {change.moved_from}"
        if self.group not in ("update", "replace"):
            return self.reason
        content = ["content"] if change.content is not None else []
        return ", ".join([*names_of(change.diffs), *content]) or self.reason

    @property
    def rows(self) -> list[Row]:
        return change_rows(self.change)

    @property
    def unchanged(self) -> int:
        """How many attributes are known and stay as they are."""
        if self.group in ("create", "delete"):
            return 0
        touched = {diff.path[0] for diff in self.change.diffs if diff.path}
        known = (n for n, value in self.change.after.items() if value is not None and not is_unknown(value))
        return sum(1 for name in known if name not in touched)

    @property
    def users(self) -> tuple[str, ...]:
        """The ids of the deployments that use it today."""
        return self.change.used_by


def _place(item: Change | Drift | LeftOut) -> list[str | int]:
    return as_read(item.address)


@frozen(eq=False, repr=False)
class DriftView:
    """As ChangeView, of a resource that moved behind the plan's back."""

    drift: Drift
    group: str = "drift"
    order: str = ""
    unchanged: int = 0
    tags: tuple[str, ...] = ()
    users: tuple[str, ...] = ()

    @property
    def address(self) -> Address:
        return self.drift.address

    @property
    def id(self) -> str:
        return self.drift.id

    @property
    def sign(self) -> str:
        return "-" if self.drift.gone else "~"

    @property
    def headlines(self) -> tuple[str, ...]:
        return (f"{self.address} {'is gone' if self.drift.gone else 'has changed'}",)

    @property
    def sentence(self) -> str:
        happened = "is not there any more" if self.drift.gone else "was changed outside of planner"
        return f"{self.address} {happened}."

    @property
    def gist(self) -> str:
        return "is gone" if self.drift.gone else ", ".join(names_of(self.drift.diffs))

    @property
    def rows(self) -> list[Row]:
        return rows_of(self.drift.diffs)


ResourceView = ChangeView | DriftView


def drift_views(found: Iterable[Drift]) -> Iterator[DriftView]:
    return map(DriftView, sorted(found, key=_place))


@frozen(eq=False, repr=False)
class PlanView:
    """What there is to say of a plan."""

    plan: Plan

    @property
    def changes(self) -> Iterator[ChangeView]:
        found = (change for change in self.plan.changes if change.action is not Action.NO_OP)
        return map(ChangeView, sorted(found, key=_place))

    @property
    def losses(self) -> Iterator[ChangeView]:
        """What is deleted or replaced."""
        return (change for change in self.changes if change.group in LOSSES)

    @property
    def drift(self) -> Iterator[DriftView]:
        return drift_views(self.plan.drift)

    @property
    def outputs(self) -> list[Row]:
        return output_rows(self.plan.outputs)

    @property
    def counts(self) -> Counter[str]:
        """Changes and drift by their groups."""
        groups = (_KINDS[c.action].group for c in self.plan.changes if c.action is not Action.NO_OP)
        return Counter(groups) + Counter(drift=len(self.plan.drift))

    @property
    def left_out(self) -> Iterator[tuple[Address, str, str]]:
        """What --target and --exclude keep out: the address, what of it with its change, and why."""
        for item in sorted(self.plan.left_out, key=_place):
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
        """Which entries of the state are not as observed, and why; an import or a move is told as such."""
        told = {c.address for c in self.plan.changes if c.imported or c.moved_from is not None}
        moved = {
            item.address: "gone" if item.gone else "changed outside of planner" for item in self.plan.drift
        }
        entries = {prior.address for prior in self.plan.refreshed} - told | {*self.plan.gone}
        named = [
            f"{item} ({moved.get(item, 'its version, dates or lifecycle')})"
            for item in sorted(entries, key=as_read)
        ]
        if len(named) > _NAMED:
            named[_NAMED:] = [f"{len(named) - _NAMED:,} more"]
        what = " and ".join(filter(None, [", ".join(named[:-1]), *named[-1:]]))
        return f"The state is behind for {what}; apply brings it up to date." if named else ""

    @property
    def no_changes(self) -> str:
        """That nothing changes: in two words, or in as many as are true where changes are left out."""
        return "no changes to what was selected" if self.plan.left_out else "no changes"

    def nothing_to_do(self, environment: str) -> str:
        """A sentence for a plan without changes. environment: its name as it is laid out."""
        plan, where = self.plan, f"the {environment} environment"
        if plan.left_out:
            return "Nothing that was selected changes."
        if plan.mode == DESTROY:
            return f"The state of {where} holds nothing to delete now."
        if plan.mode == REFRESH_ONLY:
            return f"The state is as {where} is; the configuration was not compared with it."
        if plan.mode == IMPORT_ONLY:
            return f"There is nothing to import into the state of {where}."
        what = f"What was selected of {where}" if plan.partial else f"The {environment} environment"
        how = "" if plan.asked else " by its state; the installation was not asked"
        return f"{what} matches the configuration{how}."
