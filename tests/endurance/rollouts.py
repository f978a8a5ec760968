"""The campaign "rollouts": a dictionary carried to deployments in waves, while much goes wrong.

A round is a project with a sandbox of its own, and a few wishes, one after the other: another dictionary,
one that breaks an index, or other members. Meanwhile somebody else changes the deployments, also between a
read and the write that is built on it; replies are lost or refused, plans fail, shards stay yellow; the apply
is killed. Then it is applied until it is done, or held back.

What must hold is told by the sandbox alone (carried.py), and after each command. A wish ends with everybody
loading the one dictionary that there is; or held back, and then everybody loads what is there. The last wish
of a round is a good one, and is carried out. Each round has a seed of its own, by which it is run again
alone.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any

from attrs import define, evolve, field

from tests.acceptance.runner import Project

from .bindings import EFFECTS, PLACES, STRIDE
from .campaign import Broken, Campaign, Figures, Order
from .carried import Seen, is_held
from .commands import KILLED, Command, Done, call
from .faults import random_when
from .mortal import CALL, JOURNAL, LOOK, SNAPSHOT
from .promises import promise
from .rolled_project import BROKEN, COUNT, Wish, id_of, rolled
from .rounds import APPLY
from .somebody import LOGIN, TROUBLES, Somebody, in_between

WISHES = 3
TRIES = 8
"""Applies without faults, at most, until a wish is carried out or held back."""

MODES = (
    *(("switch", "roll_back"), ("switch", "roll_back"), ("switch", "roll_back_all"), ("switch", "stop")),
    *(("restart", "stop"), ("restart", "roll_back")),
)

ENDS = MappingProxyType({0: "done", 1: "error", 3: "refused", 5: "partly", KILLED: "killed"})
MOMENTS = MappingProxyType({JOURNAL: 75, CALL: 14, LOOK: 40, f"{JOURNAL},{SNAPSHOT}": 30})
"""Where a kill may be, at most, by kind of moment: an apply that passes fewer ends by itself."""


HEADERS: Any = {"headers": {**LOGIN, "X-Management-Request": "true"}}


@define
class Round:
    """A project from wish to wish. told: what was done, to see it again. before: what there was before the
    wish."""

    project: Project
    chance: Random
    somebody: Somebody
    wish: Wish
    before: Seen
    told: list[str] = field(factory=list)
    made: int = 0
    abandoned: bool = False
    tally: Counter[str] = field(factory=Counter)

    @classmethod
    def begun(cls, folder: Path, chance: Random) -> Round:
        searched = [number for number in range(COUNT) if chance.random() < 0.4]
        mode, on_failure = chance.choice(MODES)
        wish = Wish("first => rule", mode=mode, on_failure=on_failure, at_once=chance.choice((1, 1, 2)))
        project = rolled(folder, searched, wish)
        told = [f"an index in {searched}, {wish}"]
        return cls(project, chance, Somebody(project, chance), wish, Seen.of(project), told)

    def go(self, wishes: int) -> None:
        for _ in range(wishes):
            if self.wish.mode == "restart":
                self._heal()
            self._wish(breaks=self.chance.random() < 0.35)
            self._trouble()
            self._finish()
        self._heal()
        self._wish(breaks=False)
        self._finish()
        self._hold_wanted()

    def _heal(self) -> None:
        """Nothing begins at what is red, as it is where somebody took the dictionary away from an index."""
        self.somebody.let_pass()
        for number, shown in enumerate(self.somebody.look(*map(id_of, range(COUNT)))):
            if not shown["healthy"]:
                self.told.append(f"shop-{number} is healed")
                path = f"/deployments/{id_of(number)}/elasticsearch/_main/proxy/products"
                self.somebody.call("DELETE", path, **HEADERS)

    def _wish(self, *, breaks: bool) -> None:
        """Another dictionary, and at times other members."""
        self.made += 1
        bound = self.wish.bound
        if self.chance.random() < 0.3:
            bound = tuple(range(self.chance.choice((COUNT - 1, COUNT, COUNT + 1))))
        rule = BROKEN if breaks else f"word{self.made} => other{self.made}"
        self._write(evolve(self.wish, rule=rule, bound=bound))

    def _write(self, wish: Wish) -> None:
        self.abandoned = self.abandoned and wish.rule == self.wish.rule  # nothing else to restart for
        self.wish = wish
        wish.write(self.project)
        self.before = Seen.of(self.project)
        self.told.append(f"wish: {wish.rule}, for {wish.bound}")
        self.tally["wishes"] += 1
        self.tally["wishes that break"] += wish.rule == BROKEN

    def _trouble(self) -> None:
        chance = self.chance
        for _ in range(chance.choice((1, 1, 2, 3))):
            self._meddle(chance.choice((0, 0, 1)))
            specs = [self._fault() for _ in range(chance.choice((0, 0, 1, 2)))]
            self._cut(specs) if chance.random() < 0.7 else self._apply(specs)

    def _meddle(self, times: int) -> None:
        for _ in range(times):
            number = self.chance.randrange(COUNT)
            if done := self.somebody.act(id_of(number), stops=False):
                self.told.append(f"shop-{number}: somebody {done}")
                self.tally["changes of others"] += 1

    def _fault(self) -> str:
        chance, id_ = self.chance, id_of(self.chance.randrange(COUNT))
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
        command = Command(words, f"{kind}:{self.chance.randint(1, MOMENTS[kind])}")
        with self._watched(specs):
            done = command.forked(self.project.folder, self.project.environ)
        self._ended(f"{command} with {[*specs]}", done)
        self.tally["kills"] += done.code == KILLED
        looked = self._run("plan", "--detailed-exitcode")
        promise(looked.code in (0, 2) or is_held(looked), f"a plan after a kill: {looked}")

    def _apply(self, specs: Collection[str] = ()) -> Done:
        with self._watched(specs):
            done = self._run(*APPLY)
        self._ended(f"apply with {[*specs]}", done)
        return done

    def _run(self, *words: str) -> Done:
        return call(self.project.folder, *words, environ=self.project.environ)

    def _ended(self, what: str, done: Done) -> None:
        self.told.append(f"{what}: {done.code}")
        promise(done.code in ENDS, f"an exit code that says nothing of an apply: {done}")
        self.tally[ENDS[done.code]] += 1
        self.tally["went back"] += "goes back" in done.both

    @contextmanager
    def _watched(self, specs: Collection[str]) -> Iterator[None]:
        """While these faults are set; afterwards planner has kept to what it may do."""
        with self.project.sandbox() as ece:
            ece.fault(*specs)
        yield
        with self.project.sandbox() as ece:
            found: list[dict[str, Any]] = ece.client.get("/sandbox/faults").get_json()["faults"]
            ece.no_faults()
        self.tally["faults"] += sum(fault["fired"] for fault in found)
        Seen.of(self.project).hold(self.before, self._contents)

    @property
    def _contents(self) -> int:
        """For how many contents a deployment may start anew: restarts go back by another one."""
        return 1 + ((self.wish.mode, self.wish.on_failure) == ("restart", "roll_back"))

    def _finish(self) -> None:
        """Applies until the wish is carried out, or held back with its reason."""
        self.somebody.let_pass()
        for number in range(TRIES):
            done = self._apply()
            if done.code == 0:
                self._hold_wanted()
                return
            if is_held(done):
                self._hold_held(done)
                return
            if "has begun, and waits" in done.both:
                self._decide(again=number > 1)
                self._heal()
        promise(False, f"it comes to no end: {done}")

    def _decide(self, *, again: bool) -> None:
        """Somebody says how a roll-out ends that stopped. again: it goes on no more."""
        last = "back" if self.wish.mode == "switch" else "abandon"
        word = last if again else self.chance.choice(("continue", "abandon", last))
        with self._watched(()):
            done = self._run("rollout", word, "--auto-approve")
        self.told.append(f"rollout {word}: {done.code}")
        promise(done.code in (0, 1, 5), f"it is not said how it ends: {done}")
        self.tally[f"rollout {word}"] += 1
        self.abandoned = self.abandoned or word == "abandon"

    def _hold_wanted(self) -> None:
        again = self._run("plan", "--detailed-exitcode")
        promise(again.code == 0, f"something is left to do: {again}")
        restarted = not (self.abandoned and self.wish.mode == "restart")
        Seen.of(self.project).hold_wanted(self.wish.rule, self.wish.bound, loaded=restarted)
        promise(not self.project.state().get("rollouts"), "a record is left")
        self.tally["carried out"] += 1

    def _hold_held(self, done: Done) -> None:
        """What the state remembers is said, and everybody loads something that is there."""
        state = self.project.state()
        reasons = [failure["reason"] for failure in state.get("failures", ())]
        promise(reasons and not state.get("rollouts"), f"held back without a reason: {done}")
        Seen.of(self.project).hold_served(self.wish.bound, self.before)
        self.tally["held back"] += 1


def one_round(folder: Path, seed: int, wishes: int = WISHES) -> Counter[str]:
    """What was counted. Broken, with the seed, at the first promise that does not hold."""
    chance = Random(seed)  # noqa: S311 - what comes next is no secret
    turn = Round.begun(folder, chance)
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
