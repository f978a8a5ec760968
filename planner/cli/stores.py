"""Where an environment's state is, opened as planner.yaml says: backend, encryption, redaction."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from attrs import evolve

from planner.cli.missing_state import MissingState
from planner.cli.redaction import Redactor, document_redaction
from planner.model.project import Environment
from planner.state.encryption import EncryptedBackend
from planner.state.keys import has_keys, read_keys
from planner.state.registry import open_backend
from planner.state.store import Store


def open_store(
    folder: Path,
    project: str,
    environment: Environment,
    redactor: Redactor,
    tell: Callable[[str], object] = lambda _note: None,
    *,
    alone: bool = False,
) -> Store:
    """The environment's state. What is written to it holds no secret that the redactor knows by then, and
    those that it is reached with are known to it.

    tell: takes what people should know of it, each note as often as the state is read. alone: where there is
    none, do not look for it where it was to be before.
    """
    backend = open_backend(environment.state, environment=environment.name, folder=folder, project=project)
    if environment.encrypted:
        keys = read_keys(environment.name, os.environ)
        backend = EncryptedBackend(backend, keys)
    redactor.watch(backend.secrets)
    redact = document_redaction(redactor, f"{project}/{environment.name}")
    store = Store(backend, project, environment.name, redact=redact, tell=tell)
    if alone:
        return store
    missing = MissingState(
        folder, project, environment, backend.describe(), tell, partial(open_either, redactor)
    )
    return evolve(store, missed=missing.look)


def open_either(
    redactor: Redactor, folder: Path, project: str, environment: Environment, url: str, *, called: str = ""
) -> Store:
    """The environment's state at url, encrypted or not as it is found; written as planner.yaml says.

    redactor: knows the secrets that it is reached with; what is written is as it was. called: the
    environment's name there, when that is another. project: likewise.
    """
    name = called or environment.name
    backend = open_backend(url, environment=name, folder=folder, project=project)
    if environment.encrypted or has_keys(environment.name, os.environ):
        keys = read_keys(environment.name, os.environ)
        backend = EncryptedBackend(backend, keys, accepts_plain=True, seals=environment.encrypted)
    redactor.watch(backend.secrets)
    return Store(backend, project, name)
