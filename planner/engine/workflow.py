"""The verbs over the ports: make a plan, carry one out."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, field, frozen

from planner.engine.goal import Goal
from planner.engine.imports import Search, imports_to_do, singletons_to_take, with_known
from planner.engine.naming import with_ids
from planner.engine.planning import make_plan, with_origins
from planner.engine.ports import Counted, Drivers, StateStore, uncounted
from planner.engine.recover import NO_WAITING, Waiting, settle, settle_in_time
from planner.engine.refresh import Asking, View, examine, survey
from planner.engine.refreshed import placed
from planner.engine.refusals import refuse_ambiguous
from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.diagnostic import Diagnostic, Diagnostics, did_you_mean
from planner.model.plan import IMPORT_ONLY, NORMAL, Action, Plan
from planner.model.resource import Observed, Prior
from planner.model.state import Intent, State


@frozen(eq=False, repr=False)
class Session:
    """One command's work on one environment. busy: who applies right now, or "".

    waiting: for what a dead client asked for.
    """

    goal: Goal
    drivers: Drivers
    store: StateStore
    busy: Callable[[], str]
    parallelism: int = 10
    refresh: bool = True
    waiting: Waiting = NO_WAITING

    def after_rollouts(self, state: State) -> Session:
        """This one, once the roll-outs of state are gone on with: what one of them replaced is not replaced
        again, or the same command with --replace would start everybody anew each time that it is given.
        """
        of = {address for begun in state.rollouts for address in begun.rollout.of}
        selection = self.goal.selection
        replaced = frozenset(a for each in state.deposed if (a := each.address) in of and selection.forces(a))
        if not replaced:
            return self
        return evolve(self, goal=evolve(self.goal, selection=evolve(selection, replaced=replaced)))


@frozen
class Proposal:
    """A plan, and what forbids it (errors) or should be known (warnings). view: what it was made from."""

    plan: Plan
    diagnostics: tuple[Diagnostic, ...] = ()
    state: State = field(default=State("", ""), eq=False)
    view: View = field(default=View(), eq=False)

    @property
    def forbidden(self) -> bool:
        return any(item.is_error for item in self.diagnostics)


def propose(session: Session, state: State, counted: Counted = uncounted) -> Proposal:
    """The plan to the goal from what is there now. Takes no lock and writes nothing.

    state: as it was read without the lock. counted: see `propose_from`.
    """
    notes: tuple[str, ...] = ()
    if state.in_doubt:
        state, notes = _settled_in_mind(session, state)
    proposal = propose_from(session, state, counted)
    return evolve(proposal, plan=evolve(proposal.plan, notes=(*notes, *proposal.plan.notes)))


def _settled_in_mind(session: Session, state: State) -> tuple[State, tuple[str, ...]]:
    """The state as apply would settle it. Steps of a run that goes on are not in doubt, only under way."""
    holder = session.busy()
    if holder:
        return evolve(state, in_doubt=()), (f"an apply is under way, by {holder}; this is the state so far",)
    return _settled(session, state, NO_WAITING)


def _settled(session: Session, state: State, waiting: Waiting) -> tuple[State, tuple[str, ...]]:
    refuse_unknown_kinds(state, session.drivers)
    found = settle_in_time(lambda: settle(state, session.drivers, session.goal.salt), waiting)
    refuse_ambiguous(found.ambiguous, session.goal.environment)
    return state.fold(found.outcomes), found.notes


def propose_from(session: Session, state: State, counted: Counted = uncounted) -> Proposal:
    """The plan that leads from state to the goal. counted: hears how much of what is asked is answered."""
    asking = Asking(session.parallelism, counted)
    refuse_unknown_kinds(state, session.drivers)
    held = {prior.address for prior in state.entries}
    declared = session.goal.declarations
    rollouts = [f"rollout.{block.name}" for block in declared.rollouts]
    session.goal.selection.check({*held, *session.goal.resources}, declared.moves, rollouts)
    found = Diagnostics()
    after, _ = placed(session.goal, state, session.drivers, Diagnostics())
    session = evolve(session, goal=with_ids(session.goal, after, session.drivers, found, session.refresh))
    view = _look(session, after, asking, found)
    diagnostics = Diagnostics(list(found))
    plan = make_plan(session.goal, state, view, session.drivers, diagnostics)
    closer = _to_examine(plan, after) if session.refresh else []
    if closer:
        view = _examined(session, view, closer, after, asking)
        diagnostics = Diagnostics(list(found))
        plan = make_plan(session.goal, state, view, session.drivers, diagnostics)
    return Proposal(with_origins(plan, session.goal, state.applied), tuple(diagnostics), state, view)


def _examined(session: Session, view: View, closer: list[Prior], state: State, asking: Asking) -> View:
    view = examine(view, closer, session.drivers, asking)
    if not any(observed and observed.used_by for observed in view.resources.values()):
        return view
    from planner.engine.users import with_users  # noqa: PLC0415 - only where somebody is concerned

    return with_users(view, closer, state, session.drivers, asking)


def compare(goal: Goal, drivers: Drivers, state: State) -> Proposal:
    """The plan from state to the goal, without asking any installation.

    Nothing is imported, and no check is made: what an installation sets is not known.
    """
    goal = evolve(goal, declarations=evolve(goal.declarations, imports=(), checks=()))
    diagnostics = Diagnostics()
    plan = with_origins(make_plan(goal, state, View(), drivers, diagnostics), goal, None)
    return Proposal(plan, tuple(diagnostics), state)


def _look(session: Session, state: State, asking: Asking, diagnostics: Diagnostics) -> View:
    """What the installation holds of the state, and of what is to be imported."""
    goal, drivers = session.goal, session.drivers
    resources = with_known(goal.resources, state)
    desired = resources.values()
    view = survey(state, desired, drivers, asking) if session.refresh else View()
    declared = goal.declarations.imports if goal.mode in (NORMAL, IMPORT_ONLY) else ()
    imports = imports_to_do(state, declared, diagnostics)
    alone = singletons_to_take(goal, resources, state, imports, drivers)
    if not (imports or alone):
        return view
    found = Search(goal, state, drivers, asking, diagnostics, view.listed)
    return evolve(view, imports={**found.imported(imports), **found.alone(alone)})


def refuse_unknown_kinds(state: State, drivers: Drivers) -> None:
    """PlannerError when the state holds a resource of a kind that nothing here can work with."""
    items: tuple[Prior | Intent, ...] = (*state.entries, *state.in_doubt)
    unknown = [item.address for item in items if item.address.kind not in drivers]
    if unknown:
        raise PlannerError(
            f"the state holds {min(unknown)}, and there is no kind {min(unknown).kind} here",
            advice="Install the package that brings the kind, or let the state forget it: planner state rm.",
        )


def _to_examine(plan: Plan, state: State) -> list[Prior]:
    """Resources whose version or users the plan needs: those to be written, and those that drifted."""
    written = {c.address for c in plan.changes if c.action in _WRITTEN and not c.deposed and not c.imported}
    drifted = {d.address for d in plan.drift if not d.gone}
    return [state.resources[address] for address in sorted(written | drifted)]


_WRITTEN = frozenset({Action.UPDATE, Action.REPLACE, Action.DELETE})


def recover(session: Session) -> tuple[State, tuple[str, ...]]:
    """With the lock held: the state after whatever a run that was cut off left in doubt is settled."""
    state = session.store.checkpoint()
    if not state.in_doubt:
        return state, ()
    settled, notes = _settled(session, state, session.waiting)
    return session.store.commit(settled), notes


def look_at(session: Session, address: Address, id_: str) -> Observed:
    """The resource with that id, to be known by that address. PlannerError when there is none."""
    if address.kind not in session.drivers:
        near = did_you_mean(address.kind, session.drivers)
        raise PlannerError(f'there is no kind "{address.kind}"', advice=near)
    driver = session.drivers[address.kind]
    observed = driver.read(id_)
    if observed is None:
        raise PlannerError(
            f"there is no {address.kind} with the id {id_}",
            advice="Look the id up: planner export prints what the installation holds.",
        )
    return observed
