"""`planner init`."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import click

from planner.cli.options import folder_of, make_console
from planner.errors import PlannerError
from planner.resources import schema_text

STARTER = Path(__file__).parent.parent / "starter"
SCHEMAS = ("project.schema.json", "environment.schema.json", "template.schema.json")
SCHEMA_FOLDER = ".schemas"


@click.command("init")
@click.pass_context
def command(context: click.Context, /) -> int:
    """Write a starter project into the folder, which must not hold a planner.yaml yet. Asks nothing.

    In a project, it only renews .schemas/, by which editors check the files.

    \b
    mkdir search && planner -C search init && planner -C search apply
    """
    folder = folder_of(context)
    console = make_console(context)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = [] if (folder / "planner.yaml").exists() else list(_write_starter(folder))
        _write_schemas(folder)
    except OSError as error:
        raise PlannerError(f"{error.filename} cannot be written: {error.strerror}") from None
    for name in written:
        console.out(f"Wrote {name}")
    console.out(f"Wrote {SCHEMA_FOLDER}/, for editors that know yaml-language-server")
    where = "" if folder == Path() else f" -C {folder}"
    console.tell(f"Now: planner{where} plan")
    return 0


def _write_starter(folder: Path) -> Iterator[str]:
    """Files that are there already are left alone."""
    for source in sorted(path for path in STARTER.rglob("*") if path.is_file()):
        name = source.relative_to(STARTER).as_posix().replace("gitignore", ".gitignore")
        target = folder / name
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if name == "planner.yaml":
            target.write_text(source.read_text().replace("PROJECT", project_name(folder)))
        else:
            shutil.copyfile(source, target)
        yield name


def project_name(folder: Path) -> str:
    """The folder's name, as a project may be called."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", folder.resolve().name).strip("-._") or "project"


def _write_schemas(folder: Path) -> None:
    target = folder / SCHEMA_FOLDER
    target.mkdir(exist_ok=True)
    for name in SCHEMAS:
        (target / name).write_text(schema_text(name))
