"""`planner promote`: draft, foresee, show; then the file, and the commit or the pull request if asked for."""

from __future__ import annotations

import os

from attrs import evolve, frozen

from planner.cli.commandline import plain_command_line
from planner.cli.comparing import MAIN_BRANCHES
from planner.cli.console import Console
from planner.cli.promotion.actor import actor
from planner.cli.promotion.admission import Admission, Forcing, Terms, refuse_closed
from planner.cli.promotion.choosing import TEMPLATES, Wish
from planner.cli.promotion.drafting import Draft
from planner.cli.promotion.foreseeing import Asked, Foreseen, foresee, show_plan
from planner.cli.promotion.opening import Place, Route, find_place, find_route, open_pull_request
from planner.cli.promotion.records import update_log
from planner.cli.promotion.target_file import written
from planner.cli.promotion.wording import Account, change_lines, commit_message, waiting
from planner.cli.wiring import Request
from planner.errors import PlannerError, Refused
from planner.forge.locating import Wanted
from planner.promote.log import Force, Log
from planner.promote.question import SAME
from planner.render.gates import render_gates
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


def promote(console: Console, order: Order) -> None:
    """Refused when a gate is open, or for what cannot be promoted; nothing is written then."""
    request, repository = order.request, repository_of(order.request.folder)
    commits = order.commit or order.pull_request is not None
    if commits and repository is None:
        raise _no_repository(request)
    if commits and repository is not None:
        repository.commit("HEAD")
    place = None if order.dry_run else _place(console, order, repository)
    asked = Asked(request, order.wish, Terms(order.forcing), repository, commits)
    foreseen = foresee(console, asked, console.tell)
    drafted = foreseen.draft
    account = _account(console, drafted, foreseen.admission)
    if not drafted.edits and foreseen.admission.verdict.way == SAME and not foreseen.admission.is_new:
        console.out(f"{order.wish.target} runs {account.verdict.release} already; there is nothing to edit.")
        return
    _show(console, order, foreseen, account)
    if order.dry_run:
        console.tell("Nothing was written: this was a dry run.")
        return
    route = find_route(console, place, account) if place and drafted.edits else None
    _record_forces(console, order, foreseen.admission)
    if place and route:
        step = _opened(console, place, route, account, drafted)
    else:
        step = _written(repository if order.commit else None, account, drafted)
        _warn_of_branch(console, repository, account)
    _tell_next(console, foreseen, account, step)


def _place(console: Console, order: Order, repository: Repository | None) -> Place | None:
    """Known before anything else is done. WrongUsage, or PlannerError without a token."""
    if order.pull_request is None or repository is None:
        return None
    return find_place(console, repository, order.pull_request, order.base, os.environ)


def _no_repository(request: Request) -> Refused:
    return Refused(
        f"{request.folder.resolve()} is in no git repository: there is nothing to commit to",
        advice="Leave out --commit and --open-pr.",
    )


def _account(console: Console, drafted: Draft, found: Admission) -> Account:
    """What it says goes into git and to a forge, too: known secrets are taken out."""
    forced = {gate.name for gate in found.verdict.gates if gate.forced}
    forces = found.log.about(Force, found.verdict.release)
    reasons = {force.gate: force.reason for force in forces if force.gate in forced}
    gates, reasons = console.redact.inside((found.verdict.gates, reasons))
    verdict = evolve(found.verdict, gates=gates)
    return Account(drafted.choice, verdict, drafted.file.name, drafted.edits, reasons)


def _show(console: Console, order: Order, foreseen: Foreseen, account: Account) -> None:
    """The edits, the gates, the plan. A dry run shows the plan behind a closed gate too."""
    paragraphs = [account.title, "\n".join(change_lines(account)), _gates(order, account, console.width())]
    console.out("\n\n".join(filter(None, paragraphs)) + "\n\n")
    if not order.dry_run:
        refuse_closed(foreseen.admission, console, applying=False)
    show_plan(console, foreseen)
    refuse_closed(foreseen.admission, console, applying=False)


def _gates(order: Order, account: Account, width: int) -> str:
    """ "" where refuse_closed shows them."""
    verdict = account.verdict
    if not verdict.gates or len(verdict.refusals(applying=False)) > 1:
        return ""
    return f"Gates of {order.wish.target}:\n{render_gates(verdict.gates, width)}"


def _record_forces(console: Console, order: Order, found: Admission) -> None:
    """In the target's state, where preview and apply find them."""
    release, forcing = found.verdict.release, order.forcing
    forced = [gate.name for gate in found.verdict.gates if gate.forced and gate.name in forcing.gates]
    for name in sorted(set(forcing.gates) - set(forced)):
        console.tell(f"Note: {name} is not closed; there is nothing to set aside.")
    by = actor(order.request.folder, os.environ)

    def change(log: Log, now: str) -> Log:
        for name in forced:
            log = log.plus(Force(release, name, forcing.reason, by, now))
        return log

    if forced:
        update_log(order.request.folder, order.wish.target, console, "promote", change, order.lock_timeout)
        console.tell(
            f"Recorded in the state of {order.wish.target}: {', '.join(forced)} set aside for {release}."
        )


def _opened(console: Console, place: Place, route: Route, account: Account, drafted: Draft) -> Step:
    url = open_pull_request(console, place, route, account, drafted.file, drafted.text)
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


def _warn_of_branch(console: Console, repository: Repository | None, account: Account) -> None:
    """Where the pinned commit is not in the main branch yet: a squashed merge makes another one of it."""
    pinned = account.choice.run.release.templates if TEMPLATES in account.choice.parts else ""
    if repository is None or not pinned:
        return
    main = next((name for name in MAIN_BRANCHES if repository.find(name)), None)
    if main is not None and not repository.is_ancestor(pinned, repository.commit(main)):
        console.tell(
            f"Note: {pinned[:12]}, the commit of the templates, is not in {main} yet. Merge it there first, "
            "and not by squashing: the pin would be of a commit that nobody has."
        )


def _tell_next(console: Console, foreseen: Foreseen, account: Account, step: Step) -> None:
    target = foreseen.configuration.environment
    apply = plain_command_line(foreseen.request.folder, target.name, "apply")
    console.out(f"\n{step.done}")
    for line in waiting(account):
        console.tell(line)
    console.tell(f"Next: {step.following}, then run {apply}" if step.following else f"Next: run {apply}")
    if not target.promote_from:
        console.tell(f"To go on with what is checked out, take the pins out of {account.file} again.")
