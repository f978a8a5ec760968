"""`python -m tests.endurance.mortal KINDS:NUMBER WORD...`: planner with these words, killed at that moment.

`python -m tests.endurance.mortal FILE WORD...` lets it live, and writes to FILE how many moments of each kind
there were, and the seconds from the first to the end, as JSON.

`python -m tests.endurance.mortal copies:STATE:FOLDER WORD...` lets it live, and copies the folder STATE to
FOLDER at each moment, as a kill there would have left it; in order, as 0001-journal. That takes one step at a
time (--parallelism 1), so that nothing is written meanwhile.

`python -m tests.endurance.mortal robbed:KINDS:NUMBER -C FOLDER WORD...` lets it live, and has somebody break
its lock at that moment; with taken: in the place of robbed: somebody then applies, before it goes on.

Kinds, several with commas:

    journal    around each append: before its file is opened, when half of it is written, when it is durable
    snapshot   around each change of the state's other files: opened for writing, half written, durable,
               about to be renamed, removed or made
    call       around each call that writes: with the embedded sandbox when it took effect and the reply is
               not there yet; over HTTP before each part of the request is sent, and before the reply is read
    look       with the embedded sandbox when a read was answered after the first write: what waits for what
               settles does little else

A kill is SIGKILL, sent by the process to itself from where the moment is. Audit events tell of files and
requests; what no event tells of (os.write, os.fsync, the read of a reply) is wrapped.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import define, field

SWAP = ".swap"
JOURNAL, SNAPSHOT, CALL, LOOK = "journal", "snapshot", "call", "look"
COPIES, ROBBED, TAKEN = "copies:", "robbed:", "taken:"
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.chmod")


@define
class Moments:
    """The moments at which a process may be killed. kinds, number: where to die. seen: by kind. begun: when
    the first one was.
    """

    kinds: frozenset[str] = frozenset()
    number: int = 0
    seen: Counter[str] = field(factory=Counter)
    begun: float = 0.0
    _lock: Any = field(factory=threading.Lock)

    def pass_(self, kind: str) -> bool:
        """Counts a moment; whether it is the one to die at."""
        with self._lock:
            self.begun = self.begun or time.monotonic()
            self.seen[kind] += 1
            return kind in self.kinds and sum(self.seen[k] for k in self.kinds) == self.number

    def kind_of(self, path: str) -> str:
        return kind_of(path)

    def at(self, kind: str) -> None:
        if kind and self.pass_(kind):
            self.end()

    def end(self) -> None:
        """It is the moment."""
        os.kill(os.getpid(), signal.SIGKILL)


@define
class Copies(Moments):
    """Each moment, kept. state: the folder that is copied."""

    state: Path = Path()
    folder: Path = Path()
    last: str = ""
    _copying: bool = False

    def pass_(self, kind: str) -> bool:
        if self._copying:
            return False
        self.seen[kind] += 1
        self.last = kind
        return True

    def end(self) -> None:
        self._copying = True
        shutil.copytree(self.state, self.folder / f"{self.seen.total():04}-{self.last}")
        self._copying = False


@define
class Robbed(Moments):
    """Somebody breaks the lock at the moment: before a write to the state at JOURNAL, since none is broken in
    the middle of one. folder: of the project. applies: whether somebody does then."""

    folder: Path = Path()
    applies: bool = False

    def kind_of(self, path: str) -> str:
        return JOURNAL if Path(path).name == SWAP else ""

    def end(self) -> None:
        holder = self.folder / "state/dev.lock.json"
        if not holder.exists():
            return
        self._run("lock", "break", json.loads(holder.read_bytes())["id"])
        if self.applies:
            self._run("apply", "--auto-approve")

    def _run(self, *words: str) -> None:
        command = [sys.executable, "-m", "planner", "-C", str(self.folder), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        sys.stdout.write(f"[somebody: {words[0]}: {done.returncode}] {done.stdout}{done.stderr}\n")


def kind_of(path: str) -> str:
    """What a file in state/ belongs to: "" when it is none of the state's."""
    name = Path(path).name
    if name.endswith(".journal"):
        return JOURNAL
    if name == SWAP:  # a lock, which holds nothing
        return ""
    return "" if "sandbox-" in path or Path(path).parent.name not in ("state", "dev.history") else SNAPSHOT


def watch(moments: Moments) -> None:
    """From now on this process passes its moments."""
    files: dict[int, str] = {}
    calls = threading.local()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str) and arguments[2] & _WRITING:
            moments.at(moments.kind_of(arguments[0]))
        elif event in _CHANGES:
            moments.at(moments.kind_of(str(arguments[0])))
        elif event == "http.client.send" and _of_a_write(arguments[1]):
            calls.open = True
            moments.at(CALL)

    _watch_files(moments, files)
    _watch_replies(moments, calls)
    sys.addaudithook(hook)


def _of_a_write(data: object) -> bool:
    return isinstance(data, bytes | bytearray) and bytes(data[:4]) != b"GET "


def _watch_files(moments: Moments, files: dict[int, str]) -> None:
    opened, written, synced = os.open, os.write, os.fsync

    def open_(path: Any, *more: Any, **named: Any) -> int:
        descriptor = opened(path, *more, **named)
        files[descriptor] = str(path)
        return descriptor

    def write(descriptor: int, data: Any) -> int:
        path = files.get(descriptor, "")
        if path.endswith("requests.log"):
            if b'"method":"GET"' not in bytes(data):
                moments.at(CALL)
            elif moments.seen[CALL]:
                moments.at(LOOK)
        elif (kind := moments.kind_of(path)) and moments.pass_(kind):
            half = written(descriptor, bytes(data)[: len(data) // 2])
            moments.end()
            return half + written(descriptor, bytes(data)[half:])
        return written(descriptor, data)

    def fsync(descriptor: int) -> None:
        synced(descriptor)
        moments.at(moments.kind_of(files.get(descriptor, "")))

    os.open, os.write, os.fsync = open_, write, fsync  # type: ignore[assignment]


def _watch_replies(moments: Moments, calls: Any) -> None:
    read: Callable[..., int | None] = socket.SocketIO.readinto

    def readinto(self: socket.SocketIO, buffer: Any) -> int | None:
        if getattr(calls, "open", False):
            calls.open = False
            moments.at(CALL)
        return read(self, buffer)

    socket.SocketIO.readinto = readinto  # type: ignore[method-assign, assignment]


def moments_of(kinds: str, number: str, words: list[str]) -> Moments:
    if kinds.startswith(COPIES):
        return Copies(state=Path(kinds.removeprefix(COPIES)), folder=Path(number))
    if kinds.startswith((ROBBED, TAKEN)):
        taken, folder = kinds.startswith(TAKEN), Path(words[words.index("-C") + 1])
        named = frozenset(kinds.partition(":")[2].split(","))
        return Robbed(named, int(number), folder=folder, applies=taken)
    return Moments(frozenset(kinds.split(",")), int(number)) if kinds else Moments()


def main(where: str, words: list[str]) -> None:
    from planner.cli.main import main as planner  # noqa: PLC0415 - its imports are no moments

    kinds, _, number = where.rpartition(":")
    moments = moments_of(kinds, number, words)
    watch(moments)
    try:
        planner(words)
    finally:
        if not kinds:
            seconds = time.monotonic() - moments.begun
            Path(where).write_text(json.dumps({"moments": moments.seen, "seconds": seconds}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
