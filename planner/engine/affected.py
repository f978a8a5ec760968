"""Which environments a change affects: those whose configuration it changes. Pure.

What an environment is made of is rendered before and after the change, and compared as a whole. So a change
that reaches nothing there does not count, however many environments read the file; and one that comes in by
any way does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import evolve, field, frozen

from planner.model.compare import identical
from planner.model.preview import NEW, NOT_RENDERED, NOT_RENDERED_BEFORE, OUTSIDE
from planner.model.tree import PINNED
from planner.model.value import Value


@frozen
class Reading:
    """What an environment is made of. problem: why it could not be rendered, "" when it could.

    digest: of everything that it wants, and of how it is reached. reads: the project's files that it read, a
    folder with "/" at its end. variables: name -> a fingerprint of the value. pin: the commit that it is
    pinned to, so that it reads nothing else of the pinned folders.
    """

    digest: str = ""
    reads: frozenset[str] = frozenset()
    variables: Mapping[str, Value] = field(factory=dict)
    problem: str = ""
    pin: str = ""


ABSENT = Reading(problem="it is not declared")


def why_affected(before: Reading, after: Reading, changed: Iterable[str]) -> tuple[str, ...]:
    """Why an environment has to be planned; () when nothing that it is made of changed.

    changed: the project's files that differ. Variables and files are named, variables first: they say more.
    """
    if after.problem:
        return _read(before, after, changed) or (NOT_RENDERED,)
    if before is ABSENT:
        return (NEW,)
    if before.problem:
        return (NOT_RENDERED_BEFORE,)
    if (before.digest, before.pin) == (after.digest, after.pin):
        return ()
    return (*_variables(before, after), *_read(before, after, changed)) or (OUTSIDE,)


def followed(reading: Reading, links: Mapping[str, str]) -> Reading:
    """reading with what its files lead to. links: of the project, the name of each and where it leads; a
    folder with "/" at its end.
    """
    reads, new = set(reading.reads), set(reading.reads)
    while new:
        folders = tuple(name for name in new if name.endswith("/"))
        below = {to for name, to in links.items() if name in new or name.startswith(folders)}
        beyond = {
            to + read.removeprefix(f"{name}/")
            for name, to in links.items()
            for read in new
            if read.startswith(f"{name}/")
        }
        new = (below | beyond) - reads
        reads |= new
    return evolve(reading, reads=frozenset(reads))


def _read(before: Reading, after: Reading, changed: Iterable[str]) -> tuple[str, ...]:
    reads = before.reads | after.reads
    if after.pin:
        reads = frozenset(name for name in reads if name.split("/", 1)[0] not in PINNED)
    folders = tuple(name for name in reads if name.endswith("/"))
    return tuple(sorted(name for name in changed if name in reads or name.startswith(folders)))


def _variables(before: Reading, after: Reading) -> tuple[str, ...]:
    names = sorted({*before.variables, *after.variables})
    pairs = {name: (before.variables.get(name), after.variables.get(name)) for name in names}
    return tuple(f"var.{name}" for name, pair in pairs.items() if not identical(*pair))
