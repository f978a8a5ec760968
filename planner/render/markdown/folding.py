"""Environments with the same changes, told once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Final

from attrs import evolve, field, frozen

from planner.model.plan import Plan
from planner.model.preview import EnvironmentPreview
from planner.render.markdown.diff import Block, block, output_lines
from planner.render.view import ChangeView, PlanView

_FOLDED_UP_TO: Final = 1_000


@frozen
class Group:
    """Environments whose plans read the same. plan: of the first. masked: their ids differ."""

    environments: tuple[str, ...]
    plan: Plan
    masked: bool = False
    _blocks: dict[int, Block] = field(factory=dict, init=False, eq=False, repr=False)

    def block(self, item: ChangeView) -> Block:
        """The block of one of the changes, made once: it is shown again with less detail."""
        key = id(item.change)
        if key not in self._blocks:
            self._blocks[key] = block(item, masked=self.masked)
        return self._blocks[key]


def groups(environments: Iterable[EnvironmentPreview]) -> tuple[Group, ...]:
    """In the order of their first environments; those without changes and outputs are left out.

    Plans are the same when they read the same but for the resources' own ids. Very large ones stay apart:
    to compare them takes longer than it saves.
    """
    found: list[Group] = []
    for item in environments:
        if item.plan is not None and (item.plan.outputs or any(PlanView(item.plan).changes)):
            _join(found, item.environment, item.plan)
    return tuple(found)


def _join(found: list[Group], environment: str, plan: Plan) -> None:
    for index, group in enumerate(found):
        if _alike(group.plan, plan):
            ids = _ids(group.plan) != _ids(plan)
            names = (*group.environments, environment)
            found[index] = evolve(group, environments=names, masked=group.masked or ids)
            return
    found.append(Group((environment,), plan))


def _alike(one: Plan, other: Plan) -> bool:
    return len(one.changes) <= _FOLDED_UP_TO and all(
        a == b for a, b in zip_longest(_as_read(one), _as_read(other))
    )


def _ids(plan: Plan) -> list[str]:
    return [item.id for item in PlanView(plan).changes]


def _as_read(plan: Plan) -> Iterator[object]:
    """What a reader sees of the changes and outputs, one by one; the cheap first."""
    view = PlanView(plan)
    yield [(item.address, item.sign) for item in view.changes]
    yield from (block(item, masked=True) for item in view.changes)
    yield from output_lines(view.outputs)
