"""`planner init`."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import click

from planner.cli.commands.schemas import require_no_link, written
from planner.cli.handed import Console, Request
from planner.cli.options import environment_option, on_request
from planner.errors import PlannerError, StateError
from planner.render.escaping import hanging

STARTER = Path(__file__).parent.parent / "starter"


@click.command("init")
@environment_option
@on_request
def command(request: Request, console: Console, /) -> int:
    """Write a starter project into the folder, which must not hold a planner.yaml yet. Asks nothing.

    In a project, it renews .schemas/, as planner schemas does, and tells for each environment where its state
    is kept and whether it can be read and written there.

    \b
    mkdir search && planner -C search init && planner -C search apply
    planner -C search init -e prod
    """
    folder = request.folder
    exists = (folder / "planner.yaml").exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = [] if exists else list(_write_starter(folder))
    except OSError as error:
        raise PlannerError(f"{error.filename} cannot be written: {error.strerror}") from None
    for name in names:
        console.out(f"Wrote {name}")
    console.out_words(written(request))
    if exists:
        return _check_states(request, console)
    console.tell("Now: planner plan")
    return 0


def _check_states(request: Request, console: Console) -> int:
    """Check each environment's place, or the chosen one's; the exit code of the last error, after all are
    told.
    """
    from planner.config.project import choose_environment

    project, chosen = request.project, request.environment
    environments = [choose_environment(project, chosen)] if chosen else project.environments.values()
    code = 0
    for environment in environments:
        try:
            backend = request.states.open(environment).backend
            console.out_words(f"{environment.name}: state in {backend.describe()}")
            for line in backend.check():
                console.out("\n".join(hanging("  ", line, console.width(), 4)))
        except StateError as error:
            console.error(error)
            code = error.exit_code
    return code


def _write_starter(folder: Path) -> Iterator[str]:
    """Files that are there already are left alone."""
    for source in sorted(path for path in STARTER.rglob("*") if path.is_file()):
        name = source.relative_to(STARTER).as_posix().replace("gitignore", ".gitignore")
        target = folder / name
        if target.exists():
            continue
        require_no_link(folder, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        if name == "planner.yaml":
            target.write_text(source.read_text().replace("PROJECT", project_name(folder)))
        else:
            shutil.copyfile(source, target)
        yield name


def project_name(folder: Path) -> str:
    """The folder's name, as a project may be called."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", folder.resolve().name).strip("-._") or "project"
