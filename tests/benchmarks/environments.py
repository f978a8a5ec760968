"""A project of many environments in a git repository: all applied, then one change. For commands that look at
several environments at once: preview, and promotions."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from attrs import evolve, field, frozen

from .measure import Cost, cost_of
from .order import Order
from .projects import CHANGING, FORMER, PROJECT, loop
from .server.process import Installation

EACH = 100


@frozen
class Environments:
    """A project of several environments. at: the installation of each environment, by its name. environ: what
    reaches them. upstream: where the releases of an environment come from, for those that are promoted to.
    """

    folder: Path
    at: Mapping[str, Installation]
    environ: Mapping[str, str] = field(factory=dict)
    upstream: Mapping[str, str] = field(factory=dict)

    def cost(self, *words: str, codes: tuple[int, ...] = (0,)) -> Cost:
        """Of `planner WORDS`, with the requests of all installations. Raises Failed for another exit code."""
        before = self._requests()
        cost = cost_of(*words, folder=self.folder, environ=self.environ, codes=codes)
        return evolve(cost, requests=self._requests() - before)

    def set_version(self, environment: str, version: str) -> None:
        """Changes one resource of one environment."""
        folder = "pins" if environment in self.upstream else "environments"
        (self.folder / folder / f"{environment}.yaml").write_text(f'variables:\n  version: "{version}"\n')

    def files(self) -> list[Path]:
        """What planner has to read for all of them."""
        folders = ("environments", "pins", "templates", "state")
        found = [path for name in folders for path in sorted((self.folder / name).glob("*.*"))]
        return [self.folder / "planner.yaml", *(path for path in found if path.suffix in (".yaml", ".json"))]

    def _requests(self) -> int:
        return sum(installation.requests() for installation in self.at.values())


def applied(order: Order, count: int, *, chained: bool = False) -> Environments:
    """So many resources in environments of a hundred, at least two, each applied, and all committed.

    chained: releases pass from each one to the next.
    """
    folder, server, environments = order.folder / str(count), order.server, max(2, count // EACH)
    at = {f"e{number:02}": server.fresh() for number in range(environments)}
    environ = {f"EC_ENDPOINT_{name.upper()}": installation.url for name, installation in at.items()}
    upstream = dict(pairwise(reversed(list(at)))) if chained else {}
    made = Environments(folder, at, {**environ, "EC_API_KEY": "benchmarks"}, upstream)
    _write(made, count // environments)
    _git(folder, "init", "-q")
    _git(folder, "add", ".")
    _git(folder, "commit", "-qm", "base")
    for name in at:
        made.cost("apply", "-e", name, "--auto-approve")
    return made


def _write(made: Environments, resources: int) -> None:
    named = "".join(f"  {name}: {{promote_from: [{made.upstream.get(name, '')}]}}\n" for name in made.at)
    named += "promote: {variables: [version], templates: true}\n" if made.upstream else ""
    for name in ("templates", "environments", "pins"):
        (made.folder / name).mkdir(parents=True)
    (made.folder / "planner.yaml").write_text(PROJECT.replace("  dev: {}\n", named))
    (made.folder / "templates" / "words.yaml").write_text(loop(resources - 1))
    (made.folder / "templates" / "changing.yaml").write_text(CHANGING)
    (made.folder / ".gitignore").write_text("state/\noutput.txt\n")
    for name in made.at:
        made.set_version(name, FORMER)


def _git(folder: Path, *words: str) -> None:
    author = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "init.defaultBranch=main"]
    command: Sequence[str] = ["git", "-C", str(folder), *author, *words]
    subprocess.run(command, check=True, capture_output=True)
