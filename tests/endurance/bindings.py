"""The campaign "bindings": what deployments load, while others change them, plans fail, and applies are cut.

A round is a project with a sandbox of its own, and a few wishes, one after the other. With each the
templates are edited; somebody else attaches, detaches, stops, starts and plans before, in between, and
between a read and the write that is built on it; replies are lost or refused, plans fail; the apply is
mostly killed at a moment of its journal, of a call, or of a look while it waits. Then it is applied until it
is done.

What must hold is told by the attempts that the installation shows, without planner's code (loaded.py): none
of planner's takes away what is somebody else's, has an entry twice, or touches anything else; none says what
was so already, or follows one that was carried out; each binding is as wanted in the end, or said to wait;
and then nothing is left to do. In the end all is destroyed, and what is others' is left.

Each round has a seed of its own, by which it is run again alone.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random

from attrs import define, evolve, field

from tests.acceptance.runner import Project, words

from .campaign import Broken, Campaign, Figures, Order
from .commands import KILLED, Command, Done, call
from .faults import random_when
from .loaded import Deployment
from .mortal import CALL, JOURNAL, LOOK
from .promises import promise
from .rounds import APPLY
from .somebody import TROUBLES, Somebody, in_between
from .wanted_bindings import ELEMENTS, LITERALS, Wish, edited, id_of, seed_of

STRIDE = 1000
"""From the seed of a round to that of the next one."""

WISHES = 4
FEW, MANY = 4, 12
"""Deployments of a round: of many an index is asked, which lags."""

MOMENTS = {JOURNAL: 18, CALL: 5, LOOK: 8}
"""Where a kill may be, at most, by kind of moment: an apply that passes fewer ends by itself."""

TRIES = 4
"""Applies without faults, at most, until one goes through: one may tell of a plan that failed before, one of
what was changed meanwhile, and while one waits a plan of somebody else's may come into force."""

PROJECT = """
project: loaded
environments:
  dev: {endpoint: sandbox, sandbox: {seed: seed.yaml, speed: 1}}
"""
COLLECTION, ITEM, EXTENSION = "/deployments", "/deployments/*", "/deployments/extensions/*"
PLACES = (
    *(f"PUT {ITEM}", f"PUT {ITEM}", f"GET {ITEM}", f"GET {ITEM}", f"GET {COLLECTION}", "* **"),
    *(f"PUT,POST,DELETE {EXTENSION}", "POST /deployments/extensions", "POST /deployments/_search"),
)
EFFECTS = (
    *("status:500", "status:503 retry-after=0", "status:400", "status:403", "rate-limit:0", "status:429"),
    *("reset-before", "drop-after", "drop-after", "drop-after", "truncate", "expired", "version-conflict"),
    *("html retry-after=0 when=after", "empty:504 when=after retry-after=0", "status:500 when=after"),
    "status:409 code=deployments.resource_plan_state_error",
)


