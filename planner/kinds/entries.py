"""What speaks against the entries that a binding declares: against each, and against those that go neither
with one another nor with what others attached. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from planner.kinds.loading import Loaded, entries_of, unfit
from planner.kinds.owned import owned_by
from planner.model.diagnostic import ERROR, WARNING, Diagnostic
from planner.model.resource import Observed
from planner.model.value import Value, is_sensitive


def objections(
    held: Mapping[str, Value], wanted: Mapping[str, Value], observed: Observed | None, cloud: str
) -> Iterator[Diagnostic]:
    """held: what the state has. cloud: the name of the platform, where only its own extensions are loaded."""
    if is_sensitive(wanted):
        yield Diagnostic(
            ERROR,
            "what a deployment loads cannot be sensitive: whoever sees its plan sees it",
            advice="Declare it as an extension with this download_url, and bind that.",
        )
    declared = Counter(entries_of(wanted))
    yield from _twice(declared)
    for entry in declared:
        yield from _unfit(entry, observed, cloud)
    yield from _namesakes(held, [*declared], observed)


def _twice(declared: Counter[Loaded]) -> Iterator[Diagnostic]:
    for entry, count in declared.items():
        if count > 1 and entry.url:
            yield Diagnostic(ERROR, f"{entry.shown} is declared twice", advice="Take one of the two out.")


def _unfit(entry: Loaded, observed: Observed | None, cloud: str) -> Iterator[Diagnostic]:
    if cloud and entry.url and not entry.url.startswith("repo://"):
        yield Diagnostic(
            ERROR,
            f"{entry.shown} cannot be loaded on {cloud}",
            detail="A plan names extensions of the installation there, by repo:// and their id.",
            advice="Declare it as an extension with this download_url, and bind that.",
        )
    about = observed.about if observed else {}
    version = str(about.get("version") or "")
    for severity, problem, advice in unfit(entry, version):
        said = f"{entry.type} {entry.name} {problem}"
        said += f": {about.get('name')} has {version}" if version else ""
        yield Diagnostic(severity, said, advice=advice)


def _namesakes(
    held: Mapping[str, Value], declared: list[Loaded], observed: Observed | None
) -> Iterator[Diagnostic]:
    """Plugins that come beside one of the same name. What an entry calls a plugin is up to whoever attached
    it: they may be two all the same.
    """
    there = {*entries_of(observed.attributes, "loaded")} if observed else set[Loaded]()
    others = sorted(there - owned_by(held) - {*declared})
    for entry in declared:
        same = [each for each in others if (each.type, each.name) == ("plugin", entry.name) and entry.name]
        for other in same if entry.type == "plugin" and entry not in there else ():
            stays = "declared too" if other in declared else "kept"
            yield Diagnostic(
                WARNING,
                f"plugin {entry.name} comes beside another one of that name, which is {stays}: {other.url}",
                detail="Elasticsearch does not start a node with two plugins of one name.",
                advice="Take one of the two out, or detach it.",
            )
        others.append(entry)
