"""What an environment that releases are promoted to lets in: its window, and releases that are rejected."""

from __future__ import annotations

from attrs import define

from tests.acceptance.runner import Project

from .commands import Done, call
from .promises import promise
from .recorded import records
from .rolled_project import write_project

CLOSED, REJECTED = "dev is closed now", "was rejected by"


@define
class Admitting:
    """promotes: else nothing is ever closed. rejected: whether the release of the wish is."""

    project: Project
    promotes: bool
    closed: bool = False
    rejected: bool = False

    @property
    def stands_in_the_way(self) -> bool:
        return self.closed or self.rejected

    def turn(self, *, closed: bool) -> bool:
        """The window closes, or opens; whether it did."""
        turns = self.promotes and closed != self.closed
        if turns:
            self.closed = closed
            write_project(self.project, promotes=True, closed=closed)
        return turns

    def reject(self, made: int) -> str:
        """Somebody rejects the release that is being rolled out, if it is the one with that number; its id,
        "" where there is none."""
        brought = [record for record in records(self.project).values() if _made(record) == made]
        if not self.promotes or self.rejected or not brought:
            return ""
        release = str(brought[0]["release"])
        done = call(self.project.folder, "release", "reject", release, "--reason", "wrong words")
        promise(done.code == 0, f"a release cannot be rejected: {done}")
        self.rejected = True
        return release

    def why(self, done: Done) -> str:
        """What a command says of a gate that is not met, "" where it says nothing."""
        told = " ".join(done.both.split())
        return next((said for said in (CLOSED, REJECTED) if said in told), "")


def _made(record: dict[str, object]) -> int:
    """The number of the release that a roll-out brings."""
    run = record.get("run")
    release = run.get("release") if isinstance(run, dict) else None
    variables = release.get("variables") if isinstance(release, dict) else None
    return int(str(variables.get("made", 0))) if isinstance(variables, dict) else 0
