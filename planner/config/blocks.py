"""The blocks of templates -> desired resources and outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from attrs import define, field, frozen

from planner.config.lifecycle import read_depends_on, read_lifecycle
from planner.config.scope import seal
from planner.config.templates import Document
from planner.config.tokens import INVALID
from planner.config.validation import Checker, shaped
from planner.config.yaml_document import Literal, plain
from planner.model.address import NAME, Address
from planner.model.diagnostic import Diagnostics, Position, did_you_mean
from planner.model.kind import Kind
from planner.model.resource import Desired
from planner.model.value import Deferred, Path, Reference, Value, leaves

Locate = Callable[[Path], Position]
META = ("depends_on", "lifecycle")
BLOCKS = ("resource", "output")


@frozen
class Output:
    name: str
    value: Value
    locate: Locate


@define
class Blocks:
    """Collects the blocks of all documents. places: where each resource stands, for messages."""

    kinds: Mapping[str, Kind]
    diagnostics: Diagnostics
    resources: dict[Address, Desired] = field(factory=dict)
    outputs: dict[str, Output] = field(factory=dict)
    places: dict[Address, Locate] = field(factory=dict)
    _checkers: dict[str, Checker] = field(factory=dict)

    def add(self, document: Document) -> None:
        if not isinstance(document.value, dict):
            self.diagnostics.error(
                "a template must hold blocks",
                detail=f"Its top level is {'a list' if isinstance(document.value, list) else 'a text'}.",
                position=document.locate(()),
                advice="Begin with resource: or output:.",
            )
            return
        for block, body in document.value.items():
            if block not in BLOCKS:
                self.diagnostics.error(
                    f'unknown block "{block}"',
                    position=document.locate((block,)),
                    advice=did_you_mean(block, BLOCKS) or f"The blocks are {', '.join(BLOCKS)}.",
                )
            elif block == "resource":
                self._resources(body, document)
            else:
                self._outputs(body, document)

    def _resources(self, body: Value, document: Document) -> None:
        for kind, of_kind in self._mapping(body, ("resource",), document):
            path: Path = ("resource", kind)
            if kind not in self.kinds:
                self.diagnostics.error(
                    f'unknown kind "{kind}"',
                    position=document.locate(path),
                    advice=did_you_mean(kind, self.kinds) or f"Known kinds: {', '.join(sorted(self.kinds))}.",
                )
                continue
            for name, attributes in self._mapping(of_kind, path, document):
                self._resource(self.kinds[kind], name, attributes, document)

    def _mapping(self, body: Value, path: Path, document: Document) -> Iterator[tuple[str, Value]]:
        if isinstance(body, Literal) and body.value is None:
            return
        if not isinstance(body, dict):
            self.diagnostics.error(
                f"{'.'.join(map(str, path))} must be a mapping", position=document.locate(path)
            )
            return
        yield from body.items()

    def _resource(self, kind: Kind, name: str, body: Value, document: Document) -> None:
        path: Path = ("resource", kind.name, name)
        if INVALID in name:
            return
        if not NAME.match(name):
            self.diagnostics.error(
                f'"{name}" is not a resource name',
                position=document.locate(path),
                advice="Use letters, digits, _ and -, and begin with a letter or _.",
            )
            return
        address = Address(kind.name, name)
        if address in self.resources:
            self._duplicate(address, document.locate(path))
            return
        if not isinstance(body, dict):
            body = {}
            self.diagnostics.error(
                f"{address} has no attributes", position=document.locate(path), address=address
            )
        self.places[address] = lambda below: document.locate((*path, *below))
        self.resources[address] = self._desired(kind, address, body)

    def _duplicate(self, address: Address, position: Position) -> None:
        first = self.places[address](())
        self.diagnostics.error(
            f"{address} is declared twice",
            detail=f"It was first declared at {first}.",
            position=position,
            address=address,
        )

    def _desired(self, kind: Kind, address: Address, body: dict[str, Value]) -> Desired:
        locate = self.places[address]
        attributes = {
            key: value if isinstance(value, str) else shaped(value, _schema_of(kind, key))
            for key, value in body.items()
            if key not in META
        }
        self._check(kind, address, attributes, locate)
        references = tuple(_references(attributes))
        return Desired(
            address=address,
            attributes={k: _sealed(kind, k, v) for k, v in attributes.items() if v is not None},
            references=references,
            depends_on=read_depends_on(plain(body.get("depends_on")), address, locate, self.diagnostics),
            lifecycle=read_lifecycle(plain(body.get("lifecycle")), kind, address, locate, self.diagnostics),
        )

    def _check(self, kind: Kind, address: Address, attributes: dict[str, Value], locate: Locate) -> None:
        given = {key: value for key, value in attributes.items() if value is not None}
        for problem in self._checker(kind).problems(given):
            summary = problem.summary
            attribute = kind.attributes.get(str(problem.path[0])) if problem.path else None
            if attribute is not None and attribute.read_only:
                summary = f'"{attribute.name}" is set by the server and cannot be declared'
            self.diagnostics.error(
                summary, position=locate(problem.path), address=address, advice=problem.advice
            )

    def _checker(self, kind: Kind) -> Checker:
        if kind.name not in self._checkers:
            self._checkers[kind.name] = Checker(kind.declaration_schema)
        return self._checkers[kind.name]

    def _outputs(self, body: Value, document: Document) -> None:
        for name, value in self._mapping(body, ("output",), document):
            locate = _below(document.locate, ("output", name))
            if name in self.outputs:
                self.diagnostics.error(
                    f'output "{name}" is declared twice',
                    detail=f"It was first declared at {self.outputs[name].locate(())}.",
                    position=locate(()),
                )
            else:
                self.outputs[name] = Output(name, plain(value), locate)


def _sealed(kind: Kind, name: str, value: Value) -> Value:
    """What the server never returns is a secret, wherever it came from."""
    known = kind.attributes.get(name)
    return seal(value) if known is not None and known.write_only else value


def _schema_of(kind: Kind, attribute: str) -> Mapping[str, Value]:
    known = kind.attributes.get(attribute)
    return known.schema if known else {}


def _below(locate: Locate, prefix: Path) -> Locate:
    return lambda path: locate((*prefix, *path))


def _references(value: Value) -> Iterator[Reference]:
    for _, leaf in leaves(value):
        if isinstance(leaf, Deferred):
            yield from leaf.references
