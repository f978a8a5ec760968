"""Checks across resources: references and dependencies that exist, and no circles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import define, field

from planner.config.blocks import Blocks
from planner.config.validation import Place
from planner.model.address import Address
from planner.model.declarations import Import, Move, Removal, round_by_hand
from planner.model.diagnostic import did_you_mean
from planner.model.graph import Cycle, ordered
from planner.model.kind import Kind
from planner.model.resource import Desired
from planner.model.value import Deferred, Path, Reference, Value, leaves

MAX_SUGGESTIONS = 20
"""Looking for a similar name costs time with each name there is, so it is not done for thousands."""


def check_references(blocks: Blocks) -> None:
    """Reports references to what is not declared, and circles."""
    checks = _References(blocks)
    for address, desired in blocks.resources.items():
        checks.resource(desired, blocks.places[address])
    for output in blocks.outputs.values():
        checks.value(output.value, output.place)
    _check_statements(blocks)
    if not blocks.diagnostics.has_errors:
        _check_circles(blocks)


@define
class _References:
    blocks: Blocks
    _near: dict[Address, str] = field(factory=dict)

    def resource(self, desired: Desired, place: Place) -> None:
        if desired.references:
            self.value(desired.attributes, place)
        for index, dependency in enumerate(desired.depends_on):
            self._declared(dependency, place, ("depends_on", index))
        for index, trigger in enumerate(desired.lifecycle.replace_triggered_by):
            path = ("lifecycle", "replace_triggered_by", index)
            if self._declared(trigger.address, place, path) and trigger.path:
                self._attribute(trigger, place, path)

    def value(self, value: Value, place: Place) -> None:
        for path, reference in _references(value):
            if self._declared(reference.address, place, path):
                self._attribute(reference, place, path)

    def _declared(self, target: Address, place: Place, path: Path) -> bool:
        if target in self.blocks.resources:
            return True
        place.error(path, f"{target} is not declared", advice=self._suggestion(target))
        return False

    def _suggestion(self, target: Address) -> str:
        if target not in self._near and len(self._near) < MAX_SUGGESTIONS:
            self._near[target] = did_you_mean(str(target), map(str, self.blocks.resources))
        return self._near.get(target, "")

    def _attribute(self, reference: Reference, place: Place, path: Path) -> None:
        problem = _wrong_attribute(reference, self.blocks.kinds[reference.address.kind])
        if problem:
            summary, advice = problem
            place.error(path, summary, advice=advice)


def _check_statements(blocks: Blocks) -> None:
    """What is imported is declared; what was moved away or removed is not."""
    wrong = [(i, f"import names {i.target}, which is not declared") for i in blocks.imports]
    wrong = [(i, text) for i, text in wrong if i.target not in blocks.resources]
    gone: list[tuple[Move | Removal, str]] = [
        *((move, f"{move.source} was moved, and is still declared") for move in blocks.moves),
        *((removal, f"{removal.source} was removed, and is still declared") for removal in blocks.removals),
    ]
    circles = [circle for circle in _circles(blocks.moves) if not blocks.resources.keys().isdisjoint(circle)]
    going_round = {address for circle in circles for address in circle}
    still = [(statement, text) for statement, text in gone if statement.source in blocks.resources]
    still = [found for found in still if isinstance(found[0], Removal) or found[0].source not in going_round]
    for statement, text in (*wrong, *still, *_twice(blocks)):
        blocks.diagnostics.error(text, position=statement.position)
    for circle in circles:
        _refuse_circle(circle, blocks)


def _circles(moves: Iterable[Move]) -> Iterator[list[Address]]:
    """Addresses whose moves lead back to them, each circle once."""
    targets = {move.source: move.target for move in moves}
    seen: set[Address] = set()
    for source in sorted(targets):
        path, address = [], source
        while address in targets and address not in seen:
            seen.add(address)
            path.append(address)
            address = targets[address]
        if address in path:
            yield path[path.index(address) :]


def _refuse_circle(circle: list[Address], blocks: Blocks) -> None:
    alone = len(circle) == 1
    blocks.diagnostics.error(
        f"moves go in a circle: {' -> '.join(map(str, [*circle, circle[0]]))}",
        position=next(move.position for move in blocks.moves if move.source == circle[0]),
        advice="Remove the moved block." if alone else "\n".join(round_by_hand(circle, blocks.resources)),
    )


def _twice(blocks: Blocks) -> Iterator[tuple[Move | Removal | Import, str]]:
    """Statements about what another one of the same block is about already."""
    said: set[tuple[str, Address]] = set()
    keyed: list[tuple[str, Address, Move | Removal | Import]] = [
        *(("moved", move.source, move) for move in blocks.moves),
        *(("removed", removal.source, removal) for removal in blocks.removals),
        *(("import", item.target, item) for item in blocks.imports),
    ]
    for block, address, statement in keyed:
        if (block, address) in said:
            yield statement, f"{address} has two {block} blocks; keep one"
        said.add((block, address))


def _references(value: Value) -> Iterator[tuple[Path, Reference]]:
    for path, leaf in leaves(value):
        if isinstance(leaf, Deferred):
            yield from ((path, reference) for reference in leaf.references)


def _wrong_attribute(reference: Reference, kind: Kind) -> tuple[str, str] | None:
    if not reference.path:
        return f"{reference} names a resource, not an attribute", f"Add one of {', '.join(kind.kept)}."
    if name := kind.without_value(reference.path):
        return f'{kind.name} has no attribute "{name}" to refer to', did_you_mean(name, kind.kept)
    return None


def _check_circles(blocks: Blocks) -> None:
    try:
        ordered({address: desired.dependencies for address, desired in blocks.resources.items()})
    except Cycle as cycle:
        place = next(place for address, place in blocks.places.items() if address in cycle.members)
        place.error(
            (),
            "resources wait for each other in a circle",
            detail=str(cycle),
            advice="Remove one of these references or depends_on entries.",
        )
