"""Whether what an environment is to run is a release that ran elsewhere. Pure."""

from __future__ import annotations

from attrs import evolve

from planner.model.release import Release, exactly
from planner.model.value import Value
from planner.promote.log import Log, Run


def same(left: Release, right: Release) -> bool:
    """Whether two environments run the same release.

    An environment may have archives of its own, so only those that both have are compared.
    """
    return evolve(left, archives={}) == evolve(right, archives={}) and not differing(left, right)


def differing(left: Release, right: Release) -> tuple[str, ...]:
    """The archives that both have, and not with the same content."""
    shared = left.archives.keys() & right.archives.keys()
    return tuple(sorted(path for path in shared if left.archives[path] != right.archives[path]))


def earlier_run(log: Log, release: Release) -> Run | None:
    """The latest whole run of a release."""
    return next((run for run in reversed(log.runs) if run.whole and same(run.release, release)), None)


def origin(upstream: Log, release: Release, present: Release | None) -> Run | None:
    """The run upstream that a release comes from; None when it comes from none.

    The one that goes on there, else the latest whole one. present: what the environment runs until now, as a
    promotion may leave a part of it as it is.
    """
    runs = [run for run in reversed(upstream.runs) if run.whole or not run.until]
    entirely = (run for run in runs if _came_from(release, run.release, None))
    partly = (run for run in runs if present and _came_from(release, run.release, present))
    return next(entirely, None) or next(partly, None)


def _came_from(release: Release, upstream: Release, present: Release | None) -> bool:
    """Whether each part of a release is the upstream's, or the present one. Archives are asked separately."""
    sources = [upstream, *([present] if present else [])]
    if release.variables.keys() != upstream.variables.keys():
        return False
    return any(release.templates == source.templates for source in sources) and all(
        any(_is_set(source, name, value) for source in sources) for name, value in release.variables.items()
    )


def _is_set(release: Release, name: str, value: Value) -> bool:
    return name in release.variables and exactly(release.variables[name]) == exactly(value)


def is_whole(release: Release, run: Run) -> bool:
    """Whether all of a release comes from a run, and nothing from what ran in the environment before."""
    return _came_from(release, run.release, None)


def proof(release: Release, upstream: Release, present: Release | None) -> Release:
    """What the archives of a release are to be the same as: upstream's, or the present ones where the
    templates stay as they are.
    """
    stays = present and release.templates == present.templates != upstream.templates
    return present if present and stays else upstream
