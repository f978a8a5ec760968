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
    two        one of two applies at once, or both; the other waits for the lock, is refused, or came first

"served" rounds work against a server that outlives the client and finishes what it was asked for, some of it
when the next command is at work already. Its clock is right, or an hour ahead or behind, and in half of these
rounds some of its replies are about another resource, or lost. Somebody else's resources lie there all the
time, under names that the project uses.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from random import Random
from types import MappingProxyType

from tests.acceptance.runner import wait_until

from .campaign import Broken, Campaign, Figures, Order
from .commands import Command
from .installation import HOURS, Installation
from .mixed_project import make_project
from .mortal import CALL, JOURNAL, SNAPSHOT
from .rounds import APPLY, Round, Stage, told_of

WIDTHS = ("10", "10", "10", "1")
SPREAD = 0.6180339887498949  # its multiples, modulo 1, fill the interval evenly, however many there are
FIXED, MOVED = "extension.kept_0", "extension.elsewhere"
SETTLING = 40  # an apply passes about as many moments of the state's files before it calls anything
EDITING = 32
COUNTED = (
    *("served", "clocks apart", "faults", "replies about another", "two at once", "took over", "refused"),
    *("torn journals", "came too late", "resumes", "resumes again", "waited"),
    *("orphans", "duplicates", "of others touched"),
)
STRANGERS = ("kept-0", "kept-1", "retyped-0", "early-0", "only-a-0", "only-b-0", "both-0")


def kill_apply(kind: str, turn: Round) -> None:
    """An apply to the other side, killed at a moment of that kind, spread over the run."""
    turn.stage.turn()
    turn.kill(moment(kind, turn), *turn.apply)


def moment(kind: str, turn: Round) -> str:
    spread = (turn.number * SPREAD + turn.stage.seed * 0.1) % 1
    return f"{kind}:{1 + int(spread * turn.length.moments[kind])}"


def kill_any_time(turn: Round) -> None:
    """An apply, from outside."""
    turn.stage.turn()
    pause = turn.chance.uniform(0.0, turn.length.seconds)
    turn.stage.words.append(f"planner {' '.join(turn.apply)}, killed {pause:.3f} s after it took the lock")
    holder = turn.stage.folder / "state/dev.lock.json"
    holder.unlink(missing_ok=True)
    apply = Command(turn.apply).started(turn.stage.folder, turn.environ)
    with turn.troubles() as codes, apply as running:
        wait_until(holder.exists, "it holds the lock")
        with suppress(subprocess.TimeoutExpired):
            running.process.wait(pause)
        running.process.kill()
        done = running.ended()
    turn.killed(done, codes)


def kill_one_of_two(turn: Round) -> None:
    """The second one mostly waits, as long as it takes; at times it dies as well."""
    turn.stage.turn()
    chance, patient = turn.chance, ("--lock-timeout", "300")
    second = turn.apply if chance.random() < 0.2 else (*turn.apply, *patient)
    settling = f"{JOURNAL},{SNAPSHOT}:{chance.randint(1, turn.length.moments[JOURNAL])}"
    where = settling if chance.random() < 0.3 else ""
    first = Command((*turn.apply, *patient), moment(chance.choice((JOURNAL, CALL)), turn))
    turn.kill_one_of_two((first, Command(second, where)))


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
        "two": kill_one_of_two,
    }
)
TURNS = (
    *("journal", "two", "recovery", "call", "edit", "snapshot", "any", "two", "journal", "recovery", "edit"),
)
"""As many as 3 does not divide, so that each kind is served and not."""


def run(order: Order, size: float = 1.0) -> Figures:
    """A round is one turn of the project, or one edit of its state, with at least one kill."""
    project = make_project(order.folder / "mixed", size)
    with Installation.served(project.folder / "state/sandbox-dev.db") as server:
        strangers = [server.create(name) for name in STRANGERS]
        project.apply()
        stage = Stage(project, server, told_of(project.folder, strangers), order.seed, size)
        for number in range(1, order.rounds + 1):
            go(_round(stage, number))
            if number % 20 == 0:
                order.tell(f"round {number} of {order.rounds}, {stage.tally['kills']} kills")
    return _figures(stage, order.rounds)


def _round(stage: Stage, number: int) -> Round:
    chance = Random(f"{stage.seed}/{number}")  # noqa: S311 - which kill comes next is no secret
    kind, width = TURNS[(number - 1) % len(TURNS)], chance.choice(WIDTHS)
    stage.server.clock.ahead = timedelta(hours=chance.choice(HOURS))
    return Round(number, kind, stage, chance, width, served=number % 3 != 0)


def go(turn: Round) -> None:
    turn.stage.words.clear()
    turn.stage.faulty = False
    try:
        if (turn.width, turn.served) not in turn.stage.lengths:
            turn.measure()
        turn.stage.keep_before()
        KINDS[turn.kind](turn)
        turn.resume()
        turn.check()
    except Broken as error:
        raise Broken(turn.told(error)) from error


def _figures(stage: Stage, rounds: int) -> Figures:
    tally = stage.tally
    kinds = {f"in {kind} rounds": tally[f"in {kind} rounds"] for kind in KINDS}
    found = {"rounds": rounds, "kills": tally["kills"], **kinds, **{name: tally[name] for name in COUNTED}}
    return found | {"different journals": len(stage.boundaries)}


CAMPAIGN = Campaign(
    "a kill at any moment loses nothing, makes nothing twice, and touches nothing of others", 300, run
)
