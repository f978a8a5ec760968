"""How far an apply goes with roll-outs: what is asked before each new wave. What is under way is followed to
its end, and a way back is taken, whatever is said here.
"""

from __future__ import annotations

from datetime import timedelta

from attrs import define, evolve, field

from planner.app.carrying import Reach
from planner.app.command_line import plain_command_line
from planner.app.opening import Opened
from planner.app.promotion.admission import Forcing, verdict_on
from planner.app.promotion.provenance import actor
from planner.errors import PlannerError
from planner.model.rollout import Begun
from planner.model.state import State
from planner.model.times import show_duration
from planner.promote.log import log_of, run_of

_ASKED = ("windows", "rejected")
"""The gates that may close while a roll-out is under way."""
_BACK = ("rollout", "back")


@define(eq=False, repr=False)
class Halt:
    """Why a wave is not to begin now. state: under the lock, before the apply changed anything. since: when
    the apply began, by its timer.
    """

    here: Opened
    reach: Reach
    forcing: Forcing
    state: State
    since: float
    _first: dict[str, int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._first = {begun.id: begun.wave for begun in self.state.rollouts if _is_under_way(begun)}

    def __call__(self, begun: Begun, wave: int, ahead: float) -> str:
        """ahead: seconds until it may begin. How the gates are then nobody knows before."""
        first = self._first.setdefault(begun.id, wave)
        return self._beyond(first, wave, ahead) or ("" if ahead else self._closed(begun))

    def _beyond(self, first: int, wave: int, ahead: float) -> str:
        reach, passed = self.reach, self.here.passing.timer() - self.since + ahead
        if reach.last and wave > reach.last:
            return f"it was to end after wave {reach.last}"
        if reach.one_wave and wave != first:
            return f"it was to end after wave {first}"
        if reach.seconds is not None and passed >= reach.seconds:
            return f"it was to begin no wave after {show_duration(timedelta(seconds=reach.seconds))}"
        return ""

    def _closed(self, begun: Begun) -> str:
        """What the gates say by now that may have closed meanwhile, of the release that the roll-out brings;
        no installation is asked."""
        here = self.here
        if not begun.run:
            return ""
        try:
            run, now = run_of(begun), here.store.clock()
            log = log_of(evolve(self.state, rollouts=()))  # as if none of it was there
            log = self.forcing.noted(log, run.id, actor(here.request), now)
            verdict = verdict_on(here.request, here.environment, run, log, now)
        except PlannerError as error:
            return f"whether it may go on is not known: {error.summary}"
        closed = {gate.name: gate.detail for gate in verdict.gates if gate.name in _ASKED and not gate.met}
        if begun.leads_back and "rejected" in closed:
            back = plain_command_line(here.request.folder, here.environment.name, *_BACK, begun.rollout.name)
            closed["rejected"] += f" (to take it back: {back})"
        return "; ".join(closed.values())


def _is_under_way(begun: Begun) -> bool:
    """Whether a part of its wave is done, or was begun."""
    waves, at = begun.rollout.waves, begun.wave - 1
    return at < len(waves) and any(begun.of(member.id).stage for member in waves[at])
