"""What there is to say of one resource in a plan: how it changes, or that it moved behind the plan's back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from attrs import Factory, frozen

from planner.model.address import Address, as_read
from planner.model.members import ContentChange
from planner.model.plan import (
    NO_RESTART,
    ROLLING,
    Action,
    Change,
    Drift,
    LeftOut,
)
from planner.model.state import LEFT_OVER
from planner.model.value import Value, dotted
from planner.render.rows import Row, change_rows, names_of, rows_of
from planner.render.values import is_unknown

if TYPE_CHECKING:
    from planner.render.rollout_view import Membership
    from planner.render.users import UserView

_SAY_NOTHING: Final = frozenset({"", "it is new", "it is not in the state"})


@frozen
class KindOfChange:
    """How changes of one kind are shown. sign: the symbol. group: what it is counted and filtered by.
    headline: goes on after the address.
    """

    sign: str
    group: str
    headline: str


KINDS: Final[Mapping[Action, KindOfChange]] = {
    Action.CREATE: KindOfChange("+", "create", "will be created"),
    Action.UPDATE: KindOfChange("~", "update", "will be updated in place"),
    Action.REPLACE: KindOfChange("-/+", "replace", "must be replaced"),
    Action.DELETE: KindOfChange("-", "delete", "will be deleted"),
    Action.FORGET: KindOfChange(".", "state", "will be forgotten: it leaves the state and stays where it is"),
    Action.IMPORT: KindOfChange(".", "state", "will be imported"),
    Action.MOVE: KindOfChange(".", "state", "will be moved in the state"),
    Action.RESTART: KindOfChange("^", "restart", "will be restarted"),
}
CALLS: Final = ("create", "update", "replace", "delete", "restart")
"""The groups that call the API, by what they do."""

RESTARTS: Final = {
    ROLLING: ("with a rolling restart of the deployment's nodes", "restarts nodes"),
    NO_RESTART: ("without a restart: a node loads it when it next starts", ""),
}
"""What a change is for nodes that run, and the word for where there is no room."""

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
    """What there is to say of one change. content: what changes in its archive, where that is told.
    membership: where it has its place in a roll-out.
    """

    change: Change
    content: ContentChange | None = None
    membership: Membership | None = None

    @property
    def _kind(self) -> KindOfChange:
        return KINDS[self.change.action]

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
        change, found = self.change, list[Fact]()
        if change.imported:
            how = "taken over" if change.taken_over else "imported"
            text = "" if change.action is Action.IMPORT else f"{how} first"
            found.append(Fact("imported", True, text, how))
        if change.moved_from is not None:
            text = "" if change.action is Action.MOVE else f"moved from {change.moved_from}"
            found.append(Fact("moved_from", str(change.moved_from), text, "moved"))
        if change.restart in RESTARTS:
            found.append(Fact("restart", change.restart, *RESTARTS[change.restart]))
        if place := self.membership:
            value: dict[str, Value] = {"name": place.rollout, "wave": place.wave, "waves": place.waves}
            found.append(Fact("rollout", value, place.text, f"wave {place.wave} of {place.waves}"))
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
    def users(self) -> tuple[UserView, ...]:
        """The deployments that use it today."""
        if not self.change.used_by:
            return ()
        from planner.render.users import user_views  # noqa: PLC0415 - only where somebody is concerned

        return user_views(self.change)


def place(item: Change | Drift | LeftOut) -> list[str | int]:
    return as_read(item.address)


@frozen(eq=False, repr=False)
class DriftView:
    """As ChangeView, of a resource that moved behind the plan's back."""

    drift: Drift
    content: ContentChange | None = Factory(lambda self: self.drift.content, takes_self=True)
    group: str = "drift"
    order: str = ""
    unchanged: int = 0
    tags: tuple[str, ...] = ()

    @property
    def users(self) -> tuple[UserView, ...]:
        """A plan names those of what it changes."""
        return ()

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
    return map(DriftView, sorted(found, key=place))
