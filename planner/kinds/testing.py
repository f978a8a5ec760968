"""A kit for who writes kind files: what a user would stumble on, and a life at an API of the author's own.

from planner.kinds.registry import load_kinds, read_kind_file
from planner.kinds.testing import flaws, round_trip

def test_the_file():
    assert flaws(FILE, load_kinds([FILE])) == []

def test_a_life():
    round_trip(read_kind_file(FILE), app, {"name": "one"}, {"name": "two"})
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

from attrs import evolve, frozen
from jsonschema_rs import Draft202012Validator

from planner.ece.auth import ApiKeyAuth
from planner.ece.client import Client
from planner.ece.wsgi import WSGITransport
from planner.errors import NotYet, PlannerError
from planner.kinds.registry import KindFile, read_kind_file
from planner.kinds.rest import RestDriver
from planner.model.address import Address
from planner.model.agreement import agree, declared
from planner.model.compare import is_unset
from planner.model.facets import Attribute
from planner.model.identity import Parent
from planner.model.kept import lasting
from planner.model.kind import Kind, Settles
from planner.model.plan import SETTLE
from planner.model.resource import PENDING, Content, Observed, Request, Result
from planner.model.standing import stands_for
from planner.model.value import Value
from planner.yaml12.core_schema import load


def flaws(path: Path, kinds: Mapping[str, KindFile]) -> list[str]:
    """What is wrong with a kind file, and what its users would miss. kinds: all that there are."""
    try:
        kind_file = read_kind_file(path)
    except PlannerError as error:
        return [error.summary]
    kind = kind_file.kind
    named = [] if kind.name == path.stem else [f"a kind has the name of its file: {kind.name}.yaml"]
    attributes = [flaw for a in kind.attributes.values() for flaw in _of_attribute(a, a.name, kinds, ())]
    told = (_of_id(kind), _of_example(kind_file), _of_errors(kind_file), _of_wait(kind_file, kinds))
    return [*named, *attributes, *chain.from_iterable(told)]


def _of_id(kind: Kind) -> Iterator[str]:
    for name in kind.identity.parts:
        attribute = kind.attributes[name]
        if attribute.read_only and not attribute.stable:
            yield f"{name} is of the id and set by the server: it is x-stable"


def _of_attribute(
    attribute: Attribute, where: str, kinds: Mapping[str, KindFile], above: tuple[int, ...]
) -> Iterator[str]:
    """above: the schemas that it is in; a definition may hold itself."""
    if not attribute.description:
        yield f"{where} has no description"
    if "pattern" in attribute.schema and "x-advice" not in attribute.schema:
        yield f"{where} has a pattern and no x-advice: a pattern alone is a puzzle"
    stands = stands_for(attribute).items()
    referred = [f"{kind}.{name}" for kind, properties in stands for name in properties.values()]
    for reference in filter(None, (attribute.reference, *referred)):
        kind, _, name = reference.partition(".")
        if kind not in kinds or name not in kinds[kind].kind.attributes:
            yield f"{where} refers to {reference}, which there is not"
    if attribute.unless and attribute.unless not in kinds:
        yield f"{where} is not said where there is a {attribute.unless}, which is no kind"
    holder = attribute.item if "items" in attribute.schema else attribute
    if id(holder.schema) not in above:
        for name, below in holder.properties.items():
            yield from _of_attribute(below, f"{where}.{name}", kinds, (*above, id(holder.schema)))


def _of_example(kind_file: KindFile) -> Iterator[str]:
    rules = Draft202012Validator(dict(kind_file.kind.declaration_schema))
    found = list(examples(kind_file))
    if not found:
        yield f"the example declares no {kind_file.kind.name}"
    for attributes in found:
        for error in rules.iter_errors(_without_addresses(kind_file.kind, attributes)):
            where = ".".join(map(str, error.instance_path)) or "the example"
            yield f"the example does not fit at {where}: {error.message}"


def _without_addresses(kind: Kind, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """attributes without the addresses that stand for items of lists."""
    found = dict(attributes)
    for name, value in attributes.items():
        attribute = kind.attributes.get(name)
        if attribute and stands_for(attribute) and isinstance(value, list):
            found[name] = [item for item in value if not isinstance(item, str)]
    return found


def examples(kind_file: KindFile) -> Iterator[Mapping[str, Any]]:
    """The attributes of each resource of this kind in its example."""
    blocks = load(kind_file.example.encode()) or {}
    yield from blocks.get("resource", {}).get(kind_file.kind.name, {}).values()


def _of_errors(kind_file: KindFile) -> Iterator[str]:
    for code, facts in kind_file.binding.errors.items():
        if not facts.advice.endswith("."):
            yield f"the advice for {code} is no sentence"
        if "pending" in code and not facts.pending:
            yield f"{code} says that something has to end first, and is not pending"


def _of_wait(kind_file: KindFile, kinds: Mapping[str, KindFile]) -> Iterator[str]:
    wait = kind_file.binding.wait
    for name in kinds if wait and wait.call else ():
        other = kinds[name].binding.wait
        if other and wait and other.call == wait.call and other != wait:
            yield f"it looks at what {name} looks at, and waits for something else"
    of_all = wait is not None and wait.before and wait.call is not None and not wait.call.params
    if of_all and not kind_file.kind.one_at_a_time:
        yield "each write waits for all others, so that one_at_a_time names the group of such kinds"


def round_trip(
    kind_file: KindFile,
    app: Callable[..., Any],
    wanted: Mapping[str, Value],
    change: Mapping[str, Value],
    pause: Callable[[float], object] = time.sleep,
    content: Content | None = None,
) -> None:
    """Creates, lists, reads, updates and deletes one resource at a WSGI app. AssertionError.

    A singleton is taken over, and left as it was, where the API can reset it. change: what an
    update changes; {} for a kind without one. pause: lets seconds pass, where the API takes its time.
    content: the file, where a create sends it.
    """
    client = Client("http://sandbox.localhost", auth=ApiKeyAuth("a-key"), transport=WSGITransport(app))
    driver, kind = _Patient(kind_file.at(client), pause), kind_file.kind
    address = Address(kind.name, "it")
    before = driver.read(kind.identity.id_of(wanted) or "") if kind.singleton else None
    made = _made(driver, Request("create", address, wanted, content=content), before)
    read = driver.read(made.id) or Observed("", {})
    same = (_shown(kind, read), read.version) == (_shown(kind, made), made.version)
    _claim(same, "a read shows something else than the create")
    if change:
        made = _updated(driver, address, {**wanted, **change}, made)
        again = _updated(driver, address, {**wanted, **change}, made)
        same = _lasting(kind, again) == _lasting(kind, made)
        _claim(same, "an update that changes nothing leaves something else")
        made = _left_out(driver, address, {**wanted, **change}, made)
    if kind.resets or not kind.singleton:
        _left(driver, address, made, before)


@frozen
class _Patient:
    """A driver that waits for what has to end before a write, and until what it wrote is done."""

    driver: RestDriver
    pause: Callable[[float], object]

    @property
    def kind(self) -> Kind:
        return self.driver.kind

    def deletion(self) -> Sequence[str]:
        return self.driver.deletion()

    def list(self, parent: Parent) -> Mapping[str, Observed]:
        return self.driver.list(parent)

    def read(self, id_: str) -> Observed | None:
        return self.driver.read(id_)

    def perform(self, request: Request) -> Observed | None:
        if request.operation != SETTLE:
            found = self._until(lambda: self.driver.perform(request)).observed
            if self.kind.settles is None or found is None:
                return found
            written = Request(SETTLE, request.address, request.desired, found.attributes)
            request = evolve(written, id=found.id, version=found.version)
        seen = self._until(lambda: self.driver.settled(request))
        _claim(not seen.settling.status, f"what was accepted failed: {seen.settling.reason}")
        return seen.observed

    def _until(self, do: Callable[[], Result]) -> Result:
        settles = self.kind.settles or Settles(every=5, timeout=1800)
        for _ in range(int(settles.timeout / settles.every)):
            with suppress(NotYet):
                result = do()
                if result.settling.status != PENDING:
                    return result
            self.pause(settles.every)
        raise AssertionError(f"it takes more than {settles.timeout:g} seconds")


def _left(driver: _Patient, address: Address, made: Observed, before: Observed | None) -> None:
    for operation in driver.deletion():
        request = Request(operation, address, {}, made.attributes, made.id, made.version)
        made = driver.perform(request) or made
    after = driver.read(made.id)
    same = (after and after.attributes) == (before and before.attributes)
    _claim(same, "it is not as it was" if before else "it is there after its delete")


def _made(driver: _Patient, create: Request, before: Observed | None) -> Observed:
    wanted = create.desired
    if before is not None:
        return _updated(driver, create.address, wanted, before)
    parent = driver.kind.identity.parent_of(wanted) or ()
    others = {} if driver.kind.singleton else driver.list(parent)
    once: dict[str, Value] = {}
    request = evolve(create, hand_over=lambda _, shown: once.update(shown))
    made = _as_wanted(driver.kind, wanted, driver.perform(request), "create")
    lacks = [a.name for a in driver.kind.once if a.name not in once]
    _claim(not lacks, f"the create does not show {' and '.join(lacks)}")
    if not driver.kind.singleton:
        _claim(
            {*driver.list(parent)} == {*others, made.id} != {*others}, "the list does not show what was made"
        )
    return made


def _updated(driver: _Patient, address: Address, wanted: Mapping[str, Value], found: Observed) -> Observed:
    request = Request("update", address, wanted, found.attributes, found.id, found.version)
    return _as_wanted(driver.kind, wanted, driver.perform(request), "update")


def _left_out(driver: _Patient, address: Address, wanted: Mapping[str, Value], found: Observed) -> Observed:
    """Less and less is declared: what the API clears then is cleared in plans, and nothing else."""
    kind = driver.kind
    for name in [name for name in wanted if name not in kind.schema.get("required", ())]:
        attribute, there = kind.attributes[name], found.attributes.get(name)
        if attribute.unshown or is_unset(there):
            continue
        rest = {key: value for key, value in wanted.items() if key != name}
        found, wanted = _updated(driver, address, rest, found), rest
        gone = is_unset(found.attributes.get(name))
        _claim(gone is attribute.cleared, f"{name}, left out, {'is gone' if gone else 'stays'}")
    return found


def _as_wanted(kind: Kind, wanted: Mapping[str, Value], shown: Observed | None, what: str) -> Observed:
    if shown is None:
        raise AssertionError(f"the {what} leaves nothing")
    for name, value in wanted.items():
        attribute, there = kind.attributes[name], shown.attributes.get(name)
        _claim(agree(attribute, value, there, _unsaid), f"the {what} leaves {name} as {there!r}")
    return shown


def _lasting(kind: Kind, shown: Observed) -> Mapping[str, Value]:
    there = ((kind.attributes[name], value) for name, value in _shown(kind, shown).items())
    return {a.name: lasting(a, value) for a, value in there if not a.volatile}


def _shown(kind: Kind, found: Observed) -> Mapping[str, Value]:
    """The attributes, without what the server sets and need not show."""
    there = ((kind.attributes[name], value) for name, value in found.attributes.items())
    return {a.name: value for a, value in there if not (a.read_only and a.unshown)}


def _unsaid(attribute: Attribute, known: Value, there: Value) -> bool:
    """Of which replies say nothing about what was wanted."""
    return attribute.unshown or declared(attribute, known, there)


def _claim(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)
