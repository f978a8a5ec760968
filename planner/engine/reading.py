"""Reads of what the state holds, many at once, and what it means where one is forbidden.

An ECE says 404 of what is gone, so a 403 there is an error. Elastic Cloud says 403 of what is gone and of
what belongs to somebody else alike; there the list tells them apart. Where it names others that the state
holds, these credentials see what the state is about, and what may not be read is gone. Where it names none of
them they may be a stranger's, who would create everything a second time: nothing is concluded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from attrs import frozen

from planner.engine.ports import Driver, Drivers
from planner.errors import Forbidden, Refused
from planner.model.resource import Observed, Prior
from planner.model.state import State

T = TypeVar("T")
R = TypeVar("R")

Listed = Mapping[str, Mapping[str, Observed]]
_Read = tuple[Prior, Observed | Forbidden | None]


def read_held(
    priors: Sequence[Prior], state: State, drivers: Drivers, parallelism: int, listed: Listed | None = None
) -> tuple[list[Observed | None], tuple[str, ...]]:
    """What each of priors is now, None when it is gone, and notes on those that are gone by conclusion.

    listed: what was listed of the kinds of state, which is then judged as well; else a list is asked for
    where a read is forbidden. Refused when the credentials see nothing of a kind that state holds.
    """
    found = each(lambda prior: _read(prior, drivers), priors, parallelism)
    reads = list(zip(priors, found, strict=True))
    gone: list[Prior] = []
    for kind in dict.fromkeys(prior.address.kind for prior in priors):
        of_kind = [read for read in reads if read[0].address.kind == kind]
        forbidden = [prior for prior, read in of_kind if isinstance(read, Forbidden)]
        driver = drivers[kind]
        if driver.cloud and (forbidden or listed is not None):
            there = listed[kind] if listed is not None and kind in listed else driver.list()
            Sight(driver, state, there).check(of_kind)
            gone += forbidden
    notes = tuple(f"{prior.address} is gone: {_why(drivers[prior.address.kind])}" for prior in gone)
    return [None if isinstance(read, Forbidden) else read for read in found], notes


def _read(prior: Prior, drivers: Drivers) -> Observed | Forbidden | None:
    driver = drivers[prior.address.kind]
    try:
        return driver.read(prior.id)
    except Forbidden as error:
        if not driver.cloud:
            raise
        return error


def _why(driver: Driver) -> str:
    return (
        f"the list does not name it, though it names others of this state, and a read of it is forbidden, as "
        f"{driver.cloud} answers of what is gone"
    )


@frozen
class Sight:
    """On Elastic Cloud: what the credentials see of a state. there: the list of the driver's kind."""

    driver: Driver
    state: State
    there: Mapping[str, Observed]

    def check(self, reads: Sequence[_Read] = ()) -> None:
        """Raises when they prove nothing: Refused, or the Forbidden that stays an error."""
        held = list(self._held())
        sees = any(prior.id in self.there for prior in held)
        if held and not sees and not any(isinstance(read, Observed) for _, read in reads):
            raise self._sees_none(len(held))
        for prior, read in reads:
            if isinstance(read, Forbidden) and (prior.id in self.there or not sees):
                raise read

    def _held(self) -> Iterator[Prior]:
        for prior in self.state.entries:
            if prior.address.kind == self.driver.kind.name:
                yield prior

    def _sees_none(self, count: int) -> Refused:
        kind = self.driver.kind.name
        alone = count == len(self.state.entries)
        these = f"{count} resource{'s' * (count != 1)} of this state"
        if not alone:
            these += f" that {'is' if count == 1 else 'are'} of the kind {kind}"
        return Refused(
            f"these credentials see none of the {these}",
            advice=f"The list names none of them, and {self.driver.cloud} answers alike of what is gone and "
            "of what belongs to somebody else. Use the credentials that this state was applied with. If all "
            f"are gone, let the state forget them: planner state rm '{kind}.*'.",
        )


def each(work: Callable[[T], R], items: Sequence[T], parallelism: int) -> list[R]:
    if len(items) < 2:
        return [work(item) for item in items]
    pool = ThreadPoolExecutor(max_workers=min(parallelism, len(items)))
    try:
        return list(pool.map(work, items))
    finally:  # what is left after an error are reads: Ctrl-C does not wait for their replies
        pool.shutdown(wait=False, cancel_futures=True)
