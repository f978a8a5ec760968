"""The campaign "faults": random projects, random edits, random faults and drift; then nothing is lost.

One round is one project through several turns. In a turn the project is edited, and maybe the installation
behind planner's back; it is applied while faults are set, and then without. Some of the applies are killed,
or meet another one on the same environment. The installation is embedded, or a server whose clock is right,
an hour ahead or an hour behind. Every promise is checked after each apply.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from attrs import define, evolve, field, frozen

from . import edits
from .campaign import Broken, Campaign, Figures, Order
from .commands import KILLED, Command, Done, Run, at_once, call, spawn
from .installation import HOURS, Held, Installation
from .mortal import CALL, JOURNAL, SNAPSHOT
from .promises import Moment, hold_order, hold_secrets, hold_settled, promise
from .wanted import Wanted, zipped

TURNS = 4
AS_PROCESSES = 30
"""Every so many rounds the commands are processes of their own."""

COLLECTION, ITEM = "/deployments/extensions", "/deployments/extensions/*"
PLACES = (
    *(f"POST {COLLECTION}", f"POST {ITEM}", f"PUT {ITEM}", f"DELETE {ITEM}", f"GET {COLLECTION}"),
    *(f"GET {ITEM}", "POST,PUT,DELETE **", "* **", f"* {ITEM}"),
)
EFFECTS = (
    *("status:500", "status:503 retry-after=0", "status:502 retry-after=0", "status:400", "status:403"),
    *("rate-limit:0", "rate-limit:0", "delay:0.02", "reset-before", "drop-after", "drop-after", "truncate"),
    *("html retry-after=0", "html retry-after=0 when=after", "empty:504 when=after retry-after=0"),
    *("ok-false:503 retry-after=0", "status:500 when=after retry-after=0", "expired", "cut-upload"),
    *("version-conflict", "id-exists", "status:429"),
    *("another", "another", "another when=after", "another when=after"),
    *("wrong-size", "status:415", "html:413", "status:415 type=application/zip"),
)
# What a server asks to wait is waited for; what it does not say costs about a second.
RARE = ("rate-limit:1", "status:503", "empty:502")


def random_fault(random: Random) -> str:
    effect = random.choice(RARE if random.random() < 0.02 else EFFECTS)
    when, place = random_when(random), random.choice(PLACES)
    # The size is compared with what an upload sent. Elsewhere it is news, and as good as true.
    return f"{f'PUT {ITEM}' if effect == 'wrong-size' else place} {effect} {when}"


def random_when(random: Random) -> str:
    return random.choice(
        (
            f"nth={random.randint(1, 6)}",
            f"from={random.randint(1, 4)} times={random.randint(1, 3)}",
            f"p=0.4 seed={random.randint(0, 999)} times={random.randint(1, 3)}",
        )
    )


@define
class Site:
    """One project, its installation, and what was counted. strangers: what somebody else made, by id."""

    folder: Path
    installation: Installation
    random: Random
    run: Run
    counts: Counter[str]
    wanted: Wanted
    strangers: dict[str, Held] = field(factory=dict)
    secrets: set[str] = field(factory=set)
    said: str = ""

    def command(self, *words: str) -> Done:
        done = self.run(self.folder, *words, environ=self.installation.environ)
        self.heard(done)
        return done

    def heard(self, *ended: Done) -> None:
        self.counts["commands"] += len(ended)
        self.said += "".join(done.both for done in ended)

    def apply(self, *words: str) -> Done:
        return self.command(*self.words_of_apply(*words))

    def words_of_apply(self, *words: str) -> tuple[str, ...]:
        return ("apply", "--auto-approve", "--parallelism", str(self.random.randint(1, 10)), *words)

    def wait(self) -> None:
        """Mostly time passes; otherwise planner waits for what may be under way."""
        if self.random.random() < 0.85:
            self.installation.clock.turn_on()

    def now(self) -> Moment:
        """Also that nothing of others was touched."""
        found = Moment.of(self.folder, self.installation)
        theirs = {id_: held for id_, held in found.held.items() if id_ in self.strangers}
        promise(theirs == self.strangers, f"of others, {self.strangers} has become {theirs}")
        return found

    def meet(self) -> None:
        """Somebody else makes one, under a name that we use as well."""
        id_ = self.installation.create(self.random.choice(edits.NAMES))
        self.strangers[id_] = self.installation.held()[id_]
        self.counts["others"] += 1

    def write(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.secrets.add(wanted.secret)
        wanted.write(self.folder)


def turn(site: Site) -> None:
    """Edit, drift, apply with faults, apply without, look."""
    former = site.wanted
    wanted, count = edits.edited(former, site.random)
    site.counts["edits"] += count
    site.write(wanted)
    if site.random.random() < 0.4:
        _drift(site)
    _find_a_way(site, former)
    for _ in range(site.random.choice((0, 1, 1, 1, 2))):
        _apply_with_faults(site)
    settle(site)


def settle(site: Site) -> None:
    """Without faults one apply is enough, then there is nothing to do."""
    site.wait()
    done = _watched(site, site.apply).done
    promise(done.code == 0, f"an apply without faults failed: {done}")
    _hold_nothing_to_do(site)
    hold_settled(site.wanted, site.now(), site.strangers, site.installation)
    hold_secrets(site.folder, site.secrets, site.said)
    site.said = ""


def _hold_nothing_to_do(site: Site) -> None:
    again = site.command("plan", "--detailed-exitcode")
    promise(again.code == 0, f"a plan after a complete apply is not empty: {again}")


def _find_a_way(site: Site, former: Wanted) -> None:
    """Where planner refuses the edit, as it should, do what it advises."""
    before = site.now()
    plan = site.command("plan")
    if "cannot be updated without its secret" in plan.err:
        site.write(edits.heeding(site.wanted))
        plan = site.command("plan")
    if plan.code == 1 and "wait for each other in a circle" in plan.err:
        site.counts["circles"] += 1
        site.write(edits.all_created_first(site.wanted))
        plan = site.command("plan")
    if plan.code == 3:
        promise("must not be destroyed" in plan.both, f"refused for no reason: {plan}")
        site.counts["refusals"] += 1
        done = site.apply()
        promise(done.code == 3, f"forbidden by the plan, and applied: {done}")
        promise(site.now() == before, f"refused, and something changed: {done}")
        site.write(edits.unguarded(evolve(former, moves=())))
        plan = site.command("plan")
    promise(plan.code == 0, f"no plan without faults: {plan}")


def _apply_with_faults(site: Site) -> None:
    words = _saved_plan(site) if site.random.random() < 0.25 else ()
    guarded = any(extension.guarded for extension in site.wanted.resources.values())
    if not words and not guarded and site.wanted.resources and site.random.random() < 0.1:
        words = ("--replace", f"extension.{site.random.choice(list(site.wanted.resources))}")
    faults = [random_fault(site.random) for _ in range(site.random.randint(2, 6))]
    site.wait()
    if site.random.random() < 0.7:
        _hold_exit_code(site, _watched(site, lambda: site.apply(*words), faults))
    else:
        _apply_apart(site, words, faults)


def _apply_apart(site: Site, words: tuple[str, ...], faults: Sequence[str]) -> None:
    """In a process of its own, which is killed, or meets another one, of which one may be killed."""
    chance, patient = site.random, ("--lock-timeout", "100")
    first = Command(site.words_of_apply(*patient, *words), _moment(chance) if chance.random() < 0.8 else "")
    before = site.now()
    site.installation.set_faults(faults)
    if first.where and chance.random() < 0.4:
        with first.started(site.folder, site.installation.environ) as running:
            ended: tuple[Done, ...] = (running.ended(),)
    else:
        second = site.words_of_apply(*(patient if chance.random() < 0.7 else ()))
        pair = (first, Command(second, _moment(chance) if chance.random() < 0.2 else ""))
        ended = at_once(site.folder, pair, site.installation.environ, chance.random() < 0.5)
        site.counts["two at once"] += 1
    site.counts += site.installation.take_faults()
    site.heard(*ended)
    hold_exit_codes(site, ended, before.held != site.now().held)


def _moment(chance: Random) -> str:
    return f"{chance.choice((JOURNAL, JOURNAL, CALL, SNAPSHOT))}:{chance.randint(1, 8)}"


def hold_exit_codes(site: Site, ended: Sequence[Done], changed: bool) -> None:
    """Of processes. Whoever was killed says nothing, and then the others do not say all."""
    codes = {done.code for done in ended}
    promise(codes <= {KILLED, 0, 1, 3, 4, 5}, f"exit codes that say nothing of an apply: {ended}")
    locked_out = [done for done in ended if done.code == 4]
    promise(not any("--lock-timeout" in done.words for done in locked_out), f"it did not wait: {locked_out}")
    site.counts["kills"] += sum(done.code == KILLED for done in ended)
    if 0 in codes and not any("--replace" in done.words for done in ended):
        _hold_nothing_to_do(site)
    elif not codes & {KILLED, 0, 5}:
        promise(not changed, f"they say that nothing was changed: {ended}")


def _saved_plan(site: Site) -> tuple[str, ...]:
    path = str(site.folder / "plan.json")
    plan = site.command("plan", "--out", path)
    promise(plan.code == 0, f"no plan to save: {plan}")
    return (path,)


@frozen
class Watched:
    """An apply, and both sides before and after it."""

    done: Done
    before: Moment
    after: Moment


def _watched(site: Site, apply: Callable[[], Done], faults: Sequence[str] = ()) -> Watched:
    """An apply while faults are set, with the order of its requests checked."""
    before = site.now()
    site.installation.forget_requests()
    site.installation.set_faults(faults)
    done = apply()
    log = site.installation.requests()
    site.counts += site.installation.take_faults()
    site.counts["requests"] += len(log)
    watched = Watched(done, before, site.now())
    try:
        hold_order(site.wanted, before, watched.after, log)
    except Broken as error:
        raise Broken(f"{error}; with {faults}: {done}; asked: {log}") from error
    return watched


def _hold_exit_code(site: Site, seen: Watched) -> None:
    code, done, after = seen.done.code, seen.done, seen.after
    promise(code in (0, 1, 3, 5), f"an exit code that says nothing of an apply: {done}")
    site.counts[f"exit {code}"] += 1
    changed = after.held != seen.before.held
    if code == 0:
        _hold_nothing_to_do(site)
    elif code in (1, 3):
        promise(not changed, f"it says that nothing was changed: {done}")
    else:
        promise(changed or after.in_doubt, f"it says that something was changed: {done}")


def _drift(site: Site) -> None:
    """Somebody else works there too."""
    mine = [held for held in site.now().held.values() if held.id not in site.strangers]
    site.counts["drifts"] += 1
    if not mine or site.random.random() < 0.2:
        site.meet()
        return
    held = site.random.choice(mine)
    site.random.choice((_rename, _describe, _replace_file, _remove))(site, held)


def _rename(site: Site, held: Held) -> None:
    site.installation.update(held, name=site.random.choice(edits.NAMES), version="7.17.0")


def _describe(site: Site, held: Held) -> None:
    site.installation.update(held, description="somebody was here")


def _replace_file(site: Site, held: Held) -> None:
    site.installation.upload(held, zipped({"other.txt": "somebody else's"}))


def _remove(site: Site, held: Held) -> None:
    site.installation.delete(held)


def one_project(folder: Path, random: Random, run: Run = call, turns: int = TURNS) -> Counter[str]:
    """A round; what was counted. Broken at the first promise that does not hold."""
    folder.mkdir(parents=True)
    counts: Counter[str] = Counter(projects=1)
    data, hours = folder / "state" / "sandbox-dev.db", random.choice((None, *HOURS))
    counts.update({"served": hours is not None, "clocks apart": bool(hours)})
    with Installation.of(data) if hours is None else Installation.served(data, hours) as installation:
        site = Site(folder, installation, random, run, counts, Wanted())
        site.write(edits.random_project(random))
        site.meet()
        _apply_with_faults(site)
        settle(site)
        for _ in range(turns):
            turn(site)
        _destroy(site)
    return counts


def _destroy(site: Site) -> None:
    """The end: first guards are taken off, then all goes but what others made."""
    site.write(edits.unguarded(evolve(site.wanted, moves=())))
    settle(site)
    destroy = lambda: site.command("destroy", "--auto-approve")  # noqa: E731
    _watched(site, destroy, [random_fault(site.random)])
    done = _watched(site, destroy).done
    promise(done.code == 0, f"destroy without faults failed: {done}")
    now = site.now()
    promise(now.held == site.strangers and not now.entries, f"destroy left {list(now.held)}: {done}")


def run(order: Order) -> Figures:
    counts: Counter[str] = Counter()
    for number in range(order.rounds):
        folder = order.folder / str(number)
        how = spawn if number % AS_PROCESSES == AS_PROCESSES - 1 else call
        try:
            chance = Random(f"{order.seed}:{number}")  # noqa: S311 - chance, no secret
            counts += one_project(folder, chance, how)
        except Broken as error:
            raise Broken(f"round {number}: {error}") from error
        shutil.rmtree(folder)
        if number % 20 == 19:
            order.tell(f"faults: {number + 1} rounds, {counts['faults']:,} faults")
    return dict(_figures(counts))


def _figures(counts: Counter[str]) -> Iterator[tuple[str, int]]:
    yield from sorted(counts.items())
    yield from (("orphans", 0), ("duplicates", 0), ("of others touched", 0))


CAMPAIGN = Campaign(
    "After any faults and drift, one apply without them makes the installation what the templates say: no "
    "orphan, no duplicate, nothing of others touched, in order, and no exit code that misleads.",
    300,
    run,
)
