"""The releases that the environments of a project know, with where each ran and what was said of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import field, frozen

from planner.model.redaction import IDENTITY, WORD
from planner.model.release import Gate, Release

VERIFIED: Final = "verified"
APPROVED: Final = "approved"
REJECTED: Final = "rejected"
FORCED: Final = "forced"


@frozen
class Stay:
    """An environment's time on a release. since, until: ISO 8601 in UTC; until is "" while it goes on.

    whole: the apply left nothing out. archives: path -> sha256, as they were applied there.
    source: the environment that it came from, "" for none; lineage, serial: of its state then.
    """

    environment: str = field(metadata=WORD)
    since: str = field(metadata=WORD)
    until: str = field(default="", metadata=WORD)
    whole: bool = True
    by: str = ""
    commit: str = field(default="", metadata=WORD)
    plan_digest: str = field(default="", metadata=WORD)
    pull_request: str = ""
    source: str = field(default="", metadata=WORD)
    lineage: str = field(default="", metadata=WORD)
    serial: int = 0
    gates: tuple[Gate, ...] = ()
    archives: Mapping[str, str] = field(factory=dict, metadata=IDENTITY)


@frozen
class Remark:
    """What a person or a check said of a release, in the state of an environment.

    what: one of the words above. name: of the check or gate. ok: False for a check that failed.
    text: the URL of a verification, the reason of a rejection or a force.
    """

    environment: str = field(metadata=WORD)
    what: str = field(metadata=WORD)
    by: str
    at: str = field(metadata=WORD)
    name: str = ""
    ok: bool = True
    text: str = ""


@frozen
class KnownRelease:
    """release: None where only remarks are left of it. first_seen: ISO 8601 in UTC.

    stays, remarks: by environment in the order of planner.yaml, then the oldest first.
    """

    id: str = field(metadata=WORD)
    release: Release | None
    first_seen: str = field(metadata=WORD)
    stays: tuple[Stay, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def runs_in(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(stay.environment for stay in self.stays if not stay.until))

    @property
    def ran_in(self) -> tuple[str, ...]:
        """Where it does not run any more."""
        ran = dict.fromkeys(stay.environment for stay in self.stays)
        return tuple(name for name in ran if name not in self.runs_in)

    @property
    def environments(self) -> tuple[str, ...]:
        """All that know it, in order."""
        stayed, said = (item.environment for item in self.stays), (item.environment for item in self.remarks)
        return tuple(dict.fromkeys([*stayed, *said]))

    @property
    def is_rejected(self) -> bool:
        return any(item.what == REJECTED for item in self.remarks)

    def approvals(self, environment: str) -> int:
        """By how many people."""
        said = (item for item in self.remarks if item.what == APPROVED and item.environment == environment)
        return len({item.by.casefold() for item in said})
