"""Steps: the changes as single writes, in an order that respects every dependency. Pure.

A write waits for the writes of what its resource depends on. A delete waits for the deletes of what depended
on the resource, deposed ones too, and for the updates of what does not depend on it any more. A replacement
deletes and then creates; with create_before_destroy it creates first and deletes what it deposed last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from planner.engine.selection import Edges
from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.graph import Cycle, ordered
from planner.model.plan import Action, Change, Step

WRITE, DELETE = "1-write", "0-delete"
WRITES = (Action.CREATE, Action.UPDATE, Action.REPLACE)
CALLS = (*WRITES, Action.RESTART)
CREATES = (Action.CREATE, Action.REPLACE)
Node = tuple[Address, str, str]
"""Whose, what, and of what was deposed before: its id."""


def make_steps(
    changes: Sequence[Change],
    writes: Mapping[Address, Sequence[str]],
    deletions: Mapping[str, Sequence[str]],
    desired: Edges,
    prior: Edges,
    postponed: Collection[Address] = (),
) -> tuple[Step, ...]:
    """The steps of a plan. writes: the operations of each create, update and replace. deletions: those of a
    delete, by kind. desired, prior: what each depends on, by the templates and by the state. postponed:
    replaced with create_before_destroy, and not deleted yet.

    PlannerError when the changes cannot be ordered.
    """
    operations = _operations(changes, writes, deletions, postponed)
    needed = _waits(changes, operations, desired, prior)
    try:
        waits = _after_deposed(changes, needed)
        nodes = ordered(waits)
    except Cycle:  # deposed by several runs, each of which needed an address that the other one had
        waits, nodes = needed, _in_order(needed)
    deposed = {_delete_node(c): c.id for c in changes if _deletes_deposed(c)}
    return _numbered(nodes, operations, waits, deposed)


def _in_order(waits: Mapping[Node, list[Node]]) -> list[Node]:
    try:
        return ordered(waits)
    except Cycle as cycle:
        circle = " -> ".join(_told(node) for node in (*cycle.members, cycle.members[0]))
        raise PlannerError(
            f"the changes wait for each other in a circle: {circle}",
            advice="Apply them in two runs, or give each of the replaced ones create_before_destroy.",
        ) from None


def _told(node: Node) -> str:
    return f"{'delete' if node[1] == DELETE else 'write'} {node[0]}"


def _deletes_deposed(change: Change) -> bool:
    return change.deposed or (change.action is Action.REPLACE and change.create_before_destroy)


def _delete_node(change: Change) -> Node:
    return change.address, DELETE, (change.id or "") if change.deposed else ""


def _write_node(address: Address) -> Node:
    return address, WRITE, ""


def _operations(
    changes: Sequence[Change],
    writes: Mapping[Address, Sequence[str]],
    deletions: Mapping[str, Sequence[str]],
    postponed: Collection[Address],
) -> dict[Node, Sequence[str]]:
    found: dict[Node, Sequence[str]] = {}
    for change in changes:
        if change.action in CALLS:
            found[_write_node(change.address)] = writes[change.address]
        stays = change.address in postponed and not change.deposed
        if change.action in (Action.DELETE, Action.REPLACE) and not stays:
            found[_delete_node(change)] = deletions[change.address.kind]
    return found


def _waits(
    changes: Sequence[Change], nodes: Iterable[Node], desired: Edges, prior: Edges
) -> dict[Node, list[Node]]:
    waits: dict[Node, list[Node]] = {node: [] for node in nodes}
    dependents: dict[Address, list[Address]] = defaultdict(list)
    for address, others in prior.items():
        for other in others:
            dependents[other].append(address)
    for change in changes:
        if change.action in CALLS:
            others = desired.get(change.address, ())
            waits[_write_node(change.address)] += [_write_node(other) for other in others]
        if _delete_node(change) in waits:
            _wait_to_delete(change, waits, dependents[change.address])
    return {node: [other for other in others if other in waits] for node, others in waits.items()}


def _wait_to_delete(change: Change, waits: dict[Node, list[Node]], dependents: Sequence[Address]) -> None:
    mine = _delete_node(change)
    waits[mine] += [(other, DELETE, "") for other in dependents]
    if change.action is Action.DELETE:
        waits[mine] += [_write_node(other) for other in dependents]
    elif change.create_before_destroy:
        waits[mine] += [_write_node(other) for other in (change.address, *dependents)]
    else:
        waits[_write_node(change.address)].append(mine)


def _after_deposed(changes: Sequence[Change], waits: Mapping[Node, list[Node]]) -> dict[Node, list[Node]]:
    """waits, where what is deleted for good waits for the deposed ones that needed it."""
    needing: dict[Address, list[Node]] = defaultdict(list)
    for change in changes:
        if change.deposed:
            for other in change.dependencies:
                needing[other].append(_delete_node(change))
    found = dict(waits)
    for change in changes:
        if change.action is Action.DELETE and needing[change.address]:
            mine = _delete_node(change)
            found[mine] = [*waits[mine], *needing[change.address]]
    return found


def _numbered(
    nodes: Sequence[Node],
    operations: Mapping[Node, Sequence[str]],
    waits: Mapping[Node, Sequence[Node]],
    deposed: Mapping[Node, str | None],
) -> tuple[Step, ...]:
    """deposed: the ids of the deposed resources that nodes delete."""
    steps: list[Step] = []
    last: dict[Node, int] = {}
    for node in nodes:
        waits_for = tuple(sorted({last[other] for other in waits[node] if other in last}))
        for operation in operations[node]:
            number = len(steps) + 1
            steps.append(Step(number, node[0], operation, waits_for, node in deposed, deposed.get(node)))
            waits_for = (number,)
            last[node] = number
    return tuple(steps)
