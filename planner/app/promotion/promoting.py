"""A promotion: prepared, to be shown; then carried out, as a file, a commit or a pull request."""

from __future__ import annotations

from attrs import evolve, frozen

from planner.app.caller import Caller
from planner.app.opening import Request
from planner.app.preview.comparison import MAIN_BRANCHES
from planner.app.promotion.admission import Admission, Forcing, Terms, refuse_closed
from planner.app.promotion.choosing import TEMPLATES, Wish
from planner.app.promotion.drafting import Draft
from planner.app.promotion.outlook import Asked, Foreseen, foresee
from planner.app.promotion.provenance import actor
from planner.app.promotion.pull_request_opening import Place, Route, find_place, find_route, open_pull_request
from planner.app.promotion.records import update_log
from planner.app.promotion.target_file import written
from planner.app.promotion.wording import Account, commit_message
from planner.errors import PlannerError, Refused
from planner.forge.locating import Wanted
from planner.promote.log import Force, Log
from planner.promote.question import SAME
from planner.vcs import Repository, repository_of
from planner.vcs.changing import commit_file


@frozen
class Order:
    """request: of the target. pull_request: where to open one, None for none. base: the branch that it goes
    into, "" for the usual one. lock_timeout: seconds to wait for the lock where a force is recorded.
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
    """done: a sentence. following: what to do before the apply, "" for nothing."""

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
        """Whether the target runs it already, and its file says so."""
        drafted, admitted = self.foreseen.draft, self.foreseen.admission
        return not drafted.edits and admitted.verdict.way == SAME and not admitted.is_new

    def refuse_closed(self) -> None:
        """GatesClosed."""
        refuse_closed(self.foreseen.admission, applying=False)


def prepare(caller: Caller, order: Order) -> Prepared:
    """Refused for what cannot be promoted. Of gates that are closed the result tells."""
    request, repository = order.request, repository_of(order.request.folder)
    commits = order.commit or order.pull_request is not None
    if commits and repository is None:
        raise _no_repository(request)
    if commits and repository is not None:
        repository.commit("HEAD")
    place = None if order.dry_run else _place(caller, order, repository)
    asked = Asked(request, order.wish, Terms(order.forcing), repository, commits)
    foreseen = foresee(caller, asked, caller.tell)
    return Prepared(order, repository, place, foreseen, _account(caller, foreseen.draft, foreseen.admission))


def carry_out(caller: Caller, prepared: Prepared) -> Step:
    """Records what is set aside; then the file, and the commit or the pull request if asked for."""
    order, account, drafted = prepared.order, prepared.account, prepared.foreseen.draft
    place = prepared.place
    route = find_route(caller, place, account) if place and drafted.edits else None
    _record_forces(caller, order, prepared.foreseen.admission)
    if place and route:
        return _opened(caller, place, route, account, drafted)
    step = _written(prepared.repository if order.commit else None, account, drafted)
    _warn_of_branch(caller, prepared.repository, account)
    return step


def _place(caller: Caller, order: Order, repository: Repository | None) -> Place | None:
    """Known before anything else is done. WrongUsage, or PlannerError without a token."""
    if order.pull_request is None or repository is None:
        return None
    return find_place(caller, repository, order.pull_request, order.base, order.request.inputs.environ)


def _no_repository(request: Request) -> Refused:
    return Refused(
        f"{request.folder.resolve()} is in no git repository: there is nothing to commit to",
        advice="Leave out --commit and --open-pr.",
    )


def _account(caller: Caller, drafted: Draft, found: Admission) -> Account:
    """What it says goes into git and to a forge, too: known secrets are taken out."""
    forced = {gate.name for gate in found.verdict.gates if gate.forced}
    forces = found.log.about(Force, found.verdict.release)
    reasons = {force.gate: force.reason for force in forces if force.gate in forced}
    gates, reasons = caller.redact.inside((found.verdict.gates, reasons))
    verdict = evolve(found.verdict, gates=gates)
    return Account(drafted.choice, verdict, drafted.file.name, drafted.edits, reasons)


def _record_forces(caller: Caller, order: Order, found: Admission) -> None:
    """In the target's state, where preview and apply find them."""
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


def _opened(caller: Caller, place: Place, route: Route, account: Account, drafted: Draft) -> Step:
    url = open_pull_request(caller, place, route, account, drafted.file, drafted.text)
    return Step(f"{place.forge.facts.request.capitalize()}: {url}", "review and merge it")


def _written(repository: Repository | None, account: Account, drafted: Draft) -> Step:
    """repository: where to commit, None for not at all."""
    name = drafted.file.name
    if not drafted.edits:
        return Step(f"{name} says so already; nothing was written.")
    if repository is None:
        with written(drafted.file, drafted.text):
            return Step(f"Wrote {name}.", "commit it")
    with written(drafted.file, drafted.text):
        try:
            commit = commit_file(repository, name, commit_message(account))
        except PlannerError as error:
            raise PlannerError(f"{error.summary}; {name} is as it was", advice=error.advice) from error
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