@define
class Round:
    """A project from wish to wish. told: what was done, to see it again. before: the attempts that there were
    before the wish, by deployment. named: addresses that templates named so far. settled: what the state may
    name. seen: the deployments after the last apply; moved: of one of them somebody
    else's plan came into force meanwhile. kept: extensions that were replaced, and are there still.
    """

    project: Project
    chance: Random
    somebody: Somebody
    count: int
    wish: Wish = field(factory=Wish)
    told: list[str] = field(factory=list)
    before: dict[int, set[str]] = field(factory=lambda: defaultdict(set))
    named: dict[int, set[str]] = field(factory=lambda: defaultdict(set))
    settled: set[int] = field(factory=set)
    seen: Mapping[int, Deployment] = field(factory=dict)
    kept: set[str] = field(factory=set)
    moved: bool = False
    tally: Counter[str] = field(factory=Counter)

    @classmethod
    def begun(cls, folder: Path, chance: Random, count: int) -> Round:
        project = Project(folder)
        project.write("planner.yaml", PROJECT)
        project.write("templates/main.yaml", "")
        project.write("seed.yaml", json.dumps({"deployments": [seed_of(n) for n in range(count)]}))
        project.ok("plan")  # which makes the sandbox
        if count >= MANY:
            with project.sandbox() as ece:
                ece.lag()
        return cls(project, chance, Somebody(project, chance), count)

    def deployments(self) -> dict[int, Deployment]:
        shown = self.somebody.look(*map(id_of, range(self.count)))
        return {number: Deployment.of(each, self.named[number]) for number, each in enumerate(shown)}

    def go(self, wishes: int) -> None:
        for _ in range(wishes):
            self._turn()
        self._start_all()
        self._write(Wish(made=self.wish.made))
        self._finish()
        listed = self.somebody.call("GET", "/deployments/extensions")["extensions"]
        promise(not listed, f"{listed} are left")

    def _turn(self) -> None:
        self._edit()
        self._meddle(self.chance.choice((0, 1, 1, 2)))
        died = 0
        for _ in range(self.chance.choice((1, 2, 2))):
            died += self._cut()
            self._meddle(self.chance.choice((0, 0, 1)))
            if self.chance.random() < 0.2:
                self._edit()
        self.tally["wishes that died"] += died > 0
        self.tally["kills"] += died
        if self.chance.random() < 0.3:
            self._apply(self._faults())
        self._finish()
        if self.chance.random() < 0.6:
            self._start_all()
            self._finish()

    def _edit(self) -> None:
        busy = {*self.wish.bound} | self.settled
        times = self.chance.randint(1, 3) * (1 + (self.count == MANY)) + 4 * (not self.wish.bindings)
        self._write(edited(self.wish, sorted({*range(self.count)} - busy), times, self.chance))

    def _write(self, wish: Wish) -> None:
        self.wish = wish
        self.settled |= {*wish.bound}
        self.tally["wishes"] += 1
        for number, binding in wish.bound.items():
            self.named[number] |= {LITERALS[name][2] for name in binding.names if name in LITERALS}
        for path, text in wish.files.items():
            self.project.write(path, text)
        self.project.write("templates/main.yaml", wish.template(id_of, lambda number: f"shop-{number}"))
        self.told.append(f"wish: {wish}")
        for number, deployment in self.deployments().items():
            self.before[number] = {attempt.id for attempt in deployment.attempts}

    def _meddle(self, times: int) -> None:
        for _ in range(times):
            number = self._some()
            if done := self.somebody.act(id_of(number)):
                self.told.append(f"shop-{number}: somebody {done}")
                self.tally["changes of others"] += 1

    def _some(self) -> int:
        """A deployment, mostly one that is bound."""
        bound = sorted(self.wish.bound)
        return self.chance.choice(bound if bound and self.chance.random() < 0.8 else range(self.count))

    def _start_all(self) -> None:
        self.somebody.start_all(map(id_of, range(self.count)))

    def _faults(self) -> list[str]:
        """Up to three, of each kind."""
        return [self._fault() for _ in range(self.chance.randint(1, 3))]

    def _fault(self) -> str:
        chance, id_ = self.chance, id_of(self._some())
        way = chance.random()
        if way < 0.4:
            self.somebody.made += 1
            return in_between(id_, self.somebody.made, [*ELEMENTS], chance)
        if way < 0.65:
            method = chance.choice(("PUT", "PUT", "GET"))
            place, trouble = chance.choice((id_, "*")), chance.choice(TROUBLES[method])
            return f"{method} /deployments/{place} {trouble} times={chance.randint(1, 2)}"
        return f"{chance.choice(PLACES)} {chance.choice(EFFECTS)} {random_when(chance)}"

    def _cut(self) -> bool:
        """An apply that dies at a moment, if it comes that far. Whoever only reads gets through."""
        kind = self.chance.choice((JOURNAL, JOURNAL, CALL, LOOK))
        words = (*APPLY, "--parallelism", self.chance.choice(("1", "10")))
        command = Command(words, f"{kind}:{self.chance.randint(1, MOMENTS[kind])}")
        specs = self._faults() if self.chance.random() < 0.6 else []
        with self._watched(specs):
            done = command.forked(self.project.folder, self.project.environ)
        self._ended(f"{command} with {specs}", done)
        looked = self._run("plan", "--detailed-exitcode")
        promise(looked.code in (0, 2) or self._waits_for_start(looked), f"a plan after a kill: {looked}")
        return done.code == KILLED

    def _apply(self, specs: Collection[str] = ()) -> Done:
        with self._watched(specs):
            done = self._run(*APPLY)
        self._ended(f"apply with {[*specs]}", done)
        return done

    def _run(self, *words: str) -> Done:
        return call(self.project.folder, *words, environ=self.project.environ)

    @contextmanager
    def _watched(self, specs: Collection[str]) -> Iterator[None]:
        """While these faults are set; afterwards planner has kept to what it may do."""
        before = self.deployments()
        with self.project.sandbox() as ece:
            ece.fault(*specs)
        yield
        with self.project.sandbox() as ece:
            found = ece.client.get("/sandbox/faults").get_json()["faults"]
            ece.no_faults()
        self.tally["faults"] += sum(fault["fired"] for fault in found)
        self.seen = self.deployments()
        self.moved = any(one.comes_to(self.seen[number]) for number, one in before.items())
        for number, deployment in self.seen.items():
            deployment.hold_kept()
            deployment.hold_single(self.before[number])
            sent = deployment.planners([attempt.id for attempt in before[number].attempts])
            promise(len(sent) <= 1, f"{deployment.name}: a double change in one apply: {sent}")
            self.tally["plans"] += len(sent)
            self.tally["plans that failed"] += sum(attempt.well is False for attempt in sent)

    def _ended(self, what: str, done: Done) -> None:
        """Whoever was killed says nothing; else what is not as wanted is told."""
        self.told.append(f"{what}: {done.code}")
        promise(done.code in (KILLED, 0, 1, 3, 5), f"an exit code that says nothing of an apply: {done}")
        self.tally[f"exit {done.code}"] += 1
        if done.code not in (0, 5):
            return
        ids, waiting = self._ids(), self._waiting(done)
        for number, deployment in self.seen.items():
            if number in waiting or deployment.current is None or not deployment.attempts[-1].is_planners:
                continue  # it waits, or somebody changed it meanwhile
            wrong = deployment.misfits(self.wish.entries(number, ids)) if ids is not None else ""
            addresses = [name for name, binding in self.wish.bindings.items() if binding.deployment == number]
            told = done.code == 5 and all(f"extension_binding.{name}" in done.both for name in addresses)
            promise(not wrong or told, f"{deployment.name} {wrong}, which nobody said: {done}")

    def _ids(self) -> dict[str, str] | None:
        """Of extensions by name; None while they are not those that are wanted, each once. The oldest of a
        name may be one that was replaced, for as long as something that is stopped loads it again."""
        listed = self.somebody.call("GET", "/deployments/extensions")["extensions"]
        again = {url for deployment in self.seen.values() for url in deployment.loads_again}
        ids: dict[str, list[str]] = defaultdict(list)
        for item in listed:
            ids[item["name"]].append(item["id"])
        found = {name: each[-1] for name, each in ids.items()}
        self.kept = {id_ for each in ids.values() for id_ in each[:-1]}
        needed = all(f"repo://{id_}" in again for id_ in self.kept)
        return found if needed and found.keys() == self.wish.extensions.keys() else None

    def _waits_for_start(self, done: Done) -> bool:
        """Whether an extension cannot go, since what is stopped would load it."""
        stopped = any(deployment.current is None for deployment in self.seen.values())
        return done.code == 3 and stopped and "used by" in done.both

    def _finish(self) -> None:
        """Applies until it goes through; then all is as wanted, and nothing is left to do."""
        for _ in range(TRIES):
            done = self._apply()
            if self._waits_for_start(done):
                self._start_all()
            elif done.code == 0 and not self.moved:
                break
        promise(done.code == 0, f"applies without faults do not go through: {done}")
        again = self._run("plan", "--detailed-exitcode")
        promise(again.code == 0, f"something is left to do: {again}")
        ids, waiting = self._ids(), self._waiting(again)
        promise(ids is not None, f"there are other extensions than {sorted(self.wish.extensions)}")
        unsaid = [id_ for id_ in self.kept if f"the replaced {id_} stays for now" not in words(again.both)]
        promise(not unsaid, f"{unsaid} are kept, which nobody said: {again}")
        held = self._held()
        for number, deployment in self.seen.items():
            wanted = self.wish.entries(number, ids or {})
            if deployment.current is not None and number not in waiting:
                wrong = deployment.misfits(wanted)
                promise(not wrong, f"{deployment.name} {wrong}")
            elif number in self.wish.bound and held.get(number) != {entry[2] for entry in wanted}:
                promise(number in waiting, f"{deployment.name} waits unsaid")
        self.settled, self.wish = {*self.wish.bound, *held}, evolve(self.wish, moves=())

    def _waiting(self, done: Done) -> set[int]:
        """Deployments whose bindings are said to wait, for those or for others that they come from."""
        found = re.findall(
            r"extension_binding\.(\w+): the deployment shop-(\d+)", " ".join(done.both.split())
        )
        bindings = self.wish.bindings
        ours = {bindings[name].deployment for name, _ in found if name in bindings}
        return ours | {int(number) for _, number in found}

    def _held(self) -> dict[int, set[str]]:
        """What each deployment loads of ours, by the state, which there is none of before an apply."""
        if not (self.project.folder / "state/dev.json").exists():
            return {}
        bindings = (item for item in self.project.state()["resources"] if "extension_b" in item["address"])
        return {
            int(item["id"], 16): {one["url"] for one in item["attributes"]["extensions"]} for item in bindings
        }


