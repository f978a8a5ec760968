"""Archives that one deployment loads: what is wrong with them beside each other, and there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.archives import ArchiveError, Archives
from planner.archives.lint.together import runs_on, same_paths, trust_stores
from planner.model.address import Address
from planner.model.diagnostic import Diagnostic
from planner.model.lint import Finding
from planner.model.resource import Desired


def beside(archives: Archives, used: Mapping[Address, Desired], version: str) -> Iterator[Diagnostic]:
    """used: the extensions that have a file here. version: of the deployment, "" where it is not known."""
    bundles = {str(a): files for a, d in used.items() if (files := _files(archives, d, "bundle")) is not None}
    plugins = [(str(address), d) for address, d in used.items() if _type(d) == "plugin"]
    found = [*same_paths(bundles), *trust_stores(bundles), *_elsewhere(archives, plugins, version)]
    for finding in found:
        rule = finding.rule
        told = f"{finding.member} {finding.sentence} ({rule.id})"
        yield Diagnostic(rule.severity, told, detail=rule.explanation, advice=finding.advice)


def _type(desired: Desired) -> str:
    return str(desired.attributes.get("extension_type"))


def _files(archives: Archives, desired: Desired, type_: str) -> Mapping[str, str] | None:
    """The files of an archive with their hashes; None for one that is not of the type, or not in order, which
    is told elsewhere."""
    if _type(desired) != type_ or desired.content is None:
        return None
    try:
        return {m.path: m.sha256 for m in archives.members(desired.content) if not m.path.endswith("/")}
    except ArchiveError:
        return None


def _elsewhere(archives: Archives, plugins: list[tuple[str, Desired]], version: str) -> Iterator[Finding]:
    for name, desired in plugins if version else ():
        descriptor = archives.descriptor(desired.content) if desired.content else None
        if descriptor is not None:
            yield from runs_on(name, descriptor, version)
