"""`planner verify`."""

from __future__ import annotations

import click

from planner.cli.handed import Console, Request
from planner.cli.options import complete_checks, complete_environments, lock_option, on_request
from planner.errors import WrongUsage
from planner.render.escaping import escape


@click.command("verify")
@click.argument("environment", metavar="ENV", shell_complete=complete_environments)
@click.option(
    "--check",
    required=True,
    metavar="NAME",
    shell_complete=complete_checks,
    help="The check, as gates.checks names it.",
)
@click.option("--ok", "passed", is_flag=True, help="It passed.")
@click.option("--failed", is_flag=True, help="It did not.")
@click.option("--url", default="", metavar="URL", help="Where the evidence is; kept in the state and shown.")
@lock_option
@on_request
def command(  # noqa: PLR0913, PLR0917 - one for each option
    request: Request,
    console: Console,
    /,
    check: str,
    passed: bool,
    failed: bool,
    url: str,
    lock_timeout: float,
) -> None:
    """Record what a check found of the release that ENV runs now.

    The gate `checks` of the environments that take releases from ENV asks for it. The latest one counts.

    \b
    planner verify staging --check smoke --ok --url https://ci.example/runs/12
    planner verify staging --check smoke --failed
    """
    from planner.app.promotion.records import verify

    if passed == failed:
        raise WrongUsage("what did the check find?", advice="Give either --ok or --failed.")
    if not check.strip():
        raise WrongUsage("--check is empty")
    check = check.strip()
    release, notes = verify(request, check, url.strip(), lock_timeout, passed=passed)
    word = "passed" if passed else "failed"
    console.out_words(escape(f"Recorded: {check} {word} on {release} in {request.environment}."))
    for note in notes:
        console.tell(escape(f"Note: {note}"))
