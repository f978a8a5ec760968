"""All writes are asked about before the first one; what is refused is told together."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import define, field

from planner.engine.validation import validated
from planner.engine.workflow import Proposal, propose_from
from planner.errors import ApiError, Conflict, Forbidden, PlannerError, Refused
from planner.model.resource import Request, Validation

from .world import Scene, desired, goal_of, prior

NAMES = [f"t{number}" for number in range(6)]


@define
class Asked:
    """An installation that is asked about six updates, beside two creates and a delete."""

    answer: Callable[[Request], Validation] = lambda _: Validation(asked=True)
    heard: list[Request] = field(factory=list)

    def __call__(self, request: Request) -> Validation:
        self.heard.append(request)
        return self.answer(request)

    def validated(self) -> Proposal:
        scene = Scene.of(*(prior(name) for name in (*NAMES, "gone")))
        scene.world.asked = self
        goal = goal_of(*(desired(name, note="other") for name in NAMES), desired("n1"), desired("n2"))
        session = scene.session(goal)
        return validated(session, propose_from(session, scene.state))

    @property
    def names(self) -> list[str]:
        return sorted(request.address.name for request in self.heard)


def refusal(status: int = 400) -> ApiError:
    return ApiError("it is wrong", operation="update-thing", status=status, codes=("things.wrong",))


def raising(error: PlannerError) -> Callable[[Request], Validation]:
    def answer(_: Request) -> Validation:
        raise error

    return answer


def test_updates_are_asked_about_as_they_will_be_sent() -> None:
    asked = Asked()
    proposal = asked.validated()
    assert asked.names == NAMES
    assert {request.desired["note"] for request in asked.heard} == {"other"}
    assert all(request.id and request.version and request.baseline for request in asked.heard)
    assert (proposal.forbidden, proposal.plan.notes) == (False, ())


def test_all_refusals_are_told_together() -> None:
    asked = Asked(raising(refusal()))
    proposal = asked.validated()
    assert proposal.forbidden
    told = [item.summary for item in proposal.diagnostics]
    assert told == [f"thing.{name} would be refused: it is wrong (things.wrong)" for name in NAMES]
    assert all(item.advice for item in proposal.diagnostics)


@pytest.mark.parametrize(
    ("busy", "notes"),
    [
        (2, ["thing.t0 was busy", "thing.t1 was busy"]),
        (6, ["thing.t0 was busy", "thing.t1 was busy", "nor was it asked about all of 4 more changes"]),
    ],
)
def test_what_was_not_asked_is_a_note(busy: int, notes: list[str]) -> None:
    """Of many there are a few lines: one for each deployment would hide the rest of a plan."""

    def answer(request: Request) -> Validation:
        at = NAMES.index(request.address.name)
        return Validation(note=f"{request.address} was busy") if at < busy else Validation(asked=True)

    proposal = Asked(answer).validated()
    assert (proposal.forbidden, [*proposal.plan.notes]) == (False, notes)


@pytest.mark.parametrize(
    "error",
    [
        Refused("it does not honour the question"),
        refusal(503),
        Conflict("moved", operation="update-thing", status=409),
        Forbidden("may not", operation="update-thing", status=403),
    ],
)
def test_where_the_question_is_taken_for_the_write_one_was_asked(error: PlannerError) -> None:
    asked = Asked(raising(error))
    with pytest.raises(type(error)):
        asked.validated()
    assert len(asked.heard) == 1


def test_nobody_is_asked_in_parallel_before_an_answer_shows_that_it_is_honoured() -> None:
    """Neither a refusal shows that, nor what was not asked."""
    each: list[Validation | PlannerError] = [Validation(), refusal(), Validation(note="later")]
    answers = iter([*each, Refused("it is not honoured")])

    def answer(_: Request) -> Validation:
        found = next(answers)
        if isinstance(found, PlannerError):
            raise found
        return found

    asked = Asked(answer)
    with pytest.raises(Refused):
        asked.validated()
    assert asked.names == NAMES[:4]
