"""A preview that failed as a whole: one that says so, so that nobody takes an older one for valid."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from planner.app.caller import Caller
from planner.app.preview.comparison import Order, as_of, changed_since, folder_in, project_in, target_of
from planner.app.preview.problems import advice_of, told_of
from planner.config.load import Projects
from planner.config.project import PROJECT_FILE
from planner.config.sources import Sources, UnreadableSource
from planner.errors import PlannerError
from planner.model.preview import Preview
from planner.vcs import Repository, repository_of

_NAME: Final = re.compile(r"^project:[ \t]*[\"']?([A-Za-z0-9][A-Za-z0-9._-]*)", re.MULTILINE)


def failed_preview(
    caller: Caller, order: Order, environ: Mapping[str, str], error: PlannerError
) -> Preview | None:
    """None where not even the project's name is known."""
    repository, head, base, folder, uncommitted = None, "", "", "", False
    with suppress(PlannerError):
        repository = repository_of(order.request.folder)
        if repository is not None:
            folder = folder_in(repository)
            head = repository.commit("HEAD")
            uncommitted = bool(changed_since(repository, head, order))
            base = target_of(repository, order, environ).left
    name = _name_in(order.request.folder) or _name_at(repository, base)
    if not name:
        return None
    return Preview(
        name,
        base,
        head,
        offline=order.offline,
        reproduce=order.reproduce,
        uncommitted=uncommitted,
        error=caller.redact(told_of(error)),
        advice=caller.redact(advice_of(error)),
        folder=folder,
    )


def _name_in(folder: Path) -> str:
    """The project's name, also where planner.yaml is wrong elsewhere; "" when it cannot be found there."""
    project = project_in(Projects(), folder)
    if project is not None:
        return project.name
    try:
        found = _NAME.search(Sources(folder).text(PROJECT_FILE))
    except UnreadableSource:
        return ""
    return found[1] if found else ""


def _name_at(repository: Repository | None, commit: str) -> str:
    """As `_name_in`, as of a commit."""
    if repository is None or not commit:
        return ""
    with suppress(PlannerError), as_of(repository, commit) as (folder, _):
        return _name_in(folder)
    return ""
