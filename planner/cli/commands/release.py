"""`planner release`."""

from __future__ import annotations

from collections.abc import Mapping

import click

from planner.cli.handed import Console, KnownRelease, Rejected, Request
from planner.cli.options import complete_environments, json_option, lock_option, on_request
from planner.cli.verbs import Verbs
from planner.errors import LockHeld, PartlyApplied, WrongUsage
from planner.render.escaping import escape

FAILED = 1


@click.group("release", cls=Verbs)
def command() -> None:
    """Releases: what each is made of, where it runs and ran, what was said of it.

    A RELEASE is named by its id, or by the beginning of it, as r-4f2c9a.

    \b
    planner release list
    planner release approve r-4f2c9a prod
    """


@command.command("list")
@json_option
@on_request
def list_command(request: Request, console: Console, /, as_json: bool) -> int:
    """List the releases that any environment knows, the newest first."""
    from planner.app.promotion.release_reading import read_logs
    from planner.render.documents import releases_document
    from planner.render.releases import render_releases

    logs = read_logs(request)
    releases, problems = console.redact.inside(logs.releases), console.redact.inside(logs.problems)
    if as_json:
        console.document(releases_document(logs.project.name, releases, problems))
    elif releases:
        console.out(render_releases(releases, width=console.width(), style=console.style()))
    else:
        console.out_words("No release is known yet. The next apply makes one known.")
    return _tell_unread(console, problems)


@command.command("show")
@click.argument("release")
@json_option
@on_request
def show_command(request: Request, console: Console, /, release: str, as_json: bool) -> int:
    """Show one RELEASE, with all that happened to it.

    What it is made of, its runs with their gates, checks, approvals and rejections.
    """
    from planner.app.promotion.release_reading import read_logs, subjects_of
    from planner.render.documents import release_document
    from planner.render.releases import render_release

    logs = read_logs(request)
    found = _found(logs.releases, release)
    subjects = console.redact.inside(subjects_of(request, found))
    found, problems = console.redact.inside(found), console.redact.inside(logs.problems)
    if as_json:
        console.document(release_document(logs.project.name, found, subjects, problems))
    else:
        console.out(render_release(found, subjects, width=console.width(), style=console.style()))
    return _tell_unread(console, problems)


def _found(releases: tuple[KnownRelease, ...], beginning: str) -> KnownRelease:
    from planner.app.promotion.release_reading import known_as

    by_id = {item.id: item for item in releases}
    return by_id[known_as(beginning, by_id)]


def _tell_unread(console: Console, problems: Mapping[str, str]) -> int:
    for name, problem in problems.items():
        console.tell(escape(f"{name} cannot be looked at: {problem}"))
    return FAILED if problems else 0


@command.command("approve")
@click.argument("release")
@click.argument("environment", metavar="ENV", shell_complete=complete_environments)
@lock_option
@on_request
def approve_command(request: Request, console: Console, /, release: str, lock_timeout: float) -> None:
    """Say that RELEASE may come into ENV. Counts for the gate `approvals`, but not for who promotes it.

    You are who PLANNER_ACTOR says, else who started the CI's job, else git's user.email.
    """
    from planner.app.promotion.records import approve

    done, notes = approve(request, release, lock_timeout)
    console.out_words(escape(done))
    for note in notes:
        console.tell(escape(f"Note: {note}."))


@command.command("reject")
@click.argument("release")
@click.option("--reason", required=True, metavar="TEXT", help="Why; recorded and shown.")
@click.option(
    "-e",
    "--environment",
    "environments",
    metavar="ENV",
    multiple=True,
    shell_complete=complete_environments,
    help="Tell this environment only; may be repeated. [default: all that know the release]",
)
@lock_option
@on_request
def reject_command(
    request: Request,
    console: Console,
    /,
    release: str,
    reason: str,
    environments: tuple[str, ...],
    lock_timeout: float,
) -> int:
    """Say that RELEASE is not to be promoted any more. Where it runs, it goes on.

    \b
    planner release reject r-4f2c9a --reason 'wrong synonyms'
    """
    from planner.app.promotion.records import reject

    if not reason.strip():
        raise WrongUsage("--reason is empty: it is kept in the state, and shown")
    found = reject(request, release, reason.strip(), environments, lock_timeout)
    _tell_rejected(console, found)
    return _exit_code(found)


def _exit_code(found: Rejected) -> int:
    """5 when some environments could not be told; when none could: 4 for locks that are held, else 1."""
    if not found.failed:
        return 0
    if found.written or found.already:
        return PartlyApplied.exit_code
    locked = all(isinstance(error, LockHeld) for error in found.failed.values())
    return LockHeld.exit_code if locked else FAILED


def _tell_rejected(console: Console, found: Rejected) -> None:
    release = escape(found.release)
    if found.written:
        console.out_words(f"Rejected {release} in {', '.join(found.written)}.")
    if found.already:
        console.out_words(
            f"{release} was rejected before, for the same reason, in {', '.join(found.already)}."
        )
    for name in found.rolling:
        console.tell(f"Note: {name} is rolling it out, and begins no further wave.")
    for name in found.running:
        console.tell(f"Note: {name} runs it, and goes on with it.")
    for name, error in found.failed.items():
        console.tell(f"{name} was not told:")
        console.error(error)
