"""`planner export`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from planner.cli.commands.kinds import require_kind
from planner.cli.handed import Console, Request
from planner.cli.options import complete_kinds, environment_option, on_request
from planner.errors import PlannerError


@click.command("export")
@click.argument("kinds", nargs=-1, metavar="[KIND]...", shell_complete=complete_kinds)
@environment_option
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to a new file in the project."
)
@on_request
def command(request: Request, console: Console, /, kinds: tuple[str, ...], out: Path | None) -> None:
    """Write templates and import blocks for what the installation holds and the state does not.

    The next apply then takes it all into the state, without changing anything.

    \b
    planner export -e prod --out templates/existing.yaml
    planner plan -e prod
    """
    from planner.app.opening import opened
    from planner.engine.imports import export
    from planner.render.template_text import template_text

    with opened(request) as here:
        drivers = here.session.drivers
        for kind in kinds:
            require_kind(kind, drivers)
        with console.doing("Asking the installation"):
            found = export(here.store.load(), kinds or sorted(drivers), drivers, console.redact.inside)
    text = template_text(found.resources, found.imports)
    if out is not None:
        write_template(request.folder, out, text)
    elif found.resources:
        console.out(text)
    known = f"; {found.known} more are in the state already" if found.known else ""
    where = f"Wrote {counted(len(found.resources))} to {out}" if out else counted(len(found.resources))
    console.tell(f"{where}{known}.")
    for address, names in found.left_out.items():
        console.tell(
            f"{address}: {', '.join(names)} left out and ignored, as a known secret is in it. To manage it, "
            "declare it with a sensitive variable and take it out of ignore_changes."
        )


def counted(count: int) -> str:
    return f"{count} resource{'s' * (count != 1)}"


def write_template(folder: Path, name: Path, text: str) -> None:
    """Writes a template of the project that must not be there yet, with the schema that the project has for
    editors. PlannerError when it is there, or cannot be written.
    """
    from planner.app.schemas import modeline

    path = folder / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError:
        raise PlannerError(f"{name} exists", advice="Name another file, or remove that one.") from None
    except OSError as error:
        raise PlannerError(f"{name} cannot be written: {error.strerror}") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(modeline(folder, path) + text)
