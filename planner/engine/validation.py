"""Validation: the installation is asked whether it would take a plan's writes, before any of them is sent.

One that does not honour the question takes it for the write. So they are asked one by one until one answer
shows that it does, and the others in parallel after that. All that it refuses is told together.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

from attrs import evolve, frozen

from planner.engine.carrying import taken_over
from planner.engine.entry import declared_attributes
from planner.engine.outcome import SENDING
from planner.engine.ports import Counted, uncounted
from planner.engine.refresh import Asking
from planner.engine.workflow import Proposal, Session
from planner.errors import ApiError
from planner.model.diagnostic import ERROR, Diagnostic
from planner.model.plan import SETTLE, Change, Plan, Step
from planner.model.resource import NOTHING_ASKED, Prior, Request, Validation
from planner.model.state import State

_NOT_ASKED = frozenset({"create", "upload", "delete", SETTLE})
"""Writes before which there is nothing yet, or nothing to choose."""


_MOST_NOTES: Final = 2


@frozen
class _Answer:
    """What the installation says of a write. refusal: None where it would take it."""

    request: Request
    validation: Validation = NOTHING_ASKED
    refusal: ApiError | None = None


def validated(session: Session, proposal: Proposal, counted: Counted = uncounted) -> Proposal:
    """proposal, with what the installation refuses of its writes as errors, and what it was not asked as
    notes. Nothing of it is in the digest of the plan.

    The first other error ends it: Refused when the installation took a question for a write.
    """
    answers = _answers(session, list(_requests(session, proposal.plan, proposal.state)), counted)
    refused = tuple(_told(answer, answer.refusal) for answer in answers if answer.refusal is not None)
    notes = _few([answer.validation.note for answer in answers if answer.validation.note])
    plan = evolve(proposal.plan, notes=(*proposal.plan.notes, *notes)) if notes else proposal.plan
    return evolve(proposal, plan=plan, diagnostics=(*proposal.diagnostics, *refused))


def _few(notes: list[str]) -> list[str]:
    """The first of many, and how many there are more: they are of one kind."""
    more = len(notes) - _MOST_NOTES
    return (
        [*notes[:_MOST_NOTES], f"nor was it asked about all of {more:,} more changes"] if more > 0 else notes
    )


def _answers(session: Session, requests: list[Request], counted: Counted) -> list[_Answer]:
    def ask(request: Request) -> _Answer:
        try:
            return _Answer(request, session.drivers[request.address.kind].validate(request))
        except ApiError as error:
            if error.status != HTTPStatus.BAD_REQUEST:
                raise
            return _Answer(request, refusal=error)

    answers: list[_Answer] = []
    while requests and not any(answer.validation.asked for answer in answers[-1:]):
        answers.append(ask(requests.pop(0)))
    return answers + (Asking(session.parallelism, counted).each(ask, requests) if requests else [])


def _requests(session: Session, plan: Plan, state: State) -> Iterator[Request]:
    changes = {change.address: change for change in plan.changes if not change.deposed}
    steps = [s for s in plan.steps if s.operation not in _NOT_ASKED and not s.deposed]
    priors = taken_over(plan, state).resources if steps else {}
    for step in steps:
        if prior := priors.get(step.address):
            yield _request(session, step, changes[step.address], prior)


def _request(session: Session, step: Step, change: Change, prior: Prior) -> Request:
    """As apply will make it, with what is not known yet as the plan has it."""
    kind = session.drivers[step.address.kind].kind
    after = change.after if step.operation in SENDING else {}
    return Request(
        operation=step.operation,
        address=step.address,
        desired={name: value for name, value in after.items() if not kind.attributes[name].read_only},
        baseline=declared_attributes(prior, kind),
        id=prior.id,
        version=prior.version,
    )


def _told(answer: _Answer, refusal: ApiError) -> Diagnostic:
    codes = f" ({', '.join(refusal.codes)})" if refusal.codes else ""
    address = answer.request.address
    return Diagnostic(
        ERROR,
        f"{address} would be refused: {refusal.summary}" + ("" if codes[2:-1] in refusal.summary else codes),
        detail="The installation was asked with validate_only. Nothing was changed.",
        address=str(address),
        advice=refusal.advice or "Correct what it says, and plan again.",
    )
