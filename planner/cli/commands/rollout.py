"""`planner rollout`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import click
from attrs import evolve

from planner.cli.handed import Applying, Console, Outcome, Request, Stored
from planner.cli.options import (
    complete_rollouts,
    environment_option,
    events_option,
    json_option,
    lock_option,
    on_request,
    on_state,
)
from planner.cli.verbs import Verbs
from planner.render.escaping import escape

_NAME = click.argument("name", required=False, shell_complete=complete_rollouts)
_AUTO = click.option("--auto-approve", is_flag=True, help="Do not ask.")


@click.group("rollout", cls=Verbs)
def command() -> None:
    """Roll-outs that have begun: how far they are, and how they end.

    The next apply goes on with one by itself, unless it stopped since a deployment failed.

    \b
    planner rollout status -e prod
    planner rollout continue search -e prod
    planner rollout back search -e prod
    """


@command.command("status")
@on_state
@json_option
def status_command(here: Stored, /, as_json: bool) -> None:
    """Show the roll-outs that have begun, and those that are held back. Takes no lock."""
    state = here.store.load()
    holder = here.store.backend.lock_holder() if state.rollouts else None
    begun, failures, busy = here.console.redact.inside((state.rollouts, state.failures, str(holder or "")))
    if as_json:
        from planner.render.reports import rollouts_document

        here.console.document(rollouts_document(here.environment.name, begun, failures, busy))
        return
    from planner.render.rollouts import render_rollouts

    console, name = here.console, here.environment.name
    width, style = console.width(), console.style()
    text = render_rollouts(begun, failures, environment=name, width=width, style=style, busy=busy)
    console.out(console.located(text))


def _decide(request: Request, console: Console, verb: str, decide: Callable[[Applying], Outcome]) -> int:
    """By the record alone, whatever the templates say. What is left of it, if it is cut off, an apply goes on
    with.
    """
    from planner.app import carrying
    from planner.app.command_line import Typed
    from planner.app.opening import opened_without_templates
    from planner.cli.present import exit_code_of, make_report

    with opened_without_templates(evolve(request, typed=Typed("apply"))) as here:
        return exit_code_of(decide(carrying.Applying(here, make_report(console, here, verb))))


@command.command("continue")
@_NAME
@environment_option
@lock_option
@_AUTO
@events_option
@on_request
def continue_command(
    request: Request, console: Console, /, name: str | None, lock_timeout: float, auto_approve: bool
) -> int:
    """Go on with the roll-out NAME, and nothing else. What failed is looked at, and tried again.

    One that goes back goes on with that. What else the templates want is done by the next apply.
    """
    from planner.app.deciding import go_on_with

    decide = partial(go_on_with, name=name, auto=auto_approve, lock_timeout=lock_timeout)
    return _decide(request, console, "rollout continue", decide)


@command.command("back")
@_NAME
@environment_option
@lock_option
@_AUTO
@events_option
@on_request
def back_command(
    request: Request, console: Console, /, name: str | None, lock_timeout: float, auto_approve: bool
) -> int:
    """Take every deployment of the roll-out NAME back to what was declared before, the last wave first.

    After restarts the old content is put in place again, and all that started anew do so once more.

    It counts as failed: plans hold it back until what it carries changes, or --retry-rollout names it.
    """
    from planner.app.deciding import take_back

    decide = partial(take_back, name=name, auto=auto_approve, lock_timeout=lock_timeout)
    return _decide(request, console, "rollout back", decide)


@command.command("abandon")
@_NAME
@on_state
@lock_option
@_AUTO
def abandon_command(here: Stored, /, name: str | None, lock_timeout: float, auto_approve: bool) -> None:
    """Leave every deployment as it is, and forget that the roll-out NAME has begun.

    The next plan shows what differs from the templates then.
    """
    from planner.app.deciding import abandoned, approve, left_as, named
    from planner.app.way_back import Shelf

    console, environment = here.console, here.environment
    with here.store.lock("rollout abandon", lock_timeout):
        state = here.store.checkpoint()
        begun = named(state.rollouts, name, environment.name)
        shown = console.redact.inside(begun)
        for sentence in left_as(shown, state):
            console.out_words(escape(sentence))
        question = f"End the roll-out {begun.rollout.name} so in {environment.name}?"
        approve(environment, question, console.ask_about, auto=auto_approve)
        Shelf.of(here.folder, environment.name).forget(here.store.commit(abandoned(state, begun)))
    console.out_words(f"Abandoned the roll-out {escape(shown.rollout.name)} ({escape(shown.id)}).")
    console.tell(f"See what differs by now: {here.command_line('plan')}")
