"""Planning: what is desired, the prior state and what was observed become a Plan.

make_plan goes through these stages. Each takes what those before it found and adds to it.

1. Desired (goal.py): what a create_before_destroy resource depends on becomes one too, and the selection
   learns the addresses that things moved from.
2. Refreshed (refreshed.py): moved blocks are followed, then the entries of the state take over what was
   observed. What differs is drift.
3. Decided (decisions.py): each declared resource, after those it depends on, so that it finds the values they
   will have; then what is not declared any more.
4. Taken (taking.py, selection.py): the changes that the mode and the selection want, with what has to come
   along; the others are left out. What earlier replacements deposed is deleted here, or waits while it is in
   use. Deletions that must not be, or cannot be, are refused.
5. Put together (here, steps.py, evaluation.py, renames.py): the changes as steps in an order, the entries of
   the state that are behind, the outputs, the checks with the values there will be, and likely renames.

The same input gives the same plan: no stage reads anything, and what forbids the plan is told to diagnostics,
all of it at once. Conditions of checks are evaluated by a function that the declarations bring. Where values
come from is for people only, and takes templates to find out: `with_origins` adds it to a plan that is made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from attrs import evolve

from planner.engine.decisions import Decisions
from planner.engine.diff import kept_as_found, with_meta
from planner.engine.evaluation import check_planned, planned_outputs
from planner.engine.goal import Goal
from planner.engine.ports import Driver, Drivers
from planner.engine.refresh import View
from planner.engine.refreshed import refreshed
from planner.engine.steps import CREATES, WRITES, make_steps
from planner.engine.taking import Taken, take
from planner.model.address import Address, as_read
from planner.model.diagnostic import Diagnostics
from planner.model.kind import one
from planner.model.lazily import Lazily
from planner.model.plan import IMPORT_ONLY, NORMAL, SETTLE, Action, AttributeDiff, Change, Plan, Rename, Step
from planner.model.resource import FAILED, Prior
from planner.model.state import Applied, State
from planner.model.value import dotted


def make_plan(goal: Goal, state: State, view: View, drivers: Drivers, diagnostics: Diagnostics) -> Plan:
    """The plan. What forbids it (prevent_destroy, resources in use) is reported to diagnostics."""
    goal = goal.creating_first()
    found = refreshed(goal, state, view, drivers, diagnostics)
    decisions = Decisions(goal.following(found.state), found, drivers, diagnostics)
    decisions.make()
    return _put_together(decisions, take(decisions))


def with_origins(plan: Plan, goal: Goal, applied: Applied | None) -> Plan:
    """plan, with what changed of what the values were made of that its changes set, else with the template's
    line. applied: the last apply.
    """
    if not any(change.diffs for change in plan.changes):
        return plan
    origins = goal.origins.since(applied)

    def sourced(diff: AttributeDiff, address: Address) -> AttributeDiff:
        if diff.path[0] not in goal.resources[address].attributes:
            return diff
        if to_blame := origins.to_blame(address, diff.path):
            return evolve(diff, origins=to_blame)
        return evolve(diff, line=origins.line(address, diff.path))

    def told(change: Change) -> Change:
        diffs = tuple(sourced(diff, change.address) for diff in change.diffs)
        return evolve(change, diffs=diffs) if diffs else change

    return evolve(plan, changes=tuple(map(told, plan.changes)))


def _put_together(decisions: Decisions, taken: Taken) -> Plan:
    goal, refreshed = decisions.goal, decisions.refreshed
    return Plan(
        project=goal.project,
        environment=goal.environment,
        mode=goal.mode,
        lineage=refreshed.state.lineage,
        serial=refreshed.state.serial,
        config_digest=goal.config_digest,
        changes=tuple(_with_restart(change, decisions.drivers) for change in taken.changes),
        steps=_steps(decisions, taken),
        drift=tuple(refreshed.drift),
        refreshed=tuple(_refreshed(decisions, taken)),
        outputs=tuple(planned_outputs(decisions, taken)),
        notes=(*refreshed.notes, *decisions.notes, *taken.notes, *_besides(decisions, taken)),
        unchanged=sum(1 for a, d in decisions.made.items() if _stays(d.change) and not refreshed.waits(a)),
        moves=tuple(move for move in refreshed.moves if move.id or move.target not in taken.skipped),
        left_out=taken.left_out,
        rollouts=taken.rollouts,
        checks=check_planned(decisions, taken),
        partial=goal.selection.partial,
        asked=refreshed.view.asked,
        renames=_renames(decisions, taken),
        waiting=refreshed.waiting,
    )


def _with_restart(change: Change, drivers: Drivers) -> Change:
    restart = "" if change.deposed else drivers[change.address.kind].restart(change)
    return evolve(change, restart=restart) if restart else change


def _stays(change: Change) -> bool:
    return change.action is Action.NO_OP


def _renames(decisions: Decisions, taken: Taken) -> tuple[Rename, ...]:
    """Not of what a removed block deletes, nor to an address of the state, where nothing can move."""
    held, made = decisions.refreshed.state.resources, decisions.made
    removed = {removal.source for removal in decisions.goal.declarations.removals}
    created = [c for c in taken.changes if c.action is Action.CREATE and c.address not in held]
    deleted = [c for c in taken.changes if c.action is Action.DELETE and c.address not in removed]
    if not (created and deleted):
        return ()
    from planner.engine.renames import likely_renames  # noqa: PLC0415 - only where both are

    changes = (*deleted, *(evolve(c, after=made[c.address].after) for c in created))
    return likely_renames(changes, Lazily(decisions.drivers, lambda name: decisions.drivers[name].kind))


def _steps(decisions: Decisions, taken: Taken) -> tuple[Step, ...]:
    if not taken.changes:
        return ()
    writes = {}
    for change in taken.changes:
        if change.action in WRITES:
            driver = decisions.drivers[change.address.kind]
            writes[change.address] = _writes(change, driver)
    for each in taken.carried:
        writes |= {address: each.writes(address, writes.get(address, ())) for address in each.members}
    deletions = {kind: decisions.drivers[kind].deletion() for kind in {c.address.kind for c in taken.changes}}
    desired, prior = decisions.goal.dependencies, dict(decisions.refreshed.dependencies)
    restarts = (change for change in taken.changes if change.action is Action.RESTART)
    desired |= {change.address: change.dependencies for change in restarts}
    for address, used in taken.leaving.items():  # what is used no more goes after the change that left it
        prior[address] = tuple(dict.fromkeys((*prior.get(address, ()), *used)))
    for each in taken.carried:  # none goes while a member may have to go back to it
        before = [dependency for member in each.members for dependency in prior.get(member, ())]
        kept = tuple(dict.fromkeys((*before, *each.of)))
        prior |= dict.fromkeys(each.members, kept)
    return make_steps(taken.changes, writes, deletions, desired, prior, taken.postponed)


def _writes(change: Change, driver: Driver) -> tuple[str, ...]:
    """What failed at the installation is sent again, once; what it is not done with is only waited for."""
    create = change.action is not Action.UPDATE
    calls = (*driver.operations(change.diffs, change.content, create),)
    if not calls and change.settling.status == FAILED:
        calls = ("update",)
    return (*calls, SETTLE) if driver.kind.settles else calls


def _besides(decisions: Decisions, taken: Taken) -> Iterator[str]:
    yield from _left_as_found(decisions, taken)
    yield from _unversioned(decisions, taken)
    for change in taken.changes:
        driver, observed = decisions.drivers[change.address.kind], decisions.refreshed.seen(change.address)
        for told in (
            ()
            if change.deposed or change.action is Action.RESTART
            else driver.besides(change.before, change.after, observed)
        ):
            yield f"{change.address}: {told}"
    yield from _unused(decisions, taken)
    yield from _shown_once(decisions, taken)


def _unused(decisions: Decisions, taken: Taken) -> Iterator[str]:
    """What others may use, and nothing here does though there is what could: it was likely forgotten."""
    drivers, resources = decisions.drivers, decisions.goal.resources
    users = [name for name in {address.kind for address in resources} if drivers[name].kind.user]
    if not users or decisions.goal.mode != NORMAL:
        return
    targets = {target for name in users for target in drivers[name].kind.uses}
    used = {other for a, desired in resources.items() if a.kind in users for other in desired.dependencies}
    for address in sorted(resources, key=as_read):
        if address.kind in targets and address not in used and address not in taken.skipped:
            yield f"{address}: no {' or '.join(sorted(users))} of this project uses it"


def _shown_once(decisions: Decisions, taken: Taken) -> Iterator[str]:
    """What of the plan only a reply shows, by kind."""
    found: dict[str, list[Address]] = defaultdict(list)
    for change in taken.changes:
        if change.action in CREATES and decisions.drivers[change.address.kind].kind.once:
            found[change.address.kind].append(change.address)
    for kind, addresses in found.items():
        names = " and ".join(attribute.name for attribute in decisions.drivers[kind].kind.once)
        yield (
            f"{_and_more(addresses)}: only the reply that makes it shows its {names}, which apply hands to "
            "where --credentials or --credentials-command says"
        )


def _and_more(addresses: Sequence[Address]) -> str:
    return f"{addresses[0]} and {len(addresses) - 1} more" if len(addresses) > 1 else str(addresses[0])


def _unversioned(decisions: Decisions, taken: Taken) -> Iterator[str]:
    """The updates that nobody can protect: the installation gives no version to compare."""
    found: dict[str, list[Address]] = defaultdict(list)
    for change in taken.changes if decisions.refreshed.view.asked else ():
        if (change.action is Action.UPDATE or change.resets) and change.version is None:
            found[change.address.kind].append(change.address)
    for kind, addresses in found.items():
        yield (
            f"{_and_more(addresses)}: {one(kind)} has no version to compare; it is read just before it is "
            "written, and what somebody else changes between the two is overwritten"
        )


def _left_as_found(decisions: Decisions, taken: Taken) -> Iterator[str]:
    """What was declared of partial attributes, and is nobody's business any more."""
    declared, priors = decisions.goal.resources, decisions.refreshed.priors
    kinds = {name: decisions.drivers[name].kind for name in {address.kind for address in declared}}
    partial = {name for name, kind in kinds.items() if kind.partial}
    there = (
        (a for a in declared if a.kind in partial and a in priors and a not in taken.skipped)
        if partial
        else ()
    )
    for address in sorted(there):
        if decisions.made[address].change.action is not Action.REPLACE:
            for path in kept_as_found(priors[address], declared[address], kinds[address.kind]):
                yield f"{address}: {dotted(path)} is no longer declared; it stays as it is"


def _refreshed(decisions: Decisions, taken: Taken) -> Iterator[Prior]:
    """Entries of the state that apply takes over as seen, with what the configuration says of them."""
    goal, refreshed = decisions.goal, decisions.refreshed
    for address, now in refreshed.priors.items():
        if address in taken.skipped or (goal.mode == IMPORT_ONLY and address not in refreshed.view.imports):
            continue
        desired = goal.resources.get(address)
        kind = decisions.drivers[address.kind].kind
        entry = now if desired is None else with_meta(now, desired, kind)
        prior = refreshed.state.resources.get(address)
        if entry is not prior and entry != prior:
            yield entry
