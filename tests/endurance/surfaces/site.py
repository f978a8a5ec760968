"""What every surface has: projects to copy, a folder, chance, and variables that keep it on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

from attrs import frozen

from tests.acceptance.chain_project import git, make_chain
from tests.endurance import fuzzed_project

NOWHERE = "http://127.0.0.1:1"
ALWAYS = {
    "EC_API_KEY": "key-for-tests",
    "EC_TIMEOUT": "2",
    "PLANNER_ACTOR": "ann@example.org",
    "PLANNER_VAR_token": "a-secret-of-all",
    "PLANNER_FORGE_ALLOW_HTTP": "true",
    # An address that is made up may be anybody's: nothing leaves this machine.
    **dict.fromkeys(("http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"), NOWHERE),
}
"""What every surface's process has in its environment, beside PATH and HOME."""


@frozen
class Site:
    """Where a round takes place. bases: of projects to copy. folder: for this round, not there yet. bucket:
    the URL of one.
    """

    bases: Path
    folder: Path
    random: Random
    bucket: str

    def copy(self, base: str) -> Path:
        """The project's folder."""
        shutil.copytree(self.bases / base, self.folder, symlinks=True)
        return self.folder / "project" if base == "chain" else self.folder


Surface = Callable[[Site], None]
PREVIEW = "state/preview/preview.json"
"""Of the chain's project."""


def make_bases(folder: Path) -> None:
    """plain: one of everything. chain: in git, with releases and a place to push to, and a preview of it."""
    fuzzed_project.make(folder / "plain")
    project = make_chain(folder / "chain" / "project")
    git(project.folder, "init", "-q", "--bare", "../origin.git")
    git(project.folder, "remote", "add", "origin", "../origin.git")
    git(project.folder, "push", "-q", "origin", "HEAD:main")
    project.ok("preview", "--offline", "--base", "HEAD~1", "--out", "state/preview")
