"""`planner env`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from planner.cli.handed import Console, Request, Side
from planner.cli.options import asking_options, complete_environments, content_option, json_option, on_request
from planner.cli.verbs import Verbs
from planner.errors import InvalidConfiguration

DIFFERENT, FAILED = 2, 1


@click.group("env", cls=Verbs)
def command() -> None:
    """The environments: where they are, what each runs, how they differ.

    \b
    planner env status
    planner env diff staging prod
    """


@command.command("list")
@json_option
@on_request
def list_command(request: Request, console: Console, /, as_json: bool) -> None:
    """List the environments. Asks none of them."""
    from planner.app.promotion.env_compare import places
    from planner.render.documents import places_document
    from planner.render.standings import render_places

    project = request.project
    found = console.redact.inside(places(project, request.folder))
    if as_json:
        console.document(places_document(project.name, found))
    else:
        console.out(render_places(found, width=console.width(), style=console.style()))


@command.command("status")
@asking_options(
    "Ask the installations for changes and drift (default), or read the states alone.",
    "How many calls may run at once in each environment.",
)
@json_option
@on_request
def status_command(request: Request, console: Console, /, as_json: bool) -> int:
    """Show what each environment runs and what comes next.

    Below the table: what holds back the next release, and what to do about it. Exits 1 when one of them
    cannot be looked at; the others are shown all the same.

    \b
    planner env status
    planner env status --no-refresh --json
    """
    from planner.app.promotion.chain import standings
    from planner.render.documents import standings_document
    from planner.render.standings import render_standings
    from planner.state.locks import utc_now

    project, now = request.project, utc_now()
    with console.doing("Looking at the environments") as counted:
        chain = console.redact.inside(standings(request, now, counted))
    if as_json:
        console.document(standings_document(project.name, now, chain))
    else:
        style, promotes = console.style(), project.promote is not None
        shown = render_standings(
            chain, promotes=promotes, width=console.width(), style=style, located=console.located
        )
        console.out(shown)
    return FAILED if any(item.problem for item in chain) else 0


@command.command("diff")
@click.argument("left", metavar="A", shell_complete=complete_environments)
@click.argument("right", metavar="B", shell_complete=complete_environments)
@click.option("--rendered", is_flag=True, help="Compare what the templates make of them, too.")
@content_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when they differ.")
@json_option
@on_request
def diff_command(  # noqa: PLR0913, PLR0917 - one for each option
    request: Request,
    console: Console,
    /,
    left: str,
    right: str,
    rendered: bool,
    detailed_exitcode: bool,
    as_json: bool,
) -> int:
    """Show how environments A and B differ.

    What a promotion moves comes apart from what is each one's own. Compares files and asks no installation.
    Of secrets it tells whether they are the same, and no more.

    \b
    planner env diff staging prod
    planner env diff staging prod --rendered
    """
    from planner.app.promotion.env_compare import compare_sides
    from planner.render.comparison import render_comparison
    from planner.render.documents import comparison_document

    with console.doing("Reading templates and files"):
        sides = list(_sides(request, (left, right)))
        if len(sides) < 2:
            return FAILED
        found = console.redact.inside(compare_sides(sides[0], sides[1], request, rendered=rendered))
    if as_json:
        console.document(comparison_document(found))
    else:
        console.out(render_comparison(found, width=console.width(), style=console.style()))
    return DIFFERENT if detailed_exitcode and found.differs else 0


def _sides(request: Request, names: tuple[str, str]) -> Iterator[Side]:
    """The sides that can be read; what is wrong with the others is told."""
    from planner.app.promotion.env_compare import read_side
    from planner.config.project import choose_environment

    for name in [choose_environment(request.project, name).name for name in names]:
        try:
            yield read_side(request, name)
        except InvalidConfiguration as error:
            request.caller.tell(f"{name}:")
            request.caller.error(error)
