"""A roll-out that is cut off, and the ways in which somebody goes on: none restarts a deployment twice for
one change, loses an extension or makes one twice, or deletes what somebody loads.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import cycle, islice, product
from pathlib import Path
from types import MappingProxyType
from typing import Any

from attrs import evolve, frozen

from tests.acceptance.runner import Project

from .campaign import Campaign, Figures, Order
from .carried import REFUSED, Seen, is_held
from .commands import Command, Done, call
from .mortal import COPIES
from .promises import promise
from .recorded import BACK, milestones, records
from .rolled_project import BEST, BETTER, BROKEN, COUNT, GOOD, Wish, rolled
from .rounds import APPLY

PLAN = "plan.json"
NARROW = (*APPLY, "--parallelism", "1")
PARTLY = 5
TRIES = 3
ROLL_BACK = "roll_back"
SWITCH, RESTART = "switch", "restart"
VOID = "had not done anything, and ends"
SEARCHED = 2
"""The deployment of the second wave that has the index."""


@frozen
class Cut:
    """A project as it was left when its apply was cut off. before: what there was before the wish."""

    project: Project
    wish: Wish
    before: Seen
    digest: str

    def run(self, *words: str) -> Done:
        return call(self.project.folder, *words, environ=self.project.environ)

    @property
    def record(self) -> Mapping[str, Any] | None:
        """Of a roll-out that has begun and not ended, as the state and its journal have it."""
        return next(iter(records(self.project).values()), None)

    @property
    def goes_back(self) -> bool:
        """Whether a roll-out was on its way back."""
        state = self.project.state()
        stages = milestones(self.project, state)
        return any(each.get("status") == BACK for each in (*state.get("rollouts", ()), *stages))

    def seen(self, contents: int = 2) -> Seen:
        seen = Seen.of(self.project)
        seen.hold(self.before, contents)
        seen.hold_way_back(records(self.project).values())
        return seen


@frozen
class Way:
    """How somebody goes on with what was cut off: what the templates say by then, and the words of the first
    apply. approves: the plan that began it, which is refused once that is another one.
    """

    edit: Callable[[Wish], Wish] = lambda wish: wish
    words: Callable[[Cut], tuple[str, ...]] = lambda _: APPLY
    approves: bool = False
    elsewhere: bool = False


def _bound(count: int) -> Callable[[Wish], Wish]:
    return lambda wish: evolve(wish, bound=tuple(range(count)))


WAYS: Mapping[str, Way] = MappingProxyType(
    {
        "apply": Way(),
        "plan file": Way(
            words=lambda cut: ("apply", str(cut.project.folder / PLAN), "--auto-approve"), approves=True
        ),
        "digest": Way(words=lambda cut: (*APPLY, "--expect-digest", cut.digest), approves=True),
        "other templates": Way(lambda wish: evolve(wish, rule=BEST)),
        "another machine": Way(elsewhere=True),
        "one more": Way(_bound(COUNT + 1)),
        "one less": Way(_bound(COUNT - 1)),
    }
)


def went_on(cut: Cut, name: str) -> Counter[str]:
    """See `go_on`; whatever it raises says where the kill was, and which way was taken. The folder goes."""
    try:
        tally = go_on(cut, WAYS[name])
    except Exception as error:
        error.add_note(f"cut off at {cut.project.folder.name}, and gone on with: {name}")
        raise
    shutil.rmtree(cut.project.folder)
    return tally


def go_on(cut: Cut, way: Way) -> Counter[str]:
    """Somebody goes on that way, until all is done; what was counted. Broken at the first promise that does
    not hold."""
    wish, record = way.edit(cut.wish), cut.record
    wish.write(cut.project)
    if way.elsewhere:
        for kept in (".archives", ".way-back"):
            shutil.rmtree(cut.project.folder / "state" / kept, ignore_errors=True)
    looked = cut.run("plan", "--detailed-exitcode")
    promise(looked.code in (0, 2) or is_held(looked), f"a plan after a kill: {looked}")
    first = cut.run(*way.words(cut))
    cut.seen(_contents(cut, wish))
    void = wish.mode == "restart" and VOID in first.both  # what was to be uploaded never was
    if record is not None and not void:
        promise(first.code in (0, PARTLY), f"it is not gone on with: {first}")
    elif way.approves:
        promise(first.code in (0, PARTLY, REFUSED), f"the approved plan: {first}")
    _finish(cut, wish, first)
    return Counter({"kills": 1, "open records": record is not None, f"first exit {first.code}": 1})


def _finish(cut: Cut, wish: Wish, done: Done) -> None:
    for _ in range(TRIES):
        if done.code == 0 or is_held(done):
            break
        done = cut.run(*APPLY)
        cut.seen(_contents(cut, wish))
    if wish.rule == BROKEN:
        promise(is_held(done), f"what failed is not held back: {done}")
        seen, bound = cut.seen(), cut.wish.bound
        one_wave = cut.wish.on_failure == ROLL_BACK and cut.wish.mode == SWITCH
        done_well = [0] if one_wave else []  # the first wave has no index
        loading = {number: BROKEN if number in done_well else GOOD for number in bound}
        seen.hold_loading({number: rule for number, rule in loading.items() if number in wish.bound})
        promise(GOOD in seen.rules.values(), f"the way back is gone: {seen.rules}")
        if cut.wish.mode == RESTART:
            seen.hold_loaded([number for number in bound if number in wish.bound])
        wish = evolve(wish, rule=BEST)
        wish.write(cut.project)
        done = cut.run(*APPLY)
    promise(done.code == 0, f"it does not go through: {done}")
    again = cut.run("plan", "--detailed-exitcode")
    promise(again.code == 0, f"something is left to do: {again}")
    seen = cut.seen(_contents(cut, wish))
    seen.hold_wanted(wish.rule, wish.bound)
    seen.hold_unbound({*seen.deployments} - {*wish.bound})
    promise(not cut.project.state().get("deposed") and cut.record is None, "something is left in the state")


def _contents(cut: Cut, wish: Wish) -> int:
    """For how many contents a deployment may have started anew so far: what was wished for at first, and by
    now; and what was there before, where it goes back to that.
    """
    back = cut.wish.rule == BROKEN and cut.wish.mode == RESTART
    return 1 + back + (wish.rule != cut.wish.rule)


def every_cut(
    folder: Path, wish: Wish, telling: tuple[str, ...] = ("dev.", "0", "requests.log")
) -> Iterator[tuple[str, Callable[[Path], Cut]]]:
    """An apply of a wish, cut off at each moment: which, and what makes a project of it in a folder. telling:
    how the names of the files begin that tell moments apart: those of the state, and what was asked.
    """
    project = rolled(folder / "whole", [SEARCHED], evolve(wish, rule=GOOD))
    before = Seen.of(project)
    wish.write(project)
    project.ok("plan", "--out", PLAN)
    digest = json.loads((project.folder / PLAN).read_text())["digest"]
    (folder / "copies").mkdir()
    where = f"{COPIES}{project.folder / 'state'}:{folder / 'copies'}"
    with Command(NARROW, where).started(project.folder, project.environ) as running:
        done = running.ended()
    promise(done.code == (PARTLY if wish.rule == BROKEN else 0), f"nobody stops it: {done}")
    known: object = None
    for copy in sorted((folder / "copies").iterdir()):
        known, former = _written(copy, telling), known
        if known != former:
            yield copy.name, partial(_cut, project.folder, copy, wish, before, digest)


def _written(copy: Path, telling: tuple[str, ...]) -> dict[str, bytes]:
    files = (path for path in copy.rglob("*") if path.is_file() and path.name.startswith(telling))
    return {str(path.relative_to(copy)): path.read_bytes() for path in files}


def _cut(whole: Path, copy: Path, wish: Wish, before: Seen, digest: str, folder: Path) -> Cut:
    shutil.copytree(whole, folder, ignore=shutil.ignore_patterns("state"))
    shutil.copytree(copy, folder / "state")
    return Cut(Project(folder), wish, before, digest)


WISHES: Mapping[str, Wish] = MappingProxyType(
    {
        "forward": Wish(BETTER),
        "back": Wish(BROKEN),
        "restarts": Wish(BETTER, mode="restart", on_failure="stop"),
        "one wave back": Wish(BROKEN, on_failure="roll_back"),
        "restarts back": Wish(BROKEN, mode="restart", on_failure="roll_back"),
    }
)


def run(order: Order) -> Figures:
    """A round is a wish that is cut off at each moment, and gone on with in one way; all of them are 35."""
    counts: Counter[str] = Counter()
    begun = islice(cycle(product(WISHES, WAYS)), order.seed - 1, order.seed - 1 + order.rounds)
    for number, (wish, way) in enumerate(begun):
        folder = order.folder / str(number)
        folder.mkdir()
        found: Counter[str] = Counter()
        for name, make in every_cut(folder, WISHES[wish]):
            found += went_on(make(folder / name), way)
        counts += Counter({wish: found["kills"], "kills": found["kills"]})
        counts["gone on with"] += found["open records"]
        order.tell(f"{wish}, {way}: {found['kills']} kills")
        shutil.rmtree(folder)
    return {"rounds": order.rounds, **dict(sorted(counts.items()))}


CAMPAIGN = Campaign(
    "A roll-out that is cut off at any moment, and gone on with in any way, restarts no deployment twice for "
    "one change, and loses, doubles and deletes nothing.",
    len(WISHES) * len(WAYS),
    run,
)
