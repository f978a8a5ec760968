"""Checks across resources: references and dependencies that exist, and no circles."""

from __future__ import annotations

from collections.abc import Mapping

from planner.config.blocks import Blocks, Locate, Output
from planner.model.address import Address
from planner.model.diagnostic import Diagnostics, did_you_mean
from planner.model.graph import Cycle, ordered
from planner.model.kind import Kind
from planner.model.resource import Desired
from planner.model.value import Deferred, Path, Reference, leaves


def check_references(blocks: Blocks) -> None:
    """Reports references to what is not declared, and circles."""
    for address, desired in blocks.resources.items():
        _check_resource(desired, blocks, blocks.places[address])
    for output in blocks.outputs.values():
        _check_output(output, blocks)
    if not blocks.diagnostics.has_errors:
        _check_circles(blocks)


def _check_resource(desired: Desired, blocks: Blocks, locate: Locate) -> None:
    if desired.references:
        for path, leaf in leaves(desired.attributes):
            for reference in leaf.references if isinstance(leaf, Deferred) else ():
                _check_reference(reference, blocks, locate, path, desired.address)
    for index, dependency in enumerate(desired.depends_on):
        _check_declared(dependency, blocks, locate, ("depends_on", index), desired.address)
    for index, trigger in enumerate(desired.lifecycle.replace_triggered_by):
        path = ("lifecycle", "replace_triggered_by", index)
        _check_declared(trigger.address, blocks, locate, path, desired.address)


def _check_output(output: Output, blocks: Blocks) -> None:
    for path, leaf in leaves(output.value):
        for reference in leaf.references if isinstance(leaf, Deferred) else ():
            _check_reference(reference, blocks, output.locate, path, None)


def _check_declared(
    target: Address, blocks: Blocks, locate: Locate, path: Path, address: Address | None
) -> bool:
    if target in blocks.resources:
        return True
    near = did_you_mean(str(target), map(str, blocks.resources))
    blocks.diagnostics.error(f"{target} is not declared", position=locate(path), address=address, advice=near)
    return False


def _check_reference(
    reference: Reference, blocks: Blocks, locate: Locate, path: Path, address: Address | None
) -> None:
    if not _check_declared(reference.address, blocks, locate, path, address):
        return
    kind = blocks.kinds[reference.address.kind]
    problem = _wrong_attribute(reference, kind)
    if problem:
        summary, advice = problem
        blocks.diagnostics.error(summary, position=locate(path), address=address, advice=advice)


def _wrong_attribute(reference: Reference, kind: Kind) -> tuple[str, str] | None:
    known = [a.name for a in kind.attributes.values() if not a.volatile]
    if not reference.path:
        return f"{reference} names a resource, not an attribute", f"Add one of {', '.join(known)}."
    name = str(reference.path[0])
    if name not in known:
        return f'{kind.name} has no attribute "{name}" to refer to', did_you_mean(name, known)
    return None


def _check_circles(blocks: Blocks) -> None:
    waits: Mapping[Address, tuple[Address, ...]] = {
        address: desired.dependencies for address, desired in blocks.resources.items()
    }
    try:
        ordered(waits)
    except Cycle as cycle:
        first = cycle.members[0]
        assert isinstance(first, Address)  # noqa: S101 - the graph holds addresses only
        _report_circle(cycle, first, blocks.diagnostics, blocks.places[first])


def _report_circle(cycle: Cycle, first: Address, diagnostics: Diagnostics, locate: Locate) -> None:
    diagnostics.error(
        "resources wait for each other in a circle",
        detail=str(cycle),
        position=locate(()),
        address=first,
        advice="Remove one of these references or depends_on entries.",
    )
