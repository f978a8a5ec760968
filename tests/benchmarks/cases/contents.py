"""Plans without a change from a state that says which files are in each archive, beside one that does not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from attrs import evolve

from planner.model.members import KnownContent, Manifest, Member
from planner.model.state import State
from planner.state.snapshot import dump, parse_any

from ..figures import Figures, Row
from ..limit import limit
from ..order import Case, Order
from ..projects import MEGABYTE, looped

FILES = 3
COMMIT = "3f9c1ab04d12" * 4


def _rows(order: Order) -> Iterator[Row]:
    """With the size of each state."""
    sizes: dict[str, int] = {}
    for row in order.rows(_figures(order, sizes)):
        yield {**row, "state MB": sizes[row["what"]] / MEGABYTE}


def _figures(order: Order, sizes: dict[str, int]) -> Iterator[Figures]:
    for count in order.counts(1000, 10_000):
        at = order.server.fresh()
        project = looped(order.folder / str(count), count).reaching(at)
        project.apply()
        place = project.folder / "state" / "dev.json"
        held = _with_archives(parse_any(place.read_bytes(), shown=str(place)))
        for has, state in (("hashes of archives", held), (f"{FILES} files in each", _with_files(held))):
            what = f"no change, a state with {has}"
            sizes[what] = _put(place, state)
            cost = order.repeated(partial(project.cost, "plan", "--detailed-exitcode"))
            floor = order.limit(partial(limit, project.files(), [at], port=at.port))
            yield Figures(what, count, cost, floor)


def _put(place: Path, state: State) -> int:
    """How many bytes it has."""
    data = dump(state)
    place.write_bytes(data)
    return len(data)


def _with_archives(state: State) -> State:
    resources = {
        address: evolve(prior, content_sha256=_hash(prior.id)) for address, prior in state.resources.items()
    }
    return evolve(state, resources=resources)


def _with_files(state: State) -> State:
    shas = {str(prior.address.name): str(prior.content_sha256) for prior in state.entries}
    return evolve(state, contents={sha256: _known(name, sha256) for name, sha256 in shas.items()})


def _known(name: str, sha256: str) -> KnownContent:
    members = [
        Member(f"dictionaries/{name}-{number}.txt", 12_000 + number, _hash(f"{sha256}{number}"))
        for number in range(FILES)
    ]
    return KnownContent(Manifest.of(members).text, f"{COMMIT[:40]}:files/{name}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


CASE = Case("Plans from a state that knows what is in archives", _rows)
