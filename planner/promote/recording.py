"""What an apply leaves in an environment's log. Pure."""

from __future__ import annotations

from attrs import evolve

from planner.errors import USE_THE_NEWER, StateError
from planner.model.release import Release
from planner.model.state import State
from planner.promote.log import Log, Run, read_log


def log_of(state: State) -> Log:
    """The log of an environment. A run that an apply was cut off in counts as not whole from then on.

    StateError for records that nothing here can read.
    """
    try:
        log = read_log(state.promotions)
    except ValueError as error:
        raise StateError(
            f"the promotions in the state of {state.environment} are not understood: {error}",
            advice=USE_THE_NEWER,
        ) from error
    present, applied = log.present, state.applied
    if present is None or applied is None or applied.complete or not present.whole:
        return log
    return log.ended(applied.at).plus(evolve(present, since=applied.at, whole=False))


def after_apply(log: Log, run: Run) -> Log:
    """The log after an apply that brought a run, whole or not. One that brings what is there goes on."""
    present = log.present
    if present is not None and _brought(present) == _brought(run):
        return log
    return log.ended(run.since).plus(run)


def _brought(run: Run) -> tuple[Release, str, bool]:
    return run.release, run.id, run.whole
