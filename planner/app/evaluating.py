"""Expressions, with the values that they have in the templates of an environment. Writes nothing, and asks no
installation: what a resource will be is taken from the state, as `plan --no-refresh` does.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

from attrs import define, evolve

from planner.app.opening import Request, configure, opened_offline
from planner.config.load import Configuration
from planner.engine.goal import Goal
from planner.engine.ports import Drivers
from planner.engine.workflow import compare
from planner.errors import InvalidConfiguration, PlannerError
from planner.model.state import State
from planner.model.value import (
    CONCEALED,
    UNKNOWN,
    Deferred,
    Fingerprint,
    Reference,
    Value,
    conceal,
    is_deferred,
    references,
    resolve,
)


@define(slots=False, frozen=True, eq=False, repr=False)
class Evaluation:
    """Gives values. configuration: as it was when this began, with all that is wrong with it."""

    request: Request
    configuration: Configuration

    @classmethod
    def of(cls, request: Request) -> Evaluation:
        return cls(request, configure(request)[0])

    def value(self, text: str) -> Value:
        """The value of an expression, its secrets concealed; Deferred where only apply can tell.

        PlannerError for an expression that a template would not take.
        """
        found = self.configuration.value(text)
        if references(found):
            found = self._planned(found)
        return self.request.caller.redact.inside(conceal(found, _SALT))

    def _planned(self, value: Value) -> Value:
        """value with what it refers to as outputs would be planned."""
        goal, drivers, state = self._there
        asked: dict[str, Value] = {str(found): Deferred((found,)) for found in references(value)}
        plan = compare(evolve(goal, outputs=asked), drivers, evolve(state, outputs={})).plan
        planned = {output.name: output.after for output in plan.outputs}

        def lookup(reference: Reference) -> Value:
            found = planned.get(str(reference))
            return CONCEALED if isinstance(found, Fingerprint) else UNKNOWN if is_deferred(found) else found

        try:
            return resolve(value, lookup)
        except ValueError as error:
            raise PlannerError(f"it cannot be put together: {error}") from None

    @cached_property
    def _there(self) -> tuple[Goal, Drivers, State]:
        request = self.request
        try:
            goal, drivers = opened_offline(request)
        except InvalidConfiguration:
            raise PlannerError(
                "what resources will be is not known while the configuration has errors",
                advice="`planner validate` shows them.",
            ) from None
        store = request.states.open(self.configuration.environment, request.caller.tell)
        return goal, drivers, store.load()


_SALT: Final = "00"
"""Of fingerprints that are shown as what they stand for is: not at all."""
