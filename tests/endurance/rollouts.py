"""The campaign "rollouts": a dictionary carried to deployments in waves, while much goes wrong.

A round is a project with a sandbox of its own, and a few wishes, one after the other: another dictionary,
one that breaks an index, or other members. Meanwhile somebody else changes, stops, starts and deletes the
deployments, also between a read and the write that is built on it, and may have one that no binding is for;
replies are lost or refused, plans fail, shards stay yellow; the apply is killed, or loses its lock to
somebody who breaks it, and may apply at once; windows close between waves, releases are rejected, and
somebody says how a roll-out ends that nobody asked about. Then it is applied until it is done, or held back,
or refused with its reason; and one more command leads to what is wanted.

What must hold is told by the sandbox alone (carried.py), and after each command. A wish ends with everybody
loading the one dictionary that there is; or held back, and then everybody loads what is there. The last wish
of a round is a good one, and is carried out. Each round has a seed of its own, by which it is run again
alone.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from random import Random
from types import MappingProxyType

from attrs import define

from .bindings import EFFECTS, PLACES, STRIDE
from .campaign import Broken, Campaign, Figures, Order
from .carried import Seen
from .commands import KILLED, Command
from .faults import random_when
from .mortal import CALL, JOURNAL, LOOK, ROBBED, SNAPSHOT, TAKEN
from .promises import promise
from .recorded import records
from .rolled_project import id_of
from .rolled_round import Round
from .rounds import APPLY
from .served import Served
from .somebody import TROUBLES, in_between

WISHES = 3
SERVED = 0.04
"""How often the installation is a process of its own: there all takes its time."""

MOMENTS = MappingProxyType({JOURNAL: 75, CALL: 14, LOOK: 40, f"{JOURNAL},{SNAPSHOT}": 30})
"""Where a kill may be, at most, by kind of moment: an apply that passes fewer ends by itself."""

ROBBERIES = MappingProxyType({JOURNAL: 25, CALL: 14, LOOK: 40})
"""Where a lock may be lost, at most."""

LOST = "was broken while"
"""What whoever lost the lock says."""


@define
class Troubled(Round):
    """A round in which all goes wrong that can."""

    def _trouble(self) -> None:
        chance = self.chance
        self._meddle(chance.choice((0, 0, 1)))
        self._admit()
        specs = [self._fault() for _ in range(chance.choice((0, 0, 1, 2)))]
        way = chance.random()
        if way < 0.5:
            self._cut(specs)
        elif way < 0.62:
            self._robbed(specs)
        elif way < (0.8 if records(self.project) else 0.64):
            self._decide(chance.choice(("continue", "back", "abandon")), asked=False)
        else:
            self._apply(specs, *(("--until", "wave") if way < 0.92 else ()))

    def _meddle(self, times: int) -> None:
        for _ in range(times):
            number = self.chance.choice(sorted(Seen.of(self.project).deployments))
            if number and self.chance.random() < 0.12:
                self._delete(number)
            elif done := self.somebody.act(id_of(number)):
                self.told.append(f"shop-{number}: somebody {done}")
                self.tally["changes of others"] += 1
                self.tally["pending plans of others"] += done.endswith("pending")
                self.tally["deployments stopped"] += done.startswith("stops")

    def _delete(self, number: int) -> None:
        self.somebody.delete(id_of(number))
        self.gone.add(number)
        self.told.append(f"shop-{number}: somebody deletes it")
        self.tally["deployments deleted"] += 1

    def _admit(self) -> None:
        """The window closes or opens, or the release is rejected."""
        chance, begun = self.chance.random(), bool(records(self.project))
        if chance < (0.5 if begun else 0.15) and self.admitting.turn(closed=not self.admitting.closed):
            self.told.append(f"the window {'closes' if self.admitting.closed else 'opens'}")
        elif chance > 0.8 and (release := self.admitting.reject(self.wish.made)):
            self.told.append(f"{release} is rejected")

    def _fault(self) -> str:
        chance, id_ = self.chance, id_of(self.chance.randrange(self.count))
        way = chance.random()
        if way < 0.25:
            self.somebody.made += 1
            return in_between(id_, self.somebody.made, (), chance)
        if way < 0.55:
            place, trouble = chance.choice((id_, "*")), chance.choice(TROUBLES["PUT"])
            return f"PUT /deployments/{place} {trouble} times={chance.randint(1, 2)}"
        return f"{chance.choice(PLACES)} {chance.choice(EFFECTS)} {random_when(chance)}"

    def _cut(self, specs: Collection[str]) -> None:
        """An apply that dies at a moment, if it comes that far. Whoever only reads gets through."""
        kind = self.chance.choice([*MOMENTS])
        until = ("--until", "wave") if self.chance.random() < 0.15 else ()
        words = (*APPLY, "--parallelism", self.chance.choice(("1", "10")), *until)
        done = self._forked(Command(words, f"{kind}:{self.chance.randint(1, MOMENTS[kind])}"), specs)
        self.tally["kills"] += done.code == KILLED
        looked = self._run("plan", "--detailed-exitcode")
        promise(looked.code in (0, 2) or self._waits(looked), f"a plan after a kill: {looked}")

    def _robbed(self, specs: Collection[str]) -> None:
        """An apply whose lock is broken at a moment."""
        kind, who = self.chance.choice((JOURNAL, CALL, LOOK)), self.chance.choice((ROBBED, TAKEN))
        words = ("-C", str(self.project.folder), *APPLY, "--parallelism", self.chance.choice(("1", "10")))
        done = self._forked(Command(words, f"{who}{kind}:{self.chance.randint(1, ROBBERIES[kind])}"), specs)
        self.tally["locks lost"] += LOST in done.both
        self.tally["locks lost to an apply"] += LOST in done.both and who == TAKEN


def one_round(folder: Path, seed: int, wishes: int = WISHES) -> Counter[str]:
    """What was counted. Broken, with the seed, at the first promise that does not hold."""
    chance = Random(seed)  # noqa: S311 - what comes next is no secret
    if chance.random() < SERVED:
        return told(seed, Served.begun(folder, chance), 1)
    return told(seed, Troubled.begun(folder, chance), wishes)


def told(seed: int, turn: Round, wishes: int) -> Counter[str]:
    try:
        turn.go(wishes)
    except (Broken, AssertionError) as error:
        again = f"python -m tests.endurance rollouts --rounds 1 --seed {seed}"
        told = "".join(f"\n  {line}" for line in turn.told)
        raise Broken(f"again by: {again}{told}\n{error}") from error
    return turn.tally


def run(order: Order) -> Figures:
    counts: Counter[str] = Counter()
    for number in range(order.rounds):
        folder = order.folder / str(number)
        counts += one_round(folder, order.seed + number * STRIDE)
        shutil.rmtree(folder)
        if number % 10 == 9:
            order.tell(f"rollouts: {number + 1} rounds, {counts['kills']:,} kills")
    return {"rounds": order.rounds, **dict(sorted(counts.items()))}


CAMPAIGN = Campaign(
    "A roll-out restarts no deployment twice for one change, loses no extension and makes none twice, "
    "deletes none that somebody loads, and leaves alone what others attach; it ends as wanted, or is held "
    "back with its reason.",
    150,
    run,
)
