"""The steps of a plan's attempt: their ids as an installation has them, one after another.

Those of a new cluster, with how long they took, are from a real one. Of a changed plan only some names are
known, of failed ones and of other kinds even fewer: the rest of their order is plausible and made up.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

Timed = tuple[str, float]
"""A step and its seconds."""

COMPLETED: Final = "plan-completed"
ROLLING: Final = "rolling-upgrade"
WAITING: Final = "wait-until-running"
BETWEEN: Final = 0.005
"""Seconds between two steps."""
BOOT: Final = 15.0
"""Seconds from the start of an instance to a node that answers."""
GROUP: Final = 20.0
"""Seconds that a group of instances takes in a rolling change."""
START: Final = 72.6
"""Seconds that a new cluster takes to run."""

_FIRST: Final[tuple[Timed, ...]] = (
    ("plan-validator", 0.017),
    ("log-initial-plan-data", 0.002),
    ("detect-plan-strategy", 0.003),
    ("calculate-incremental-elasticsearch-change", 0.007),
    ("resolve-instances-acls", 0.004),
    ("validate-plan-safety", 0.004),
    ("validate-elasticsearch-plugin-versions", 0.003),
    ("ensure-shield-system-key", 0.011),
    ("ensure-app-auth-tokens", 0.076),
    ("add-shield-user", 1.008),
    ("validate-plan-prerequisites", 0.176),
)
_MADE: Final[tuple[Timed, ...]] = (
    ("suspend-snapshotting", 0.042),
    ("ensure-s3-resources", 0.033),
    ("get-snapshot-settings", 0.018),
    ("check-enterprise-license", 0.017),
    ("create-elasticsearch-instances", 0.036),
    ("generate-node-certificates", 0.239),
    ("allocate-instances", 0.174),
    ("override-instance-data", 0.004),
    ("update-initial-master-nodes", 0.007),
    ("seed-instances", 0.008),
    ("start-instances", 0.013),
    (WAITING, START),
)
_LAST: Final[tuple[Timed, ...]] = (
    ("wait-until-masters-elected", 0.030),
    ("verify-non-split", 0.025),
    ("set-maintenance", 0.008),
    ("apply-cluster-license", 0.119),
    ("ensure-repository", 1.438),
    ("ensure-slm-policy", 0.256),
    ("apply-cluster-license", 0.041),
    ("apply-monitoring-config", 0.005),
    ("set-maintenance", 0.008),
    ("apply-curation-settings", 0.007),
    ("apply-plan-settings", 0.252),
    ("post-plan-cleanup", 0.046),
    ("clean-up", 0.019),
    (COMPLETED, 0.0),
)
_STOPPING: Final[tuple[Timed, ...]] = (("stop-instances", 10.0), ("clean-up", 0.019), (COMPLETED, 0.0))


def first_start() -> tuple[Timed, ...]:
    """Of Elasticsearch that does not run yet."""
    return _FIRST + _MADE + _LAST


def change(groups: int, *, snapshot: bool) -> tuple[Timed, ...]:
    """Of Elasticsearch of which so many groups of instances start anew; without any nothing is rolled."""
    before = (("suspend-snapshotting", 0.042), ("get-snapshot-settings", 0.018))
    taken = (("perform-snapshot", 3.0),) if snapshot and groups else ()
    rolled = ((ROLLING, groups * GROUP),) if groups else ()
    return _FIRST + before + taken + rolled + _LAST


def stateless(*, starts: bool) -> tuple[Timed, ...]:
    """Of Kibana and its like."""
    waits = (("start-instances", 0.013), (WAITING, GROUP)) if starts else ()
    return (*_FIRST[:3], *waits, ("set-maintenance", 0.008), (COMPLETED, 0.0))


def stop(*, snapshot: bool) -> tuple[Timed, ...]:
    taken = (("perform-snapshot", 3.0),) if snapshot else ()
    return _FIRST[:3] + taken + _STOPPING


def offsets(steps: Iterable[Timed]) -> list[tuple[str, float, float]]:
    """Each with the seconds, from the beginning, that it starts and ends after."""
    found, at = [], 0.0
    for step, seconds in steps:
        found.append((step, at, at + seconds))
        at += seconds + BETWEEN
    return found
