"""Steps: the changes as single writes, in an order that respects every dependency. Pure.

A write waits for the writes of what its resource depends on. A delete waits for the deletes of what depended
on the resource, and for the updates of what does not depend on it any more. A replacement deletes and then
creates; with create_before_destroy it creates first and deletes the left-over last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.graph import Cycle, ordered
from planner.model.plan import Action, Change, Step

WRITE, DELETE = "1-write", "0-delete"
Node = tuple[Address, str]


def make_steps(
    changes: Sequence[Change],
    writes: Mapping[Address, Sequence[str]],
    dependencies: Mapping[Address, Sequence[Address]],
    former: Mapping[Address, Sequence[Address]],
) -> tuple[Step, ...]:
    """writes: the operations of each create, update and replace. dependencies: as desired; former: as in the state.

    PlannerError when the changes cannot be ordered.
    """
    operations = _operations(changes, writes)
    waits = _waits(changes, operations, dependencies, former)
    try:
        nodes = ordered(waits)
    except Cycle as cycle:
        raise PlannerError(
            f"the changes wait for each other in a circle: {cycle}",
            advice="Apply them in two runs, or give one of the resources create_before_destroy.",
        ) from None
    return _numbered(nodes, operations, waits, {c.address for c in changes if _leaves_one_over(c)})


def _leaves_one_over(change: Change) -> bool:
    return change.deposed or (change.action is Action.REPLACE and change.create_before_destroy)


def _operations(
    changes: Sequence[Change], writes: Mapping[Address, Sequence[str]]
) -> dict[Node, Sequence[str]]:
    found: dict[Node, Sequence[str]] = {}
    for change in changes:
        if change.action in (Action.CREATE, Action.UPDATE, Action.REPLACE):
            found[change.address, WRITE] = writes[change.address]
        if change.action in (Action.DELETE, Action.REPLACE):
            found[change.address, DELETE] = ("delete",)
    return found


def _waits(
    changes: Sequence[Change],
    operations: Mapping[Node, Sequence[str]],
    dependencies: Mapping[Address, Sequence[Address]],
    former: Mapping[Address, Sequence[Address]],
) -> dict[Node, list[Node]]:
    waits: dict[Node, list[Node]] = {node: [] for node in operations}
    dependents: dict[Address, list[Address]] = defaultdict(list)
    for address, others in former.items():
        for other in others:
            dependents[other].append(address)
    for change in changes:
        address = change.address
        if (address, WRITE) in waits:
            waits[address, WRITE] += [(other, WRITE) for other in dependencies.get(address, ())]
        if (address, DELETE) in waits:
            _wait_to_delete(change, waits, dependents[address])
    return {node: [other for other in others if other in waits] for node, others in waits.items()}


def _wait_to_delete(change: Change, waits: dict[Node, list[Node]], dependents: Sequence[Address]) -> None:
    address, mine = change.address, (change.address, DELETE)
    waits[mine] += [(other, DELETE) for other in dependents]
    if change.action is Action.DELETE:
        waits[mine] += [(other, WRITE) for other in dependents]
    elif change.create_before_destroy:
        waits[mine] += [(address, WRITE), *((other, WRITE) for other in dependents)]
    else:
        waits[address, WRITE].append(mine)


def _numbered(
    nodes: Sequence[Node],
    operations: Mapping[Node, Sequence[str]],
    waits: Mapping[Node, Sequence[Node]],
    leftover: set[Address],
) -> tuple[Step, ...]:
    steps: list[Step] = []
    last: dict[Node, int] = {}
    for node in nodes:
        waits_for = tuple(sorted({last[other] for other in waits[node]}))
        for operation in operations[node]:
            number = len(steps) + 1
            deposed = node[1] == DELETE and node[0] in leftover
            steps.append(Step(number, node[0], operation, waits_for, deposed))
            waits_for = (number,)
        last[node] = len(steps)
    return tuple(steps)
