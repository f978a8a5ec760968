"""Where a preview goes: text on stdout, files in a folder, the pull request's comment, the CI's job page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import orjson

from planner.app.opening import Request
from planner.errors import PlannerError, Refused
from planner.forge.client import connect
from planner.forge.github import write_outputs, write_summary
from planner.forge.locating import Wanted, job_of, locate
from planner.forge.posting import Marker, Posting, post
from planner.forge.registry import KINDS
from planner.model.dialect import USUAL, Dialect
from planner.model.preview import Preview
from planner.render.html import render_html
from planner.render.markdown import CommentForm, render_comment
from planner.render.markdown.form import LEAST
from planner.render.preview import gitlab_report
from planner.state.files import cause, write_private
from planner.state.saved import Previewed, dump_preview
from planner.vcs import repository_of

PRINTED: Final = 1_000_000
"""Characters of Markdown on stdout and in a file, which no forge bounds."""


def rendered(found: Previewed, form: str, *, files: bool) -> str:
    """Ends with a line break. form: markdown, html or json. files: whether all of it is also in files."""
    if form == "html":
        return render_html(found.preview)
    if form == "json":
        return dump_preview(found).decode()
    return _comment(found, PRINTED, files=files)


def _comment(found: Previewed, limit: int, dialect: Dialect = USUAL, *, files: bool) -> str:
    return render_comment(found.preview, CommentForm(max(limit, LEAST), dialect=dialect, files=files))


def write_files(found: Previewed, folder: Path) -> None:
    """preview.md, .html and .json, terraform.json for GitLab, and <environment>.plan.json for apply.

    Only their owner may read them.
    """
    files = {f"preview.{end}": rendered(found, form, files=True).encode() for end, form in _FORMS.items()}
    files[_REPORT] = orjson.dumps(gitlab_report(found.preview))
    if not found.preview.offline:
        refused = {item.environment for item in found.preview.environments if item.failed}
        files |= {f"{name}{_PLAN}": data for name, data in found.plans.items() if name not in refused}
    try:
        for name, data in files.items():
            write_private(folder / name, data)
    except OSError as error:
        raise PlannerError(f"{folder} cannot be written: {cause(error)}") from error


_FORMS: Final = {"md": "markdown", "html": "html", "json": "json"}
_PLAN: Final = ".plan.json"
_REPORT: Final = "terraform.json"


def is_written(path: Path, folder: Path) -> bool:
    """Whether path is what write_files writes to folder."""
    names = {_REPORT, *(f"preview.{end}" for end in _FORMS)}
    return path.parent == folder and (path.name in names or path.name.endswith(_PLAN))


def publish(request: Request, found: Previewed, wanted: Wanted | None, *, files: bool) -> str:
    """Publish on the pull request, and on the job's page where there is one; what was done, for people.

    wanted: the pull request, as far as the user says which; None for no comment. files: whether all of
    it is also in files.
    """
    environ, tell = request.inputs.environ, request.caller.tell
    write_summary(environ, lambda limit: _comment(found, limit, files=files))
    write_outputs(environ, _outputs(found))
    if wanted is None:
        return ""
    if job_of(wanted, environ).queued:
        return "No comment was made: a merge queue asks, and the pull request has been reviewed."
    located = locate(wanted, environ)
    forge, preview = connect(located.target, tell=tell), found.preview
    posting = Posting(
        marker=Marker(preview.id, located.commit or preview.head, located.run),
        render=lambda limit: _comment(found, limit, forge.facts.dialect, files=files),
        needed=preview.is_worth_telling,
        disorder=located.disorder,
    )
    return post(forge, posting, tell=tell).words


def _outputs(found: Previewed) -> dict[str, str]:
    """Outputs of the step: whether there are changes, and the digest of each environment's plan."""
    digests = {item.environment: item.digest for item in found.preview.environments if item.digest}
    return {
        "changes": "true" if found.preview.has_changes else "false",
        "failed": "true" if found.preview.failed else "false",
        "digests": orjson.dumps(digests).decode(),
    }


_ADVICE: Final = (
    "Check out its head, or its merge with the target, before the preview. Jobs of pull_request_target, "
    "issue_comment and workflow_run begin with the target, and have secrets: check out there only what "
    "people wrote whom you trust. A clone that is cut off may lack the head: fetch the whole history."
)


def require_pull_request(
    preview: Preview, wanted: Wanted, environ: Mapping[str, str], folder: Path | None
) -> None:
    """Refused where what is checked out is not the pull request that the preview is to be posted on.

    Jobs of some events begin with the target's branch, which changes nothing: such a preview would say "no
    changes" in place of a valid one. folder: of the checkout, None for a preview that was made elsewhere.
    """
    job = job_of(wanted, environ)
    if job.queued or job.forge not in KINDS or job.number is None or preview.head in ("", job.commit):
        return
    why = ""
    if folder is not None and job.commit:
        if not _is_in(job.commit, preview.head, folder):
            why = f"its head, {job.commit[:12]}, is not in that"
    elif preview.head == preview.base and not preview.uncommitted:
        why = "that is in the target already"
    if why:
        name = f"{KINDS[job.forge].facts.request} {job.number}"
        raise Refused(
            f"{preview.head[:12]} is checked out, and is not {name}: {why}; no comment was made or changed",
            advice=_ADVICE,
        )


def _is_in(commit: str, head: str, folder: Path) -> bool:
    """Whether a commit is in another, also where a clone is cut off at head, which names its parents all the
    same.
    """
    repository = repository_of(folder)
    if repository is None:
        return False
    if repository.find(commit) is not None:
        return repository.is_ancestor(commit, head)
    lines = repository.must("cat-file", "commit", head).decode(errors="replace").split("\n\n")[0]
    return f"parent {commit}" in lines.splitlines()
