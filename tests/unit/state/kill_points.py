"""Runs a writer again and again, each time killed at the next system call, and looks at what is left.

`python -m state.kill_points FOLDER STEP`, from tests/unit, tries each STEPth point. It prints how many there
are, or says what was lost. The kills are real: a fork ends by os._exit from an audit hook, without any
clean-up, when it is about to open, rename, remove or make a file for the nth time.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from planner.model.state import State
from planner.state.store import Store

from .samples import done, intent, local, names, store_on

_CALLS = {"open", "os.rename", "os.remove", "os.mkdir", "os.chmod", "os.listdir", "os.scandir", "os.truncate"}
KILLED = 99


def write(store: Store, acknowledged: Path) -> None:
    """Two runs, the second of which creates b and c; acknowledged gets a name when it must not be lost."""
    with store.lock("apply", 5):
        for created in (["a"], ["b", "c"]):
            state = store.checkpoint()
            journal = store.open_journal(state, "apply")
            for number, name in enumerate(created, 1):
                journal.write([intent(number, name)])
                journal.write([done(number, name)])
                _note(acknowledged, name)
            store.commit(store.load())
        store.restore(store.history()[0].serial)


def _note(path: Path, name: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, name.encode())
    os.close(descriptor)


def killed_at(point: int, folder: Path) -> bool:
    """Run `write` in a fork that dies at that call; whether it got there."""
    child = os.fork()
    if not child:
        _die_at(point, folder)
        write(store_on(local(folder)), folder / "acknowledged")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, KILLED):
        raise SystemExit(f"point {point}: the writer failed by itself with {code}")
    return code == KILLED


def _die_at(point: int, folder: Path) -> None:
    seen = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        if event in _CALLS and str(folder) in str(arguments[0]):
            seen += 1
            if seen == point:
                os._exit(KILLED)

    sys.addaudithook(hook)


def check(point: int, folder: Path) -> None:
    """Nothing acknowledged is lost, and the next writer gets through."""
    noted = folder / "acknowledged"
    acknowledged = sorted(noted.read_text()) if noted.exists() else []
    store = store_on(local(folder))
    state = store.load()
    _demand(set(acknowledged) <= set(names(state)), point, f"{acknowledged} noted, {names(state)} left")
    _demand(store.backend.lock_holder() is None, point, "the lock is still held")
    serial = state.serial
    noted.unlink(missing_ok=True)
    write(store, noted)
    after = store.load()
    _demand(names(after) == ["a", "b", "c"] and after.serial > serial, point, f"then {names(after)}")
    _demand(_clean(after, folder), point, "something is left over")


def _clean(state: State, folder: Path) -> bool:
    left = [path.name for path in folder.rglob("*.tmp")] + [path.name for path in folder.rglob("*.journal")]
    return not left and not state.in_doubt


def _demand(holds: bool, point: int, problem: str) -> None:
    if not holds:
        raise SystemExit(f"killed at point {point}: {problem}")


def main(folder: Path, step: int) -> int:
    """How many points there are, at least."""
    point = 1
    while killed_at(point, folder / "place"):
        check(point, folder / "place")
        shutil.rmtree(folder / "place", ignore_errors=True)
        (folder / "place").mkdir()
        point += step
    return point - step


if __name__ == "__main__":
    place = Path(sys.argv[1])
    (place / "place").mkdir()
    print(main(place, int(sys.argv[2])))  # noqa: T201  # the result
