"""Writes: what one needs before it is sent, and what it leaves in the state afterwards. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field, frozen

from planner.engine.entry import declared_attributes, replaced, take_over
from planner.engine.ports import Drivers
from planner.errors import OutcomeUnknown, PlannerError, StalePlan
from planner.model.address import Address
from planner.model.compare import same
from planner.model.kept import Wanted, once_kept
from planner.model.kind import Kind
from planner.model.plan import SETTLE, Action, Change, Step
from planner.model.resource import (
    PENDING,
    SETTLED,
    Content,
    Desired,
    Observed,
    Prior,
    Progress,
    Request,
    Result,
    Settling,
)
from planner.model.rollout import CHECK, LOOK, RESTARTED
from planner.model.state import Intent, Outcome, Record, Working
from planner.model.value import (
    UNKNOWN,
    Deferred,
    Fingerprint,
    Path,
    Reference,
    Value,
    conceal,
    conceal_as,
    is_deferred,
    is_sensitive,
    leaves,
    resolve,
)

if TYPE_CHECKING:
    from planner.engine.apply import Run


@frozen(eq=False, repr=False)
class Values:
    """Puts values in that were not known when the plan was made.

    priors: the resources as they are now. desired: as the templates want them, with the secrets. drivers: of
    their kinds. once: what was shown once, in this run. pinned: a write builds on the version of its prior.
    """

    priors: Mapping[Address, Prior]
    desired: Mapping[Address, Desired]
    drivers: Drivers
    once: Mapping[Address, Mapping[str, Value]] = field(factory=dict)
    pinned: bool = True

    def lookup(self, reference: Reference) -> Value:
        """The value of a reference, None for an attribute without one. PlannerError without the resource, and
        for a secret that is not known.
        """
        value = self.kept(reference)
        if any(isinstance(leaf, Fingerprint) for _, leaf in leaves(value)):
            raise PlannerError(f"{reference} is a secret of which only the fingerprint is kept")
        return value

    def kept(self, reference: Reference) -> Value:
        """As `lookup`, with the fingerprints of secrets that are not known."""
        prior = self.priors.get(reference.address)
        if prior is None:
            raise PlannerError(f"{reference} has no value: {reference.address} is not there")
        find = self.drivers[reference.address.kind].kind.find
        value = find(prior.attributes, reference.path)
        if not any(isinstance(leaf, Fingerprint) for _, leaf in leaves(value)):
            return None if value is UNKNOWN else value
        declared = self.desired.get(reference.address)
        secret = find(declared.attributes, reference.path) if declared else UNKNOWN
        if secret is UNKNOWN:
            secret = find(self.once.get(reference.address, {}), reference.path)
        return value if secret is UNKNOWN else resolve(_revealed(value, secret), self.lookup)

    def to_send(self, change: Change, kind: Kind) -> dict[str, Value]:
        """The declared attributes of a change, all known. PlannerError for one that is not."""
        declared = self.desired.get(change.address)
        attributes = declared.attributes if declared else {}
        return {
            name: self._known(planned, attributes.get(name), f"{change.address}.{name}")
            for name, planned in change.after.items()
            if not kind.attributes[name].read_only
        }

    def _known(self, planned: Value, declared: Value, where: str) -> Value:
        """planned with its references put in, and with the secrets of declared where it has fingerprints."""
        try:
            value = resolve(_revealed(planned, declared) if is_sensitive(planned) else planned, self.lookup)
        except ValueError as error:
            raise PlannerError(f"{where} cannot be put together: {error}", advice="Plan again.") from None
        if is_sensitive(planned) and not is_deferred(planned) and not same(planned, value):
            raise StalePlan(f"the secret in {where} is not the planned one", advice="Plan again.")
        return value


def _revealed(concealed: Value, declared: Value) -> Value:
    """concealed with what declared has in the place of each secret; its other parts stay as they are."""
    if isinstance(concealed, Fingerprint):
        return declared
    if isinstance(concealed, Deferred):
        return declared if is_sensitive(concealed) else concealed
    if isinstance(concealed, Mapping):
        others = declared if isinstance(declared, Mapping) else {}
        return {key: _revealed(item, others.get(key)) for key, item in concealed.items()}
    if isinstance(concealed, list | tuple):
        items = [*declared] if isinstance(declared, list | tuple) else []
        items += [None] * (len(concealed) - len(items))
        return [_revealed(item, other) for item, other in zip(concealed, items, strict=False)]
    return concealed


NONE: Final[Mapping[str, Value]] = MappingProxyType({})

SENDING: Final = ("create", "update", "upload")
"""The writes that say what a resource is to be. Any other deletes it, or makes it ready for that."""


@define
class Fresh:
    """Versions so new that nothing is read before a write.

    read: as the plan of this run read them, by kind and id. until: when these are too old, by the timer.
    written: what this run wrote, by kind and id, so that the replies had the versions.
    """

    read: Mapping[tuple[str, str], str] = field(factory=dict)
    until: float = 0.0
    written: set[tuple[str, str]] = field(factory=set)

    def marked(self, request: Request, now: float) -> Request:
        """request, with whether its version is one of them."""
        resource = request.address.kind, request.id or ""
        seen = request.version is not None and self.read.get(resource) == request.version
        return evolve(request, fresh=(seen and now < self.until) or resource in self.written)


def request_of(step: Step, change: Change, kind: Kind, values: Values, progress: Progress | None) -> Request:
    """The write of a step, built on the resource as it is now; of a deposed one, as the plan saw it."""
    if step.deposed:
        return Request(step.operation, change.address, {}, change.before, change.id, change.version)
    prior = None if step.operation == "create" else values.priors.get(change.address)
    if prior is None and step.operation == SETTLE:
        return Request(SETTLE, change.address, id=change.id)  # it is deleted
    if prior is None and step.operation != "create":
        raise StalePlan(f"{change.address} is not there any more", advice="Plan again.")
    return Request(
        operation=step.operation,
        address=change.address,
        desired=values.to_send(change, kind) if step.operation in (*SENDING, SETTLE) else {},
        baseline=declared_attributes(prior, kind) if prior else {},
        id=prior.id if prior else None,
        version=prior.version if prior and values.pinned else None,
        content=_to_upload(change, values.desired) if _sends_file(step, kind) else None,
        progress=progress,
        cleared=tuple(diff.path for diff in change.diffs if diff.after is None) if prior else (),
        pending=prior is not None and prior.settling.status == PENDING,
    )


def _sends_file(step: Step, kind: Kind) -> bool:
    at_once = kind.content is not None and kind.content.at_once
    return step.operation == "upload" or (step.operation == "create" and at_once)


def _to_upload(change: Change, desired: Mapping[Address, Desired]) -> Content | None:
    """The planned content, at its place on this machine: the driver compares what lies there with it. What a
    way back puts in place knows its own, and it is not what is desired."""
    resource = desired.get(change.address)
    if change.content is not None and change.content.archive:
        return change.content
    if change.content is None or resource is None or resource.content is None:
        return None
    return evolve(change.content, archive=resource.content.archive)


def disbelieved(
    step: Step, result: Result | None, kind: Kind, known: Collection[tuple[str, str]]
) -> PlannerError | None:
    """Why the reply to a create cannot be about what it made: that id was somebody's before. known: kinds and
    ids of what was there."""
    id_ = result.observed.id if result and result.observed else ""
    if step.operation != "create" or kind.user_id or (kind.name, id_) not in known:
        return None
    return OutcomeUnknown(
        f"{step.address}: the create was accepted, but its reply is about {kind.name} {id_}, which was there "
        "before",
        advice="Plan again, which looks for it.",
    )


def deposes(step: Step, change: Change) -> bool:
    """Whether the step creates a resource while the one that it replaces is still there."""
    replaces = change.action is Action.REPLACE and change.create_before_destroy
    return step.operation == "create" and replaces


def intent_of(step: Step, change: Change, request: Request, now: str, salt: str) -> Intent:
    """What is written before the write is sent. now: by the clock here."""
    return Intent(
        step=step.number,
        address=step.address,
        operation=step.operation,
        at=now,
        id=change.id if deposes(step, change) else request.id,
        attributes={n: conceal_as(v, request.baseline.get(n), salt) for n, v in request.desired.items()},
        dependencies=change.dependencies,
        prevent_destroy=change.prevent_destroy,
        create_before_destroy=change.create_before_destroy,
        on_leave=change.on_leave,
        content_sha256=request.content.sha256 if request.content else None,
        deposed=step.deposed,
    )


def token_of(intent: Intent, salt: str) -> str:
    """What stands for this one call where the API takes an idempotency token: the same again from the same
    intent, and from no other.
    """
    said = f"{salt} {intent.address} {intent.step} {intent.operation} {intent.at}"
    return hashlib.sha256(said.encode()).hexdigest()


def prior_after(  # noqa: PLR0913, PLR0917 - what was shown, what was there, and what of it is wanted
    intent: Intent,
    observed: Observed,
    before: Prior | None,
    kind: Kind,
    salt: str,
    reads: Collection[Path] = (),
    once: Mapping[str, Value] = NONE,
) -> Prior:
    """The state's entry after a write that gave observed. intent: of the write. before: the entry then.
    reads: the paths that references read. once: what a create showed once, and somebody has.
    """
    secrets, wanted = before.attributes if before else {}, Wanted(intent.attributes, reads)
    accepted = Settling(PENDING, "it was accepted") if kind.settles else SETTLED
    if before is not None and intent.operation not in SENDING:
        before = evolve(before, settling=SETTLED if intent.operation == SETTLE else accepted)
        return take_over(before, observed, kind, salt, same_content=True, secrets=secrets, wanted=wanted)
    declared = {
        name: value
        for name, value in intent.attributes.items()
        if kind.attributes[name].local
        or not kind.attributes[name].is_plain
        or is_sensitive(value)
        or (name not in observed.attributes and not kind.attributes[name].echoed)
    }
    shown = {name: conceal(value, salt) for name, value in once.items()}
    if intent.operation != "create":
        shown = once_kept(kind.once, secrets)
    entry = Prior(
        address=intent.address,
        id=observed.id,
        attributes={**declared, **shown},
        created=before.created if before else None,
        content_sha256=_content_after(intent, observed, before, kind),
        dependencies=intent.dependencies,
        prevent_destroy=intent.prevent_destroy,
        create_before_destroy=intent.create_before_destroy,
        on_leave=intent.on_leave,
        settling=accepted,
    )
    observed = evolve(observed, settling=None)  # too soon to be believed
    return take_over(entry, observed, kind, salt, same_content=True, secrets=secrets, wanted=wanted)


def _content_after(intent: Intent, observed: Observed, before: Prior | None, kind: Kind) -> str | None:
    """The SHA-256 of the stored file; None when there is none, or one that the server fetched."""
    at_once = kind.content is not None and kind.content.at_once
    if intent.operation == "upload" or (intent.operation == "create" and at_once):
        return intent.content_sha256
    if before is None or kind.content is None or intent.operation == "create":
        return None
    if any(name in intent.attributes for name in kind.content.fetched):
        return None
    shown = kind.content.marker in observed.attributes
    return None if shown and replaced(before.attributes, observed.attributes, kind) else before.content_sha256


def outcomes_of(run: Run, step: Step, result: Result) -> list[Record]:
    """The records of a step that gave a result."""
    intent, change, before = run.intents[step.number], run.change_of(step), entry_of(run.working, step)
    if step.operation == SETTLE and (before is None or result.observed is None or result.settling.status):
        return _not_settled(step, before, result)
    if step.operation in (LOOK, CHECK, RESTARTED):
        done = Outcome(step.number, step.address, "done", before, intent.id)
        return [done] if step.operation == RESTARTED else []
    if result.observed is None:
        run.known_ids.discard((step.address.kind, intent.id or ""))
        return [Outcome(step.number, step.address, "done", None, intent.id, step.deposed)]
    kind = run.drivers[step.address.kind].kind
    run.known_ids.add((kind.name, result.observed.id))
    run.world.fresh.written.add((kind.name, result.observed.id))
    reads = run.reads.get(step.address, ())
    once = run.world.credentials.held.get(step.address, {})
    prior = prior_after(intent, result.observed, before, kind, run.salt, reads, once)
    done = Outcome(step.number, step.address, "done", prior, deposed=step.deposed)
    if deposes(step, change):
        return [Outcome(step.number, step.address, "deposed"), done]
    return [done]


def _not_settled(step: Step, before: Prior | None, result: Result) -> list[Record]:
    """What the state is told of what failed. Of what was deleted, or reset, it holds nothing any more."""
    if before is None or not result.settling.status:
        return []
    failed = evolve(before, settling=result.settling)
    return [Outcome(step.number, step.address, "done", failed, deposed=step.deposed)]


def entry_of(working: Working, step: Step) -> Prior | None:
    """The state's entry of the resource of a step."""
    if not step.deposed:
        return working.resources.get(step.address)
    return next((p for p in working.deposed if (p.address, p.id) == (step.address, step.id)), None)
