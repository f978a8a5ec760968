"""One round of kills: a project between two sides, commands that are killed, and what must hold after it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import requests
from attrs import define, field, frozen

from tests.acceptance.command import Done, run_here
from tests.acceptance.runner import ROOT, Project

from .campaign import Broken
from .mixed_project import SIDES, Side, compare, side, text

APPLY = ("apply", "--auto-approve")
RESUMES = 3
SLOW = "POST /deployments/extensions delay:2.5 from={} times=3"
PATIENCE = "4"
"""Seconds: for a reply, and so for what a dead client asked for. SLOW is less."""


@frozen
class Lengths:
    """Of an apply that nobody kills. moments: by kind. seconds: from the lock to the end."""

    moments: dict[str, int]
    seconds: float


@define
class Stage:
    """The project from round to round.

    server: the address of a server of the project's sandbox. size: see mixed_project.side. letter: the side
    that is wanted. words: the commands of the round, to see it again. lengths: by --parallelism, and whether
    served. boundaries: how many intents and outcomes the journals had that kills left.
    """

    project: Project
    server: str
    seed: int
    size: float
    letter: str = "a"
    words: list[str] = field(factory=list)
    tally: Counter[str] = field(factory=Counter)
    lengths: dict[tuple[str, bool], Lengths] = field(factory=dict)
    boundaries: set[tuple[int, int]] = field(factory=set)

    @property
    def folder(self) -> Path:
        return self.project.folder

    @property
    def wanted(self) -> Side:
        return side(self.letter, self.size)

    def turn(self) -> None:
        self.letter = SIDES[1 - SIDES.index(self.letter)]
        self.project.write("templates/main.yaml", text(self.wanted))

    def keep_before(self) -> None:
        """A copy of the project, for the case that the round breaks something."""
        shutil.rmtree(self.folder.with_name("before"), ignore_errors=True)
        shutil.copytree(self.folder, self.folder.with_name("before"))

    def keep(self) -> Path:
        """Where the project is kept, as it was before the round and as it is."""
        kept = Path(tempfile.mkdtemp(prefix="endurance-broken-"))
        for name in ("before", self.folder.name):
            if self.folder.with_name(name).exists():
                shutil.copytree(self.folder.with_name(name), kept / name)
        return kept


@frozen
class Round:
    """One turn of the project, or one edit of its state. width: its --parallelism. served: by the server."""

    number: int
    kind: str
    stage: Stage
    chance: Random
    width: str
    served: bool

    @property
    def apply(self) -> tuple[str, ...]:
        return (*APPLY, "--parallelism", self.width)

    @property
    def length(self) -> Lengths:
        return self.stage.lengths[self.width, self.served]

    def measure(self) -> None:
        """Turns the project once, and counts."""
        self.stage.turn()
        counts = self.stage.folder.with_name("moments.json")
        done = self._mortal(str(counts), *self.apply)
        self.demand(done.code == 0, f"an apply ended with {done.code}", done.both)
        self.stage.lengths[self.width, self.served] = Lengths(**json.loads(counts.read_text()))

    def kill(self, where: str, *words: str) -> bool:
        """Runs the command to that moment (see `mortal`); whether it died there."""
        with self.slow_creates():
            done = self._mortal(where, *words)
        return self.killed(done)

    @contextmanager
    def slow_creates(self) -> Iterator[None]:
        """A server takes its time with some, so that they are carried out when their client is dead."""
        if not self.served:
            yield
            return
        faults = f"{self.stage.server}/sandbox/faults"
        slow = SLOW.format(self.chance.randint(1, round(20 * self.stage.size)))
        requests.post(faults, json=[slow], timeout=10).raise_for_status()
        yield
        requests.delete(faults, timeout=10).raise_for_status()

    def _mortal(self, where: str, *words: str) -> Done:
        self.stage.words.append(f"python -m endurance.mortal {where} {' '.join(words)}")
        done = subprocess.run(
            [sys.executable, "-m", "endurance.mortal", where, *words],
            cwd=self.stage.folder,
            env={**os.environ, **self.environ()},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def environ(self) -> dict[str, str]:
        path = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
        if not self.served:
            return path
        return {**path, "EC_ENDPOINT_DEV": self.stage.server, "EC_API_KEY": "tests", "EC_TIMEOUT": PATIENCE}

    def killed(self, done: Done) -> bool:
        """Counts a kill, and looks at what it left. Broken when the command ended by itself, and badly."""
        self.demand(done.code in (-9, 0), f"it ended with {done.code}", done.both)
        if done.code == 0:
            self.stage.tally["came too late"] += 1
            return False
        for what in ("kills", f"in {self.kind} rounds", *["served"] * self.served):
            self.stage.tally[what] += 1
        self._note_journal()
        self.look()
        return True

    def _note_journal(self) -> None:
        path = self.stage.folder / "state/dev.journal"
        journal = path.read_bytes() if path.exists() else b""
        self.stage.boundaries.add((journal.count(b'{"intent"'), journal.count(b'{"outcome"')))
        self.stage.tally["torn journals"] += bool(journal) and not journal.endswith(b"\n")

    def look(self) -> None:
        """Whoever only reads gets through, whatever a kill left."""
        plan = self.cli("plan", "--detailed-exitcode")
        self.demand(plan.code in (0, 2), f"plan ended with {plan.code}", plan.both)
        self.addresses()

    def addresses(self) -> list[str]:
        listed = self.cli("state", "list")
        self.demand(listed.code == 0, f"state list ended with {listed.code}", listed.both)
        return listed.out.split()

    def cli(self, *words: str) -> Done:
        """A command that only reads, in this process: that saves half a second."""
        done = run_here(["-C", str(self.stage.folder), *words], Path.cwd(), dict(os.environ))
        for word in ("Traceback", "a defect in planner"):
            self.demand(word not in done.both, f"{' '.join(words)} said {word}", done.both)
        return done

    def command(self, *words: str) -> Done:
        self.stage.words.append(f"planner {' '.join(words)}")
        return self.stage.project.run(*words, env=self.environ())

    def resume(self) -> None:
        """Applies until it is through: at once, unless a server is busy with what a dead client asked."""
        for attempt in range(RESUMES if self.served else 1):
            self.stage.tally["resumes"] += 1
            self.stage.tally["resumes again"] += attempt > 0
            done = self.command(*APPLY)
            self.stage.tally["waited"] += "Waiting up to" in done.err
            if done.code == 0:
                return
        self.demand(False, f"the resumed apply ended with {done.code}", done.both)

    def check(self) -> None:
        """State and installation are what they should be, and nothing is left to do."""
        found = compare(self.stage.folder, self.stage.wanted)
        self.stage.tally["orphans"] += len(found.orphans)
        self.stage.tally["duplicates"] += len(found.duplicates)
        self.demand(not found.all, "state and installation are not as they should be", "\n".join(found.all))
        again = self.cli("plan", "--detailed-exitcode")
        self.demand(again.code == 0, "the plan is not empty", again.both)

    def demand(self, holds: bool, problem: str, told: str = "") -> None:
        if holds:
            return
        raise Broken(
            f"seed {self.stage.seed}, round {self.number}, {self.kind}{', served' * self.served}: {problem}\n"
            + "".join(f"  $ {line}\n" for line in self.stage.words)
            + f"{told[-6000:]}\nThe project before and after: {self.stage.keep()}"
        )
