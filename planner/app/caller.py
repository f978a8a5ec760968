"""Who asked for a use case, as the use case sees it: the console, or the program that imports planner."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from attrs import field, frozen

from planner.app.redaction import Redactor
from planner.engine.ports import Counted, uncounted
from planner.errors import PlannerError, Refused
from planner.model.project import Environment
from planner.model.retry import Retry


class Caller(Protocol):
    """Whoever asked: told of what happens, and asked where a decision is theirs. redact: knows the secrets of
    this run. logs_bodies: whether bodies of requests are logged.
    """

    @property
    def redact(self) -> Redactor: ...

    @property
    def logs_bodies(self) -> bool: ...

    def tell(self, text: str) -> None:
        """A sentence about what goes on, not about the result."""

    def doing(self, what: str) -> AbstractContextManager[Counted]:
        """While in the context, `what` goes on. What the context gives takes how much of it is done."""
        ...

    def retrying(self, retry: Retry) -> AbstractContextManager[object]:
        """While in the context, a call waits to be sent again, or is sent again. From any thread."""
        ...

    def error(self, error: PlannerError) -> None:
        """An error that the use case went on after."""

    def ask_about(self, environment: Environment, question: str, *, otherwise: str) -> None:
        """Goes on if a person agrees. Refused if not, with `otherwise` as advice where nobody can answer."""


@frozen
class Silent:
    """A program that wants results and errors only, and answers no questions."""

    redact: Redactor = field(factory=Redactor)
    logs_bodies: bool = False

    def tell(self, text: str) -> None:
        """Nobody listens."""

    def doing(self, what: str) -> AbstractContextManager[Counted]:  # noqa: ARG002 - the port's
        return nullcontext(uncounted)

    def retrying(self, retry: Retry) -> AbstractContextManager[object]:  # noqa: ARG002 - the port's
        return nullcontext()

    def error(self, error: PlannerError) -> None:
        """Nobody listens."""

    def ask_about(self, environment: Environment, question: str, *, otherwise: str) -> None:
        raise Refused(f"nobody to ask: {question} ({environment.name})", advice=otherwise)
