"""Threads that work at the same time, as many as the machine gives: a container may limit them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from planner.errors import PlannerError


class Threads(ThreadPoolExecutor):
    """Where no further thread can be started, those that there are do the work, in turn. PlannerError from
    the first `submit`, and nothing is done, where there is none.
    """

    def _adjust_thread_count(self) -> None:  # called when the work is in the queue already
        try:
            super()._adjust_thread_count()
        except RuntimeError as error:
            if not self._threads:
                raise PlannerError(
                    f"there is no thread to work with: {error}",
                    advice="Something limits them: see `ulimit -u`, or the limits of the container.",
                ) from error
