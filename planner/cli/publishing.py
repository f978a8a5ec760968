"""Where a preview goes: text on stdout, files in a folder, the pull request's comment, the CI's job page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import orjson
from attrs import frozen

from planner.cli.console import Console
from planner.errors import PlannerError
from planner.forge.job_page import write_outputs, write_summary
from planner.forge.locating import Wanted, locate
from planner.forge.marker import Marker
from planner.forge.posting import Posting, post
from planner.forge.registry import connect
from planner.render.html import render_html
from planner.render.markdown import form_for, render_comment
from planner.render.markdown.form import LEAST
from planner.state.files import cause, write_private
from planner.state.saved_preview import Previewed, dump_preview

PRINTED: Final = 1_000_000
"""Characters of Markdown on stdout and in a file, which no forge bounds."""


@frozen
class Destination:
    """The pull request: what the user says of it, and the CI's variables."""

    wanted: Wanted
    environ: Mapping[str, str]


def rendered(found: Previewed, form: str) -> str:
    """form: markdown, html or json. Ends with a line break."""
    if form == "html":
        return render_html(found.preview)
    if form == "json":
        return dump_preview(found).decode()
    return _comment(found, "github", PRINTED)


def _comment(found: Previewed, forge: str, limit: int) -> str:
    return render_comment(found.preview, form_for(forge, limit=max(limit, LEAST)))


def write_files(found: Previewed, folder: Path) -> None:
    """preview.md, .html and .json, and <environment>.plan.json for apply. Only their owner may read them."""
    files = {f"preview.{end}": rendered(found, form).encode() for end, form in _FORMS.items()}
    files |= {f"{name}.plan.json": data for name, data in found.plans.items() if not found.preview.offline}
    try:
        for name, data in files.items():
            write_private(folder / name, data)
    except OSError as error:
        raise PlannerError(f"{folder} cannot be written: {cause(error)}") from error


_FORMS: Final = {"md": "markdown", "html": "html", "json": "json"}


def publish(console: Console, found: Previewed, to: Destination | None, environ: Mapping[str, str]) -> str:
    """On the pull request, and on the job's page where there is one; what was done, for people."""
    write_summary(environ, lambda limit: _comment(found, "github", limit))
    write_outputs(environ, _outputs(found))
    if to is None:
        return ""
    located = locate(to.wanted, to.environ)
    console.redact.watch(lambda: located.target.credentials.secrets)
    forge = connect(located.target)
    posting = Posting(
        marker=Marker(found.preview.project, located.commit or found.preview.head, located.run),
        render=lambda limit: _comment(found, located.target.forge, limit),
        needed=found.preview.has_changes or found.preview.failed,
    )
    return post(forge, posting).words


def _outputs(found: Previewed) -> dict[str, str]:
    """Outputs of the step: whether there are changes, and the digest of each environment's plan."""
    digests = {item.environment: item.digest for item in found.preview.environments if item.digest}
    return {
        "changes": "true" if found.preview.has_changes else "false",
        "failed": "true" if found.preview.failed else "false",
        "digests": orjson.dumps(digests).decode(),
    }
