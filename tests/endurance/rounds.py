"""One round of kills: a project between two sides, commands that are killed, and what must hold after it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from attrs import define, field, frozen

from tests.acceptance.command import Done as Ended
from tests.acceptance.command import run_here
from tests.acceptance.runner import Project

from .campaign import Broken
from .commands import KILLED, NO_MORE, Command, Done, at_once
from .installation import Installation
from .mixed_project import SIDES, Side, compare, rows, side, text

APPLY = ("apply", "--auto-approve")
WIDTH = "--parallelism"
RESUMES = 3
SLOW = "POST /deployments/extensions delay:2.5 from={} times=3"
"""Less than the time that a client waits for a reply."""

PLACES = ("POST {}", "POST {}/*", "PUT {}/*", "DELETE {}/*", "GET {}/*")
TROUBLES = ("another", "another when=after", "another when=after", "drop-after", "truncate", "reset-before")
LOCKED = 4
ENDED = frozenset({KILLED, 0})
TROUBLED = ENDED | {1, 3, 5}


@frozen
class Lengths:
    """Of an apply that nobody kills. moments: by kind. seconds: from the lock to the end."""

    moments: dict[str, int]
    seconds: float


@define
class Stage:
    """The project from round to round.

    server: of the project's sandbox. strangers: what somebody else made there, by id. size: see
    mixed_project.side. letter: the side that is wanted. words: the commands of the round, to see it again.
    faulty: whether replies of the round may have been lost.
    lengths: by --parallelism, and whether served. boundaries: how many intents and outcomes the journals had
    that kills left.
    """

    project: Project
    server: Installation
    strangers: Mapping[str, Mapping[str, Any]]
    seed: int
    size: float
    letter: str = "a"
    words: list[str] = field(factory=list)
    faulty: bool = False
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
        _copy(self.folder, self.folder.with_name("before"))

    def keep(self) -> Path:
        """Where the project is kept, as it was before the round and as it is."""
        kept = Path(tempfile.mkdtemp(prefix="endurance-broken-"))
        for name in ("before", self.folder.name):
            if self.folder.with_name(name).exists():
                _copy(self.folder.with_name(name), kept / name)
        return kept


def _copy(folder: Path, to: Path) -> None:
    """In a process of its own: whoever closes a file of SQLite's gives up all locks of its process on it."""
    subprocess.run(["cp", "-a", str(folder), str(to)], check=True)


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
        return (*APPLY, WIDTH, self.width)

    @property
    def length(self) -> Lengths:
        return self.stage.lengths[self.width, self.served]

    def measure(self) -> None:
        """Turns the project once, and counts."""
        self.stage.turn()
        counts = self.stage.folder.with_name("moments.json")
        done = self._run(str(counts), *self.apply)
        self.demand(done.code == 0, f"an apply ended with {done.code}", done.both)
        self.stage.lengths[self.width, self.served] = Lengths(**json.loads(counts.read_text()))

    def kill(self, where: str, *words: str) -> bool:
        """Runs the command to that moment (see `mortal`); whether it died there."""
        with self.troubles() as codes:
            done = self._run(where, *words)
        return self.killed(done, codes)

    def kill_one_of_two(self, commands: tuple[Command, Command]) -> None:
        """Both run at once; the first one dies, if it is not too late, and the second one too if it is to."""
        self.stage.words += map(str, commands)
        with self.troubles() as codes:
            ended = at_once(self.stage.folder, commands, self.environ, self.chance.random() < 0.7)
        self.stage.tally["two at once"] += 1
        self.ended(commands, ended, codes)

    def ended(self, commands: Sequence[Command], ended: Sequence[Done], codes: Set[int]) -> None:
        """Broken when one of two did not end as it may: codes, or 4 where it does not wait for the lock."""
        for done, command in zip(ended, commands, strict=True):
            if done.code == LOCKED:
                self.demand("--lock-timeout" not in command.words, "it did not wait for the lock", done.both)
                self.stage.tally["refused"] += 1
            elif command.where:
                self.killed(done, codes)
            else:
                self.demand(done.code in codes - {KILLED}, f"it ended with {done.code}", done.both)
                self.stage.tally["took over"] += ended[0].code == KILLED and done.code == 0

    @contextmanager
    def troubles(self) -> Iterator[Set[int]]:
        """With what a command may end meanwhile.

        A server takes its time with some creates, so that they are carried out when their client is dead; and
        at times it answers about another, or not at all.
        """
        if not self.served:
            yield ENDED
            return
        faults = [SLOW.format(self._early())]
        if self.chance.random() < 0.5:
            faults += [self._trouble() for _ in range(self.chance.randint(1, 4))]
            self.stage.faulty = True
        self.stage.server.set_faults(faults)
        yield ENDED if len(faults) == 1 else TROUBLED
        self.stage.tally += self.stage.server.take_faults()

    def _trouble(self) -> str:
        place = self.chance.choice(PLACES).format("/deployments/extensions")
        times = self.chance.randint(1, 3)
        return f"{place} {self.chance.choice(TROUBLES)} from={self._early()} times={times}"

    def _early(self) -> int:
        return self.chance.randint(1, round(20 * self.stage.size))

    def _run(self, where: str, *words: str) -> Done:
        command = Command(words, where)
        self.stage.words.append(str(command))
        with command.started(self.stage.folder, self.environ) as running:
            return running.ended()

    @property
    def environ(self) -> Mapping[str, str]:
        return self.stage.server.environ if self.served else NO_MORE

    def killed(self, done: Done, codes: Set[int]) -> bool:
        """Counts a kill, and looks at what it left. Broken when the command ended by itself, and badly."""
        self.demand(done.code in codes, f"it ended with {done.code}", done.both)
        if done.code != KILLED:
            self.stage.tally["came too late"] += 1
            return False
        self.stage.tally.update(("kills", f"in {self.kind} rounds"))
        self.stage.tally["served"] += self.served
        self.stage.tally["clocks apart"] += self.served and bool(self.stage.server.clock.ahead)
        self._note_journal(done.words)
        self.look()
        return True

    def _note_journal(self, words: Sequence[str]) -> None:
        """Broken when more is in doubt than may have been handed out, if every call got its reply."""
        path = self.stage.folder / "state/dev.journal"
        journal = path.read_bytes() if path.exists() else b""
        self.stage.boundaries.add((journal.count(b'{"intent"'), journal.count(b'{"outcome"')))
        self.stage.tally["torn journals"] += bool(journal) and not journal.endswith(b"\n")
        width = int(words[words.index(WIDTH) + 1]) if WIDTH in words else 10
        few = doubts(journal) < 2 * width or self.stage.faulty
        self.demand(few, f"{doubts(journal)} steps are in doubt")

    def look(self) -> None:
        """Whoever only reads gets through, whatever a kill left."""
        plan = self.cli("plan", "--detailed-exitcode")
        self.demand(plan.code in (0, 2), f"plan ended with {plan.code}", plan.both)
        self.addresses()
        self._hold_strangers()

    def _hold_strangers(self) -> None:
        theirs = told_of(self.stage.folder, self.stage.strangers)
        self.demand(theirs == self.stage.strangers, f"of others, {self.stage.strangers} became {theirs}")

    def addresses(self) -> list[str]:
        listed = self.cli("state", "list")
        self.demand(listed.code == 0, f"state list ended with {listed.code}", listed.both)
        return listed.out.split()

    def cli(self, *words: str) -> Ended:
        """A command that only reads, in this process: that saves half a second."""
        done = run_here(["-C", str(self.stage.folder), *words], Path.cwd(), dict(os.environ))
        for word in ("Traceback", "a defect in planner"):
            self.demand(word not in done.both, f"{' '.join(words)} said {word}", done.both)
        return done

    def command(self, *words: str) -> Ended:
        self.stage.words.append(f"planner {' '.join(words)}")
        return self.stage.project.run(*words, env=dict(self.environ))

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
        self._hold_strangers()
        found = compare(self.stage.folder, self.stage.wanted, self.stage.strangers)
        self.stage.tally["orphans"] += len(found.orphans)
        self.stage.tally["duplicates"] += len(found.duplicates)
        self.demand(not found.all, "state and installation are not as they should be", "\n".join(found.all))
        again = self.cli("plan", "--detailed-exitcode")
        self.demand(again.code == 0, "the plan is not empty", again.both)

    def demand(self, holds: bool, problem: str, told: str = "") -> None:
        if not holds:
            raise Broken(f"{problem}\n{told[-6000:]}")

    def told(self, error: Broken) -> str:
        """error, and how to see it again."""
        hours = self.stage.server.clock.ahead / timedelta(hours=1)
        served = f", served, its clock {hours:+.0f} h" if self.served else ""
        return (
            f"seed {self.stage.seed}, round {self.number}, {self.kind}{served}: "
            + "".join(f"\n  $ {line}" for line in self.stage.words)
            + f"\n{error}\nThe project before and after: {self.stage.keep()}"
        )


def doubts(journal: bytes) -> int:
    """How many intents of its last session have no outcome."""
    found: set[int] = set()
    for line in journal.splitlines():
        with suppress(ValueError):  # an empty line, or one that a kill tore
            (what, said), *_ = json.loads(line[9:]).items()
            if what == "header":
                found.clear()
            elif what == "intent":
                found.add(said["step"])
            elif said["result"] != "deposed":
                found.discard(said["step"])
    return len(found)


def told_of(folder: Path, ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """All that the sandbox holds of these."""
    return {id_: dict(row) for id_, row in rows(folder).items() if id_ in ids}
