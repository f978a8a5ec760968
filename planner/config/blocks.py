"""The blocks of templates -> desired resources, outputs and statements, and what is checked across them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from attrs import define, field, frozen

from planner.config import meta, statements
from planner.config.scope import seal
from planner.config.templates import Document
from planner.config.tokens import INVALID
from planner.config.validation import Checker, Place
from planner.config.values import Survey, Written, describe, plain, shaped, survey
from planner.config.yaml_problem import SAME_LINE
from planner.model.address import NAME, Address
from planner.model.declarations import Check, Import, Move, Placed, Removal, round_by_hand
from planner.model.diagnostic import Diagnostics, Position, did_you_mean
from planner.model.facets import Attribute, sealed
from planner.model.graph import Cycle, ordered
from planner.model.kind import Kind
from planner.model.resource import Desired
from planner.model.value import Deferred, Path, Reference, Value, dotted, leaves, plain_numbers

_META: Final = ("depends_on", "lifecycle", "allow")
_IN_PROJECT = ("variables", "locals", "environments", "promote", "project")
_MAPPINGS = {
    0: "Begin with resource: or output:.",
    1: "Below resource: stands a kind, below that a name, and below that the attributes.",
    2: "Write a name above the attributes of each.",
}
"""Advice on what must be a mapping, by how deep it is."""
_HCL: Final = re.compile(r'(?:resource|variable|output|module|provider|data|locals|terraform)\s+["{]')
BLOCKS = ("resource", "output", "moved", "import", "removed", "check")
NAME_ADVICE = "Use letters, digits, _ and -, and begin with a letter or _."


@frozen
class Output:
    value: Value
    place: Place


@define(eq=False, repr=False)
class Blocks:
    """Collects the blocks of all documents.

    places: where each resource stands, for messages. secrets: every sensitive text in a resource or an
    output.
    """

    kinds: Mapping[str, Kind]
    diagnostics: Diagnostics
    resources: dict[Address, Desired] = field(factory=dict)
    outputs: dict[str, Output] = field(factory=dict)
    places: dict[Address, Place] = field(factory=dict)
    secrets: set[str] = field(factory=set)
    moves: list[Move] = field(factory=list)
    imports: list[Import] = field(factory=list)
    removals: list[Removal] = field(factory=list)
    checks: dict[str, Check] = field(factory=dict)
    _checkers: dict[str, Checker] = field(factory=dict)

    def add(self, document: Document) -> None:
        place = document.place
        for block, body in self._entries(document.value, "a template", (), place):
            if block == "resource":
                self._resources(body, place)
            elif block == "output":
                self._outputs(body, place)
            elif block == "moved":
                self.moves += statements.read_moves(body, place)
            elif block == "import":
                self.imports += statements.read_imports(body, place)
            elif block == "removed":
                self.removals += statements.read_removals(body, place)
            elif block == "check":
                self._checks(body, place)
            else:
                place.error((block,), f'unknown block "{block}"', advice=self._block_meant(block))

    def _block_meant(self, block: str) -> str:
        if block in self.kinds:
            return f"{block} is a kind: write it under resource:, one level deeper."
        if block in _IN_PROJECT:
            return "That stands in planner.yaml."
        return did_you_mean(block, BLOCKS) or f"The blocks are {', '.join(BLOCKS)}."

    def _checks(self, body: Written, place: Place) -> None:
        for check in statements.read_checks(body, place):
            first = self.checks.setdefault(check.name, check)
            if first is not check:
                second = place.below(("check", check.name))
                _declared_twice(f'check "{check.name}"', first.position, second)

    def _entries(self, body: Written, what: str, path: Path, place: Place) -> Iterator[tuple[str, Written]]:
        """The entries of what must be a mapping or empty; those with an undefined name are left out."""
        if isinstance(body, dict):
            for key, item in body.items():
                if INVALID not in key:
                    yield key, item
        elif body is not INVALID and plain(body) is not None:
            advice = "" if place.address else _mapping_meant(path, body)
            place.error(path, f"{what} must hold a mapping, not {describe(plain(body))}", advice=advice)

    def _resources(self, body: Written, place: Place) -> None:
        for name, of_kind in self._entries(body, "resource", ("resource",), place):
            path: Path = ("resource", name)
            kind = self.kinds.get(name)
            if kind is None:
                advice = did_you_mean(name, self.kinds) or "See planner kinds list."
                place.error(path, f'unknown kind "{name}"', advice=advice)
                continue
            for resource, attributes in self._entries(of_kind, f"resource.{name}", path, place):
                self._resource(kind, resource, attributes, place)

    def _resource(self, kind: Kind, name: str, body: Written, document: Place) -> None:
        path: Path = ("resource", kind.name, name)
        if not NAME.match(name):
            document.error(path, f'"{name}" is not a resource name', advice=NAME_ADVICE)
            return
        address = Address(kind.name, name)
        place = document.below(path, address)
        if address in self.resources:
            _declared_twice(str(address), self.places[address].locate(()), place)
            return
        self.places[address] = place
        self.resources[address] = self._desired(kind, address, body, place)

    def _desired(self, kind: Kind, address: Address, body: Written, place: Place) -> Desired:
        entries = dict(self._entries(body, str(address), (), place))
        attributes = _attributes(kind, entries)
        found = self._surveyed(attributes, place)
        if not found.flaws and (isinstance(body, dict) or plain(body) is None):
            self._check(kind, attributes, place)
        return Desired(
            address=address,
            attributes=plain_numbers(attributes),
            references=tuple(found.references),
            **meta.read({key: plain(entries.get(key)) for key in meta_of(kind)}, kind, place),
        )

    def _surveyed(self, value: Value, place: Place) -> Survey:
        found = survey(value)
        self.secrets.update(found.secrets)
        for path, flaw in found.flaws:
            place.error(path, f"{dotted(path) or 'the value'} {flaw}")
        return found

    def _check(self, kind: Kind, attributes: dict[str, Value], place: Place) -> None:
        if kind.name not in self._checkers:
            self._checkers[kind.name] = Checker(kind.declaration_schema, also=meta_of(kind))
        for problem in self._checkers[kind.name].problems(attributes, whole=str(place.address)):
            summary, attribute = problem.summary, kind.at(problem.path) if problem.path else None
            if attribute and attribute.name and attribute.read_only:
                summary = f'"{dotted(problem.path)}" is set by the server and cannot be declared'
            place.error(problem.path, summary, advice=problem.advice)
        for path, key in kind.twice(attributes):
            advice = "Members of this set are told apart by that: join them, or take one out."
            place.error(path, f'{dotted(path)} has "{key}" twice', advice=advice)

    def _outputs(self, body: Written, document: Place) -> None:
        for name, item in self._entries(body, "output", ("output",), document):
            place = document.below(("output", name))
            if name in self.outputs:
                _declared_twice(f'output "{name}"', self.outputs[name].place.locate(()), place)
                continue
            value = plain(item)
            self._surveyed(value, place)
            statements.check_output(name, item, place)
            self.outputs[name] = Output(value, place)


def meta_of(kind: Kind) -> tuple[str, ...]:
    """What a resource of the kind has beside its attributes."""
    found = (*_META, "timeouts") if kind.settles else _META
    return (*found, "content") if kind.content is not None else found


def _mapping_meant(path: Path, body: Written) -> str:
    if isinstance(body, str) and _HCL.match(body):
        return "This is HCL; templates are YAML, with resource:, and below it kind, name and attributes."
    return _MAPPINGS.get(len(path), "") if path[:1] in ((), ("resource",)) else ""


def _attributes(kind: Kind, entries: dict[str, Written]) -> dict[str, Value]:
    """The attributes as the kind's schema wants them. null means not given. What the server never returns is
    a secret, wherever it came from."""
    result, meta = {}, meta_of(kind)
    for name, item in entries.items():
        if name in meta:
            continue
        known = kind.attributes.get(name) or Attribute(name, {})
        value = item if isinstance(item, str) else shaped(item, known.schema, kind.definitions)
        if value is not None or name not in kind.attributes:
            result[name] = sealed(known, value, seal) if known.holds_secret else value
    return result


def _declared_twice(what: str, first: Position | None, second: Place) -> None:
    same = first is not None and first == second.locate(())
    detail = "" if same else f"It was first declared at {first}."
    second.error((), f"{what} is declared twice", detail=detail, advice=SAME_LINE if same else "")


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
        for path, leaf in leaves(value):
            for reference in leaf.references if isinstance(leaf, Deferred) else ():
                if self._declared(reference.address, place, path):
                    self._attribute(reference, place, path)

    def _declared(self, target: Address, place: Place, path: Path) -> bool:
        if target in self.blocks.resources:
            return True
        if target not in self._near and len(self._near) < MAX_SUGGESTIONS:
            self._near[target] = self._meant(target)
        place.error(path, f"{target} is not declared", advice=self._near.get(target, ""))
        return False

    def _meant(self, target: Address) -> str:
        """Also `resource.synonyms.url`, in which the kind is left out."""
        if target.kind not in self.blocks.kinds:
            for address in self.blocks.resources:
                if address.name == target.kind:
                    return f'Did you mean "resource.{address}.{target.name}"?'
        return did_you_mean(str(target), map(str, self.blocks.resources))

    def _attribute(self, reference: Reference, place: Place, path: Path) -> None:
        kind = self.blocks.kinds[reference.address.kind]
        if not reference.path:
            advice = f"Add one of {', '.join(kind.kept)}."
            place.error(path, f"{reference} names a resource, not an attribute", advice=advice)
        elif name := kind.without_value(reference.path):
            advice = did_you_mean(name, kind.kept)
            place.error(path, f'{kind.name} has no attribute "{name}" to refer to', advice=advice)
        elif told := kind.by_index(reference.path):
            place.error(path, f"{reference} is a member of a set by its place", advice=told)


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
