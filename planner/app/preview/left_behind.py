"""What a change to planner.yaml leaves behind: environments that it removes, and states that it moves.

Nothing of that is in any plan: what planner.yaml does not name is not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from planner.app.caller import Caller
from planner.app.command_line import plain_command_line
from planner.app.stores import States, without_user
from planner.errors import PlannerError
from planner.model.preview import REMOVED, EnvironmentPreview
from planner.model.project import Environment
from planner.model.state import State


@frozen
class Places:
    """Where the states of a project are. offline: they are not read."""

    caller: Caller
    states: States
    offline: bool = False


@frozen
class _Kept:
    """place: for people. state: None when it was not read, or could not be."""

    place: str
    state: State | None = None


def removed(places: Places, environment: Environment, new: Sequence[str]) -> EnvironmentPreview:
    """An environment that the change takes out of planner.yaml. new: those that it puts there."""
    return EnvironmentPreview(
        environment.name,
        (REMOVED,),
        protected=environment.protected,
        removed=True,
        cautions=(places.caller.redact(_on_removal(places, environment, new)),),
    )


def _on_removal(places: Places, environment: Environment, new: Sequence[str]) -> str:
    kept = _kept(places, environment)
    if kept.state is not None and kept.state.is_empty:
        holds = "its state holds no resources" if kept.state.lineage else "there is no state"
        return f"removed from `planner.yaml`; {holds} in `{kept.place}`."
    destroy = plain_command_line(places.states.folder, environment.name, "destroy")
    rename = [
        plain_command_line(
            places.states.folder, name, "state", "rename", "--from-environment", environment.name
        )
        for name in new
    ]
    renamed = (
        f" If it is called `{'` or `'.join(new)}` now: a state belongs to one name, so that everything is "
        f"created again under the new one, unless it is taken over: `{'` or `'.join(rename)}`."
    )
    return (
        f"removed from `planner.yaml`, which deletes nothing: what its state in `{kept.place}` holds"
        f"{_number(kept)} stays where it is, and nothing looks after it. To delete it, run `{destroy}` on "
        f"the target branch before the merge.{renamed if new else ''}"
    )


def moved(places: Places, before: Environment, after: Environment) -> tuple[str, ...]:
    """What there is to say where an environment's state is to be in another place; () when nothing is lost.

    Nothing is lost when there was none, or when the new place has one already.
    """
    if before.state == after.state:
        return ()
    former, later = _kept(places, before), _kept(places, after)
    if former.place == later.place or (later.state is not None and later.state.lineage):
        return ()
    if former.state is not None and former.state.is_empty:
        return ()
    source = without_user(before.state)
    migrate = plain_command_line(places.states.folder, after.name, "state", "migrate", "--from", source)
    there_is_none = ", where there is none" if later.state is not None else ""
    text = (
        f"its state moves from `{former.place}` to `{later.place}`{there_is_none}. Unless it is copied there "
        f"(`{migrate}`), everything is created again, and what the former one holds{_number(former)} stays "
        "where it is."
    )
    return (places.caller.redact(text),)


def _kept(places: Places, environment: Environment) -> _Kept:
    place = without_user(environment.state)
    try:
        store = places.states.open(environment, alone=True)
        place = store.backend.describe()
        return _Kept(place, None if places.offline else store.load())
    except PlannerError:
        return _Kept(place)


def _number(kept: _Kept) -> str:
    """` (4 resources)`, "" where that is not known."""
    number = len(kept.state.entries) if kept.state else 0
    return f" ({number:,} resource{'s' * (number != 1)})" if number else ""
