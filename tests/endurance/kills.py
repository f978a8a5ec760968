"""The process is killed, with SIGKILL, wherever a kill could hurt; nothing may be lost, or made twice.

A round turns the mixed project from one side to the other (some 200 writes) and kills the command one or more
times on the way. After each kill the state has to be readable and a plan possible; in the end, state and
installation are held against each other and against what is wanted.

The kinds of rounds, and what is killed in them:

    journal    an apply, before, in the middle of, or right after an append, spread over the whole run
    call       an apply, when a write took effect (embedded), or somewhere between request and reply (served)
    any        an apply, from outside, after any time
    snapshot   an apply, while it takes the lock, writes the snapshot and its history, or clears up
    edit       state mv, rm or restore, wherever it writes; before mv and rm often an apply, so that there is
               a journal
    recovery   an apply, and then up to four times the next apply while it settles what was left

"served" rounds work against a server that outlives the client and finishes what it was asked for, some of it
when the next command is at work already.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from random import Random
from types import MappingProxyType

from tests.acceptance.command import Done
from tests.acceptance.runner import Project, wait_until

from .campaign import Campaign, Figures, Order
from .mixed_project import make_project
from .mortal import CALL, JOURNAL, SNAPSHOT
from .rounds import APPLY, Round, Stage

WIDTHS = ("10", "10", "10", "1")
SPREAD = 0.6180339887498949  # its multiples, modulo 1, fill the interval evenly, however many there are
FIXED, MOVED = "extension.kept_0", "extension.elsewhere"
SETTLING = 40  # an apply passes about as many moments of the state's files before it calls anything
EDITING = 32
COUNTED = (
    "served",
    "torn journals",
    "came too late",
    "resumes",
    "resumes again",
    "waited",
    "orphans",
    "duplicates",
)


def kill_apply(kind: str, turn: Round) -> None:
    """An apply to the other side, killed at a moment of that kind, spread over the run."""
    turn.stage.turn()
    spread = (turn.number * SPREAD + turn.stage.seed * 0.1) % 1
    point = 1 + int(spread * turn.length.moments[kind])
    turn.kill(f"{kind}:{point}", *turn.apply)


def kill_any_time(turn: Round) -> None:
    """An apply, from outside."""
    turn.stage.turn()
    pause = turn.chance.uniform(0.0, turn.length.seconds)
    turn.stage.words.append(f"planner {' '.join(turn.apply)}, killed {pause:.3f} s after it took the lock")
    holder = turn.stage.folder / "state/dev.lock.json"
    holder.unlink(missing_ok=True)
    apply = turn.stage.project.started(*turn.apply, env=turn.environ())
    with turn.slow_creates(), apply as process:
        wait_until(holder.exists, "it holds the lock")
        try:
            out, err = process.communicate(timeout=pause)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
    turn.killed(Done(process.returncode, out, err))


def kill_recovery(turn: Round) -> None:
    """An apply, and then the next ones while they settle."""
    kill_apply(JOURNAL, turn)
    for _ in range(turn.chance.randint(1, 4)):
        turn.kill(f"{JOURNAL},{SNAPSHOT}:{turn.chance.randint(1, SETTLING)}", *APPLY)


def kill_edit(turn: Round) -> None:
    """`state restore` gives up what came after its snapshot, so that it starts from a run that ended."""
    edit = turn.chance.choice((kill_mv, kill_rm, kill_restore))
    if edit is not kill_restore and turn.chance.random() < 0.7:
        kill_apply(JOURNAL, turn)
    edit(turn, f"{JOURNAL},{SNAPSHOT}:{turn.chance.randint(1, EDITING)}")


def kill_mv(turn: Round, where: str) -> None:
    """Afterwards the resource is at one of the two addresses."""
    turn.kill(where, "state", "mv", FIXED, MOVED)
    there = {FIXED, MOVED} & set(turn.addresses())
    turn.demand(len(there) == 1, f"a resource moved is at {sorted(there)}")
    if MOVED in there:
        done = turn.command("state", "mv", MOVED, FIXED)
        turn.demand(done.code == 0, "it cannot be moved back", done.both)


def kill_rm(turn: Round, where: str) -> None:
    turn.kill(where, "state", "rm", FIXED)
    if FIXED not in turn.addresses():
        _restore(turn, _newest_with(turn, FIXED))


def kill_restore(turn: Round, where: str) -> None:
    """Afterwards the state is as before, or as the one restored."""
    done = turn.command("state", "rm", FIXED)
    turn.demand(done.code == 0, "it cannot be removed", done.both)
    serial = _newest_with(turn, FIXED)
    turn.kill(where, "state", "restore", str(serial))
    if FIXED not in turn.addresses():
        _restore(turn, serial)


def _restore(turn: Round, serial: int) -> None:
    done = turn.command("state", "restore", str(serial))
    turn.demand(done.code == 0 and FIXED in turn.addresses(), f"{serial} cannot be restored", done.both)


def _newest_with(turn: Round, address: str) -> int:
    """The serial of the newest snapshot that holds the address."""
    kept = sorted((turn.stage.folder / "state/dev.history").glob("*.json"), reverse=True)
    held = [path for path in kept if f'"address": "{address}"' in path.read_text()]
    turn.demand(bool(held), f"no snapshot holds {address}")
    return int(held[0].stem)


KINDS: Mapping[str, Callable[[Round], None]] = MappingProxyType(
    {
        "journal": partial(kill_apply, JOURNAL),
        "call": partial(kill_apply, CALL),
        "any": kill_any_time,
        "snapshot": partial(kill_apply, SNAPSHOT),
        "edit": kill_edit,
        "recovery": kill_recovery,
    }
)
TURNS = ("journal", "recovery", "call", "edit", "snapshot", "journal", "any", "recovery", "journal", "edit")


def run(order: Order, size: float = 1.0) -> Figures:
    """A round is one turn of the project, or one edit of its state, with at least one kill."""
    project = make_project(order.folder / "mixed", size)
    project.apply()
    with _served(project) as url:
        stage = Stage(project, url, order.seed, size)
        for number in range(1, order.rounds + 1):
            go(_round(stage, number))
            if number % 20 == 0:
                order.tell(f"round {number} of {order.rounds}, {stage.tally['kills']} kills")
    return _figures(stage, order.rounds)


def _round(stage: Stage, number: int) -> Round:
    chance = Random(f"{stage.seed}/{number}")  # noqa: S311 - which kill comes next is no secret
    kind, width = TURNS[(number - 1) % len(TURNS)], chance.choice(WIDTHS)
    return Round(number, kind, stage, chance, width, served=number % 3 == 0)


def go(turn: Round) -> None:
    if (turn.width, turn.served) not in turn.stage.lengths:
        turn.measure()
    turn.stage.words.clear()
    turn.stage.keep_before()
    KINDS[turn.kind](turn)
    turn.resume()
    turn.check()


def _figures(stage: Stage, rounds: int) -> Figures:
    tally = stage.tally
    kinds = {f"in {kind} rounds": tally[f"in {kind} rounds"] for kind in KINDS}
    rest = (
        "served",
        "torn journals",
        "came too late",
        "resumes",
        "resumes again",
        "waited",
        "orphans",
        "duplicates",
    )
    found = {"rounds": rounds, "kills": tally["kills"], **kinds, **{name: tally[name] for name in rest}}
    return found | {"different journals": len(stage.boundaries)}


@contextmanager
def _served(project: Project) -> Iterator[str]:
    """The address of a server of the project's own sandbox."""
    with project.started("sandbox", "serve", "-e", "dev", "--port", "0") as process:
        assert process.stderr is not None
        told = "".join(process.stderr.readline() for _ in range(3))
        found = re.search(r"listens on (http://127\.0\.0\.1:\d+) ", told)
        assert found is not None, told
        yield found[1]


CAMPAIGN = Campaign("a kill at any moment loses nothing, and makes nothing twice", 220, run)
