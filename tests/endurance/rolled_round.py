"""A project whose dictionary is carried to deployments, from wish to wish; and what holds of each.

What goes wrong meanwhile, see rollouts.py, and served.py for an installation in a process of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, Self

from attrs import define, evolve, field

from tests.acceptance.runner import Project, words

from .admitting import CLOSED, REJECTED, Admitting
from .carried import REFUSED, Seen, is_held
from .commands import KILLED, Command, Done, call
from .loaded import OURS
from .promises import promise
from .recorded import records, touched
from .rolled_project import BROKEN, COUNT, Wish, id_of, rolled
from .rounds import APPLY
from .somebody import LOGIN, Somebody

MANY = 12
"""Deployments of a round: of many an index is asked, which lags."""

TRIES = 8
"""Applies without faults, at most, until a wish is carried out or held back."""

MODES = (
    *(("switch", "roll_back"), ("switch", "roll_back"), ("switch", "roll_back_all"), ("switch", "stop")),
    *(("restart", "stop"), ("restart", "roll_back")),
)

ENDS = MappingProxyType({0: "done", 1: "error", 3: "refused", 5: "partly", KILLED: "killed"})
HEADERS: Any = {"headers": {**LOGIN, "X-Management-Request": "true"}}


@define
class Round:
    """A project from wish to wish. count: deployments that are bound at first; one more may be, and the one
    after that never is. told: what was done, to see it again. before: what there was before the wish.
    words: how many dictionaries. abandoned: whether a roll-out of the wish was. anew: whether what is wanted
    was begun once more since. unbound: whether somebody attached the dictionary without a binding. gone: who
    was deleted.
    """

    project: Project
    chance: Random
    somebody: Somebody
    admitting: Admitting
    count: int
    wish: Wish
    before: Seen
    told: list[str] = field(factory=list)
    words: int = 0
    abandoned: bool = False
    anew: bool = False
    unbound: bool = False
    gone: set[int] = field(factory=set)
    tally: Counter[str] = field(factory=Counter)

    @classmethod
    def begun(cls, folder: Path, chance: Random) -> Self:
        count = MANY if chance.random() < 0.1 else COUNT
        searched = [number for number in range(count) if chance.random() < 0.4]
        mode, on_failure = chance.choice(MODES)
        promotes, unbound = chance.random() < 0.6, chance.random() < 0.3
        first = ("first => rule", tuple(range(count)), mode, on_failure)
        wish = Wish(*first, at_once=chance.choice((1, 1, 2)), made=int(promotes))
        project = rolled(folder, searched, wish, more=2, promotes=promotes)
        told = [f"an index in {searched}, unbound {unbound}, promotes {promotes}, {wish}"]
        somebody, admitting = Somebody(project, chance), Admitting(project, promotes)
        turn = cls(project, chance, somebody, admitting, count, wish, Seen.of(project), told)
        turn._set(lags=count == MANY, unbound=unbound)
        return turn

    def _set(self, *, lags: bool, unbound: bool) -> None:
        """Of many deployments the index lags; one that is not bound may load the dictionary, too."""
        self.tally["rounds of many deployments"] += lags
        self.tally["rounds with a user without a binding"] += unbound
        self.unbound = unbound
        if unbound:
            (id_,) = self.before.rules
            self.somebody.load(id_of(self.count + 1), "ours", f"{OURS[0]}{id_}")
        if lags:
            with self.project.sandbox() as ece:
                ece.lag()

    def go(self, wishes: int) -> None:
        for _ in range(wishes):
            self._turn(breaks=self.chance.random() < 0.35)
        self._calm()
        self._wish(breaks=False)
        self._finish()
        self._hold_wanted()

    def _turn(self, *, breaks: bool) -> None:
        if self.wish.mode == "restart":
            self._heal()
        self._wish(breaks=breaks)
        for _ in range(self.chance.choice((1, 2, 2, 3))):
            self._trouble()
        self._finish()

    def _trouble(self) -> None:
        """Something goes wrong: at least one apply."""
        raise NotImplementedError

    def _heal(self) -> None:
        """Nothing begins at what is red, as it is where somebody took the dictionary away from an index."""
        self.somebody.let_pass()
        for number in sorted(Seen.of(self.project).deployments):
            (shown,) = self.somebody.look(id_of(number))
            if not shown["healthy"]:
                self.told.append(f"shop-{number} is healed")
                path = f"/deployments/{id_of(number)}/elasticsearch/_main/proxy/products"
                self.somebody.call("DELETE", path, **HEADERS)

    def _calm(self) -> None:
        """Nothing stands in the way any more: all run and are well, the window is open, and the index has
        seen what others changed."""
        self.admitting.turn(closed=False)
        self.somebody.start_all(id_of(number) for number in sorted(Seen.of(self.project).deployments))
        self._heal()
        if self.count == MANY:
            with self.project.sandbox() as ece:
                ece.lag(False)
                ece.lag()

    def _wish(self, *, breaks: bool) -> None:
        """Another dictionary, and at times other members."""
        made, bound = self.wish.made + 1, self.wish.bound
        if self.chance.random() < 0.3:
            bound = tuple(range(self.chance.choice((self.count - 1, self.count, self.count + 1))))
        bound = tuple(number for number in bound if number not in self.gone)
        self.words += 1
        rule = BROKEN if breaks else f"word{self.words} => other{self.words}"
        self._write(evolve(self.wish, rule=rule, bound=bound, made=made if self.admitting.promotes else 0))

    def _write(self, wish: Wish) -> None:
        self.abandoned = self.abandoned and wish.rule == self.wish.rule  # nothing else to restart for
        self.wish = wish
        wish.write(self.project)
        self.admitting.rejected = False
        self._begin_anew()
        self.anew = False
        self.told.append(f"wish: {wish.rule}, for {wish.bound}")
        self.tally["wishes"] += 1
        self.tally["wishes that break"] += wish.rule == BROKEN

    def _begin_anew(self) -> None:
        """What is wanted from now on may be done once more."""
        self.before, self.anew = Seen.of(self.project), True

    def _forked(self, command: Command, specs: Collection[str]) -> Done:
        with self._watched(specs):
            done = command.forked(self.project.folder, self.project.environ)
        self._ended(f"{command} with {[*specs]}", done)
        return done

    def _apply(self, specs: Collection[str] = (), *words: str) -> Done:
        with self._watched(specs):
            done = self._run(*APPLY, *words)
        self._ended(f"apply {' '.join(words)} with {[*specs]}", done)
        return done

    def _run(self, *words: str) -> Done:
        return call(self.project.folder, *words, environ=self.project.environ)

    def _ended(self, what: str, done: Done) -> None:
        self.told.append(f"{what}: {done.code}")
        promise(done.code in ENDS, f"an exit code that says nothing of an apply: {done}")
        self.tally[ENDS[done.code]] += 1
        self.tally["went back"] += "search: went back" in words(done.both)
        why = self.admitting.why(done)
        further = "went no further" in done.both
        self.tally["windows that closed between waves"] += further and why == CLOSED
        self.tally["releases rejected between waves"] += further and why == REJECTED

    @contextmanager
    def _watched(self, specs: Collection[str]) -> Iterator[None]:
        """While these faults are set; afterwards planner has kept to what it may do."""
        in_the_way, began = self.admitting.stands_in_the_way, self._began()
        earlier = Seen.of(self.project)
        with self.project.sandbox() as ece:
            ece.fault(*specs)
        yield
        with self.project.sandbox() as ece:
            found: list[dict[str, Any]] = ece.client.get("/sandbox/faults").get_json()["faults"]
            ece.no_faults()
        self.tally["faults"] += sum(fault["fired"] for fault in found)
        seen = Seen.of(self.project)
        seen.hold(self.before, self._contents)
        seen.hold_way_back(records(self.project).values())
        if in_the_way:
            seen.hold_begun(earlier, began)

    @property
    def _contents(self) -> int:
        """For how many contents a deployment may start anew: restarts go back by another one."""
        return 1 + ((self.wish.mode, self.wish.on_failure) == ("restart", "roll_back"))

    def _began(self) -> set[int]:
        """The members of the waves that have begun, by numbers."""
        numbers = {number for record in records(self.project).values() for number in touched(record)}
        waves = {self.wish.wave_of(number) for number in numbers}
        return {number for number in self.before.deployments if self.wish.wave_of(number) in waves}

    def _finish(self) -> None:
        """Applies until the wish is carried out, or held back with its reason."""
        self._calm()
        self._let_go()
        for number in range(TRIES):
            done = self._apply()
            if done.code == 0:
                self._hold_wanted()
                return
            if is_held(done):
                self._hold_held(done)
                return
            if "has begun, and waits" in words(done.both):
                ways = (self._last,) if number > 1 else ("continue", "abandon", self._last)
                self._decide(self.chance.choice(ways))
            elif self.admitting.rejected:
                self._end_rejected(done)
            self._calm()
        promise(False, f"it comes to no end: {done}")

    def _let_go(self) -> None:
        """What is gone is bound no more; who said so before the templates did was told why nothing goes."""
        gone = self.gone & {*self.wish.bound}
        if gone:
            self._apply()
            refused = self._run("plan", "--detailed-exitcode")
            told = self.count == MANY or self._waits(refused)  # an index that lags shows it still
            promise(told, f"it is not said that a deployment is gone: {refused}")
            self._write(evolve(self.wish, bound=tuple(n for n in self.wish.bound if n not in gone)))

    @property
    def _last(self) -> str:
        return "back" if self.wish.mode == "switch" else "abandon"

    def _end_rejected(self, done: Done) -> None:
        """It goes no further, which is said. It is taken back, or left; and another release is wanted."""
        promise(self.admitting.why(done) == REJECTED, f"it is not said that it was rejected: {done}")
        if records(self.project):
            self._decide(self.chance.choice((self._last, "abandon")))
        self.tally["rejected, and another was wanted"] += 1
        self._wish(breaks=False)

    def _decide(self, word: str, *, asked: bool = True) -> None:
        """Somebody says how a roll-out ends. asked: it waits for that."""
        mode = self.wish.mode
        began = bool(records(self.project))
        with self._watched(()):
            done = self._run("rollout", word, "--auto-approve")
        self.told.append(f"rollout {word}: {done.code}")
        refused = REFUSED if mode == "restart" and word == "back" else 1
        promise(done.code in (0, 1, 5, refused), f"it is not said how it ends: {done}")
        promise(began or "no roll-out has begun" in done.both, f"of which roll-out? {done}")
        self.tally[f"rollout {word}{' at random' * (not asked)}"] += began
        if word == "abandon" and began:
            self.abandoned = True
            self._begin_anew()

    def _waits(self, done: Done) -> bool:
        """Whether a command says that something cannot be done yet: what failed is held back, what is stopped
        loads it again, or a deployment is gone that is bound still."""
        gone = any(f"there is no deployment {id_of(number)}" in words(done.both) for number in self.gone)
        return done.code == REFUSED and (is_held(done) or gone or "used by" in done.both)

    def _hold_wanted(self) -> None:
        again = self._run("plan", "--detailed-exitcode")
        promise(again.code == 0, f"something is left to do: {again}")
        restarted = not (self.abandoned and self.wish.mode == "restart")
        seen = Seen.of(self.project)
        seen.hold_wanted(self.wish.rule, self.wish.bound, loaded=restarted)
        unloaded = seen.made - self.before.made - seen.ever_loaded
        self.tally["extensions made anew after an upload that was cut off"] += len(unloaded)
        unbound = {self.count + 1} if self.unbound else {*()}
        seen.hold_unbound({*range(self.count + 2)} - {*self.wish.bound} - unbound)
        promise(not self.project.state().get("rollouts"), "a record is left")
        self.tally["carried out"] += 1

    def _hold_held(self, done: Done) -> None:
        """What the state remembers is said, and everybody loads something that is there. What was to be well
        is, once somebody asks for it by name, unless its release was rejected, too."""
        state, told = self.project.state(), " ".join(done.both.split())
        reasons = [failure["reason"] for failure in state.get("failures", ())]
        promise(reasons and not state.get("rollouts"), f"held back without a reason: {done}")
        promise(any(" ".join(reason.split()) in told for reason in reasons), f"{reasons} is not said: {done}")
        all_back = self.wish.on_failure == "roll_back_all" and not self.anew
        Seen.of(self.project).hold_served(self.wish.bound, self.before, all_back=all_back)
        self.tally["held back"] += 1
        if not self.admitting.rejected and (self.wish.rule != BROKEN or self.chance.random() < 0.3):
            self._retry()

    def _retry(self) -> None:
        self._begin_anew()
        done = self._apply((), "--retry-rollout", "search")
        self.tally["held back, and tried again"] += 1
        if done.code == 0:
            self._hold_wanted()
        promise(done.code == 0 or self.wish.rule == BROKEN, f"what is well is not carried out: {done}")
