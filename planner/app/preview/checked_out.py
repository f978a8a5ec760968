"""Whether what is checked out is the pull request that a preview is to be posted on.

Jobs of some events begin with the target's branch, which changes nothing: such a preview would say "no
changes" in place of a valid one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from planner.errors import Refused
from planner.forge.ci import Job
from planner.forge.locating import Wanted, job_of
from planner.forge.registry import KINDS
from planner.model.preview import Preview
from planner.vcs import repository_of

_ADVICE: Final = (
    "Check out its head, or its merge with the target, before the preview. Jobs of pull_request_target, "
    "issue_comment and workflow_run begin with the target, and have secrets: check out there only what "
    "people wrote whom you trust. A clone that is cut off may lack the head: fetch the whole history."
)


def require_pull_request(
    preview: Preview, wanted: Wanted, environ: Mapping[str, str], folder: Path | None
) -> None:
    """Refused where it is not. folder: of the checkout, None for a preview that was made elsewhere."""
    job = job_of(wanted, environ)
    if job.queued or job.forge not in KINDS or job.number is None or preview.head in ("", job.commit):
        return
    if folder is not None and job.commit:
        if not _is_in(job.commit, preview.head, folder):
            raise _refused(job, preview.head, f"its head, {job.commit[:12]}, is not in that")
    elif preview.head == preview.base and not preview.uncommitted:
        raise _refused(job, preview.head, "that is in the target already")


def _is_in(commit: str, head: str, folder: Path) -> bool:
    """Also where a clone is cut off at head, which names its parents all the same."""
    repository = repository_of(folder)
    if repository is None:
        return False
    if repository.find(commit) is not None:
        return repository.is_ancestor(commit, head)
    lines = repository.checkout.must("cat-file", "commit", head).decode(errors="replace").split("\n\n")[0]
    return f"parent {commit}" in lines.splitlines()


def _refused(job: Job, head: str, why: str) -> Refused:
    name = f"{KINDS[job.forge].facts.request} {job.number}"
    return Refused(
        f"{head[:12]} is checked out, and is not {name}: {why}; no comment was made or changed",
        advice=_ADVICE,
    )