def one_round(folder: Path, seed: int, wishes: int = WISHES) -> Counter[str]:
    """What was counted. Broken, with the seed, at the first promise that does not hold."""
    chance = Random(seed)  # noqa: S311 - what comes next is no secret
    turn = Round.begun(folder, chance, MANY if chance.random() < 0.1 else FEW)
    try:
        turn.go(wishes)
    except Broken as error:
        again = f"python -m tests.endurance bindings --rounds 1 --seed {seed}"
        told = "".join(f"\n  {line}" for line in turn.told)
        raise Broken(f"again by: {again}{told}\n{error}") from error
    return turn.tally


def run(order: Order) -> Figures:
    tally: Counter[str] = Counter()
    for number in range(order.rounds):
        folder = order.folder / str(number)
        tally += one_round(folder, order.seed + STRIDE * number)
        shutil.rmtree(folder)
        if number % 10 == 9:
            order.tell(f"round {number + 1} of {order.rounds}, {tally['kills']} kills")
    return {"rounds": order.rounds, **dict(sorted(tally.items())), "of others lost": 0, "double changes": 0}


CAMPAIGN = Campaign(
    "Deployments load what their bindings say and what others attached, each change is made once, whatever "
    "somebody else does meanwhile, whatever fails, and wherever an apply was cut.",
    80,
    run,
)
