"""What templates say beside resources, brought to the state and the view before anything is decided. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import evolve

from planner.engine.edits import Moving
from planner.engine.ports import Drivers
from planner.engine.refresh import Namesakes, View
from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.declarations import Import, Move, round_by_hand
from planner.model.diagnostic import Diagnostics
from planner.model.graph import Cycle, ordered
from planner.model.plan import Moved
from planner.model.resource import Desired, Observed
from planner.model.state import State, Whose
from planner.model.value import Value, is_deferred, is_sensitive


def apply_moves(
    state: State, moves: Iterable[Move], diagnostics: Diagnostics
) -> tuple[State, tuple[Moved, ...]]:
    """state after the moves that concern it, and which those are. A move that is done says nothing."""
    by_source = {move.source: move for move in moves}
    targets = _final_targets(state, by_source)
    try:
        order = [
            *ordered({source: [target] for source, target in targets.items()})
        ]  # who makes room goes first
    except Cycle as cycle:
        _refuse_circle(cycle, state, targets, by_source, diagnostics)
        return state, ()
    if not order:
        return state, ()
    moving, done = Moving.of(state), []
    for source in order:
        target = targets[source]
        try:
            moving.move(source, target)
        except PlannerError as error:
            diagnostics.error(error.summary, position=by_source[source].position, advice=error.advice)
            continue
        done.append(Moved(source, target))
    return moving.state(), tuple(done)


def _final_targets(state: State, by_source: Mapping[Address, Move]) -> dict[Address, Address]:
    """Where each resource of the state ends up: a -> b and, written later, b -> c bring a to c."""
    found = {}
    for source, move in by_source.items():
        if source not in state.resources:
            continue
        target, passed = move.target, {source}
        while target in by_source and target not in state.resources and target not in passed:
            passed.add(target)
            target = by_source[target].target
        found[source] = target
    return found


def _refuse_circle(
    cycle: Cycle,
    state: State,
    targets: Mapping[Address, Address],
    by_source: Mapping[Address, Move],
    diagnostics: Diagnostics,
) -> None:
    first = min(address for address in targets if address in cycle.members)
    members = [first]
    while targets[members[-1]] != first:
        members.append(targets[members[-1]])
    advice = f"Remove the moved block that leads back to {first}."
    if len(members) > 1:
        advice = "\n".join(round_by_hand(members, state.resources, state.environment))
    diagnostics.error(
        f"moves go in a circle: {' -> '.join(map(str, [*members, first]))}",
        position=by_source[first].position,
        address=first,
        advice=advice,
    )


def replay(state: State, moves: Iterable[Moved]) -> State:
    """state after moves that a plan made."""
    moving = Moving.of(state)
    for move in moves:
        moving.move(move.source, move.target)
    return moving.state()


def imports_to_do(state: State, imports: Iterable[Import], diagnostics: Diagnostics) -> list[Import]:
    """Those that are not done yet. One that can do nothing, since the address has another id, is reported."""
    found = []
    for item in imports:
        prior = state.resources.get(item.target)
        if prior is None:
            found.append(item)
        elif item.id is not None and item.id != prior.id:
            forget = f"planner state rm {item.target} -e {state.environment}"
            diagnostics.warning(
                f"{item.id} is not imported: {item.target} is in the state already, with the id {prior.id}",
                position=item.position,
                address=item.target,
                advice=f"Remove the import block; or, to have {item.id} there instead, run {forget} first.",
            )
    return found


def find_imports(
    state: State,
    imports: Iterable[Import],
    resources: Mapping[Address, Desired],
    view: View,
    drivers: Drivers,
    diagnostics: Diagnostics,
) -> dict[Address, str]:
    """The ids of what the imports name. What cannot be found, or is not unique, is reported."""
    held = state.holders()
    namesakes = Namesakes(view)
    found: dict[Address, str] = {}
    for item in imports:
        ids = [item.id] if item.id else _by_natural_key(item, resources, namesakes, drivers, held)
        holder = held.get((item.target.kind, ids[0])) if len(ids) == 1 else None
        if len(ids) != 1 or holder is not None:
            summary, advice = _why_not(item, ids, holder, drivers)
            diagnostics.error(summary, position=item.position, address=item.target, advice=advice)
        else:
            found[item.target] = ids[0]
            held[item.target.kind, ids[0]] = str(item.target)
    return found


def _by_natural_key(
    item: Import,
    resources: Mapping[Address, Desired],
    namesakes: Namesakes,
    drivers: Drivers,
    held: Mapping[Whose, str],
) -> list[str]:
    """The ids of what carries the natural key and is nobody's; if there is none, of one that is held."""
    kind = drivers[item.target.kind].kind
    attributes: Mapping[str, Value] = resources[item.target].attributes
    if any(is_deferred(attributes.get(n)) or is_sensitive(attributes.get(n)) for n in kind.natural_key):
        return []
    found = namesakes.of(kind, attributes)
    return [id_ for id_ in found if (kind.name, id_) not in held] or list(found[:1])


def _why_not(item: Import, ids: list[str], holder: str | None, drivers: Drivers) -> tuple[str, str]:
    key = " and ".join(drivers[item.target.kind].kind.natural_key)
    if holder is not None:
        return f"{ids[0]} cannot become {item.target}: it is {holder} already", "Remove the import block."
    if not ids:
        return (
            f"{item.target} cannot be imported: there is none with its {key}",
            "Give the id in the import block, or remove the block to create it.",
        )
    return (
        f"{item.target} cannot be imported by its {key}: there are {len(ids)} of them, {', '.join(ids)}",
        "Give the id in the import block.",
    )


def report_missing(
    imports: Iterable[Import],
    missing: Iterable[Address],
    observed: Mapping[Address, Observed | None],
    diagnostics: Diagnostics,
) -> None:
    """Reports imports whose id the installation does not know."""
    gone = {address for address in missing if observed.get(address) is None}
    for item in imports:
        if item.target in gone:
            diagnostics.error(
                f"there is no {item.target.kind} with the id {item.id}",
                position=item.position,
                address=item.target,
                advice="Look the id up: planner export prints what the installation holds.",
            )


def creating_first(resources: Mapping[Address, Desired]) -> dict[Address, Desired]:
    """resources, where whatever a create_before_destroy resource depends on is one too.

    Else the replacement of the dependency would have to delete it while the old dependent is still there.
    """
    first = {address for address, desired in resources.items() if desired.lifecycle.create_before_destroy}
    todo = list(first)
    while todo:
        for other in resources[todo.pop()].dependencies:
            if other in resources and other not in first:
                first.add(other)
                todo.append(other)
    return {
        address: _first(desired) if address in first else desired for address, desired in resources.items()
    }


def _first(desired: Desired) -> Desired:
    if desired.lifecycle.create_before_destroy:
        return desired
    return evolve(desired, lifecycle=evolve(desired.lifecycle, create_before_destroy=True))
