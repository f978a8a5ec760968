"""A promotion: what it would come to, to be shown; then carried out, as a file, a commit or a pull request.

`promote` and `env status` ask here what it would come to: the target with other pins, its gates and its plan.
So no release is said to be free to come in which promote refuses.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, frozen

from planner.app.caller import Caller
from planner.app.command_line import plain_command_line
from planner.app.opening import Opened, Request, configure_files, opened
from planner.app.preview.comparison import MAIN_BRANCHES
from planner.app.promotion.admission import Admission, Forcing, Terms, admission, refuse_closed
from planner.app.promotion.choosing import Wish
from planner.app.promotion.drafting import Draft, Edit, draft
from planner.app.promotion.pins_file import committed, refuse_other_changes, written
from planner.app.promotion.provenance import actor, release_of
from planner.app.promotion.pull_request_opening import Place, find_place, find_route, open_pull_request
from planner.app.promotion.records import update_log
from planner.app.promotion.wording import Account, commit_message
from planner.config.load import Configuration
from planner.config.promotion import TEMPLATES
from planner.engine.workflow import Proposal, propose
from planner.errors import PlannerError, Refused
from planner.forge.locating import Wanted
from planner.model.compare import identical
from planner.model.release import Release
from planner.promote.log import Force, Log
from planner.promote.matching import differing
from planner.promote.question import SAME
from planner.render.values import inline
from planner.vcs import Repository, repository_of


@frozen
class Foreseen:
    """What a promotion would come to. request, configuration: of the target, with what is to be pinned.

    edits, text: of the file with the pins.
    """

    draft: Draft
    request: Request
    configuration: Configuration
    admission: Admission
    edits: tuple[Edit, ...]
    text: str


@frozen
class Asked:
    """Whether a release may be promoted. request: of the target. repository: that of the project.
    commits: the target's pins are to be committed.
    """

    request: Request
    wish: Wish
    terms: Terms
    repository: Repository | None = None
    commits: bool = False


def foresee(caller: Caller, asked: Asked, tell: Callable[[str], object]) -> Foreseen:
    """Nothing is written. tell: takes what comes before the problems of a target that cannot be rendered so.

    InvalidConfiguration for such a target; Refused for what cannot be promoted, with the way out, and where
    the target would run another release. Of gates that are closed the admission tells.
    """
    drafted = draft(
        caller, asked.request, asked.wish, asked.terms.forcing.gates, asked.repository, commits=asked.commits
    )
    trial = drafted.text(drafted.choice.run.id)  # as many lines as there will be: places are shown
    request = evolve(asked.request, texts={drafted.file.name: trial})
    configuration = _configured(caller, request, drafted, tell)
    environment = configuration.environment
    store = request.states(caller.redact).open(environment)
    _refuse_another(request, configuration, drafted)
    state, now = store.load(), store.clock()
    found = admission(request, configuration, state, caller, now, asked.terms)
    assert found is not None  # noqa: S101 - whoever drafted knows that the project promotes
    release = found.verdict.release
    text = drafted.text(release)
    if asked.commits:
        refuse_other_changes(drafted.file, text)
    return Foreseen(drafted, request, configuration, found, drafted.edits_with(release), text)


def _configured(
    caller: Caller, request: Request, draft: Draft, tell: Callable[[str], object]
) -> Configuration:
    configuration, _ = configure_files(request, caller)
    if configuration.has_errors:
        wish = draft.choice.wish
        tell(f"{wish.target} cannot run {draft.choice.run.id} as the project is; nothing was written:\n")
    configuration.refuse_errors()
    return configuration


def _refuse_another(request: Request, configuration: Configuration, draft: Draft) -> None:
    """Refused unless the target would run just what was chosen."""
    found, choice = release_of(request, configuration), draft.choice
    assert found is not None  # noqa: S101 - as above
    meant, target = choice.run.release, choice.wish.target
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
    if choice.wish.is_rollback:
        _refuse_other_archives(found, draft)


def _refuse_other_archives(found: Release, draft: Draft) -> None:
    """No gate asks about the archives of a release that ran here before."""
    choice = draft.choice
    wrong = differing(found, choice.run.release)
    if wrong:
        raise Refused(
            f"{', '.join(wrong)} is not as it ran in {choice.wish.target} on {choice.run.id}",
            advice="Pins fix files/ only where promote.templates is true: bring the files back first.",
        )


Show = Callable[[Opened, Proposal], object]


def plan_target(caller: Caller, foreseen: Foreseen, show: Show) -> None:
    """Plans the target as it will be. Refused when apply would refuse the plan. An installation that cannot
    be asked is told.
    """
    target = foreseen.configuration.environment.name
    try:
        refuse_plan(caller, foreseen, show)
    except Refused as error:
        raise Refused(f"{error.summary}; nothing was written", advice=error.advice) from error
    except PlannerError as error:
        plan = plain_command_line(foreseen.request.folder, target, "plan")
        caller.tell(
            f"Note: {target} was not planned: {error.summary}. The preview of the pull request, or {plan}, "
            "shows what changes."
        )


def refuse_plan(caller: Caller, foreseen: Foreseen, show: Show = lambda *_: None) -> None:
    """Refused when apply would refuse the plan. PlannerError when the installation cannot be asked."""
    target = foreseen.configuration.environment.name
    with opened(foreseen.request, caller) as here:
        with caller.doing(f"Asking the installation of {target}"):
            proposal = propose(here.session)
        show(here, proposal)
    if proposal.forbidden:
        raise Refused(f"the plan of {target} has errors")


@frozen
class Order:
    """A promotion that somebody asks for. request: of the target. pull_request: where to open one, None for
    none. base: the branch that it goes into, "" for the usual one. lock_timeout: seconds to wait for the lock
    where a force is recorded.
    """

    request: Request
    wish: Wish
    forcing: Forcing
    dry_run: bool = False
    commit: bool = False
    pull_request: Wanted | None = None
    base: str = ""
    lock_timeout: float = 0.0


@frozen
class Step:
    """What a promotion did. done: a sentence. following: what to do before the apply, "" for nothing."""

    done: str
    following: str = ""


@frozen
class Prepared:
    """A promotion as it would be; nothing is written yet. repository: None where there is none.

    place: where a pull request is to be opened, None for none.
    """

    order: Order
    repository: Repository | None
    place: Place | None
    foreseen: Foreseen
    account: Account

    @property
    def is_done(self) -> bool:
        """Whether the target runs it already, and its pins say so."""
        admitted = self.foreseen.admission
        return not self.foreseen.edits and admitted.verdict.way == SAME and not admitted.is_new

    def refuse_closed(self) -> None:
        """GatesClosed."""
        refuse_closed(self.foreseen.admission, applying=False)


def prepare(caller: Caller, order: Order) -> Prepared:
    """The promotion, prepared. Refused for what cannot be promoted. Of gates that are closed the result
    tells.
    """
    request, repository = order.request, repository_of(order.request.folder)
    commits = order.commit or order.pull_request is not None
    if commits and repository is None:
        raise _no_repository(request)
    if commits and repository is not None:
        repository.commit("HEAD")
    place = None if order.dry_run else _place(caller, order, repository)
    asked = Asked(request, order.wish, Terms(order.forcing), repository, commits)
    foreseen = foresee(caller, asked, caller.tell)
    return Prepared(order, repository, place, foreseen, _account(caller, foreseen))


def carry_out(caller: Caller, prepared: Prepared) -> Step:
    """Records what is set aside; then the file, and the commit or the pull request if asked for."""
    order, account, foreseen = prepared.order, prepared.account, prepared.foreseen
    place = prepared.place
    route = find_route(caller, place, account) if place and account.edits else None
    _record_forces(caller, order, foreseen.admission)
    if place and route:
        url = open_pull_request(caller, place, route, account, order.request.folder, foreseen.text)
        return Step(f"{place.forge.facts.request.capitalize()}: {url}", "review and merge it")
    step = _written(prepared, prepared.repository if order.commit else None)
    _warn_of_branch(caller, prepared.repository, account)
    return step


def _place(caller: Caller, order: Order, repository: Repository | None) -> Place | None:
    """Where a pull request is to be opened, before anything else is done. WrongUsage, or PlannerError without
    a token.
    """
    if order.pull_request is None or repository is None:
        return None
    return find_place(caller, repository, order.pull_request, order.base, order.request.inputs.environ)


def _no_repository(request: Request) -> Refused:
    return Refused(
        f"{request.folder.resolve()} is in no git repository: there is nothing to commit to",
        advice="Leave out --commit and --open-pr.",
    )


def _account(caller: Caller, foreseen: Foreseen) -> Account:
    """What it says goes into git and to a forge, too: known secrets are taken out."""
    found, drafted = foreseen.admission, foreseen.draft
    forced = {gate.name for gate in found.verdict.gates if gate.forced}
    forces = found.log.about(Force, found.verdict.release)
    reasons = {force.gate: force.reason for force in forces if force.gate in forced}
    gates, reasons = caller.redact.inside((found.verdict.gates, reasons))
    verdict = evolve(found.verdict, gates=gates)
    return Account(drafted.choice, verdict, drafted.file.name, foreseen.edits, reasons)


def _record_forces(caller: Caller, order: Order, found: Admission) -> None:
    """Records the forces in the target's state, where preview and apply find them."""
    release, forcing = found.verdict.release, order.forcing
    forced = [gate.name for gate in found.verdict.gates if gate.forced and gate.name in forcing.gates]
    for name in sorted(set(forcing.gates) - set(forced)):
        caller.tell(f"Note: {name} is not closed; there is nothing to set aside.")
    by = actor(order.request.folder, order.request.inputs.environ)

    def change(log: Log, now: str) -> Log:
        for name in forced:
            log = log.plus(Force(release, name, forcing.reason, by, now))
        return log

    if forced:
        update_log(order.request, order.wish.target, caller, "promote", change, order.lock_timeout)
        caller.tell(
            f"Recorded in the state of {order.wish.target}: {', '.join(forced)} set aside for {release}."
        )


def _written(prepared: Prepared, repository: Repository | None) -> Step:
    """repository: where to commit, None for not at all."""
    name, folder = prepared.account.file, prepared.order.request.folder
    if not prepared.account.edits:
        return Step(f"{name} says so already; nothing was written.")
    with written(folder, name, prepared.foreseen.text):
        if repository is None:
            return Step(f"Wrote {name}.", "commit it")
        commit = committed(repository, (name,), commit_message(prepared.account))
    return Step(f"Committed {name} as {commit[:12]}.", "push it")


def _warn_of_branch(caller: Caller, repository: Repository | None, account: Account) -> None:
    """Where the pinned commit is not in the main branch yet: a squashed merge makes another one of it."""
    pinned = account.choice.run.release.templates if TEMPLATES in account.choice.parts else ""
    if repository is None or not pinned:
        return
    main = next((name for name in MAIN_BRANCHES if repository.find(name)), None)
    if main is not None and not repository.is_ancestor(pinned, repository.commit(main)):
        caller.tell(
            f"Note: {pinned[:12]}, the commit of the templates, is not in {main} yet. Merge it there first, "
            "and not by squashing: the pin would be of a commit that nobody has."
        )
