"""A promotion: what it would come to, to be shown; then carried out, as a file, a commit or a pull request.

`promote` and `env status` ask here what it would come to: the target with other pins, its gates and its plan.
So no release is said to be free to come in which promote refuses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from attrs import evolve, frozen

from planner.app.command_line import plain_command_line
from planner.app.linting import proposed
from planner.app.opening import Opened, Request, configure_files, opened
from planner.app.preview.comparison import MAIN_BRANCHES
from planner.app.promotion.admission import Admission, admission
from planner.app.promotion.choosing import Order
from planner.app.promotion.drafting import Draft, draft
from planner.app.promotion.pins_file import committed, refuse_other_changes, written
from planner.app.promotion.provenance import actor, release_of
from planner.app.promotion.pull_request_opening import Place, find_place, find_route, open_pull_request
from planner.app.promotion.records import update_log
from planner.app.promotion.wording import Account, commit_message
from planner.config.load import Configuration
from planner.engine.workflow import Proposal
from planner.errors import PlannerError, Refused
from planner.model.compare import identical
from planner.model.project import TEMPLATES
from planner.model.release import Promoted
from planner.promote.gates import SAME
from planner.promote.log import Force, Log
from planner.render.values import inline


@frozen
class Foreseen:
    """What a promotion would come to; nothing is written yet.

    request, configuration: of the target, pinned so. text: of the file with the pins. place: where a pull
    request is to be opened, None for none.
    """

    order: Order
    request: Request
    configuration: Configuration
    admission: Admission
    account: Account
    text: str
    place: Place | None = None

    @property
    def is_done(self) -> bool:
        """Whether the target runs it already, and its pins say so."""
        admitted = self.admission
        return not self.account.edits and admitted.verdict.way == SAME and not admitted.is_new


def foresee(order: Order, tell: Callable[[str], object]) -> Foreseen:
    """tell: takes what comes before the problems of a target that cannot be rendered so.

    InvalidConfiguration for such a target; Refused for what cannot be promoted, with the way out, and where
    the target would run another release. Of gates that are closed the admission tells.
    """
    drafted = draft(order)
    trial = drafted.text(drafted.choice.run.id)  # as many lines as there will be: places are shown
    request = evolve(order.request, texts={drafted.file.name: trial})
    configuration, _ = configure_files(request)
    if configuration.has_errors:
        target, release = order.promotion.target, drafted.choice.run.id
        tell(f"{target} cannot run {release} as the project is; nothing was written:\n")
    configuration.refuse_errors()
    store = request.states.open(configuration.environment)
    _refuse_another(request, configuration, drafted)
    state, now = store.load(), store.clock()
    found = admission(request, configuration, state, now, order.forcing, order.upstreams)
    assert found is not None  # noqa: S101 - whoever drafted knows that the project promotes
    text = drafted.text(found.verdict.release)
    if order.commits:
        refuse_other_changes(drafted.file, text)
    return Foreseen(order, request, configuration, found, _account(request, drafted, found), text)


def _account(request: Request, drafted: Draft, found: Admission) -> Account:
    """What it says goes into git and to a forge, too: known secrets are taken out."""
    verdict = found.verdict
    forced = {gate.name for gate in verdict.gates if gate.forced}
    forces = found.log.about(Force, verdict.release)
    reasons = {force.gate: force.reason for force in forces if force.gate in forced}
    gates, reasons = request.caller.redact.inside((verdict.gates, reasons))
    edits = drafted.edits_with(verdict.release)
    return Account(drafted.choice, evolve(verdict, gates=gates), drafted.file.name, edits, reasons)


def _refuse_another(request: Request, configuration: Configuration, draft: Draft) -> None:
    """Refused unless the target would run just what was chosen."""
    found, choice = release_of(request, configuration), draft.choice
    assert found is not None  # noqa: S101 - as above
    meant, target = choice.run.release, choice.promotion.target
    for name in choice.parts:
        if name != TEMPLATES and not identical(found.variables[name], meant.variables[name]):
            got, wanted = inline(found.variables[name]), inline(meant.variables[name])
            place = configuration.variables[name].origin
            raise Refused(
                f"{name} would be {got} in {target}, and not {wanted}: it is set by {place}",
                advice="Leave it to the pins: give it in no other way.",
            )
    if TEMPLATES in choice.parts and found.templates != meant.templates:
        raise Refused(f"the templates of {target} would be those of {found.templates}, not {meant.templates}")
    wrong = found.differing(meant) if choice.promotion.is_rollback else ()
    if wrong:  # no gate asks about the archives of a release that ran here before
        raise Refused(
            f"{', '.join(wrong)} is not as it ran in {choice.promotion.target} on {choice.run.id}",
            advice="Pins fix files/ only where promote.templates is true: bring the files back first.",
        )


def plan_target(foreseen: Foreseen, show: Callable[[Opened, Proposal], object]) -> None:
    """Plans the target as it will be. Refused when apply would refuse the plan. An installation that cannot
    be asked is told.
    """
    target = foreseen.configuration.environment.name
    try:
        refuse_plan(foreseen, show)
    except Refused as error:
        raise Refused(f"{error.summary}; nothing was written", advice=error.advice) from error
    except PlannerError as error:
        plan = plain_command_line(foreseen.request.folder, target, "plan")
        foreseen.request.caller.tell(
            f"Note: {target} was not planned: {error.summary}. The preview of the pull request, or {plan}, "
            "shows what changes."
        )


def refuse_plan(foreseen: Foreseen, show: Callable[[Opened, Proposal], object] = lambda *_: None) -> None:
    """Refused when apply would refuse the plan. PlannerError when the installation cannot be asked."""
    target = foreseen.configuration.environment.name
    with opened(foreseen.request) as here:
        with here.caller.doing(f"Asking the installation of {target}") as counted:
            proposal = proposed(here, counted)
        show(here, proposal)
    if proposal.forbidden:
        raise Refused(f"the plan of {target} has errors")


def prepare(order: Order) -> Foreseen:
    """The promotion, prepared. Refused for what cannot be promoted. Of gates that are closed the result
    tells.
    """
    request, repository, place = order.request, order.request.trees.repository, None
    if order.commits:
        if repository is None:
            raise Refused(
                f"{request.folder.resolve()} is in no git repository: there is nothing to commit to",
                advice="Leave out --commit and --open-pr.",
            )
        repository.commit("HEAD")
        if order.pull_request is not None and not order.dry_run:  # known before anything else is done
            place = find_place(request, repository, order.pull_request, order.base)
    return evolve(foresee(order, request.caller.tell), place=place)


@frozen
class Done:
    """What was done for a promotion, in words and for programs. next: what is to be done."""

    words: str = ""
    next: str = ""
    written: bool = False
    commit: str = ""
    pull_request: str = ""


NOTHING_DONE: Final = Done()


def promoted(foreseen: Foreseen, done: Done = NOTHING_DONE) -> Promoted:
    account = foreseen.account
    return Promoted(
        environment=foreseen.order.promotion.target,
        source=account.choice.origin,
        release=account.verdict.release,
        file=account.file,
        pins=account.edits,
        gates=account.verdict.gates,
        written=done.written,
        commit=done.commit,
        pull_request=done.pull_request,
        next=done.next,
    )


def carry_out(foreseen: Foreseen) -> Done:
    """Records what is set aside; then the file, and the commit or the pull request if asked for."""
    done = _carried_out(foreseen)
    apply = plain_command_line(foreseen.request.folder, foreseen.order.promotion.target, "apply")
    return evolve(done, next=f"{done.next}, then run {apply}" if done.next else f"run {apply}")


def _carried_out(foreseen: Foreseen) -> Done:
    """next: what is to be done before the apply."""
    account, place = foreseen.account, foreseen.place
    route = find_route(place, account) if place and account.edits else None
    _record_forces(foreseen.order, foreseen.admission)
    if place and route:
        url, commit = open_pull_request(place, route, account, foreseen.text)
        words = f"{place.forge.facts.request.capitalize()}: {url}"
        return Done(words, "review and merge it", written=True, commit=commit, pull_request=url)
    step = _written(foreseen)
    _warn_of_branch(foreseen.request, account)
    return step


def _record_forces(order: Order, found: Admission) -> None:
    """Records the forces in the target's state, where preview and apply find them."""
    request, forcing, target = order.request, order.forcing, order.promotion.target
    release, gates = found.verdict.release, found.verdict.gates
    forced = tuple(gate.name for gate in gates if gate.forced and gate.name in forcing.gates)
    for name in sorted(set(forcing.gates) - set(forced)):
        request.caller.tell(f"Note: {name} is not closed; there is nothing to set aside.")
    if forced:
        by, kept = actor(request), evolve(forcing, gates=forced)

        def change(log: Log, now: str) -> Log:
            return kept.noted(log, release, by, now)

        update_log(request, target, "promote", change, order.lock_timeout)
        request.caller.tell(
            f"Recorded in the state of {target}: {', '.join(forced)} set aside for {release}."
        )


def _written(foreseen: Foreseen) -> Done:
    name, request = foreseen.account.file, foreseen.request
    repository = request.trees.repository
    if not foreseen.account.edits:
        return Done(f"{name} says so already; nothing was written.")
    with written(request.folder, name, foreseen.text):
        if repository is None or not foreseen.order.commit:
            return Done(f"Wrote {name}.", "commit it", written=True)
        commit = committed(repository, (name,), commit_message(foreseen.account))
    return Done(f"Committed {name} as {commit[:12]}.", "push it", written=True, commit=commit)


def _warn_of_branch(request: Request, account: Account) -> None:
    """Where the pinned commit is not in the main branch yet: a squashed merge makes another one of it."""
    repository, pinned = request.trees.repository, account.choice.commit
    if repository is None or not pinned:
        return
    main = next((name for name in MAIN_BRANCHES if repository.find(name)), None)
    if main is not None and not repository.is_ancestor(pinned, repository.commit(main)):
        request.caller.tell(
            f"Note: {pinned[:12]}, the commit of the templates, is not in {main} yet. Merge it there first, "
            "and not by squashing: the pin would be of a commit that nobody has."
        )
