"""Environments with the same changes, told once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Final

from attrs import evolve, field, frozen

from planner.model.plan import Action, Change, Plan
from planner.model.preview import EnvironmentPreview
from planner.render.markdown.diff_lines import Block, change_lines, output_lines

_FOLDED_UP_TO: Final = 1_000
_LIGHT: Final = frozenset({Action.NO_OP})


@frozen
class Group:
    """Environments whose plans read the same. plan: of the first. masked: their ids differ."""

    environments: tuple[str, ...]
    plan: Plan
    masked: bool = False
    _blocks: dict[int, Block] = field(factory=dict, init=False, eq=False, repr=False)

    @property
    def changes(self) -> Iterator[Change]:
        return changed(self.plan)

    def block(self, change: Change) -> Block:
        """The block of one of the changes, made once: it is shown again with less detail."""
        key = id(change)
        if key not in self._blocks:
            self._blocks[key] = _block(change, masked=self.masked)
        return self._blocks[key]


def changed(plan: Plan) -> Iterator[Change]:
    return (change for change in plan.changes if change.action not in _LIGHT)


def groups(environments: Iterable[EnvironmentPreview]) -> tuple[Group, ...]:
    """In the order of their first environments; those without changes and outputs are left out.

    Plans are the same when they read the same but for the resources' own ids. Very large ones stay apart:
    to compare them takes longer than it saves.
    """
    found: list[Group] = []
    for item in environments:
        if item.plan is not None and (item.plan.outputs or any(changed(item.plan))):
            _join(found, item.environment, item.plan)
    return tuple(found)


def _join(found: list[Group], environment: str, plan: Plan) -> None:
    for index, group in enumerate(found):
        if _alike(group.plan, plan):
            ids = [change.id for change in group.changes] != [change.id for change in changed(plan)]
            names = (*group.environments, environment)
            found[index] = evolve(group, environments=names, masked=group.masked or ids)
            return
    found.append(Group((environment,), plan))


def _alike(one: Plan, other: Plan) -> bool:
    return len(one.changes) <= _FOLDED_UP_TO and all(
        a == b for a, b in zip_longest(_as_read(one), _as_read(other))
    )


def _as_read(plan: Plan) -> Iterator[object]:
    """What a reader sees of the changes and outputs, one by one; the cheap first."""
    yield [(change.address, change.action) for change in changed(plan)]
    yield from (_block(change, masked=True) for change in changed(plan))
    yield from output_lines(plan.outputs)


def _block(change: Change, *, masked: bool) -> Block:
    block = change_lines(change)
    return block.masked(change.id) if masked and change.id else block
