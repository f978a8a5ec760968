"""What a write needs, and what it leaves in the state. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from planner.engine.diff import take_over
from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.compare import same
from planner.model.kind import Kind
from planner.model.plan import Change, Step
from planner.model.resource import Desired, Observed, Prior
from planner.model.state import Intent
from planner.model.value import (
    UNKNOWN,
    Fingerprint,
    Reference,
    Value,
    at,
    conceal,
    is_deferred,
    is_sensitive,
    resolve,
)
from planner.model.write import Progress, Request


@frozen
class Values:
    """Puts values in that were not known when the plan was made.

    priors: the resources as they are now. wanted: as the templates want them, with the secrets.
    """

    priors: Mapping[Address, Prior]
    wanted: Mapping[Address, Desired]

    def lookup(self, reference: Reference) -> Value:
        """The value of a reference; None for an attribute that has none. PlannerError without the resource."""
        prior = self.priors.get(reference.address)
        if prior is None:
            raise PlannerError(f"{reference} has no value: {reference.address} is not there")
        value = at(prior.attributes, reference.path)
        if isinstance(value, Fingerprint):
            secret = at(self.wanted[reference.address].attributes, reference.path)
            return resolve(secret, self.lookup)
        return None if value is UNKNOWN else value

    def to_send(self, change: Change, kind: Kind) -> dict[str, Value]:
        """The declared attributes of a change, all known. PlannerError for one that is not."""
        declared = self.wanted.get(change.address)
        found = {}
        for name, planned in change.after.items():
            if kind.attributes[name].read_only:
                continue
            value = planned
            if is_sensitive(planned):
                value = declared.attributes.get(name) if declared else None
            value = resolve(value, self.lookup)
            if is_sensitive(planned) and not is_deferred(planned) and not same(planned, value):
                raise PlannerError(
                    f"the secret in {change.address}.{name} is not the planned one", advice="Plan again."
                )
            found[name] = value
        return found


def make_request(
    step: Step, change: Change, kind: Kind, values: Values, progress: Progress | None
) -> Request:
    """The write of a step, built on the resource as it is now."""
    creates = step.operation == "create"
    prior = None if step.deposed or creates else values.priors.get(change.address)
    desired = values.wanted.get(change.address)
    return Request(
        operation=step.operation,
        address=change.address,
        desired={} if step.operation == "delete" else values.to_send(change, kind),
        baseline=prior.attributes if prior else {},
        id=change.id if step.deposed else prior.id if prior else None,
        version=prior.version if prior else None,
        content=desired.content if desired and step.operation == "upload" else None,
        progress=progress,
    )


def intent_of(step: Step, change: Change, request: Request, at_: str, salt: str) -> Intent:
    return Intent(
        step=step.number,
        address=step.address,
        operation=step.operation,
        at=at_,
        id=request.id,
        attributes={name: conceal(value, salt) for name, value in request.desired.items()},
        existing=change.existing if step.operation == "create" else (),
        dependencies=change.dependencies,
        prevent_destroy=change.prevent_destroy,
        create_before_destroy=change.create_before_destroy,
        content_sha256=request.content.sha256 if request.content else None,
        deposed=step.deposed,
    )


def prior_after(intent: Intent, observed: Observed, before: Prior | None, kind: Kind, salt: str) -> Prior:
    """The state's entry after a write that gave observed. intent: of that write; before: the entry before it."""
    declared = {
        name: value
        for name, value in intent.attributes.items()
        if kind.attributes[name].local
        or kind.attributes[name].write_only
        or is_sensitive(value)
        or (name not in observed.attributes and not kind.attributes[name].echoed)
    }
    entry = Prior(
        address=intent.address,
        id=observed.id,
        attributes=declared,
        content_sha256=_content_after(intent, observed, before, kind),
        dependencies=intent.dependencies,
        prevent_destroy=intent.prevent_destroy,
        create_before_destroy=intent.create_before_destroy,
    )
    return take_over(entry, observed, kind, salt, same_content=True)


def _content_after(intent: Intent, observed: Observed, before: Prior | None, kind: Kind) -> str | None:
    if intent.operation == "upload":
        return intent.content_sha256
    if before is None or kind.content is None or intent.operation == "create":
        return None
    marker = kind.content.marker
    unmoved = same(observed.attributes.get(marker), before.attributes.get(marker))
    return before.content_sha256 if unmoved else None
