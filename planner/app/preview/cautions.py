"""What a preview warns of because no plan shows it: environments that a change to planner.yaml takes out,
states that it moves, and where the branch lacks what its target has, or has what the merge may lose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import evolve, frozen

from planner.app.command_line import plain_command_line
from planner.app.preview.comparison import Branch, Read, Target, as_of, read_environment
from planner.app.preview.environment import Planned
from planner.app.stores import States, without_user
from planner.engine.offline import ABSENT
from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.plan import Action, Change
from planner.model.preview import REMOVED, EnvironmentPreview
from planner.model.project import Environment
from planner.model.resource import Desired
from planner.model.state import State

_NAMED: Final = 20
_DOING: Final = {Action.DELETE: "deleting", Action.REPLACE: "replacing"}


@frozen
class _Kept:
    """A place that a state is kept in, and what is there. place: for people. state: None when it was not
    read, or could not be.
    """

    place: str
    state: State | None = None


def removed(
    states: States, environment: Environment, new: Sequence[str], *, offline: bool
) -> EnvironmentPreview:
    """An environment that the change takes out of planner.yaml. new: those that it puts there. offline: no
    state is read.
    """
    kept = _kept(states, environment, offline)
    return EnvironmentPreview(
        environment.name,
        (REMOVED,),
        protected=environment.protected,
        removed=True,
        cautions=(states.redact(_on_removal(kept, states.folder, environment.name, new)),),
    )


def _on_removal(kept: _Kept, folder: Path, name: str, new: Sequence[str]) -> str:
    if kept.state is not None and kept.state.is_empty:
        holds = "its state holds no resources" if kept.state.lineage else "there is no state"
        return f"removed from `planner.yaml`; {holds} in `{kept.place}`."
    words = ("state", "rename", "--from-environment", name)
    destroy = plain_command_line(folder, name, "destroy")
    rename = [plain_command_line(folder, other, *words) for other in new]
    renamed = (
        f" If it is called `{'` or `'.join(new)}` now: a state belongs to one name, so that everything is "
        f"created again under the new one, unless it is taken over: `{'` or `'.join(rename)}`."
    )
    return (
        f"removed from `planner.yaml`, which deletes nothing: what its state in `{kept.place}` holds"
        f"{_number(kept)} stays where it is, and nothing looks after it. To delete it, run `{destroy}` on "
        f"the target branch before the merge.{renamed if new else ''}"
    )


def moved(states: States, before: Environment, after: Environment, *, offline: bool) -> tuple[str, ...]:
    """What there is to say where an environment's state is to be in another place; () when nothing is lost.

    Nothing is lost when there was none, or when the new place has one already.
    """
    if before.state == after.state:
        return ()
    former, later = _kept(states, before, offline), _kept(states, after, offline)
    if former.place == later.place or (later.state is not None and later.state.lineage):
        return ()
    if former.state is not None and former.state.is_empty:
        return ()
    source = without_user(before.state)
    migrate = plain_command_line(states.folder, after.name, "state", "migrate", "--from", source)
    there_is_none = ", where there is none" if later.state is not None else ""
    text = (
        f"its state moves from `{former.place}` to `{later.place}`{there_is_none}. Unless it is copied there "
        f"(`{migrate}`), everything is created again, and what the former one holds{_number(former)} stays "
        "where it is."
    )
    return (states.redact(text),)


def _kept(states: States, environment: Environment, offline: bool) -> _Kept:
    place = without_user(environment.state)
    try:
        store = states.open(environment, alone=True)
        place = store.backend.describe()
        return _Kept(place, None if offline else store.load())
    except PlannerError:
        return _Kept(place)


def _number(kept: _Kept) -> str:
    """` (4 resources)`, "" where that is not known."""
    number = len(kept.state.entries) if kept.state else 0
    return f" ({number:,} resource{'s' * (number != 1)})" if number else ""


def undoing_told(
    branch: Branch, planned: Sequence[Planned], pairs: Mapping[str, tuple[Read, Read]]
) -> list[Planned]:
    """planned, with a caution where a delete or replace comes only from what the branch lacks.

    pairs: each environment as it was where the branch left its target, and as the branch has it.
    """
    losses = {item.environment: _losses(item) for item, _ in planned}
    target = branch.target
    if not target.commits or not any(losses.values()):
        return [*planned]
    found = []
    with as_of(branch.repository, target.commit) as (folder, _):
        for item, data in planned:
            name = item.environment
            undone = _undone(branch, folder, name, losses[name], pairs[name])
            found.append((evolve(item, cautions=(*item.cautions, *_told(undone, target))), data))
    return found


def unmerged_pin(branch: Branch, pin: str) -> Iterator[str]:
    """That an environment is pinned to a commit which is not in the target. pin: "" where it has none."""
    repository, target = branch.repository, branch.target
    commit = repository.find(pin) if pin else None
    if commit is not None and not repository.is_ancestor(commit, target.commit):
        yield (
            f"it is pinned to `{pin}`, which `{target.name}` does not have. A merge by squash or rebase "
            "loses that commit, and then nobody can plan this environment. Merge with a merge commit, or "
            "what is pinned first."
        )


def _losses(item: EnvironmentPreview) -> list[Change]:
    return [change for change in item.plan.changes if change.action in _DOING] if item.plan else []


def _undone(
    branch: Branch, folder: Path, name: str, losses: Sequence[Change], pair: tuple[Read, Read]
) -> list[Change]:
    """The losses of resources that the branch leaves alone and its target does not."""
    was, now = map(_desired, pair)
    if not losses or was is None or now is None:
        return []
    there = _desired(read_environment(branch, folder, name))
    if there is None:
        return []
    addresses = {loss.address for loss in losses}
    mine = {address for address in addresses if was.get(address) != now.get(address)}
    theirs = {address for address in addresses if was.get(address) != there.get(address)}
    return [loss for loss in losses if loss.address in theirs - mine]


def _desired(read: Read) -> Mapping[Address, Desired] | None:
    """What is desired; None where that is not known, since it could not be rendered."""
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
