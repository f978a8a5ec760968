"""Contents: the files that resources name, archived, hashed and checked before anything is planned."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import evolve

from planner.archives import ArchiveError, Archives
from planner.kinds.registry import KindFile
from planner.model.address import Address
from planner.model.diagnostic import Diagnostic, Diagnostics, Position
from planner.model.resource import Desired
from planner.model.value import Path, Secret

Locate = Callable[[Address, Path], Position]


def attach_contents(
    resources: Mapping[Address, Desired],
    kinds: Mapping[str, KindFile],
    archives: Archives,
    locate: Locate,
    diagnostics: Diagnostics,
) -> dict[Address, Desired]:
    """resources with the content of those that name a file; what is wrong with a file is reported."""
    return {
        address: _attached(desired, kinds[address.kind], archives, locate, diagnostics)
        for address, desired in resources.items()
    }


def _attached(
    desired: Desired, kind_file: KindFile, archives: Archives, locate: Locate, diagnostics: Diagnostics
) -> Desired:
    facts = kind_file.kind.content
    source = desired.attributes.get(facts.attribute) if facts else None
    if facts is None or not isinstance(source, str):
        return desired

    def report(problem: Diagnostic) -> None:
        place = locate(desired.address, (facts.attribute,))
        diagnostics.extend([evolve(problem, position=place, address=str(desired.address))])

    if isinstance(source, Secret):
        told = f"{facts.attribute} cannot be sensitive: paths are shown, and kept as they are"
        report(Diagnostic("error", told))
        return desired
    try:
        content = archives.prepare(source)
    except ArchiveError as error:
        report(Diagnostic("error", error.summary, advice=error.advice))
        return desired
    for problem in kind_file.driver.inspect(archives, content, desired.attributes):
        report(problem)
    return evolve(desired, content=content)
