"""The question whether a release may come into an environment, and its answer, as values."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from attrs import field, frozen

from planner.model.project import Environment
from planner.model.release import Gate, Release
from planner.promote.log import Log, Source

FIRST, SAME, BACK, PROMOTION = "first", "same", "back", "promotion"
NAMES: Final = ("promote_from", "archives", "converged", "soak", "checks", "approvals", "windows", "rejected")
"""What `--force` takes."""


@frozen
class Upstream:
    """An environment that releases come from, as it is now.

    pending: how many changes its plan has. drifted: addresses. problem: why it could not be looked at, ""
    when it could. asked: whether its installation was; else pending and drifted say nothing.
    """

    environment: str
    log: Log = field(factory=Log)
    lineage: str = ""
    serial: int = 0
    pending: int = 0
    drifted: tuple[str, ...] = ()
    problem: str = ""
    asked: bool = True


@frozen
class Question:
    """May release come into environment? log: of the environment.

    promoters: who brings it; their own approvals do not count. by_commit: templates belong to a release, so
    that one whose templates are in no commit cannot be proved to be any other.
    """

    environment: Environment
    release: Release
    now: datetime
    log: Log = field(factory=Log)
    upstreams: tuple[Upstream, ...] = ()
    promoters: frozenset[str] = frozenset()
    by_commit: bool = False


@frozen
class Verdict:
    """Whether a release may come in. way: how the release comes in: as the FIRST environment's own, as the
    SAME that is there, BACK to one that was there, or by PROMOTION. release: its id, as upstream knows it.
    source: where it comes from.
    """

    way: str
    release: str
    gates: tuple[Gate, ...] = ()
    source: Source | None = None

    def refusals(self, *, applying: bool) -> tuple[Gate, ...]:
        """The closed gates that hold back an apply, or a promotion."""
        return tuple(gate for gate in self.gates if not gate.met and (applying or not gate.applies))
