"""A run that dies at any record of its journal: the next one finishes it, and nothing is lost or made twice.

The engine, the kind, the store and the sandbox work together here; only the death is made up. A run dies
while it appends to the journal, with a part of the batch on disk: with none of it the calls before are not
recorded, with all of it the calls after are recorded and never made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve

from planner.engine.carrying import Provenance, carry_out
from planner.engine.goal import Goal
from planner.engine.surroundings import Surroundings
from planner.engine.workflow import Session, propose_from, recover
from planner.model.address import Address
from planner.model.compare import same
from planner.model.ledger import Ledger
from planner.model.resource import Content, Desired, Lifecycle
from planner.model.state import Record, State
from planner.model.value import Deferred, Reference, Secret, Value
from planner.state.journal import Journal
from planner.state.registry import Location, open_backend
from planner.state.store import Store

from .installation import BODY, Ece, archive

NOW = "2025-01-31T12:00:00Z"


class Death(BaseException):
    """kill -9, as far as the engine can tell."""


@define
class Mortal:
    """A journal whose writer dies when it has taken so many records. taken: how many so far."""

    journal: Journal
    lives: int | None
    taken: int = 0

    def write(self, records: Sequence[Record]) -> None:
        left = len(records) if self.lives is None else self.lives - self.taken
        self.taken += len(records)
        self.journal.write(records[: max(left, 0)])
        if left <= len(records) and self.lives is not None:
            raise Death


@define
class Site:
    """The sandbox and a local state beside it."""

    ece: Ece
    store: Store
    wanted: Mapping[Address, Desired] = {}
    parallelism: int = 1

    def apply(self, lives: int | None = None) -> tuple[Ledger, int]:
        """Recovers, plans and applies, as a command does. The ledger, and how many records were written."""
        session = self.session()
        state, _ = recover(session)
        proposal = propose_from(session, state)
        assert not proposal.forbidden, proposal.diagnostics
        journal = Mortal(self.store.open_journal(state, "apply"), lives)
        surroundings = Surroundings(
            journal, lambda _: None, lambda: NOW, lambda: 0.0, lambda _: None, lambda: False
        )
        _, ledger, _ = carry_out(session, proposal.plan, state, surroundings, Provenance("digest"))
        return ledger, journal.taken

    def session(self) -> Session:
        goal = Goal("p", "dev", "digest", "ab" * 16, self.wanted)
        return Session(goal, {"extension": self.ece.driver}, self.store, lambda: "", self.parallelism)

    def is_whole(self) -> bool:
        """The state is what the sandbox holds, it is what was wanted, and nothing is left to do."""
        state = self.store.load()
        assert state.in_doubt == ()
        assert state.deposed == ()
        assert state.resources.keys() == self.wanted.keys()
        assert sorted(p.id for p in state.resources.values()) == sorted(self.ece.driver.list())
        for prior in state.resources.values():
            found = self.ece.read(prior.id)
            assert prior.version == found.version
            assert all(same(prior.attributes.get(k), v) for k, v in found.attributes.items())
        held = {prior.id: prior.content_sha256 for prior in state.resources.values() if prior.content_sha256}
        assert held == self.ece.files
        assert propose_from(self.session(), state).plan.is_empty
        return True


def address(name: str) -> Address:
    return Address("extension", name)


def extension(
    name: str, *, lifecycle: Lifecycle | None = None, file: Content | None = None, **attributes: Value
) -> Desired:
    values = {"name": name, "extension_type": "bundle", "version": "8.*", **attributes}
    references = [r for v in values.values() if isinstance(v, Deferred) for r in v.references]
    if file:
        values["file"] = file.source
    return Desired(address(name), values, tuple(references), (), lifecycle or Lifecycle(), file)


def wanted(*resources: Desired) -> dict[Address, Desired]:
    return {desired.address: desired for desired in resources}


def before(folder: Path) -> dict[Address, Desired]:
    first = Lifecycle(create_before_destroy=True)
    return wanted(
        extension("changed", file=archive(folder, "one")),
        extension("dropped"),
        extension("swapped", extension_type="plugin", version="8.1.0"),
        extension("relayed", extension_type="plugin", version="8.1.0", lifecycle=first),
    )


def after(folder: Path) -> dict[Address, Desired]:
    """One of everything: create, create with a file, update with a file, delete, replace in both ways."""
    first = Lifecycle(create_before_destroy=True)
    relayed = Reference(address("relayed"), ("url",))
    return wanted(
        extension("changed", description="new", file=archive(folder, "two")),
        extension("swapped"),
        extension("relayed", lifecycle=first, file=archive(folder, "three")),
        extension("made", description=Deferred(("see ", relayed)), file=archive(folder, "four")),
        extension("secret", description=Secret("hunter2")),
    )


def site(folder: Path, parallelism: int = 1, **switches: Any) -> Site:
    """switches: of the sandbox."""
    numbers = count(1)
    backend = open_backend(Location("state/dev.json", environment="dev", folder=folder))
    store = Store(backend, "p", "dev", clock=lambda: NOW, new_id=lambda: f"id-{next(numbers)}")
    made = Site(Ece.start(**switches), store, before(folder), parallelism)
    assert made.apply()[0].complete
    made.wanted = after(folder)
    return made


def test_without_a_death(tmp_path: Path) -> None:
    here = site(tmp_path)
    ledger, records = here.apply()
    assert ledger.complete
    assert records == RECORDS
    assert here.is_whole()
    here.ece.app.close()


RECORDS = 23
"""Eleven steps with an intent and an outcome each, and one left-over."""


@pytest.mark.seldom(parallelism=[4])  # where clocks are apart four run at once too
@pytest.mark.parametrize("parallelism", [1, 4])
@pytest.mark.parametrize("lives", range(RECORDS + 1))
def test_a_run_that_dies_is_finished_by_the_next(tmp_path: Path, lives: int, parallelism: int) -> None:
    here = site(tmp_path, parallelism)
    with here.ece.app:
        with pytest.raises(Death):
            here.apply(lives)
        assert len(here.store.load().in_doubt) < 2 * parallelism
        ledger, _ = here.apply()
        assert ledger.complete, ledger
        assert here.is_whole()


APART = [timedelta(minutes=70), timedelta(minutes=-70)]
"""What the client's clock is ahead of the installation's."""


def clock(ahead: timedelta) -> Callable[[], datetime]:
    return lambda: datetime.fromisoformat(NOW) - ahead


@pytest.mark.long
@pytest.mark.parametrize("ahead", APART)
@pytest.mark.parametrize("lives", range(0, RECORDS + 1, 2))
def test_a_run_that_dies_while_clocks_are_apart(tmp_path: Path, lives: int, ahead: timedelta) -> None:
    here = site(tmp_path, 4, clock=clock(ahead))
    with here.ece.app:
        with pytest.raises(Death):
            here.apply(lives)
        here.apply()
        assert here.is_whole()


@pytest.mark.parametrize("ahead", APART)
def test_a_lost_create_while_clocks_are_apart_is_made_once(tmp_path: Path, ahead: timedelta) -> None:
    here = site(tmp_path, clock=clock(ahead))
    with here.ece.app:
        here.ece.fail("POST /deployments/extensions drop-after times=3")
        here.apply()
        here.apply()
        assert here.is_whole()


@pytest.mark.parametrize("ahead", APART)
def test_somebody_elses_of_the_same_name_is_not_adopted_whatever_the_clocks_say(
    tmp_path: Path, ahead: timedelta
) -> None:
    """The create never arrived; of its name is only what was there before."""
    here = site(tmp_path, clock=clock(ahead))
    with here.ece.app:
        theirs = here.ece.call("POST", "/deployments/extensions", json={**BODY, "name": "made"})["id"]
        here.ece.fail("POST /deployments/extensions reset-before")
        here.apply()
        assert theirs not in {prior.id for prior in here.store.load().resources.values()}


def test_a_run_that_dies_again_and_again(tmp_path: Path) -> None:
    here = site(tmp_path)
    with here.ece.app:
        for lives in range(1, 12):
            with pytest.raises(Death):
                here.apply(lives % 3)
        assert here.apply()[0].complete
        assert here.is_whole()


@pytest.mark.parametrize("fault", ["drop-after", "reset-before", "html:503", "truncate"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_replies_that_are_lost_are_settled_in_the_same_run(tmp_path: Path, method: str, fault: str) -> None:
    here = site(tmp_path)
    with here.ece.app:
        here.ece.fail(f"{method} ** {fault} times=7")
        here.apply()
        state: State = here.store.load()
        assert state.in_doubt == ()
        assert {p.id for p in (*state.resources.values(), *state.deposed)} >= set(here.ece.driver.list())
        for _ in range(3):
            here.apply()
        assert here.is_whole()


def test_two_creates_with_one_name_adopt_one_each(tmp_path: Path) -> None:
    here = site(tmp_path)
    with here.ece.app:
        twins = [
            evolve(extension("twin", description=text), address=address(text)) for text in ("one", "two")
        ]
        here.wanted = wanted(*twins)
        here.ece.fail("POST /deployments/extensions drop-after times=2")
        here.apply()
        assert here.is_whole()
        texts = {a.name: p.attributes["description"] for a, p in here.store.load().resources.items()}
        assert texts == {"one": "one", "two": "two"}
