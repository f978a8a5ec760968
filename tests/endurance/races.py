"""The campaign "races": somebody else edits what planner is about to write, between any two of its calls.

One round is one small project that is changed and applied, in each of four ways: at once, with every resource
read again, with versions that the installation compares, and by a saved plan. Somebody else stands before the
installation and, now and then, edits a resource just before a call about it. Their edit may be overwritten
only in the window between planner's last look at the resource and its write, and then that is told.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from attrs import define, field, frozen
from werkzeug.test import Client

from planner.sandbox import create_app
from planner.sandbox.serve import Server

from .campaign import Broken, Campaign, Figures, Order
from .commands import Done, call
from .installation import EXTENSIONS, LOGIN, Held, Installation
from .promises import promise
from .wanted import zipped

SIZE = 10
EAGER = 0.3
"""The chance of an edit before a call."""

LATE = "read_again_after: 0"
WAYS: Mapping[str, str] = {
    "at once": "protected: false",
    "read again": LATE,
    "compared": f"{LATE}, send_version: true",
    "saved": LATE,
}
"""How a project is applied, and what its environment says for that."""

LOOK, EDIT, WRITE, DELETE = "look", "edit", "write", "delete"
CALLS = {"GET": LOOK, "POST": WRITE, "PUT": WRITE, "DELETE": DELETE}


@frozen
class Event:
    """Of one resource: what planner's call was, or an edit by somebody else. at: seconds."""

    what: str
    at: float = 0.0


@define
class Interloper:
    """A WSGI app: the installation behind somebody else, one call at a time. eager: the chance of an edit.

    events: by id, in order.
    """

    installation: Installation
    chance: Random
    eager: float = 0.0
    events: dict[str, list[Event]] = field(factory=lambda: defaultdict(list))
    _lock: threading.Lock = field(factory=threading.Lock)
    _edits: Iterator[int] = field(factory=count)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        id_ = environ["PATH_INFO"].removeprefix(EXTENSIONS).strip("/")
        with self._lock:
            if id_ and self.chance.random() < self.eager:
                self._edit(id_)
            told: list[str] = []

            def noting(status: str, *more: Any) -> Any:
                told.append(status)
                return start(status, *more)

            reply = [*self.installation.client.application(environ, noting)]
            if id_ and told[0].startswith("2"):
                self.events[id_].append(Event(CALLS[environ["REQUEST_METHOD"]], time.monotonic()))
            return reply

    def _edit(self, id_: str) -> None:
        found = self.installation.client.get(f"{EXTENSIONS}/{id_}", headers=LOGIN)
        if found.status_code != 200:
            return
        held, text = Held(id_, found.get_json(), "", ""), f"edit {next(self._edits)}"
        if self.chance.random() < 0.7:
            self.installation.update(held, description=text)
        else:
            self.installation.upload(held, zipped({"theirs.txt": text}))
        self.events[id_].append(Event(EDIT, time.monotonic()))


@frozen
class Race:
    """A write, and the edits before it. in_window: since planner's last look or write. seen: those that a
    look showed after the plan was made. window: seconds.
    """

    what: str
    in_window: int
    seen: int
    window: float


def races(events: Sequence[Event]) -> Iterator[Race]:
    """Each write of one resource. The first look, or write, is what the plan was made from."""
    planned, since, seen, in_window = False, 0, 0, 0
    last = events[0].at if events else 0.0
    for event in events:
        if event.what == EDIT:
            since, in_window = since + planned, in_window + 1
            continue
        if event.what == LOOK:
            seen = since
        else:
            yield Race(event.what, in_window, seen, event.at - last)
            since = seen = 0
        planned, in_window, last = True, 0, event.at


