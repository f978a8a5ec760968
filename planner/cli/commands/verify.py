"""`planner verify`."""

from __future__ import annotations

import click

from planner.app.promotion.records import Finding, verify
from planner.cli.options import complete_environments, lock_option, make_console, make_request
from planner.errors import WrongUsage
from planner.render.escaping import escape


@click.command("verify")
@click.argument("environment", metavar="ENV", shell_complete=complete_environments)
@click.option("--check", required=True, metavar="NAME", help="The check, as gates.checks names it.")
@click.option("--ok", "passed", is_flag=True, help="It passed.")
@click.option("--failed", is_flag=True, help="It did not.")
@click.option("--url", default="", metavar="URL", help="Where the evidence is; kept in the state and shown.")
@lock_option
@click.pass_context
def command(  # noqa: PLR0913, PLR0917 - one for each option
    context: click.Context,
    /,
    environment: str,
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
    if passed == failed:
        raise WrongUsage("what did the check find?", advice="Give either --ok or --failed.")
    if not check.strip():
        raise WrongUsage("--check is empty")
    console = make_console(context)
    finding = Finding(check.strip(), passed, url.strip())
    found = verify(make_request(context, environment), console, finding, lock_timeout)
    word = "passed" if passed else "failed"
    console.out(escape(f"Recorded: {finding.check} {word} on {found.release} in {environment}."))
    for note in found.notes:
        console.tell(escape(f"Note: {note}"))
