"""`planner schemas`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from planner.cli.handed import Console, Request
from planner.cli.options import on_request
from planner.errors import PlannerError
from planner.links import open_regular


@click.command("schemas")
@click.option("--check", is_flag=True, help="Write nothing; end with 1 when they would change.")
@on_request
def command(request: Request, console: Console, /, check: bool) -> int:
    """Renew .schemas/, by which editors check and complete the files: of the installed kinds and of the
    variables that planner.yaml declares. Commit it with them.

    \b
    planner schemas
    planner schemas --check              in a pipeline
    """
    if not check:
        console.out_words(written(request))
        return 0
    schemas = _schemas_of(request)
    behind = [name for name, text in schemas.items() if not _holds(request.folder / name, text)]
    if behind:
        raise PlannerError(
            f"{', '.join(behind)}: not what the installed kinds and planner.yaml give",
            advice="Run planner schemas, and commit what it writes.",
        )
    console.out_words("The schemas are up to date.")
    return 0


def _schemas_of(request: Request) -> Mapping[str, str]:
    from planner.app.schemas import editor_schemas
    from planner.kinds.registry import read_all

    found, _ = read_all(request.kinds)  # what is wrong with the others is told where they are used
    return editor_schemas((kind_file.kind for kind_file in found), request.project)


def _holds(file: Path, text: str) -> bool:
    expected = text.encode()
    try:
        with open_regular(file) as stream:
            return stream.read(len(expected) + 1) == expected
    except OSError:
        return False


def written(request: Request) -> str:
    """Writes the schemas of a project; what there is to say of it."""
    files = _schemas_of(request)
    try:
        for name, text in files.items():
            file = request.folder / name
            require_no_link(request.folder, name)
            file.parent.mkdir(exist_ok=True)
            file.unlink(missing_ok=True)  # it may be a pipe, or have another name elsewhere
            with file.open("x", encoding="utf-8") as stream:
                stream.write(text)
    except OSError as error:
        raise PlannerError(f"{error.filename} cannot be written: {error.strerror}") from None
    return f"Wrote {Path(next(iter(files))).parent}/, for editors that know yaml-language-server"


def require_no_link(folder: Path, name: str) -> None:
    """A folder that somebody else made may hold one, also on the way, to have another file overwritten."""
    for part in (Path(name), *Path(name).parents[:-1]):
        if (folder / part).is_symlink():
            raise PlannerError(
                f"{folder / part} is a link: nothing is written through it", advice="Remove the link."
            )