@define
class Scene:
    """A project, and the installation that others edit too. resources: name -> (description, file)."""

    folder: Path
    interloper: Interloper
    environ: Mapping[str, str]
    chance: Random
    counts: Counter[str]
    way: str
    resources: dict[str, tuple[int, int]] = field(factory=dict)
    _made: Iterator[int] = field(factory=count)

    def command(self, *words: str) -> Done:
        return call(self.folder, *words, environ=self.environ)

    def change(self) -> None:
        """Each of the resources in some way, or not at all; and new ones."""
        for name, (text, words) in list(self.resources.items()):
            new = next(self._made)
            form = self.chance.choice(((text, words), (new, words), (text, new), (new, new), None))
            if form is None:
                del self.resources[name]
            else:
                self.resources[name] = form
        while len(self.resources) < SIZE:
            new = next(self._made)
            self.resources[f"x{new}"] = new, new
        self._write()

    def _write(self) -> None:
        template = "resource:\n  extension:\n"
        for name, (text, words) in self.resources.items():
            template += (
                f'    {name}: {{name: {name}, extension_type: bundle, version: "*", '
                f"description: mine {text}, file: files/{name}}}\n"
            )
            _put(self.folder / "files" / name / "words.txt", f"{words}\n")
        _put(self.folder / "templates" / "main.yaml", template)
        settings = f"dev: {{endpoint: sandbox, {WAYS[self.way]}}}"
        _put(self.folder / "planner.yaml", f"project: races\nenvironments:\n  {settings}\n")

    def race(self) -> None:
        """An apply while somebody else edits; then one alone."""
        words = ("--auto-approve",)
        names = self._names()
        self.interloper.events.clear()
        if self.way == "saved":
            words = (str(self.folder / "plan.json"),)
            promise(self.command("plan", "--out", *words).code == 0, "no plan to save")
        self.interloper.eager = EAGER
        done = self.command("apply", *words)
        self.interloper.eager = 0.0
        self._judge(done, names | self._names())
        if done.code:
            done = self.command("apply", "--auto-approve")
            promise(done.code == 0, f"an apply with nobody else failed: {done}")
        again = self.command("plan", "--detailed-exitcode")
        promise(again.code == 0, f"a plan after a complete apply is not empty: {done} {again}")

    def _names(self) -> dict[str, str]:
        return {id_: str(held.body["name"]) for id_, held in self.interloper.installation.held().items()}

    def _judge(self, done: Done, names: Mapping[str, str]) -> None:
        promise(done.code in (0, 3, 5), f"an exit code that says nothing of an apply: {done}")
        for id_, events in self.interloper.events.items():
            self.counts["edits"] += sum(event.what == EDIT for event in events)
            for race in races(events):
                self._judge_write(race, names[id_], done)
        self.counts["conflicts"] += done.err.count("was changed by somebody else")

    def _judge_write(self, race: Race, name: str, done: Done) -> None:
        promise(not race.seen, f"{name}: an edit that was seen is written over: {race}, {done}")
        self.counts["writes"] += 1
        window = f"{LONGEST}, {self.way}"
        self.counts[window] = max(self.counts[window], round(race.window * 1000))
        if not race.in_window:
            return
        if race.what == DELETE and race.in_window == 1:
            self.counts["deletes after one edit in the window"] += 1  # which no reply tells
            return
        self.counts["writes over edits in the window, told"] += 1
        promise(tells(done, name), f"{name}: an edit is written over, and nobody is told: {race}, {done}")


LONGEST = "ms in the longest window"


def tells(done: Done, name: str) -> bool:
    lines = (line for line in done.err.splitlines() if f"extension.{name}:" in line)
    return any("what somebody else changed" in line or "somebody else had changed" in line for line in lines)


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@contextmanager
def served(data: Path, chance: Random, *, compares: bool) -> Iterator[tuple[Interloper, str]]:
    """An installation with somebody else before it; and its URL. compares: versions that are sent."""
    with create_app(data, enforce_version=compares) as app:
        interloper = Interloper(Installation(Client(app)), chance)
        server = Server(interloper)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield interloper, server.url
        finally:
            server.stop()
            thread.join()


def one_project(folder: Path, chance: Random, way: str, turns: int = 3) -> Counter[str]:
    """A round; what was counted. Broken at the first promise that does not hold."""
    folder.mkdir(parents=True)
    counts: Counter[str] = Counter({"projects": 1, f"applied {way}": 1})
    with served(folder / "ece.db", chance, compares=way == "compared") as (interloper, url):
        environ = {"EC_ENDPOINT_DEV": url, "EC_API_KEY": "tests", "COLUMNS": "1000"}
        scene = Scene(folder, interloper, environ, chance, counts, way)
        for _ in range(turns):
            scene.change()
            scene.race()
    return counts


def run(order: Order) -> Figures:
    counts: Counter[str] = Counter()
    for number in range(order.rounds):
        folder = order.folder / str(number)
        chance = Random(f"{order.seed}:{number}")  # noqa: S311 - chance, no secret
        try:
            found = one_project(folder, chance, list(WAYS)[number % len(WAYS)])
        except Broken as error:
            raise Broken(f"round {number}: {error}") from error
        longest = {name: max(ms, counts[name]) for name, ms in found.items() if name.startswith(LONGEST)}
        counts = Counter({**(counts + found), **longest})
        shutil.rmtree(folder)
        if number % 20 == 19:
            order.tell(f"races: {number + 1} rounds, {counts['edits']:,} edits")
    return {**dict(sorted(counts.items())), "written over after a look, or untold": 0}


CAMPAIGN = Campaign(
    "What somebody else changed since the plan is not written over, but in the window between the last look "
    "at a resource and the write; and that is told.",
    60,
    run,
)
