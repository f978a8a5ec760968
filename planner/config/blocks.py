"""The blocks of templates -> desired resources and outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import define, field, frozen

from planner.config.scope import seal
from planner.config.statements import (
    read_checks,
    read_depends_on,
    read_imports,
    read_lifecycle,
    read_moves,
    read_removals,
)
from planner.config.survey import Survey, describe, survey
from planner.config.templates import Document
from planner.config.tokens import INVALID
from planner.config.validation import Checker, Place
from planner.config.written import Written, plain, shaped
from planner.model.address import NAME, Address
from planner.model.declarations import Check, Import, Move, Removal
from planner.model.diagnostic import Diagnostics, Position, did_you_mean
from planner.model.kind import Kind
from planner.model.resource import Desired
from planner.model.value import Path, Value, dotted, with_plain_numbers

META = ("depends_on", "lifecycle")
BLOCKS = ("resource", "output", "moved", "import", "removed", "check")


@frozen
class Output:
    value: Value
    place: Place


@define
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
        place = Place(document.locate, self.diagnostics, names=document.names)
        for block, body in self._entries(document.value, "a template", (), place):
            if block == "resource":
                self._resources(body, place)
            elif block == "output":
                self._outputs(body, place)
            elif block == "moved":
                self.moves += read_moves(body, place)
            elif block == "import":
                self.imports += read_imports(body, place)
            elif block == "removed":
                self.removals += read_removals(body, place)
            elif block == "check":
                self._checks(body, place)
            else:
                advice = did_you_mean(block, BLOCKS) or f"The blocks are {', '.join(BLOCKS)}."
                place.error((block,), f'unknown block "{block}"', advice=advice)

    def _checks(self, body: Written, place: Place) -> None:
        for check in read_checks(body, place):
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
            advice = "" if path or place.address else "Begin with resource: or output:."
            place.error(path, f"{what} must hold a mapping, not {describe(plain(body))}", advice=advice)

    def _resources(self, body: Written, place: Place) -> None:
        for name, of_kind in self._entries(body, "resource", ("resource",), place):
            path: Path = ("resource", name)
            kind = self.kinds.get(name)
            if kind is None:
                advice = did_you_mean(name, self.kinds) or f"Known kinds: {', '.join(sorted(self.kinds))}."
                place.error(path, f'unknown kind "{name}"', advice=advice)
                continue
            for resource, attributes in self._entries(of_kind, f"resource.{name}", path, place):
                self._resource(kind, resource, attributes, place)

    def _resource(self, kind: Kind, name: str, body: Written, document: Place) -> None:
        path: Path = ("resource", kind.name, name)
        if not NAME.match(name):
            advice = "Use letters, digits, _ and -, and begin with a letter or _."
            document.error(path, f'"{name}" is not a resource name', advice=advice)
            return
        address = Address(kind.name, name)
        place = document.below(path, address)
        if address in self.resources:
            _declared_twice(str(address), self.places[address].locate(()), place)
            return
        self.places[address] = place
        entries = dict(self._entries(body, str(address), (), place))
        readable = isinstance(body, dict) or plain(body) is None
        self.resources[address] = self._desired(kind, entries, place, address, readable)

    def _desired(
        self, kind: Kind, entries: dict[str, Written], place: Place, address: Address, readable: bool
    ) -> Desired:
        attributes = _attributes(kind, entries)
        found = self._surveyed(attributes, place)
        if readable and not found.flaws:
            self._check(kind, attributes, place)
        return Desired(
            address=address,
            attributes=with_plain_numbers(attributes),
            references=tuple(found.references),
            depends_on=read_depends_on(plain(entries.get("depends_on")), place),
            lifecycle=read_lifecycle(plain(entries.get("lifecycle")), kind, place),
        )

    def _surveyed(self, value: Value, place: Place) -> Survey:
        found = survey(value)
        self.secrets.update(found.secrets)
        for path, flaw in found.flaws:
            place.error(path, f"{dotted(path) or 'the value'} {flaw}")
        return found

    def _check(self, kind: Kind, attributes: dict[str, Value], place: Place) -> None:
        for problem in self._checker(kind).problems(attributes, whole=str(place.address)):
            summary = problem.summary
            attribute = kind.attributes.get(str(problem.path[0])) if problem.path else None
            if attribute is not None and attribute.read_only:
                summary = f'"{attribute.name}" is set by the server and cannot be declared'
            place.error(problem.path, summary, advice=problem.advice)

    def _checker(self, kind: Kind) -> Checker:
        if kind.name not in self._checkers:
            self._checkers[kind.name] = Checker(kind.declaration_schema, also=META)
        return self._checkers[kind.name]

    def _outputs(self, body: Written, document: Place) -> None:
        for name, item in self._entries(body, "output", ("output",), document):
            place = document.below(("output", name))
            if name in self.outputs:
                _declared_twice(f'output "{name}"', self.outputs[name].place.locate(()), place)
                continue
            value = plain(item)
            self._surveyed(value, place)
            self.outputs[name] = Output(value, place)


def _attributes(kind: Kind, entries: dict[str, Written]) -> dict[str, Value]:
    """The attributes as the kind's schema wants them. null means not given. What the server never returns is
    a secret, wherever it came from."""
    result = {}
    for name, item in entries.items():
        if name in META:
            continue
        known = kind.attributes.get(name)
        value = item if isinstance(item, str) else shaped(item, known.schema if known else {})
        if value is not None or known is None:
            result[name] = seal(value) if known is not None and known.write_only else value
    return result


def _declared_twice(what: str, first: Position | None, second: Place) -> None:
    second.error((), f"{what} is declared twice", detail=f"It was first declared at {first}.")
