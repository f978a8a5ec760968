"""The campaign "noise": whatever a file or a variable holds, planner says what is wrong, and harms nothing.

One round is one input of one command made invalid, mostly a valid file with a few bytes changed. The command
ends with a documented exit code and words on stderr, without a traceback, soon; a command that reads changes
no file, nor does one that fails. A state, a saved plan or an older snapshot that was altered is never used.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from attrs import frozen

from planner.state import saved, snapshot
from planner.state.journal import decode_line, encode_line

from . import replies
from .campaign import Broken, Campaign, Figures, Order
from .commands import Done, call
from .fuzzed_project import JOURNAL, PLAN, STATE, make
from .mutations import as_json, mutated, mutated_value
from .promises import promise

SECONDS = 30.0
MEGABYTES = 1500

Words = tuple[str, ...]
Files = Mapping[str, bytes]
Seal = Callable[[dict[str, Any]], bytes]

READS: tuple[Words, ...] = (
    ("plan",),
    ("plan", "--no-refresh", "--format", "json"),
    ("plan", "--detailed-exitcode", "--json"),
    ("state", "list", "--ids"),
    ("state", "show", "extension.a"),
    ("output",),
    ("output", "--json"),
    ("show",),
    ("drift",),
    ("state", "history"),
    ("lock", "show"),
)
WRITES: tuple[Words, ...] = (
    ("apply", "--auto-approve"),
    ("destroy", "--auto-approve"),
    ("state", "mv", "extension.a", "extension.z"),
    ("state", "rm", "extension.c"),
    ("state", "restore", "1"),
)
CONFIGURATION: tuple[Words, ...] = (
    ("validate",),
    ("render",),
    ("render", "--origins"),
    ("graph",),
    ("plan",),
    ("plan", "--var-file", "vars.yaml"),
    ("apply", "--auto-approve"),
)


@frozen
class Target:
    """A file that is made invalid. uses: the command lines that read it. seal: makes an altered document look
    whole again, so that what lies behind the digest is tried too. digested: an altered one is refused."""

    path: str
    uses: tuple[Words, ...]
    seal: Seal | None = None
    digested: bool = False


def _sealed_journal(document: dict[str, Any]) -> bytes:
    return b"\n" + b"\n".join(encode_line(line) for line in document["lines"]) + b"\n"


TARGETS = (
    *(Target(f"templates/{name}", CONFIGURATION) for name in ("main.yaml", "more.yaml", "macros/m.j2")),
    Target("planner.yaml", (*CONFIGURATION, *READS)),
    Target("environments/dev.yaml", CONFIGURATION),
    Target("vars.yaml", (("plan", "--var-file", "vars.yaml"), ("validate", "--var-file", "vars.yaml"))),
    *(Target(f"files/{name}", CONFIGURATION) for name in ("b.zip", "plugin.zip")),
    Target(STATE, (*READS[:9], *WRITES[:4]), snapshot.FORMAT.write, True),
    Target("state/dev.history/00000001.json", (("state", "restore", "1"),), snapshot.FORMAT.write, True),
    Target(PLAN, (("apply", PLAN), ("show", PLAN), ("show", PLAN, "--json")), saved.FORMAT.write, True),
    *(Target(JOURNAL, (*READS, *WRITES), _sealed_journal) for _ in range(2)),
    *(Target(f"state/{name}", (*READS, *WRITES)) for name in ("dev.lock", "dev.lock.json")),
    Target("state/sandbox-dev.db", (*CONFIGURATION, *READS, ("sandbox", "reset", "-e", "dev"))),
)


def one_input(base: Path, folder: Path, random: Random, targets: Sequence[Target] = TARGETS) -> str:
    """One round; what was made invalid. Broken where planner ends as it must not."""
    shutil.copytree(base, folder)
    if random.random() < 0.08:
        return _variable(folder, random)
    target = random.choice(targets)
    if target.path == JOURNAL:
        (folder / "journal").rename(folder / JOURNAL)
    path = folder / target.path
    before = path.read_bytes() if path.exists() else b""
    sealed = target.seal is not None and random.random() < 0.5
    data = _resealed(target, before, random) if sealed else mutated(before, random)
    path.write_bytes(data)
    words = in_folder(folder, random.choice(target.uses))
    done = _watched(folder, words, target)
    if target.digested and not sealed and not same_document(before, data):
        promise(done.code not in (0, 2), f"{target.path} was altered, and used: {done}")
    return target.path


def _resealed(target: Target, data: bytes, random: Random) -> bytes:
    assert target.seal is not None
    if target.path == JOURNAL:
        document = {"lines": [found for found in map(decode_line, data.split(b"\n")) if found is not None]}
    else:
        document = json.loads(data)
    document.pop("digest", None)
    altered = mutated_value(document, random)
    with suppress(TypeError, ValueError, KeyError, RecursionError):  # what cannot even be sealed
        return target.seal(altered)
    try:
        return as_json(altered)
    except RecursionError:  # nested more deeply than Python itself can write
        return mutated(data, random)


def same_document(before: bytes, data: bytes) -> bool:
    """Whether both say the same, as where only blanks were changed."""
    try:
        return json.dumps(json.loads(before), sort_keys=True) == json.dumps(json.loads(data), sort_keys=True)
    except (ValueError, RecursionError):
        return False


def _variable(folder: Path, random: Random) -> str:
    """A variable of the process environment."""
    name = random.choice(
        ("PLANNER_VAR_v", "PLANNER_VAR_list", "PLANNER_VAR_secret", "EC_REGION", "EC_TIMEOUT")
    )
    text = os.fsdecode(mutated(b"[a, {b: 1}]", random).replace(b"\0", b""))
    former = os.environ.get(name)
    os.environ[name] = text
    try:
        _watched(folder, in_folder(folder, random.choice(CONFIGURATION)), Target(name, ()))
    finally:
        os.environ.pop(name)
        if former is not None:
            os.environ[name] = former
    return name


def in_folder(folder: Path, words: Words) -> Words:
    """words with the files in them as paths of the folder, since planner looks from where it is called."""
    return tuple(
        str(folder / word) if (folder / word).is_file() or word == "vars.yaml" else word for word in words
    )


def _watched(folder: Path, words: Words, target: Target) -> Done:
    """The command, and nothing harmed by it."""
    before, begun = _files(folder), time.process_time()
    try:
        done = call(folder, *words)
    except Broken as error:
        raise Broken(f"{target.path}: {error}") from error
    took = time.process_time() - begun
    promise(took < SECONDS, f"{target.path}: it took {took:.0f} s: {done}")
    promise(_megabytes() < MEGABYTES, f"{target.path}: it took {_megabytes()} MB: {done}")
    if must_not_change(words, done, target):
        hold_unchanged(before, _files(folder), target.path, done)
    return done


def hold_unchanged(before: Files, after: Files, what: str, done: Done) -> None:
    changed = [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
    promise(not changed, f"{what}: {changed} changed: {done}")


def must_not_change(words: Words, done: Done, target: Target) -> bool:
    """A failed step is news for the state, and so is what a run left that was cut off."""
    reads = words[0] not in ("apply", "destroy") and words[:2] not in [w[:2] for w in WRITES[2:]]
    told = "Failed (" in done.out or target.path == JOURNAL
    return reads or (done.code in (1, 3, 4, 64) and not told)


def _files(folder: Path) -> Files:
    """What every file holds, but for locks and the sandbox's own."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
        and "sandbox-" not in str(path)
        and ".lock" not in path.name
        and path.name != ".swap"
        and path.parts[-2:] != (".git", "index")  # where git notes how files looked last
    }


def _megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def run(order: Order) -> Figures:
    counts: Counter[str] = Counter()
    base = order.folder / "base"
    make(base)
    for number in range(order.rounds):
        random = Random(f"{order.seed}:{number}")  # noqa: S311 - chance, no secret
        folder = order.folder / str(number)
        try:
            if number % 4 == 3:
                counts += replies.one_server(folder, random)
            else:
                one_input(base, folder, random)
                counts["inputs"] += 1
        except Broken as error:
            raise Broken(f"round {number}: {error}") from error
        shutil.rmtree(folder)
        if number % 500 == 499:
            order.tell(f"noise: {number + 1} rounds")
    return {**dict(counts), "megabytes at most": _megabytes()}


CAMPAIGN = Campaign(
    "Whatever files, variables and servers hold, planner ends with an error of its own, and harms nothing.",
    3000,
    run,
)
