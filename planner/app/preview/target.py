"""What differs between a branch and its target beside the change: what only one of them has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import evolve, frozen

from planner.app.caller import Caller
from planner.app.preview.comparison import Order, Read, Target, as_of, read_environment
from planner.app.preview.environment import Planned
from planner.engine.affected import ABSENT
from planner.model.address import Address
from planner.model.plan import Action, Change
from planner.model.preview import EnvironmentPreview
from planner.model.resource import Desired
from planner.vcs import Repository

_NAMED: Final = 20
_DOING: Final = {Action.DELETE: "deleting", Action.REPLACE: "replacing"}


@frozen
class Lead:
    """The target of a preview, and how to read what it has."""

    caller: Caller
    order: Order
    repository: Repository
    target: Target


def undoing_told(
    lead: Lead, planned: Sequence[Planned], pairs: Mapping[str, tuple[Read, Read]]
) -> list[Planned]:
    """planned, with a caution where a delete or replace comes only from what the branch lacks.

    pairs: each environment as it was where the branch left its target, and as the branch has it.
    """
    losses = {item.environment: _losses(item) for item, _ in planned}
    if not lead.target.commits or not any(losses.values()):
        return [*planned]
    found = []
    with as_of(lead.repository, lead.target.commit) as (folder, _):
        for item, data in planned:
            undone = _undone(lead, folder, item.environment, losses[item.environment], pairs)
            found.append((evolve(item, cautions=(*item.cautions, *_told(undone, lead.target))), data))
    return found


def unmerged_pin(lead: Lead, pin: str) -> Iterator[str]:
    """That an environment is pinned to a commit which is not in the target. pin: "" where it has none."""
    commit = lead.repository.find(pin) if pin else None
    if commit is not None and not lead.repository.is_ancestor(commit, lead.target.commit):
        yield (
            f"it is pinned to `{pin}`, which `{lead.target.name}` does not have. A merge by squash or rebase "
            "loses that commit, and then nobody can plan this environment. Merge with a merge commit, or "
            "what is pinned first."
        )


def _losses(item: EnvironmentPreview) -> list[Change]:
    return [change for change in item.plan.changes if change.action in _DOING] if item.plan else []


def _undone(
    lead: Lead, folder: Path, name: str, losses: Sequence[Change], pairs: Mapping[str, tuple[Read, Read]]
) -> list[Change]:
    """Of the losses, those of resources that the branch leaves alone and its target does not."""
    was, now = map(_wanted, pairs[name])
    if not losses or was is None or now is None:
        return []
    request = evolve(lead.order.request, folder=folder, environment=name)
    there = _wanted(read_environment(lead.caller, request, offline=lead.order.offline))
    if there is None:
        return []
    addresses = {loss.address for loss in losses}
    mine = {address for address in addresses if was.get(address) != now.get(address)}
    theirs = {address for address in addresses if was.get(address) != there.get(address)}
    return [loss for loss in losses if loss.address in theirs - mine]


def _wanted(read: Read) -> Mapping[Address, Desired] | None:
    """None where it is not known, since it could not be rendered."""
    if read.reading is ABSENT:
        return {}
    return read.configuration.resources if read.configuration else None


def _told(undone: Sequence[Change], target: Target) -> Iterator[str]:
    if undone:
        named = [f"{_DOING[loss.action]} `{loss.address}`" for loss in undone[:_NAMED]]
        more = [f"{len(undone) - _NAMED} more"] if len(undone) > _NAMED else []
        yield (
            f"{', '.join([*named, *more])} would only undo what `{target.name}` has got since this branch "
            f"left it. Merge `{target.name}` into the branch, or rebase it, and look again."
        )
