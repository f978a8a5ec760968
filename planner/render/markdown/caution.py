"""What to beware of: the deletes and replaces of every environment, the part of a comment that is the last to
give way, and what a change leaves behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from attrs import frozen

from planner.model.address import Address
from planner.model.preview import EnvironmentPreview
from planner.render.markdown.form import CommentForm
from planner.render.markdown.spans import code, listing, marked, words
from planner.render.totals import losses_in_words
from planner.render.values import plural
from planner.render.view import ChangeView, PlanView

_REASON_ROOM: Final = 160
_WHOLE: Final = 100_000


@frozen
class Loss:
    """One delete or replace. protected: whether its environment is."""

    change: ChangeView
    environment: str
    protected: bool = False

    @property
    def verb(self) -> str:
        return self.change.group

    @property
    def where(self) -> str:
        return code(self.environment, _WHOLE) + self.id

    @property
    def id(self) -> str:
        return f" (id {code(self.change.id, _WHOLE)})" if self.change.id else ""

    @property
    def about(self) -> str:
        """Of what, in which order, and why; Markdown."""
        left_over = f", {self.change.left_over}" if self.change.left_over else ""
        order = f": {self.change.order}" if self.change.order else ""
        return f"{left_over}{order}{_reason(self.change)}"


def losses(environments: Iterable[EnvironmentPreview]) -> tuple[Loss, ...]:
    """Deletes before replaces, in the order of the environments and their plans."""
    found = [
        Loss(change, item.environment, item.protected)
        for item in environments
        if item.plan
        for change in PlanView(item.plan).losses
    ]
    return tuple(sorted(found, key=lambda loss: loss.verb))


def caution(found: Sequence[Loss], form: CommentForm, level: int) -> Iterator[str]:
    """The block; nothing when found is empty. level: as Detail.caution. Every loss is named at each level."""
    if found:
        yield from _opening(form)
        no_ids = f"Their ids do not fit here. {form.rest}"
        yield f"> **{_counts(found)}.** {_LEAD if level else no_ids}"
        yield ">"
        yield from _one_by_one(found) if level == 2 else _together(found, with_ids=level == 1)
        yield ""


def partial_caution(found: Sequence[Loss], form: CommentForm, room: int) -> Iterator[str]:
    """As many addresses as take up room, with the exact count of those that are missing.

    Those of protected environments come first.
    """
    found = sorted(found, key=lambda loss: (loss.verb, not loss.protected))
    kept = _fitting(found, form, room)
    yield from _opening(form)
    missing = f"{len(found) - kept:,} of them are not named here"
    yield f"> **{_counts(found)}.** **This list is not whole: {missing}.**"
    yield f"> Do not approve from this comment alone. {form.rest}"
    if kept:
        yield ">"
        yield from _together(found[:kept], with_ids=False)
    yield ""


def warnings(environments: Iterable[EnvironmentPreview], form: CommentForm, most: int) -> Iterator[str]:
    """What merging leaves behind, a line for each; nothing when there is nothing. most: lines."""
    found = [
        f"> - {code(item.environment, 60)}: {marked(text)}" for item in environments for text in item.cautions
    ]
    if found:
        yield from _opening(form, "Warning")
        yield from found[:most]
        if len(found) > most:
            yield f"> - {plural(len(found) - most, 'warning')} not shown here. {form.rest}"
        yield ""


_LEAD: Final = "What is deleted or replaced cannot be brought back by planner."


def _opening(form: CommentForm, title: str = "Caution") -> Iterator[str]:
    yield f"> [!{title.upper()}]" if form.dialect.alerts else f"> **{title}**"
    if not form.dialect.alerts:
        yield ">"


def _counts(found: Sequence[Loss]) -> str:
    return losses_in_words(loss.verb for loss in found)


def _one_by_one(found: Sequence[Loss]) -> Iterator[str]:
    """A line for each resource, with the environments that lose it."""
    same: dict[tuple[str, Address, str], list[str]] = {}
    for loss in found:
        same.setdefault((loss.verb, loss.change.address, loss.about), []).append(loss.where)
    for (verb, address, about), places in same.items():
        yield f"> - **{verb}** {code(str(address), _WHOLE)} in {', '.join(places)}{about}"


def _together(found: Sequence[Loss], *, with_ids: bool) -> Iterator[str]:
    """A line for each environment and verb, with all addresses."""
    for (verb, environment), items in groupby(found, key=lambda loss: (loss.verb, loss.environment)):
        group = [*items]
        yield f"> - **{verb}** {len(group):,} in {code(environment, _WHOLE)}: {_names(group, with_ids)}"


def _names(group: Sequence[Loss], with_ids: bool) -> str:
    if not with_ids:
        return code(" ".join(str(loss.change.address) for loss in group), _WHOLE)
    return ", ".join(code(str(loss.change.address), _WHOLE) + loss.id for loss in group)


def _fitting(found: Sequence[Loss], form: CommentForm, room: int) -> int:
    """How many losses, from the first, stand in room as _together has them. The size only grows."""
    least, most = 0, len(found)
    while least < most:
        half = (least + most + 1) // 2
        lines = _together(found[:half], with_ids=False)
        fits = sum(form.size(line) + 1 for line in lines) <= room
        least, most = (half, most) if fits else (least, half - 1)
    return least


def _reason(change: ChangeView) -> str:
    if change.forced_by:
        return f"; forced by {listing([code(name, 60) for name in change.forced_by], 3)}"
    reason = "" if change.left_over else change.change.reason
    return f"; {words(reason, _REASON_ROOM)}" if reason else ""
