"""The verbs over the ports: make a plan, carry one out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import evolve, field, frozen

from planner.engine.apply import Run
from planner.engine.edits import replay
from planner.engine.evaluation import UNKNOWN_YET, after_apply, evaluate
from planner.engine.goal import Goal
from planner.engine.imports import Search, imports_to_do, singletons_to_take, with_known
from planner.engine.ledger import ledger_of
from planner.engine.naming import with_ids
from planner.engine.outcome import Values
from planner.engine.planning import make_plan, with_origins
from planner.engine.ports import Counted, Drivers, StateStore, uncounted
from planner.engine.recover import NO_WAITING, Settled, Waiting, refuse_ambiguous, settle, settle_in_time
from planner.engine.refresh import Asking, View, examine, looked_before, survey
from planner.engine.refreshed import apply_moves
from planner.engine.surroundings import Surroundings
from planner.errors import PartlyApplied, PlannerError, StateError
from planner.model.address import Address
from planner.model.diagnostic import Diagnostic, Diagnostics, did_you_mean
from planner.model.ledger import Ledger
from planner.model.members import KnownContent
from planner.model.plan import IMPORT_ONLY, NORMAL, ROLLOUT, Action, Plan
from planner.model.resource import Observed, Prior
from planner.model.state import Applied, Intent, State, Working
from planner.model.value import Value, conceal, is_sensitive, renewed


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
    after, _ = apply_moves(state, session.goal.declarations.moves, Diagnostics())
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


@frozen
class Provenance:
    """What an apply is made from, for the state. commit: of the project's git repository, if it has one.

    promotions: the state's, from whether the apply was whole; None where they stay as they are.
    contents: what is known of archives, by their sha256.
    """

    plan_digest: str
    inputs: Mapping[str, Value] = field(factory=dict)
    commit: str | None = None
    promotions: Callable[[bool], tuple[Mapping[str, Value], ...]] | None = None
    contents: Mapping[str, KnownContent] = field(factory=dict)


def known_first(store: StateStore, plan: Plan, state: State) -> tuple[Plan, State]:
    """What is left of a plan, and the state, when its moves are durable, and what it takes over to change.

    The journal knows the addresses of the plan: on top of a state that had what they name elsewhere, it would
    make two entries of one resource. So what moves has moved before the journal begins. And what becomes of a
    change of a resource that the state does not know, no later run would look up.
    """
    changed = {step.address for step in plan.steps}
    taken = {c.address for c in plan.changes if c.taken_over} & changed
    if not (plan.steps and (plan.moves or taken)):
        return plan, state
    moved = replay(state, plan.moves)
    known = {prior.address: prior for prior in plan.refreshed if prior.address in taken}
    return evolve(plan, moves=()), store.commit(evolve(moved, resources={**moved.resources, **known}))


def carry_out(
    session: Session, plan: Plan, state: State, surroundings: Surroundings, provenance: Provenance
) -> tuple[State, Ledger, tuple[Diagnostic, ...]]:
    """Applies a plan to state, the one it was made from, with the lock held. Commits the state in the end.

    Before it creates anything it looks what is there, unless surroundings say it: so that what a create made
    can be told from that, and its time is known by the installation's clock.

    Steps whose outcome is unknown are settled by a look at the installation before the state is committed.
    The diagnostics are of the checks that had to wait. When the state cannot be written: PartlyApplied with
    the ledger if anything was applied, else StateError.
    """
    goal, drivers = session.goal, session.drivers
    before = looked_before(plan, drivers, surroundings.before, Asking(session.parallelism))
    surroundings = evolve(surroundings, before=before)
    reached, ledger = _gone(session, plan, state, surroundings)
    applied = reached.applied
    if plan.mode != ROLLOUT:
        applied = Applied(
            at=surroundings.now(),
            plan_digest=provenance.plan_digest,
            config_digest=plan.config_digest,
            inputs={name: conceal(value, goal.salt) for name, value in provenance.inputs.items()},
            commit=provenance.commit,
            complete=ledger.complete,
        )
    values = Values(reached.resources, goal.resources, drivers, surroundings.credentials.held)
    outputs = after_apply(goal, plan, reached, values)
    promotions = provenance.promotions(ledger.complete) if provenance.promotions else reached.promotions
    reached = evolve(_renewed(reached, goal), outputs=outputs, applied=applied, promotions=promotions)
    try:
        after = session.store.commit(reached.knowing(provenance.contents))
    except StateError as error:
        raise _unrecorded(error, ledger, _IN_JOURNAL) from error
    return after, ledger, _checked_afterwards(session, plan, after, ledger)


def _gone(session: Session, plan: Plan, state: State, surroundings: Surroundings) -> tuple[State, Ledger]:
    """The state after a plan, and what became of it. What is left in doubt is looked up."""
    run = _run_of(session, plan, state, surroundings)
    try:
        run.go()
    except StateError as error:
        raise _unrecorded(error, ledger_of(run, interrupted=False), _LOOKED_UP) from error
    reached = run.working.state()
    if reached.in_doubt:
        reached = _settle_doubts(session, reached, run)
    return reached, ledger_of(run, interrupted=surroundings.stop())


def _run_of(session: Session, plan: Plan, state: State, surroundings: Surroundings) -> Run:
    return Run(
        plan,
        desired=dict(session.goal.resources),
        working=Working.of(taken_over(plan, state)),
        drivers=session.drivers,
        parallelism=session.parallelism,
        world=surroundings,
        salt=session.goal.salt,
        reads=session.goal.reads,
    )


_LOOKED_UP = "What the state and its journal do not hold is looked up by the next plan or apply."
_IN_JOURNAL = "What was applied is in its journal: the next plan or apply takes it from there."


def _unrecorded(error: StateError, ledger: Ledger, where: str) -> PlannerError:
    """The error that an apply ends with when it could not write what it did. where: the outcomes are."""
    if not ledger.changed:
        return error
    partly = PartlyApplied(error.summary, advice=" ".join(filter(None, [error.advice, where])))
    partly.ledger = ledger
    return partly


def _checked_afterwards(session: Session, plan: Plan, state: State, ledger: Ledger) -> tuple[Diagnostic, ...]:
    """What became of the checks whose values were not known when the plan was made."""
    waiting = {result.name for result in plan.checks if result.status == UNKNOWN_YET}
    if not (waiting and ledger.complete):
        return ()
    diagnostics = Diagnostics()
    goal = session.goal
    lookup = Values(state.resources, goal.resources, session.drivers).lookup
    evaluate(goal.declarations, lookup, diagnostics, waiting)
    return tuple(diagnostics)


def taken_over(plan: Plan, state: State) -> State:
    """state with what the plan's refresh observed, and what it moves, imports and forgets."""
    forgotten = {(c.address, c.id, c.deposed) for c in plan.changes if c.action is Action.FORGET}
    state = replay(state, plan.moves)
    left = {*plan.gone, *(address for address, _, deposed in forgotten if not deposed)}
    resources = {address: prior for address, prior in state.resources.items() if address not in left}
    resources.update({prior.address: prior for prior in plan.refreshed})
    kept = tuple(prior for prior in state.deposed if (prior.address, prior.id, True) not in forgotten)
    return evolve(state, resources=resources, deposed=kept)


def _renewed(state: State, goal: Goal) -> State:
    """state with the fingerprints of older planners made anew, where the secrets are at hand."""
    resources = dict(state.resources)
    for address, prior in state.resources.items():
        desired = goal.resources.get(address)
        secret = [n for n, v in prior.attributes.items() if is_sensitive(v)] if desired else []
        if desired and secret:
            found = {n: renewed(prior.attributes[n], desired.attributes.get(n), goal.salt) for n in secret}
            resources[address] = evolve(prior, attributes={**prior.attributes, **found})
    return evolve(state, resources=resources)


def _settle_doubts(session: Session, reached: State, run: Run) -> State:
    """Steps in doubt looked up. What cannot be settled now stays in doubt, for the next command: also a
    create that is not there, and may still be under way behind the reply that was lost."""
    try:
        found = settle(reached, session.drivers, session.goal.salt)
    except PlannerError:
        return reached
    sure = [item for item in found.settlements if not session.waiting.left(Settled((item,)))]
    for item in sure:
        run.settled[item.intent.step] = item
    return reached.fold([outcome for item in sure for outcome in item.outcomes])
