"""Where an environment's state is, opened as planner.yaml says: backend, encryption, redaction."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from attrs import evolve

from planner.cli.redaction import Redactor, document_redaction
from planner.model.project import Environment
from planner.state.backend import Backend
from planner.state.encryption import EncryptedBackend
from planner.state.keys import has_keys, read_keys
from planner.state.registry import open_backend
from planner.state.store import Store


def open_store(
    folder: Path,
    project: str,
    environment: Environment,
    redactor: Redactor | None = None,
    tell: Callable[[str], object] = lambda _note: None,
) -> Store:
    """The environment's state. What is written to it holds no secret that the redactor knows by then.

    tell: takes what people should know of it, each note as often as the state is read.
    """
    backend = _backend(folder, project, environment, environment.state)
    if environment.encrypted:
        keys = read_keys(environment.name, os.environ)
        if redactor is not None:
            redactor.watch(lambda: keys.texts)
        backend = EncryptedBackend(backend, keys)
    return evolve(_store(backend, project, environment, redactor), tell=tell)


def open_either(folder: Path, project: str, environment: Environment, url: str) -> Store:
    """The environment's state at url, encrypted or not as it is found; written as planner.yaml says."""
    backend = _backend(folder, project, environment, url)
    if environment.encrypted or has_keys(environment.name, os.environ):
        keys = read_keys(environment.name, os.environ)
        backend = EncryptedBackend(backend, keys, accepts_plain=True, seals=environment.encrypted)
    return _store(backend, project, environment, None)


def _backend(folder: Path, project: str, environment: Environment, url: str) -> Backend:
    return open_backend(url, environment=environment.name, folder=folder, project=project)


def _store(backend: Backend, project: str, environment: Environment, redactor: Redactor | None) -> Store:
    redact = document_redaction(redactor or Redactor(), f"{project}/{environment.name}")
    return Store(backend, project, environment.name, redact=redact)
