"""The verbs over the ports: make a plan, carry one out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import evolve, field, frozen

from planner.engine.account import ledger_of
from planner.engine.apply import Run, Surroundings
from planner.engine.outcome import Values
from planner.engine.planning import Wish, make_plan
from planner.engine.ports import Drivers, StateStore
from planner.engine.recover import Ambiguous, settle
from planner.engine.refresh import View, examine, survey
from planner.errors import PlannerError
from planner.model.diagnostic import Diagnostic, Diagnostics
from planner.model.ledger import Ledger
from planner.model.plan import Action, Plan
from planner.model.resource import Prior
from planner.model.state import Applied, Intent, State, Working
from planner.model.value import Value, conceal, is_deferred, resolve


@frozen
class Session:
    """One command's work on one environment. busy: who applies right now, or ""."""

    wish: Wish
    drivers: Drivers
    store: StateStore
    busy: Callable[[], str]
    parallelism: int = 10
    refresh: bool = True


@frozen
class Proposal:
    """A plan, and what forbids it (errors) or should be known (warnings)."""

    plan: Plan
    diagnostics: tuple[Diagnostic, ...] = ()
    state: State = field(default=State("", ""), eq=False)

    @property
    def forbidden(self) -> bool:
        return any(item.is_error for item in self.diagnostics)


def propose(session: Session) -> Proposal:
    """The plan for what is wanted now. Takes no lock and writes nothing."""
    state = session.store.load()
    notes: tuple[str, ...] = ()
    if state.in_doubt:
        state, notes = _settled_in_mind(session, state)
    proposal = propose_from(session, state)
    return evolve(proposal, plan=evolve(proposal.plan, notes=(*notes, *proposal.plan.notes)))


def _settled_in_mind(session: Session, state: State) -> tuple[State, tuple[str, ...]]:
    """The state as apply would settle it. Steps of a run that goes on are not in doubt, only under way."""
    holder = session.busy()
    if holder:
        return evolve(state, in_doubt=()), (f"an apply is under way, by {holder}; this is the state so far",)
    refuse_unknown_kinds(state, session.drivers)
    found = settle(state, session.drivers, session.wish.salt)
    _refuse_ambiguous(found.ambiguous)
    return state.fold(found.outcomes), found.notes


def propose_from(session: Session, state: State) -> Proposal:
    """The plan that leads from state to what is wanted."""
    kinds = {address.kind for address in (*state.resources, *session.wish.resources)}
    refuse_unknown_kinds(state, session.drivers)
    view = View()
    if session.refresh:
        view = survey(state, kinds, session.drivers, session.parallelism)
    diagnostics = Diagnostics()
    plan = make_plan(session.wish, state, view, session.drivers, diagnostics)
    closer = _to_examine(plan, state) if session.refresh else []
    if closer:
        view = examine(view, closer, session.drivers, session.parallelism)
        diagnostics = Diagnostics()
        plan = make_plan(session.wish, state, view, session.drivers, diagnostics)
    return Proposal(plan, tuple(diagnostics), state)


def refuse_unknown_kinds(state: State, drivers: Drivers) -> None:
    """PlannerError when the state holds a resource of a kind that nothing here can work with."""
    items: tuple[Prior | Intent, ...] = (*state.resources.values(), *state.deposed, *state.in_doubt)
    unknown = [item.address for item in items if item.address.kind not in drivers]
    if unknown:
        raise PlannerError(
            f"the state holds {min(unknown)}, and there is no kind {min(unknown).kind} here",
            advice="Install the package that brings the kind, or let the state forget it: planner state rm.",
        )


def _to_examine(plan: Plan, state: State) -> list[Prior]:
    """Resources whose version or users the plan needs: those to be written, and those that drifted."""
    written = {c.address for c in plan.changes if c.action is not Action.CREATE and not c.deposed}
    drifted = {d.address for d in plan.drift if not d.gone}
    return [state.resources[address] for address in sorted(written | drifted)]


def recover(session: Session) -> tuple[State, tuple[str, ...]]:
    """With the lock held: the state after whatever a run that was cut off left in doubt is settled."""
    state = session.store.checkpoint()
    if not state.in_doubt:
        return state, ()
    refuse_unknown_kinds(state, session.drivers)
    found = settle(state, session.drivers, session.wish.salt)
    _refuse_ambiguous(found.ambiguous)
    return session.store.commit(state.fold(found.outcomes)), found.notes


def _refuse_ambiguous(ambiguous: tuple[Ambiguous, ...]) -> None:
    for item in ambiguous:
        wanted = " and ".join(str(intent.address) for intent in item.intents)
        names = ", ".join(f"{c.id} (created {c.created})" for c in item.candidates)
        count = len(item.intents)
        raise PlannerError(
            f"{wanted} {'was' if count == 1 else 'were'} being created when a run was cut off, and "
            f"{len(item.candidates)} resources could be {'it' if count == 1 else 'them'}: {names}",
            advice="Delete those that are not wanted until "
            f"{'one is' if count == 1 else f'{count} are'} left, then run the command again.",
        )


@frozen
class Provenance:
    """What an apply is made from, for the state. commit: of the project's git repository, if it has one."""

    plan_digest: str
    inputs: Mapping[str, Value] = field(factory=dict)
    commit: str | None = None


def carry_out(
    session: Session, plan: Plan, state: State, surroundings: Surroundings, provenance: Provenance
) -> tuple[State, Ledger]:
    """Applies a plan to state, the one it was made from, with the lock held. Commits the state in the end.

    Steps whose outcome is unknown are settled by a look at the installation before the state is committed.
    """
    working = Working.of(_taken_over(plan, state))
    run = Run(plan, dict(session.wish.resources), working, surroundings, session.wish.salt)
    run.go()
    reached = working.state()
    if reached.in_doubt:
        reached = _settle_doubts(session, reached, run)
    ledger = ledger_of(run, interrupted=surroundings.stop())
    outputs = _outputs(session.wish, reached)
    applied = Applied(
        at=surroundings.now(),
        plan_digest=provenance.plan_digest,
        config_digest=plan.config_digest,
        inputs=conceal(dict(provenance.inputs), session.wish.salt),
        commit=provenance.commit,
        complete=ledger.complete,
    )
    return session.store.commit(evolve(reached, outputs=outputs, applied=applied)), ledger


def _taken_over(plan: Plan, state: State) -> State:
    """state with what the plan's refresh observed."""
    resources = {address: prior for address, prior in state.resources.items() if address not in plan.gone}
    resources.update({prior.address: prior for prior in plan.refreshed})
    return evolve(state, resources=resources)


def _settle_doubts(session: Session, reached: State, run: Run) -> State:
    """Steps in doubt looked up. What cannot be settled now stays in doubt, for the next command."""
    try:
        found = settle(reached, session.drivers, session.wish.salt)
    except PlannerError:
        return reached
    for item in found.settlements:
        run.settled[item.intent.step] = item
    return reached.fold(found.outcomes)


def _outputs(wish: Wish, state: State) -> dict[str, Value]:
    """The outputs as they are now; one that depends on what is not there keeps its former value."""
    found = {}
    for name, value in wish.outputs.items():
        try:
            resolved = resolve(value, Values(state.resources, wish.resources).lookup)
        except (PlannerError, ValueError):
            resolved = value
        if not is_deferred(resolved):
            found[name] = conceal(resolved, wish.salt)
        elif name in state.outputs:
            found[name] = state.outputs[name]
    return {name: value for name, value in found.items() if value is not None}
