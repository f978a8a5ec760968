"""What people and checks say of releases, written into the state of an environment."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from attrs import evolve

from planner.cli.console import Console
from planner.cli.discretion import given_values
from planner.cli.stores import open_store
from planner.config.load import choose_environment, open_project
from planner.promote.log import Log, write_log
from planner.promote.recording import log_of


def update_log(
    folder: Path,
    environment: str,
    console: Console,
    operation: str,
    change: Callable[[Log, str], Log],
    timeout: float = 0.0,
) -> Log:
    """The environment's log after change, which gets it and the time; under the lock of its state.

    What change raises leaves the state as it is. timeout: seconds to wait for the lock.
    """
    project = open_project(folder)
    chosen = choose_environment(project, environment)
    console.redact.watch(lambda: given_values(project, os.environ))  # nobody is to give one as a reason
    store = open_store(folder, project.name, chosen, console.redact)
    holder = store.backend.lock_holder() if timeout else None
    if holder is not None:
        console.tell(f"Waiting up to {timeout:g} s for the lock, held by {holder}.")
    with store.lock(operation, timeout):
        state = store.checkpoint()
        before = log_of(state)
        after = change(before, store.clock())
        if after != before:
            store.amend(evolve(state, promotions=write_log(after)))
    return after
