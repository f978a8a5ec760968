"""A round of roll-outs at an installation that is a process of its own: it goes on when planner dies, and a
write may come late. There time is as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Self

from attrs import define

from tests.acceptance.runner import Project

from .admitting import Admitting
from .carried import Seen
from .commands import KILLED, Command
from .mortal import CALL, JOURNAL
from .rolled_project import Wish, id_of, rolled
from .rolled_round import MODES, Round
from .rounds import APPLY
from .somebody import Somebody

SPEED = "200"
"""At which a plan of a minute takes less than a second."""

LATE = "PUT /deployments/{} delay:{} times=1"
MOMENTS = ((CALL, 40), (JOURNAL, 40))


@define
class Served(Round):
    """Three deployments, and no pause: a look at one takes seconds."""

    @classmethod
    def begun(cls, folder: Path, chance: Random) -> Self:
        mode, on_failure = chance.choice(MODES)
        wish = Wish("first => rule", (0, 1, 2), mode, on_failure, at_once=2, pause="0s")
        project = rolled(folder, wish=wish, more=2)
        told = [f"served, {wish}"]
        return cls(
            project,
            chance,
            Somebody(project, chance),
            Admitting(project, False),
            3,
            wish,
            Seen.of(project),
            told,
        )

    def go(self, wishes: int) -> None:
        self.tally["rounds at a server"] += 1
        with serving(self.project) as url:
            self.project.environ |= {"EC_ENDPOINT_DEV": url, "EC_API_KEY": "tests", "EC_TIMEOUT": "10"}
            for _ in range(wishes):
                self._turn(breaks=False)

    def _trouble(self) -> None:
        """An apply dies, and what it had sent takes effect when the next one has begun."""
        late = LATE.format(id_of(self.chance.randrange(3)), self.chance.choice((1, 2, 4)))
        kind, most = self.chance.choice(MOMENTS)
        command = Command((*APPLY, "--parallelism", "1"), f"{kind}:{self.chance.randint(1, most)}")
        done = self._forked(command, [late])
        self.tally["kills"] += done.code == KILLED
        self.tally["kills at a server"] += done.code == KILLED


@contextmanager
def serving(project: Project) -> Iterator[str]:
    """The sandbox of a project as a process of its own; its address."""
    words = ("sandbox", "serve", "--data", "state/sandbox-dev.db", "--port", "0", "--speed", SPEED)
    with project.started(*words) as process:
        assert process.stderr is not None
        found = re.search(r"http://[^ ]+", process.stderr.readline())
        assert found is not None
        yield found[0]
