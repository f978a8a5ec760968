"""What blocks say of each other: references to what is declared, statements that fit, nothing in circles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from attrs import define, field

from planner.config.blocks import Blocks
from planner.config.validation import TYPES, Place
from planner.model.address import Address
from planner.model.declarations import Move, Placed, round_by_hand
from planner.model.diagnostic import Diagnostics, Position, did_you_mean
from planner.model.facets import Attribute
from planner.model.graph import Cycle, ordered
from planner.model.kind import Kind
from planner.model.resource import Desired
from planner.model.value import Deferred, Path, Reference, Value, dotted, leaves

_NESTED: Final = frozenset({"object", "array"})
MAX_SUGGESTIONS = 20
"""Looking for a similar name costs time with each name there is, so it is not done for thousands."""


def check_references(blocks: Blocks) -> None:
    """Reports references to what is not declared, and circles."""
    checks = _References(blocks)
    for address, desired in blocks.resources.items():
        checks.resource(desired, blocks.places[address])
    for output in blocks.outputs.values():
        checks.value(output.value, output.place)
    _check_said_twice(blocks)
    _check_statements(blocks)
    if not blocks.diagnostics.has_errors:
        _check_circles(blocks)


def check_value(blocks: Blocks, value: Value, diagnostics: Diagnostics) -> None:
    """As `check_references`, of a value that stands in no template."""
    _References(blocks).value(value, Place(lambda _path: Position(""), diagnostics))


@define(eq=False, repr=False)
class _References:
    blocks: Blocks
    _near: dict[Address, str] = field(factory=dict)
    _fine: set[Reference] = field(factory=set)
    """What may be referred to, alone or within a text."""

    def resource(self, desired: Desired, place: Place) -> None:
        if desired.references:
            self.value(desired.attributes, place, self.blocks.kinds[desired.address.kind])
        for index, dependency in enumerate(desired.depends_on):
            self._declared(dependency, place, ("depends_on", index))
        for index, trigger in enumerate(desired.lifecycle.replace_triggered_by):
            path = ("lifecycle", "replace_triggered_by", index)
            if self._declared(trigger.address, place, path) and trigger.path:
                self._attribute(trigger, place, path)

    def value(self, value: Value, place: Place, kind: Kind | None = None) -> None:
        """kind: of the resource that has value as its attributes."""
        for path, leaf in leaves(value):
            parts = leaf.parts if isinstance(leaf, Deferred) else ()
            for reference in (part for part in parts if isinstance(part, Reference)):
                alone, fine = len(parts) == 1, reference in self._fine
                if not fine and self._declared(reference.address, place, path):
                    self._attribute(reference, place, path, alone=alone)
                if kind is not None and (fine or reference.address in self.blocks.resources):
                    self._fits(reference, kind.at(path), place, path, alone=alone)

    def _fits(
        self, reference: Reference, wanted: Attribute, place: Place, path: Path, *, alone: bool
    ) -> None:
        """What is put in later is checked by nobody: whether it can be a list or a mapping is told now."""
        kind = self.blocks.kinds[reference.address.kind]
        if not reference.path or kind.without_value(reference.path):
            return
        given = _types(kind.at(reference.path)) if alone else {"string"}
        needed = _types(wanted)
        if given and needed and not needed & given and _NESTED & (needed | given):
            what = " or ".join(map(TYPES.__getitem__, sorted(needed)))
            advice = str(wanted.schema.get("x-advice", ""))
            place.error(path, f"{dotted(path)} must be {what}, and {reference} is not", advice=advice)

    def _declared(self, target: Address, place: Place, path: Path) -> bool:
        if target in self.blocks.resources:
            return True
        if target not in self._near and len(self._near) < MAX_SUGGESTIONS:
            self._near[target] = self._meant(target)
        place.error(path, f"{target} is not declared", advice=self._near.get(target, ""))
        return False

    def _meant(self, target: Address) -> str:
        """Of the kind that is named, or the same name of another. Also `resource.synonyms.url`, in which the
        kind is left out."""
        resources = self.blocks.resources
        if target.kind not in self.blocks.kinds:
            for address in resources:
                if address.name == target.kind:
                    return f'Did you mean "resource.{address}.{target.name}"?'
            return did_you_mean(str(target), map(str, resources))
        near = did_you_mean(str(target), (str(a) for a in resources if a.kind == target.kind))
        return near or did_you_mean(str(target), (str(a) for a in resources if a.name == target.name))

    def _attribute(self, reference: Reference, place: Place, path: Path, *, alone: bool = True) -> None:
        """alone: without text around it. Of a text around what is shown once nobody could tell later whether
        it changed.
        """
        kind = self.blocks.kinds[reference.address.kind]
        if not reference.path:
            advice = f"Add one of {', '.join(kind.kept)}."
            place.error(path, f"{reference} names a resource, not an attribute", advice=advice)
        elif name := kind.without_value(reference.path):
            advice = did_you_mean(name, kind.kept)
            place.error(path, f'{kind.name} has no attribute "{name}" to refer to', advice=advice)
        elif told := kind.by_index(reference.path):
            place.error(path, f"{reference} is a member of a set by its place", advice=told)
        elif not kind.at(reference.path).holds_once:
            self._fine.add(reference)
        elif not alone:
            told = f"{reference} is shown once, when it is made, and cannot be part of a text"
            place.error(path, told, advice="Refer to it alone, and let who takes it put the text around it.")


def _types(attribute: Attribute) -> set[str]:
    """The JSON types that the schema says, none where it says none."""
    said = attribute.schema.get("type", ())
    return {said} if isinstance(said, str) else {*said} - {"null"}


def _check_said_twice(blocks: Blocks) -> None:
    """What a resource of another kind says for all is not said by each as well."""
    of_kind = {address.kind: address for address in blocks.resources}
    for address, desired in blocks.resources.items():
        for name, kind in blocks.kinds[address.kind].said_elsewhere.items():
            if kind in of_kind and name in desired.attributes:
                summary = f'{address} declares "{name}", which {of_kind[kind]} says for all'
                blocks.places[address].error((name,), summary, advice="Take one of the two out.")


_DECLARE: Final = "Declare it under resource:, or take the import out; planner export writes both."
_STILL_THERE: Final = {
    "moved": "Give its resource: block the name that it moves to, or take the moved block out.",
    "removed": "Take its resource: block out, or the removed block.",
}


def _check_statements(blocks: Blocks) -> None:
    """What is imported is declared; what was moved away or removed is not; nothing is said twice."""
    declared, said = blocks.resources.keys(), set[tuple[str, Address]]()
    circles = [circle for circle in _circles(blocks.moves) if not declared.isdisjoint(circle)]
    going_round = {("moved", address) for circle in circles for address in circle}
    wrong: list[tuple[Placed, str, str]] = []
    twice: list[tuple[Placed, str, str]] = []
    for block, address, statement in _statements(blocks):
        if block == "import" and address not in declared:
            wrong.append((statement, f"import names {address}, which is not declared", _DECLARE))
        elif block != "import" and address in declared and (block, address) not in going_round:
            wrong.append((statement, f"{address} was {block}, and is still declared", _STILL_THERE[block]))
        if (block, address) in said:
            twice.append((statement, f"{address} has two {block} blocks; keep one", ""))
        said.add((block, address))
    for statement, text, advice in (*wrong, *twice):
        blocks.diagnostics.error(text, position=statement.position, advice=advice)
    for circle in circles:
        _refuse_circle(circle, blocks)


def _statements(blocks: Blocks) -> Iterator[tuple[str, Address, Placed]]:
    """Each with its block, and the address that it is about."""
    yield from (("import", item.target, item) for item in blocks.imports)
    yield from (("moved", move.source, move) for move in blocks.moves)
    yield from (("removed", removal.source, removal) for removal in blocks.removals)


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
