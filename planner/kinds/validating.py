"""What an installation answers to a change of a deployment, or to the question whether it would take one.

That question is the change with `validate_only`.

An installation that honours it answers with `diagnostics`, and the deployment stays at its version. One that
knows nothing of it takes the question for the change, so that nothing more may be sent.

Source of the facts: the ECE API's operation update-deployment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus

from planner.ece.operations import Reply
from planner.errors import ApiError, Conflict, NotYet, OutcomeUnknown, Refused
from planner.kinds.loading import Loaded
from planner.kinds.owned import alike
from planner.kinds.replies import pointed
from planner.model.address import Address
from planner.model.resource import Observed, Request


@contextmanager
def named(found: Observed) -> Iterator[None]:
    """What is refused within names the deployment; a reply that got lost says what that means."""
    try:
        yield
    except ApiError as error:
        error.summary = f"{found.about['name']}: {error.summary}"
        raise
    except OutcomeUnknown as error:
        raise OutcomeUnknown(
            f"{found.about['name']} was asked with validate_only, and gave no usable reply: {error.summary}",
            advice="An installation that honours validate_only has changed nothing. Apply again.",
        ) from error


def refuse_written(found: Observed, version: str | None, reply: Reply) -> None:
    """Refused when reply, to a question at that version of the deployment, is as to a change."""
    moved = None not in (version, reply.version) and version != reply.version
    if isinstance(pointed(reply.body, "/diagnostics"), Mapping) and not moved:
        return
    why = f"its version {version} became {reply.version}" if moved else "the reply has no diagnostics"
    raise Refused(
        f"the installation does not honour validate_only, and may have changed {found.about['name']} as "
        f"planned ({why}); nothing else was changed",
        advice="Say validate_only: false for this environment in planner.yaml, and plan again to see what is "
        "left.",
    )


def refuse_moved(request: Request, found: Observed) -> None:
    """Conflict when the lists are not those that were planned from, unless this binding's own plan came into
    force meanwhile."""
    own = request.pending and alike(request.baseline, found.attributes, request.desired)
    if own or request.version in (None, found.version):
        return
    conflict = Conflict(
        f"{request.address}: somebody else changed what {found.about['name']} loads",
        operation="get-deployment",
        status=HTTPStatus.CONFLICT,
        advice="Run planner plan to see their change, then decide.",
    )
    conflict.observed = found
    raise conflict


def unknown_yet(address: Address, found: Observed, entries: Collection[Loaded]) -> str:
    """The note that the installation was not asked about entries of which something is not known yet."""
    if not entries:
        return ""
    listed = ", ".join(f"{entry.type} {entry.name}".rstrip() for entry in sorted(entries))
    why = "not all of it is known before the apply"
    return f"{address}: {found.about['name']} was not asked about {listed}: {why}"


def is_of_version(error: ApiError) -> bool:
    return any("version_conflict" in code for code in error.codes)


def not_yet(why: str) -> NotYet:
    return NotYet(why, operation="update-deployment", status=HTTPStatus.CONFLICT)
