"""The blocks of templates -> desired resources, outputs and statements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from attrs import define, field, frozen

from planner.config import meta, statements
from planner.config.scope import seal
from planner.config.templates import Document
from planner.config.tokens import INVALID
from planner.config.validation import Checker, Place
from planner.config.values import Survey, Written, describe, plain, shaped, survey
from planner.config.yaml_problem import SAME_LINE
from planner.model.address import NAME, Address
from planner.model.declarations import Check, Import, Move, Removal
from planner.model.diagnostic import Diagnostics, Position, did_you_mean
from planner.model.facets import Attribute, sealed
from planner.model.kind import Kind
from planner.model.resource import Desired
from planner.model.standing import put_in
from planner.model.value import Path, Value, dotted, plain_numbers

if TYPE_CHECKING:
    from planner.config.rollouts import Stated

_META: Final = ("depends_on", "lifecycle", "allow")
_IN_PROJECT = ("variables", "locals", "environments", "promote", "project")
_MAPPINGS = {
    0: "Begin with resource: or output:.",
    1: "Below resource: stands a kind, below that a name, and below that the attributes.",
    2: "Write a name above the attributes of each.",
}
"""Advice on what must be a mapping, by how deep it is."""
_HCL: Final = re.compile(r'(?:resource|variable|output|module|provider|data|locals|terraform)\s+["{]')
_OF: Final = re.compile(r"\$\{resource\.(\w+\.[\w-]+)\.")
"""In a text, which resource a reference leads to."""
BLOCKS = ("resource", "output", "moved", "import", "removed", "check", "rollout")
NAME_ADVICE = "Use letters, digits, _ and -, and begin with a letter or _."


@frozen
class Output:
    value: Value
    place: Place


@define(eq=False, repr=False)
class Blocks:
    """Collects the blocks of all documents.

    places: where each resource stands, for messages. lifecycles: of resources, as they are written. secrets:
    every sensitive text in a resource or an output.
    """

    kinds: Mapping[str, Kind]
    diagnostics: Diagnostics
    resources: dict[Address, Desired] = field(factory=dict)
    outputs: dict[str, Output] = field(factory=dict)
    places: dict[Address, Place] = field(factory=dict)
    lifecycles: dict[Address, Mapping[str, Value]] = field(factory=dict)
    secrets: set[str] = field(factory=set)
    moves: list[Move] = field(factory=list)
    imports: list[Import] = field(factory=list)
    removals: list[Removal] = field(factory=list)
    checks: dict[str, Check] = field(factory=dict)
    rollouts: dict[str, Stated] = field(factory=dict)
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
            elif block == "rollout":
                self._rollouts(body, place)
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

    def _rollouts(self, body: Written, document: Place) -> None:
        from planner.config.rollouts import read_rollout  # noqa: PLC0415 - few projects have roll-outs

        for name, said in self._entries(body, "rollout", ("rollout",), document):
            path: Path = ("rollout", name)
            place = document.below(path)
            if not NAME.match(name):
                document.error(path, f'"{name}" is not a name of a roll-out', advice=NAME_ADVICE)
            elif name in self.rollouts:
                _declared_twice(f'rollout "{name}"', self.rollouts[name].block.position, place)
            elif stated := read_rollout(name, said, place):
                self.rollouts[name] = stated

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
        said = {key: plain(entries.get(key)) for key in meta_of(kind)}
        if isinstance(lifecycle := said["lifecycle"], dict):
            self.lifecycles[address] = lifecycle
        return Desired(
            address=address,
            attributes=plain_numbers(attributes),
            references=tuple(found.references),
            **meta.read(said, kind, place),
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
            of = {*_OF.findall(key)}
            what = of.pop() if len(of) == 1 else f'"{key}"'
            place.error(path, f"{dotted(path)} has {what} twice", advice=advice)

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
    for name, item in ((name, item) for name, item in entries.items() if name not in meta):
        known = kind.attributes.get(name) or Attribute(name, {})
        value = item if isinstance(item, str) else put_in(known, shaped(item, known.schema, kind.definitions))
        if value is not None or name not in kind.attributes:
            result[name] = sealed(known, value, seal) if known.holds_secret else value
    return result


def _declared_twice(what: str, first: Position | None, second: Place) -> None:
    same = first is not None and first == second.locate(())
    detail = "" if same else f"It was first declared at {first}."
    second.error((), f"{what} is declared twice", detail=detail, advice=SAME_LINE if same else "")
