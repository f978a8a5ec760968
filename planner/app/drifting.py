"""Drift, told once: what is new since a file was written, which then holds all there is.

The file is written last. Whoever could not be told is told by the next run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from attrs import evolve

from planner.app.opening import Opened, Request, opened
from planner.app.webhook import Webhook
from planner.engine.workflow import Proposal, propose
from planner.errors import PlannerError
from planner.model.plan import Drift, DriftReport
from planner.model.value import dotted
from planner.state.saved import read_drift, write_drift

_NAMED: Final = 100
"""Resources that a message names."""


@contextmanager
def drifted(request: Request, since: Path | None, webhook: bool) -> Iterator[DriftReport]:
    """What drifted, redacted as in files; with since, what is new since that file was written.

    When the context ends well, what is new has been posted, and since holds all that drifted. Both are looked
    at before anything is asked. PlannerError.
    """
    caller = request.caller
    hook = Webhook.named(request.inputs.environ, caller.tell) if webhook else None
    with opened(request) as here:
        before = read_drift(since) if since else None
        found = DriftReport(here.configuration.project.name, here.environment.name, here.store.clock())
        if before and before.whose != found.whose:
            raise PlannerError(
                f"{since} holds the drift of {before.whose}, not of {found.whose}",
                advice="Keep a file for each environment.",
            )
        with caller.doing("Asking the installation") as counted:
            proposal = propose(here.session, here.state, counted)
            drift = _with_content(here, proposal)
        for item in proposal.plan.waiting:
            caller.tell(f"Note: {item.address} was not looked at: {item.why}.")
        found = here.store.redact(evolve(found, drift=drift))
        news = found.news(before) if before else found
        yield news
        if hook and news.drift:
            with caller.doing("Telling the webhook"):
                hook.post(message(news))
        if since:
            write_drift(since, found)


def _with_content(here: Opened, proposal: Proposal) -> tuple[Drift, ...]:
    """What drifted; with what is in archives, or how to ask for that."""
    if not proposal.plan.drift:
        return ()
    from planner.app.lines import with_replaced  # noqa: PLC0415 - only where something drifted

    return with_replaced(here, proposal)


def message(report: DriftReport) -> dict[str, Any]:
    """What a webhook is told: what drifted, and no values. text: a sentence, which chats show."""
    addresses = [str(item.address) for item in report.drift[:_NAMED]]
    left_off = len(report.drift) - len(addresses)
    more = f" and {left_off:,} more" if left_off else ""
    counts = f"{report.changed:,} changed, {report.gone:,} gone"
    return {
        "text": f"{report.project}, {report.environment}: {counts} outside of planner: "
        f"{', '.join(addresses)}{more}",
        "project": report.project,
        "environment": report.environment,
        "at": report.at,
        "changed": report.changed,
        "gone": report.gone,
        "resources": [_told(item) for item in report.drift[:_NAMED]],
        "left_off": left_off,
    }


def _told(item: Drift) -> dict[str, Any]:
    attributes = [dotted(diff.path) for diff in item.diffs]
    return {"address": str(item.address), "id": item.id, "gone": item.gone, "attributes": attributes}
