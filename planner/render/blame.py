"""Which origins of a value a change is to blame for."""

from __future__ import annotations

from collections.abc import Collection

from attrs import evolve

from planner.model.plan import Change
from planner.model.preview import IN_WORDS, EnvironmentPreview, Preview


def blamed(preview: Preview) -> Preview:
    """preview, its attributes with those origins only that changed; with all where that is not known."""
    return evolve(preview, environments=tuple(map(_environment, preview.environments)))


def _environment(item: EnvironmentPreview) -> EnvironmentPreview:
    if item.plan is None or IN_WORDS.issuperset(item.why):
        return item
    changes = tuple(_change(change, item.why) for change in item.plan.changes)
    return evolve(item, plan=evolve(item.plan, changes=changes))


def _change(change: Change, why: Collection[str]) -> Change:
    if not any(diff.origins for diff in change.diffs):
        return change
    diffs = (
        evolve(diff, origins=tuple(origin for origin in diff.origins if _changed(origin, why)))
        for diff in change.diffs
    )
    return evolve(change, diffs=tuple(diffs))


def _changed(origin: str, why: Collection[str]) -> bool:
    """origin: as "var.bundle_version, environments/prod.yaml:3", or a local and the file it is in."""
    name, _, place = origin.partition(", ")
    return name in why or (name.startswith("local.") and place in why)
