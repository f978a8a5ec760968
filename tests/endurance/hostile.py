"""The campaign "hostile": no input ends in a defect, and none takes much time or memory.

One round is one hostile input of one surface, in a process of its own that is ended when it goes on for too
long. Its commands end with a documented exit code and with words, without a traceback.
"""

from __future__ import annotations

import atexit
import faulthandler
import itertools
import math
import os
import resource
import shutil
import signal
import time
import traceback
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random

from attrs import frozen

from planner.cli.verbs import COMMANDS, module_of
from planner.config.apart import apart
from planner.state.s3 import backend  # noqa: F401 - large: once, as the commands below
from tests.contract import s3_server

from .campaign import Broken, Campaign, Figures, Order
from .commands import KEPT, PATIENCE
from .promises import promise
from .surfaces import ALWAYS, SURFACES, Site, Surface, make_bases

for _name in COMMANDS:  # once, in the process that all rounds are forks of
    import_module(f"planner.cli.commands.{module_of(_name)}")


@frozen
class Bounds:
    """Of a round: by the clock, which only ends what hangs; at the peak."""

    seconds: float = 20.0
    megabytes: int = 512


@frozen
class Ended:
    """How a round ended. broken: what did not hold, or ""."""

    broken: str
    megabytes: int
    seconds: float


def one_round(surface: Surface, site: Site, bounds: Bounds = Bounds()) -> Ended:
    """Broken when it takes too long or too much, or when a promise does not hold."""
    processes = get_context("forkserver")
    processes.set_forkserver_preload([__name__])
    ours, theirs = processes.Pipe(duplex=False)
    process = processes.Process(target=_hold, args=(surface, site, theirs))
    process.start()
    theirs.close()
    with ours:
        try:
            ended = _told(ours, bounds)
        except Broken as error:
            _end(process)
            raise Broken(f"{error}: {_trace(site.folder).read_text()}") from None
    process.join()
    promise(not ended.broken, ended.broken)
    promise(ended.megabytes < bounds.megabytes, f"it took {ended.megabytes} MB")
    return ended


def _told(wire: Connection, bounds: Bounds) -> Ended:
    """After a word that it began."""
    try:
        for patience in (PATIENCE, bounds.seconds):
            promise(wire.poll(patience), "it goes on")
            found = wire.recv()
    except EOFError:
        raise Broken("its process died") from None
    assert isinstance(found, Ended)
    return found


def _end(process: BaseProcess) -> None:
    """With a trace of where it is."""
    if process.pid and process.is_alive():
        os.kill(process.pid, signal.SIGABRT)
    process.join()


def _trace(folder: Path) -> Path:
    return folder.with_suffix(".trace")


def _hold(surface: Surface, site: Site, wire: Connection) -> None:
    """In the process of the round."""
    trace = _trace(site.folder).open("w")
    faulthandler.enable(trace)
    kept = {key: value for key, value in os.environ.items() if key in KEPT}
    os.environ.clear()
    os.environ.update({**kept, **ALWAYS})
    warnings.simplefilter("ignore")  # of zipfile, about what is made here on purpose
    apart()  # while there is one thread
    wire.send("begun")
    broken, begun = "", time.monotonic()
    try:
        surface(site)
    except Broken as error:
        broken = str(error)
    except BaseException:  # noqa: BLE001 - also what pytest raises for a command that goes on
        broken = traceback.format_exc()
    atexit._run_exitfuncs()  # which waits for what is to be measured
    wire.send(Ended(broken, _megabytes(), time.monotonic() - begun))


def _clear(folder: Path) -> None:
    """Also what lies beside it."""
    for path in (folder, *folder.parent.glob(f"{folder.name}.*")):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _megabytes() -> int:
    of = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(who).ru_maxrss for who in of) // 1024


def run(order: Order, bounds: Bounds = Bounds()) -> Figures:
    make_bases(order.folder / "bases")
    bucket = s3_server.server().url()
    names = list(itertools.islice(itertools.cycle(SURFACES), order.rounds))
    done: list[Ended] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for ended in pool.map(partial(_numbered, order, bounds, bucket), range(order.rounds), names):
            done.append(ended)
            if len(done) % 100 == 0:
                order.tell(f"hostile: {len(done)} rounds")
    most, longest = max(e.megabytes for e in done), max(e.seconds for e in done)
    return {**Counter(names), "megabytes at most": most, "seconds at most": math.ceil(longest)}


def _numbered(order: Order, bounds: Bounds, bucket: str, number: int, name: str) -> Ended:
    random = Random(f"{order.seed}:{number}")  # noqa: S311 - chance, no secret
    folder = order.folder / str(number)
    try:
        return one_round(SURFACES[name], Site(order.folder / "bases", folder, random, bucket), bounds)
    except Broken as error:
        raise Broken(f"round {number}: {name}: {error}") from error
    finally:
        _clear(folder)


CAMPAIGN = Campaign(
    "Whatever planner reads, it ends with an error of its own, within bounds of time and memory.", 780, run
)
