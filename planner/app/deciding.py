"""What somebody decides of a roll-out that has begun: it goes on, goes back, or everything stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from attrs import evolve

from planner.app.apply import halting, holding
from planner.app.carrying import Applying, Outcome
from planner.app.command_line import plain_command_line
from planner.app.opening import Opened
from planner.app.rolling import followed, planned_again, without_void
from planner.engine.rollouts.again import owed
from planner.errors import PlannerError, Refused, WrongUsage
from planner.model.diagnostic import near_or_there
from planner.model.ledger import APPLIED
from planner.model.project import Environment
from planner.model.resource import UNREAD
from planner.model.rollout import (
    BACK,
    DONE,
    GOING,
    LOOKED,
    RESTART,
    RETURNING,
    STOPPED,
    UNDONE,
    WRONG,
    Begun,
    Milestone,
    Progress,
)
from planner.model.state import State

_BY_HAND: Final = "somebody took it back"


def named(records: Sequence[Begun], name: str | None, environment: str) -> Begun:
    """The record of that name or id, or the only one. PlannerError where there is none."""
    if not records:
        raise PlannerError(f"no roll-out has begun in the {environment} environment: there is nothing to end")
    names = [begun.rollout.name for begun in records]
    if name is None:
        if len(records) > 1:
            raise WrongUsage(
                "which roll-out?", advice=f"Name one of those that have begun: {', '.join(names)}."
            )
        return records[0]
    found = next((begun for begun in records if name in (begun.rollout.name, begun.id)), None)
    if found is None:
        there = near_or_there(name, names)
        raise PlannerError(f"no roll-out {name} has begun in the {environment} environment", advice=there)
    return found


def go_on_with(applying: Applying, name: str | None, *, auto: bool, lock_timeout: float) -> Outcome:
    """Goes on with a roll-out that waits, or was left; what failed of it is tried again."""
    with _held(applying, name, "rollout continue", lock_timeout) as (held, state, begun):
        return _decided(held, state, _tried_again(begun), "Go on with", auto=auto)


def take_back(applying: Applying, name: str | None, *, auto: bool, lock_timeout: float) -> Outcome:
    """Takes every deployment of a roll-out back, the last wave first, and remembers that it failed. Refused
    where the old content is gone.
    """
    with _held(applying, name, "rollout back", lock_timeout) as (held, state, begun):
        back = _going_back(begun)
        if not back.leads_back:
            raise _no_way_back(applying.here, back)
        if back.to_go_back or owed(back, state):
            return _decided(held, state, back, "Take back", auto=auto)
        here = applying.here
        _approve(here, f"Take back the roll-out {back.rollout.name} in {here.environment.name}?", auto=auto)
        failure = back.failure(here.store.clock())
        here.store.commit(state.fold([Milestone(back.id, ended=True, failure=failure)]))
        here.caller.tell(
            f"No deployment had anything of the roll-out {back.rollout.name} yet. It is held back."
        )
        return Outcome()


def abandoned(state: State, begun: Begun) -> State:
    """The state that knows nothing of a roll-out any more."""
    return state.fold([Milestone(begun.id, ended=True)])


def left_as(begun: Begun, state: State) -> Iterator[str]:
    """How its deployments are left, in sentences."""
    for how, stages in _sorts(begun, state).items():
        found = [m.shown for m in begun.rollout.members if begun.of(m.id).stage in stages]
        if found:
            yield f"{how}: {', '.join(found)}."


def _sorts(begun: Begun, state: State) -> Mapping[str, tuple[str, ...]]:
    """How deployments are left, and at which stages. Where one content is for all of them, those that have
    not started anew with what is in place are told apart: nobody is going to know of them any more."""
    between = {"In between, or not well": (LOOKED, WRONG, RETURNING)}
    if not begun.contents:
        return {
            f"With what {begun.rollout.name} carries": (DONE,),
            "As they were before": ("", UNDONE),
            **between,
        }
    if begun.status != BACK or owed(begun, state):
        still = "With the old content still, and the new one once they start anew"
        return {"With the new content": (DONE,), still: ("", UNDONE), **between}
    still = "With the new content still, and the old one once they start anew"
    return {"With the old content": ("", UNDONE), still: (DONE,), **between}


@contextmanager
def _held(
    applying: Applying, name: str | None, operation: str, timeout: float
) -> Iterator[tuple[Applying, State, Begun]]:
    here, since = applying.here, applying.here.passing.timer()
    with holding(here, operation, timeout) as found:
        state = without_void(here, found)
        begun = named(state.rollouts, name, here.environment.name)
        yield halting(applying, state, since), state, begun


def _tried_again(begun: Begun) -> Begun:
    """On the way forward, what failed begins once more, by a look at how it is now. It is still what a way
    back takes. Who was only to restart, and has, does not once more: what there was before tells that."""
    if begun.status == BACK:
        return begun
    wrong = {id_ for id_, progress in begun.progress.items() if progress.stage == WRONG}
    restarts = begun.rollout.rules.mode == RESTART
    anew = {id_: Progress(WRONG, begun.of(id_).reading if restarts else UNREAD) for id_ in wrong}
    progress = {**begun.progress, **anew}
    reason = "" if begun.status == STOPPED else begun.reason
    return evolve(begun, progress=progress, status=GOING, reason=reason)


def _going_back(begun: Begun) -> Begun:
    return begun.taking(Milestone(begun.id, status=BACK, all_back=True, reason=begun.reason or _BY_HAND))


def _decided(applying: Applying, state: State, begun: Begun, what: str, *, auto: bool) -> Outcome:
    """What became of a roll-out once its record is as somebody decided, which is durable first. One that went
    back as it was to is done, unless a deployment is not well with what it had before.
    """
    here = applying.here
    plan, _ = planned_again(here, [begun], state)
    ids = {change.id or "" for change in plan.changes}
    applying.report.plan(evolve(plan, rollouts=(begun.rollout.only(ids),)))
    _approve(here, f"{what} the roll-out {begun.rollout.name} in {here.environment.name}?", auto=auto)
    rollouts = tuple(begun if item.id == begun.id else item for item in state.rollouts)
    state = here.store.commit(evolve(state, rollouts=rollouts))
    after, outcome = followed(applying, state, [begun])
    if begun.id in {item.id for item in after.rollouts}:
        return outcome
    way = plain_command_line(here.request.folder, here.environment.name, "apply")
    here.caller.tell(f"What is left besides is done by the next apply: {way}")
    entries = outcome.ledger.entries if outcome.ledger else ()
    well = all(entry.result == APPLIED for entry in entries)
    return Outcome() if begun.status == BACK and well else outcome


def _approve(here: Opened, question: str, *, auto: bool) -> None:
    approve(here.environment, question, here.caller.ask_about, auto=auto)


def approve(environment: Environment, question: str, ask: Callable[..., None], *, auto: bool) -> None:
    """Goes on if somebody agrees, or said so before; a protected environment is asked about in any case."""
    if not auto:
        way = "Run it at a terminal." if environment.protected else "Give --auto-approve."
        ask(environment, question, otherwise=way)
    elif environment.protected:
        raise Refused(
            f"{environment.name} is protected: --auto-approve is not enough to say how a roll-out ends",
            advice="Run it at a terminal, without --auto-approve, and give the name of the environment.",
        )


def _no_way_back(here: Opened, begun: Begun) -> Refused:
    name, folder, environment = begun.rollout.name, here.request.folder, here.environment.name
    steps = [
        plain_command_line(folder, environment, "rollout", "abandon", name),
        plain_command_line(folder, environment, "apply"),
    ]
    return Refused(
        f"the roll-out {name} ({begun.id}) puts new content in the place of the old: there is no way back",
        advice="\n".join(
            ["Give the templates the former files again, then:", *(f"  {way}" for way in steps)]
        ),
    )
