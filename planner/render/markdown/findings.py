"""What a reviewer should know beside the changes themselves.

The deletes and replaces of every environment, which are the last to give way; what a change leaves behind;
then failures, drift, users of extensions, checks and notes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from attrs import frozen

from planner.model.address import Address
from planner.model.plan import CheckResult
from planner.model.preview import EnvironmentPreview, Preview
from planner.render.markdown.blocks import block, coloured, folded, named, omitted, shortened, spaced
from planner.render.markdown.form import CommentForm, Detail
from planner.render.markdown.spans import code, codes, fence, marked, words
from planner.render.preview import losses_in_words
from planner.render.renames import Renames
from planner.render.resource_view import ChangeView, DriftView
from planner.render.text.plan import title
from planner.render.users import UserView
from planner.render.values import MEMBERS_NAMED, listing, plural
from planner.render.view import CHECKED, CHECKED_LATER, PlanView

if TYPE_CHECKING:
    from planner.render.rollout_view import RolloutView, WaveView

_REASON_ROOM: Final = 160
_UNSURE_ROOM: Final = 1_000
_WHOLE: Final = 100_000
_ERROR_COLUMNS: Final = 200
_ROLLOUT_ROOM: Final = 600
"""As much as an installation says of a plan that failed."""
_NOTE_ROOM: Final = 600
_STATUS: Final = CHECKED | {"failed": f"**{CHECKED['failed']}**"}

Items = Iterable[EnvironmentPreview]


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
        """What it is about, in which order it happens, and why; Markdown."""
        deposed = f", {self.change.deposed}" if self.change.deposed else ""
        order = f": {self.change.order}" if self.change.order else ""
        return f"{deposed}{order}{_reason(self.change)}"


def losses(environments: Iterable[EnvironmentPreview]) -> tuple[Loss, ...]:
    """Deletes before replaces, in the order of the environments and their plans."""
    planned = [(item, PlanView(item.plan)) for item in environments if item.plan]
    found = [Loss(lost, item.environment, item.protected) for item, view in planned for lost in view.losses]
    return tuple(sorted(found, key=lambda loss: loss.verb))


def renames(items: Items, form: CommentForm, most: int) -> Iterator[str]:
    """Likely renames. most: lines of the block to paste, and unclear ones; a block is shown whole or not."""
    found = Renames.of(item.plan for item in items if item.plan)
    if found.pairs:
        shown = fence(found.block, "yaml")
        fits = len(found.block) <= most and shown[1:-1] == found.block
        yield from (f"**Likely renamed:** {found.likely}", "")
        yield from (*(shown if fits else [f"That block does not fit here. {form.rest}"]), "")
    told = [f"- {words(text, _UNSURE_ROOM)}" for text in found.unsure]
    if told:
        yield from ("**Perhaps renamed:**", "", *told[:most])
        if len(told) > most:
            yield f"- ... {plural(len(told) - most, 'more group')}"
        yield ""


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
    told = [(item.environment, text) for item in environments for text in item.cautions]
    found = [f"> - {code(name, 60)}: {marked(text)}" for name, text in told]
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
        return f"; forced by {codes(change.forced_by, 3)}"
    reason = "" if change.deposed else change.change.reason
    return f"; {words(reason, _REASON_ROOM)}" if reason else ""


def failures(items: Items, detail: Detail) -> Iterator[str]:
    """What could not be planned, or would be refused, with the error and what to do; the same error once."""
    same: dict[tuple[bool, str, str], list[str]] = {}
    for item in items:
        if item.failed:
            same.setdefault((item.refused, item.error, item.advice), []).append(item.environment)
    for (refused, error, advice), names in same.items():
        where = codes(names)
        what = f"Apply would refuse the plan of {where}." if refused else f"{where} could not be planned."
        yield from (f"**{what}**", "", *_why_so(error, advice, detail.error_lines), "")


def whole_failure(preview: Preview, detail: Detail) -> Iterator[str]:
    """Why there is no preview at all."""
    reason = _why_so(preview.error, preview.advice, detail.error_lines)
    yield from ("**Nothing could be planned.**", "", *reason, "")


def _why_so(error: str, advice: str, most: int) -> list[str]:
    """The error and what to do, as a fence; most: lines of each."""
    lines = (error.rstrip() or "No reason was given.").split("\n")
    shown = lines[:most]
    if len(lines) > most:
        shown.append(f"... {plural(len(lines) - most, 'line')} omitted")
    if advice and most > 1:
        shown += ["", *advice.split("\n")[:most]]
    return fence((line[:_ERROR_COLUMNS] for line in shown), "text")


def rollouts(items: Items, detail: Detail) -> Iterator[str]:
    """What is carried to deployments in waves, of each environment, what is held back first; nothing where
    detail has no room.
    """
    found = [(item.environment, view) for item in items if item.plan for view in PlanView(item.plan).rollouts]
    if not (found and detail.rollouts):
        return
    found.sort(key=lambda told: not told[1].held)
    yield from ("**Roll-outs:**", "")
    for environment, view in found[: detail.rollouts]:
        where = f"{code(view.name, 60)} in {code(environment, 60)} ({words(view.rollout.rules.mode)})"
        yield f"- {where}: {words(view.summary, _ROLLOUT_ROOM)}"
        yield from _rollout(view, detail.rollouts)
    if len(found) > detail.rollouts:
        yield f"- ... {plural(len(found) - detail.rollouts, 'more roll-out')}"
    yield ""


def _rollout(view: RolloutView, most: int) -> Iterator[str]:
    """What holds it back comes first: it is the last to give way."""
    lines = [*_held(view), *map(_wave, view.waves), *(words(text, _ROLLOUT_ROOM) for text in view.remarks)]
    yield from (f"  - {line}" for line in lines[:most])
    if len(lines) > most:
        yield f"  - ... {plural(len(lines) - most, 'more line')}"


def _held(view: RolloutView) -> Iterator[str]:
    if view.held:
        before, _, command = view.way_on.rpartition(": ")
        yield f"**held back**: {words(view.held.partition(': ')[2], _ROLLOUT_ROOM)}"
        yield f"{before}: {code(command)}"


def _wave(wave: WaveView) -> str:
    members = wave.members[: MEMBERS_NAMED + 1]
    named = [code(m.shown, 60) + (f" ({words(m.version, 20)})" if m.version else "") for m in members]
    return f"wave {wave.number}: {listing(named, MEMBERS_NAMED, len(wave.members))}"


def drift(items: Items, form: CommentForm, detail: Detail) -> Iterator[str]:
    """What changed outside of planner, each environment in a collapsible block."""
    for item in items:
        if item.plan and item.plan.drift:
            found = item.plan.drift
            title = f"Drift in {named([item.environment], form)}: {plural(len(found), 'resource')}"
            title += " changed outside of planner"
            if detail.names_drift:
                lines = spaced(_drifted(PlanView(item.plan).drift, detail), form.limit)
                yield from folded(title, fence(lines, "diff"), form)
            else:
                yield from (f"{plural(len(found), 'resource')} of {code(item.environment)} drifted.", "")


def _drifted(found: Iterable[DriftView], detail: Detail) -> Iterator[list[str]]:
    hidden = 0
    for item in found:
        hidden += 0 if detail.drift else len(item.drift.diffs)
        if detail.drift:
            yield [*shortened(block(item), detail.drift, detail)]
        else:
            yield [coloured(title(item))]
    if hidden:
        yield [f"  {omitted(hidden)}"]


def users(items: Items, detail: Detail) -> Iterator[str]:
    """The deployments that use what changes. detail.users: how many are named for each resource."""
    lines, most = [*_users(items, detail.users)], max(detail.users * 5, 3)
    if lines:
        yield from ("**In use today by deployments:**", "", *lines[:most])
        if len(lines) > most:
            yield f"- ... {plural(len(lines) - most, 'more resource')} in use"
        yield ""


def _users(items: Items, most: int) -> Iterator[str]:
    for item in items:
        for change in PlanView(item.plan).changes if item.plan else ():
            if change.users:
                count = plural(len(change.users), "deployment")
                what = f"{code(str(change.address))} in {code(item.environment, 60)} ({change.action})"
                shown = [_user(user) for user in change.users[: most + 1]]
                names = f": {listing(shown, most, len(change.users))}" if most else ""
                yield f"- {what} by {count}{names}"


def _user(user: UserView) -> str:
    return f"{code(user.name, 60)} ({words(user.about, 120)})" if user.about else code(user.name, 60)


def checks(items: Items, detail: Detail) -> Iterator[str]:
    """The checks that failed or wait, and how many passed."""
    results = [(item.environment, check) for item in items if item.plan for check in item.plan.checks]
    bad = sorted((pair for pair in results if pair[1].status in _STATUS), key=lambda pair: pair[1].status)
    if not results:
        return
    yield from (f"**Checks:** {_check_counts([check for _, check in results])}.", "")
    if bad and detail.checks:
        yield from (_check(environment, check) for environment, check in bad[: detail.checks])
        if len(bad) > detail.checks:
            yield f"- ... {plural(len(bad) - detail.checks, 'more check')}"
        yield ""


def _check_counts(results: list[CheckResult]) -> str:
    says = (("failed", "failed"), ("unknown", CHECKED_LATER), ("passed", "passed"))
    counts = [(sum(1 for check in results if check.status == status), text) for status, text in says]
    return ", ".join(f"{count:,} {text}" for count, text in counts if count)


def _check(environment: str, check: CheckResult) -> str:
    """The message says what does not hold, so only a check that failed has one."""
    about = f"- {code(check.name, 60)} in {code(environment, 60)} {_STATUS[check.status]}"
    if check.status != "failed":
        return about
    severity = f" ({words(check.severity, 20)})" if check.severity else ""
    return about + severity + (f": {words(check.message, 200)}" if check.message else "")


def notes(items: Items, detail: Detail) -> Iterator[str]:
    """What the plans note, the same note of several environments once."""
    same: dict[str, list[str]] = {}
    for item in items:
        for note in item.plan.notes if item.plan else ():
            same.setdefault(note, []).append(item.environment)
    if same and detail.notes:
        yield from ("**Notes:**", "")
        shown = [*same.items()][: detail.notes]
        yield from (f"- {codes(where, 5)}: {words(note, _NOTE_ROOM)}" for note, where in shown)
        if len(same) > len(shown):
            yield f"- ... {plural(len(same) - len(shown), 'more note')}"
        yield ""
