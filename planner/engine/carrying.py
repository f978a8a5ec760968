"""A plan is carried out: its steps, then what the state learns of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import evolve, field, frozen

from planner.engine.apply import Run
from planner.engine.edits import replay
from planner.engine.evaluation import UNKNOWN_YET, after_apply, evaluate
from planner.engine.goal import Goal
from planner.engine.ledger import ledger_of
from planner.engine.outcome import Values
from planner.engine.ports import StateStore
from planner.engine.recover import Settled, settle
from planner.engine.refresh import Asking, looked_before
from planner.engine.surroundings import Surroundings
from planner.engine.workflow import Session
from planner.errors import PartlyApplied, PlannerError, StateError
from planner.model.diagnostic import Diagnostic, Diagnostics
from planner.model.ledger import Ledger
from planner.model.members import KnownContent
from planner.model.plan import NORMAL, ROLLOUT, Action, Plan
from planner.model.rollout import Former
from planner.model.state import Applied, State, Working
from planner.model.value import Value, conceal, is_sensitive, renewed


@frozen
class Provenance:
    """What an apply is made from, for the state. commit: of the project's git repository, if it has one.

    promotions: the state's, from what it is afterwards and whether the apply was whole; None where they stay
    as they are. release, run: that it brings, as in a Begun. former: see Surroundings. contents: what is
    known of archives, by their sha256.
    """

    plan_digest: str
    inputs: Mapping[str, Value] = field(factory=dict)
    commit: str | None = None
    promotions: Callable[[State, bool], tuple[Mapping[str, Value], ...]] | None = None
    release: str = ""
    run: Mapping[str, Value] = field(factory=dict)
    former: Mapping[str, Former] = field(factory=dict)
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
    told = provenance.promotions
    promotions = told(reached, ledger.complete) if told else reached.promotions
    reached = evolve(_renewed(reached, goal), outputs=outputs, applied=applied, promotions=promotions)
    if ledger.complete:
        reached = without_given_up(reached, plan)
    try:
        after = session.store.commit(reached.knowing(provenance.contents))
    except StateError as error:
        raise _unrecorded(error, ledger, _IN_JOURNAL) from error
    return after, ledger, _checked_afterwards(session, plan, after, ledger)


def without_given_up(state: State, plan: Plan) -> State:
    """state with the failures that still hold something back, after all of a plan: the others' content is
    given up. Of a plan of a part nobody can tell.
    """
    if plan.mode != NORMAL or plan.partial:
        return state
    held = {rollout.name for rollout in plan.rollouts if rollout.held}
    failures = tuple(failure for failure in state.failures if failure.rollout in held)
    return state if failures == state.failures else evolve(state, failures=failures)


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
