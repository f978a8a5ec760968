"""States, records and stores to test with; time and ids count up."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from planner.model.address import Address
from planner.model.resource import Prior
from planner.model.state import Intent, Outcome, State
from planner.state.backend import Backend
from planner.state.registry import Location, open_backend
from planner.state.store import Store

NOW = "2025-01-31T12:00:00Z"


def address(name: str) -> Address:
    return Address("extension", name)


def prior(name: str, version: str = "1") -> Prior:
    return Prior(address(name), f"id-{name}", {"name": name}, version=version)


def state_of(*names: str, lineage: str = "l-1", serial: int = 1) -> State:
    return State("search", "dev", lineage, serial, {address(name): prior(name) for name in names})


def intent(step: int, name: str) -> Intent:
    return Intent(step, address(name), "create", NOW, attributes={"name": name})


def done(step: int, name: str) -> Outcome:
    return Outcome(step, address(name), "done", prior(name))


def local(folder: Path) -> Backend:
    return open_backend(Location("state", environment="dev", folder=folder))


def store_on(backend: Backend) -> Store:
    numbers = count(1)
    return Store(backend, "search", "dev", clock=lambda: NOW, new_id=lambda: f"id-{next(numbers)}")


def names(state: State) -> list[str]:
    return sorted(item.name for item in state.resources)
