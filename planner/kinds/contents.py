"""Contents: the files that resources name, archived, hashed and checked before anything is planned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import evolve

from planner.archives import ArchiveError, Archives
from planner.kinds.registry import KindFile
from planner.kinds.rest import RestDriver
from planner.model.address import Address
from planner.model.diagnostic import Diagnostic, Diagnostics, Position
from planner.model.resource import Content, Desired
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
    found = dict(resources)
    for address, desired in resources.items():
        facts = kinds[address.kind].kind.content
        source = desired.attributes.get(facts.attribute) if facts else None
        if facts and isinstance(source, str):
            driver = kinds[address.kind].driver
            content, problems = _content(source, facts.attribute, desired, driver, archives)
            for problem in problems:
                place = locate(address, (facts.attribute,))
                diagnostics.extend([evolve(problem, position=place, address=str(address))])
            found[address] = evolve(desired, content=content)
    return found


def _content(
    source: str, attribute: str, desired: Desired, driver: type[RestDriver], archives: Archives
) -> tuple[Content | None, Sequence[Diagnostic]]:
    """The content that source names, None when it cannot be used; and what is wrong with it."""
    if isinstance(source, Secret):
        told = f"{attribute} cannot be sensitive: paths are shown, and kept as they are"
        return None, [Diagnostic("error", told)]
    try:
        content = archives.prepare(source)
    except ArchiveError as error:
        return None, [Diagnostic("error", error.summary, advice=error.advice)]
    return content, driver.inspect(archives, content, desired.attributes)
