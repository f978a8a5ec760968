"""What people and checks say of releases, written into the state of an environment."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from planner.app.caller import Caller
from planner.app.discretion import given_values
from planner.app.opening import Request
from planner.config.load import choose_environment
from planner.promote.log import Log, write_log
from planner.promote.recording import log_of


def update_log(
    request: Request,
    environment: str,
    caller: Caller,
    operation: str,
    change: Callable[[Log, str], Log],
    timeout: float = 0.0,
) -> Log:
    """The environment's log after change, which gets it and the time; under the lock of its state.

    What change raises leaves the state as it is. timeout: seconds to wait for the lock.
    """
    project = request.project
    chosen = choose_environment(project, environment)
    environ = request.inputs.environ
    caller.redact.watch(lambda: given_values(project, environ))  # nobody is to give one as a reason
    store = request.states(caller.redact).open(chosen)
    holder = store.backend.lock_holder() if timeout else None
    if holder is not None:
        caller.tell(f"Waiting up to {timeout:g} s for the lock, held by {holder}.")
    with store.lock(operation, timeout):
        state = store.checkpoint()
        before = log_of(state)
        after = change(before, store.clock())
        if after != before:
            store.amend(evolve(state, promotions=write_log(after)))
    return after
