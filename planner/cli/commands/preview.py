"""`planner preview`."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click
from attrs import evolve

from planner.cli.handed import Console, Previewed, PreviewOrder, Request, Wanted
from planner.cli.options import (
    Whole,
    complete_environments,
    content_option,
    forge_options,
    format_option,
    input_options,
    json_form_option,
    on_request,
)
from planner.errors import WrongUsage
from planner.model import FULL

CHANGES, FAILED = 2, 1
_REPRODUCED = ("base", "environments", "offline", "content")


@click.command("preview")
@click.option(
    "-e",
    "--environment",
    "environments",
    multiple=True,
    shell_complete=complete_environments,
    help="Look at this environment only; may be repeated.",
)
@click.option("--base", metavar="REF", help="What to compare with. [default: the pull request's target]")
@click.option(
    "--from",
    "made",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Show and post a preview.json that --out wrote elsewhere; no project is needed.",
)
@click.option("--offline", is_flag=True, help="Compare base and head without asking any installation.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Write every form into this folder."
)
@format_option("markdown", "json", "html")
@json_form_option
@click.option("--comment", is_flag=True, help="Make or update the comment on the pull request.")
@forge_options("the CI's")
@click.option("--pr", type=Whole(min=1), metavar="N", help="The pull request.")
@content_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
@input_options
@on_request
def command(  # noqa: PLR0913, PLR0917 - one for each option
    request: Request,
    console: Console,
    /,
    environments: tuple[str, ...],
    base: str | None,
    made: Path | None,
    offline: bool,
    out: Path | None,
    form: str,
    comment: bool,
    wanted: Wanted,
    pr: int | None,
    detailed_exitcode: bool,
) -> int:
    """Show what the change since another commit does to each environment that it affects.

    An environment is affected when its configuration is another one after the change. The affected ones are
    planned side by side, without a lock, and nothing is written to any state or installation.

    \b
    planner preview                          # this branch against the main one
    planner preview --base v1.4 -e prod --out preview
    planner preview --comment                # in CI, on the pull request
    planner preview --offline --out preview  # without credentials, for forks
    planner preview --from preview/preview.json --comment
    """
    from planner.app.preview.comparison import Order
    from planner.app.preview.publishing import publish, rendered, require_pull_request, write_files

    order = Order(request, environments, base, offline, out, _reproduce(request, comment=comment))
    found = _previewed(console, order, made)
    target = evolve(wanted, number=pr) if comment else None
    if target is not None:
        require_pull_request(found.preview, target, os.environ, None if made else request.folder)
    files = out is not None
    console.out_document(rendered(found, form, files=files).encode())
    if out is not None:
        write_files(found, out)
        console.tell(f"Wrote {out}/")
    console.tell(publish(request, found, target, files=files))
    if found.preview.failed:
        return FAILED
    return CHANGES if detailed_exitcode and found.preview.has_changes else 0


def _previewed(console: Console, order: PreviewOrder, made: Path | None) -> Previewed:
    """A preview that was made before, or now."""
    from planner.app.lines import narrowed_preview
    from planner.app.preview.previewing import preview
    from planner.state.saved import read_preview

    if made:
        found = read_preview(made)
        return evolve(found, preview=narrowed_preview(found.preview, order.request.content))
    with console.doing("Comparing and planning") as counted:
        return preview(evolve(order, counted=counted))


def _reproduce(request: Request, *, comment: bool) -> str:
    """The command that makes this preview again."""
    from planner.app.command_line import with_folder

    if comment and request.content == FULL:
        raise WrongUsage("--content full does not go with --comment: a comment has no room for all lines")
    typed = [word for name in _REPRODUCED for word in request.typed.options.get(name, ())]
    return with_folder(shlex.join(["planner", "preview", *typed]), request.folder, ["preview"])
