"""`planner init`."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import click

from planner.cli.handed import Console, Request
from planner.cli.options import environment_option, on_request
from planner.errors import PlannerError, StateError

STARTER = Path(__file__).parent.parent / "starter"
SCHEMAS = ("project.schema.json", "environment.schema.json", "pins.schema.json", "template.schema.json")
SCHEMA_FOLDER = ".schemas"


@click.command("init")
@environment_option
@on_request
def command(request: Request, console: Console, /) -> int:
    """Write a starter project into the folder, which must not hold a planner.yaml yet. Asks nothing.

    In a project, it renews .schemas/, by which editors check the files, and tells for each environment where
    its state is kept and whether it can be read and written there.

    \b
    mkdir search && planner -C search init && planner -C search apply
    planner -C search init -e prod
    """
    folder = request.folder
    exists = (folder / "planner.yaml").exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = [] if exists else list(_write_starter(folder))
        _write_schemas(folder)
    except OSError as error:
        raise PlannerError(f"{error.filename} cannot be written: {error.strerror}") from None
    for name in written:
        console.out(f"Wrote {name}")
    console.out(f"Wrote {SCHEMA_FOLDER}/, for editors that know yaml-language-server")
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
            console.out(f"{environment.name}: state in {backend.describe()}")
            for line in backend.check():
                console.out(f"  {line}")
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
        _require_no_link(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        if name == "planner.yaml":
            target.write_text(source.read_text().replace("PROJECT", project_name(folder)))
        else:
            shutil.copyfile(source, target)
        yield name


def _require_no_link(target: Path) -> None:
    """A folder that somebody else made may hold one, to have another file overwritten."""
    if target.is_symlink():
        raise PlannerError(f"{target} is a link: nothing is written through it", advice="Remove the link.")


def project_name(folder: Path) -> str:
    """The folder's name, as a project may be called."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", folder.resolve().name).strip("-._") or "project"


def _write_schemas(folder: Path) -> None:
    from planner.resources import schema_text

    target = folder / SCHEMA_FOLDER
    _require_no_link(target)
    target.mkdir(exist_ok=True)
    for name in SCHEMAS:
        _require_no_link(target / name)
        (target / name).write_text(schema_text(name))
