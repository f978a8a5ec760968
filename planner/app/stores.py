"""Where an environment's state is, opened as planner.yaml says: backend, encryption, redaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from attrs import evolve, frozen

from planner.app.missing_state import MissingState
from planner.app.redaction import Redactor, document_redaction
from planner.model.project import Environment
from planner.state.backend import Backend
from planner.state.encryption import EncryptedBackend
from planner.state.keys import has_keys, read_keys
from planner.state.registry import Location, open_backend
from planner.state.store import Store


@contextmanager
def locked(store: Store, operation: str, timeout: float, tell: Callable[[str], object]) -> Iterator[None]:
    """Holds the lock of a state. timeout: seconds to wait for it; tell: takes for whom."""
    holder = store.backend.lock_holder() if timeout else None
    if holder is not None:
        tell(f"Waiting up to {timeout:g} s for the lock, held by {holder}.")
    with store.lock(operation, timeout):
        yield


@frozen
class States:
    """Where the states of a project are. environ: holds their keys, and what http calls them with.

    redact: knows the secrets that they are reached with, from the moment that one is opened.
    """

    folder: Path
    project: str
    environ: Mapping[str, str]
    redact: Redactor

    def open(
        self,
        environment: Environment,
        tell: Callable[[str], object] = lambda _note: None,
        *,
        alone: bool = False,
    ) -> Store:
        """The environment's state. What is written to it holds no secret that is known by then.

        tell: takes what people should know of it, each note as often as the state is read. alone: where there
        is none, do not look for it where it was to be before.
        """
        backend = self._backend(environment.state, environment.name)
        if environment.encrypted:
            backend = EncryptedBackend(backend, read_keys(environment.name, self.environ))
        self.redact.watch(backend.secrets)
        redact = document_redaction(self.redact, f"{self.project}/{environment.name}")
        store = Store(backend, self.project, environment.name, redact=redact, tell=tell)
        if alone:
            return store
        missing = MissingState(self.folder, self.project, environment, backend.describe(), tell, self._former)
        return evolve(store, missed=missing.look)

    def either(self, environment: Environment, url: str, *, called: str = "") -> Store:
        """The environment's state at url, encrypted or not as it is found; written as planner.yaml says.

        What is written is as it was. called: the environment's name there, when that is another.
        """
        name = called or environment.name
        backend = self._backend(url, name)
        if environment.encrypted or has_keys(environment.name, self.environ):
            keys = read_keys(environment.name, self.environ)
            backend = EncryptedBackend(backend, keys, accepts_plain=True, seals=environment.encrypted)
        self.redact.watch(backend.secrets)
        return Store(backend, self.project, name)

    def _former(self, project: str, environment: Environment, url: str, called: str) -> Store:
        return evolve(self, project=project).either(environment, url, called=called)

    def _backend(self, url: str, name: str) -> Backend:
        return open_backend(Location(url, name, self.folder, self.project, environ=self.environ))
