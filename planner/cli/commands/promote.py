"""`planner promote`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import click
from attrs import evolve

from planner.cli.handed import (
    Console,
    Done,
    Forcing,
    Foreseen,
    Opened,
    Order,
    Promotion,
    Proposal,
    Request,
    Wanted,
)
from planner.cli.options import (
    complete_environments,
    complete_promotables,
    content_option,
    force_options,
    forge_options,
    input_options,
    json_option,
    lock_option,
    on_request,
)
from planner.errors import Refused, WrongUsage

_NO_DEFAULT: Final = "Neither PLANNER_ENVIRONMENT nor default_environment counts here."


@click.command("promote")
@click.argument("names", nargs=-1, metavar="[SOURCE] TARGET", shell_complete=complete_environments)
@click.option(
    "--only",
    multiple=True,
    metavar="VARIABLE",
    shell_complete=complete_promotables,
    help="Move this only, or templates; repeatable.",
)
@click.option("--release", default="", metavar="R", help="A release that ran in SOURCE, not the present one.")
@click.option("--rollback", is_flag=True, help="Go back to what ran in TARGET before.")
@click.option("--to", default="", metavar="R", help="With --rollback: the release to go back to.")
@click.option("--dry-run", is_flag=True, help="Show it; write nothing.")
@click.option("--commit", is_flag=True, help="Commit the file that it writes.")
@click.option("--move-pins", "moves", is_flag=True, help="Move those in environments/, in one commit.")
@click.option("--open-pr", is_flag=True, help="Commit it on a branch, push that, open a pull request.")
@force_options
@forge_options("the CI's, or the remote's")
@click.option(
    "--base", default="", metavar="BRANCH", help="Where the pull request goes. [default: this branch]"
)
@lock_option
@input_options
@content_option
@json_option
@on_request
def command(  # noqa: PLR0913, PLR0917 - one for each option
    request: Request,
    console: Console,
    /,
    names: tuple[str, ...],
    only: tuple[str, ...],
    release: str,
    rollback: bool,
    to: str,
    dry_run: bool,
    commit: bool,
    moves: bool,
    open_pr: bool,
    forcing: Forcing,
    wanted: Wanted,
    base: str,
    lock_timeout: float,
    as_json: bool,
) -> None:
    """Pin TARGET to the release that runs in SOURCE: check the gates, write pins/TARGET.yaml.

    Nothing else is changed: what runs in TARGET changes with the next apply.

    \b
    planner promote dev staging
    planner promote staging prod --dry-run
    planner promote staging prod --open-pr
    planner promote staging prod --only bundle_version --commit
    planner promote prod --rollback
    """
    from planner.app.promotion.choosing import Order

    if moves:
        _move(request, console, dry_run=dry_run)
        return
    promotion = _promotion(names, only, release, to, rollback=rollback)
    request = evolve(request, environment=promotion.target)
    order = Order(request, promotion, forcing, dry_run=dry_run, commit=commit, lock_timeout=lock_timeout)
    pull_request = _pull_request(wanted, base, is_asked=open_pr)
    carry = _promote_as_document if as_json else _promote
    carry(console, evolve(order, pull_request=pull_request, base=base))


def _pull_request(wanted: Wanted, base: str, *, is_asked: bool) -> Wanted | None:
    """Where one is to be opened, None for nowhere."""
    from planner.forge.locating import Wanted

    if not is_asked and (base or wanted != Wanted()):
        raise WrongUsage("--forge, --repo, --api-url and --base go with --open-pr")
    return wanted if is_asked else None


def _move(request: Request, console: Console, *, dry_run: bool) -> None:
    """Move the pins of all environments; beside --dry-run nothing goes with it."""
    from planner.app.promotion.moving import move_pins

    if request.typed.arguments or not request.typed.options.keys() <= {"moves", "dry_run"}:
        raise WrongUsage(
            "--move-pins moves the pins of all environments in one commit, and goes with --dry-run alone"
        )
    moved, commit = move_pins(request, dry_run=dry_run)
    for item in moved:
        console.out_words(f"{item.name}: pins -> {item.pins_name}")
    if not moved:
        console.out_words("There are no pins in environments/; there is nothing to move.")
    elif dry_run:
        console.tell("Nothing was written: this was a dry run.")
    elif commit:
        console.out_words(f"Committed as {commit[:12]}.")
        console.tell("Next: push it. Its preview shows no change.")
    else:
        console.tell("Next: commit it, where the project is kept.")


def _promote(console: Console, order: Order) -> None:
    from planner.app.promotion.promoting import carry_out, prepare

    foreseen = prepare(order)
    if foreseen.is_done:
        release = foreseen.account.verdict.release
        console.out_words(f"{order.promotion.target} runs {release} already; there is nothing to edit.")
        return
    _show(console, foreseen)
    if order.dry_run:
        console.tell("Nothing was written: this was a dry run.")
        return
    _tell_next(console, foreseen, carry_out(foreseen))


def _promote_as_document(console: Console, order: Order) -> None:
    """Where it is refused, the document tells of what would be promoted."""
    from planner.app.promotion.promoting import NOTHING_DONE, carry_out, prepare, promoted
    from planner.render.documents import promotion_document
    from planner.state.saved import plan_document

    foreseen, plans = prepare(order), list[Mapping[str, Any]]()

    def show(here: Opened, found: Proposal) -> None:
        plans.append(plan_document(found.plan, here.store.redact))
        console.diagnostics((*here.configuration.diagnostics, *found.diagnostics))

    def tell(done: Done) -> None:
        shown = console.redact.inside(promoted(foreseen, done))
        console.document(promotion_document(shown, plans[0] if plans else None))

    try:
        if not foreseen.is_done:
            _admit(foreseen, show)
    except Refused:
        tell(NOTHING_DONE)
        raise
    tell(NOTHING_DONE if foreseen.is_done or order.dry_run else carry_out(foreseen))


def _show(console: Console, foreseen: Foreseen) -> None:
    """The edits, the gates, the plan."""
    from planner.app.apply import present
    from planner.app.promotion.wording import change_lines
    from planner.cli.present import TextReport

    account = foreseen.account
    paragraphs = [account.title, "\n".join(change_lines(account)), _gates(foreseen, console.width())]
    console.out_words("\n\n".join(filter(None, paragraphs)) + "\n\n")
    _admit(foreseen, lambda here, found: present(TextReport(console, here), here, found))


def _admit(foreseen: Foreseen, show: Callable[[Opened, Proposal], object]) -> None:
    """Refused where its gates or its plan keep it out. A dry run shows the plan behind a closed gate too."""
    from planner.app.promotion.admission import refuse_closed
    from planner.app.promotion.promoting import plan_target

    if not foreseen.order.dry_run:
        refuse_closed(foreseen.admission, applying=False)
    plan_target(foreseen, show)
    refuse_closed(foreseen.admission, applying=False)


def _gates(foreseen: Foreseen, width: int) -> str:
    """ "" where the refusal shows them."""
    from planner.render.standings import render_gates

    verdict = foreseen.account.verdict
    if not verdict.gates or len(verdict.refusals(applying=False)) > 1:
        return ""
    return f"Gates of {foreseen.order.promotion.target}:\n{render_gates(verdict.gates, width)}"


def _tell_next(console: Console, foreseen: Foreseen, done: Done) -> None:
    from planner.app.promotion.wording import waiting

    console.out_words(f"\n{done.words}")
    for line in waiting(foreseen.account):
        console.tell(line)
    console.tell(f"Next: {done.next}")
    if not foreseen.configuration.environment.promote_from:
        console.tell(f"To go on with what is checked out, delete {foreseen.account.file} again.")


def _promotion(
    names: tuple[str, ...], only: tuple[str, ...], release: str, to: str, *, rollback: bool
) -> Promotion:
    from planner.app.promotion.choosing import Promotion

    if rollback and len(names) != 1:
        advice = f"planner promote TARGET --rollback. {_NO_DEFAULT}"
        raise WrongUsage("a rollback is of one environment", advice=advice)
    if not rollback and (len(names) != 2 or not all(names)):
        raise WrongUsage(
            "which environments?",
            advice=f"planner promote SOURCE TARGET, or planner promote TARGET --rollback. {_NO_DEFAULT}",
        )
    if to and not rollback:
        raise WrongUsage("--to goes with --rollback", advice="For a release of SOURCE: --release R.")
    if rollback and release:
        raise WrongUsage("--release does not go with --rollback", advice="Say where to go back to: --to R.")
    if rollback and only:
        raise WrongUsage("--only does not go with --rollback: a release comes back whole")
    return Promotion(names[-1], "" if rollback else names[0], only, to or release)
