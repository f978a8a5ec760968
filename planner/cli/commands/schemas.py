"""`planner schemas`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from planner.cli.handed import Console, Request
from planner.cli.options import on_request
from planner.errors import PlannerError


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
        console.out(written(request))
        return 0
    schemas = _schemas_of(request)
    behind = [name for name, text in schemas.items() if not _holds(request.folder / name, text)]
    if behind:
        raise PlannerError(
            f"{', '.join(behind)}: not what the installed kinds and planner.yaml give",
            advice="Run planner schemas, and commit what it writes.",
        )
    console.out("The schemas are up to date.")
    return 0


def _schemas_of(request: Request) -> Mapping[str, str]:
    from planner.app.schemas import editor_schemas
    from planner.kinds.registry import load_kinds

    return editor_schemas((found.kind for found in load_kinds().values()), request.project)


def _holds(file: Path, text: str) -> bool:
    try:
        return file.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False


def written(request: Request) -> str:
    """Writes the schemas of a project; what there is to say of it."""
    files = {request.folder / name: text for name, text in _schemas_of(request).items()}
    try:
        for file, text in files.items():
            require_no_link(file.parent)
            file.parent.mkdir(exist_ok=True)
            require_no_link(file)
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PlannerError(f"{error.filename} cannot be written: {error.strerror}") from None
    return f"Wrote {next(iter(files)).parent.name}/, for editors that know yaml-language-server"


def require_no_link(target: Path) -> None:
    """A folder that somebody else made may hold one, to have another file overwritten."""
    if target.is_symlink():
        raise PlannerError(f"{target} is a link: nothing is written through it", advice="Remove the link.")
