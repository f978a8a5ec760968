"""What the engine asks of the world. Implementations live in kinds/ and state/."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

from planner.model.diagnostic import Diagnostic
from planner.model.identity import Parent
from planner.model.kind import Kind
from planner.model.plan import AttributeDiff, Change
from planner.model.resource import (
    Content,
    Credential,
    Observed,
    Request,
    Result,
    ServerTime,
    User,
    Validation,
)
from planner.model.state import Record, State
from planner.model.value import Value


class Found(Protocol):
    """What one query found. pages: how many replies that took. whole: whether these are all."""

    @property
    def users(self) -> Sequence[User]: ...

    @property
    def pages(self) -> int: ...

    @property
    def whole(self) -> bool: ...


class UserSearch(Protocol):
    """Who uses resources of a kind, by an index of the installation, which may be behind. Every method may
    raise the API errors of planner.errors.
    """

    @property
    def attribute(self) -> str:
        """The attribute of the resources by whose value users name them."""
        ...

    def by_use(self, values: Collection[str]) -> Found:
        """Those that name any of values, and perhaps others. One query."""
        ...

    def by_id(self, ids: Collection[str], values: Collection[str]) -> Found:
        """Those with these ids, and where they name any of values. One query."""
        ...

    def read(self, id_: str, values: Collection[str]) -> User | None:
        """One as it is now; None where these credentials find none."""
        ...


class Driver(Protocol):
    """A kind at one installation.

    Every method may raise the API errors of planner.errors. A write raises OutcomeUnknown when it may have
    taken effect without a usable reply, and Conflict, with `observed` set, when the resource moved.
    """

    @property
    def kind(self) -> Kind: ...

    @property
    def users(self) -> UserSearch | None:
        """None where nobody can be searched for, as a user of resources of this kind."""
        ...

    @property
    def cloud(self) -> str:
        """The Elastic Cloud that this is, in words: there a read of what is gone is Forbidden; else ""."""
        ...

    def server_time(self) -> ServerTime | None:
        """What the installation's clock shows; None when no reply said it. Nothing is asked for it."""
        ...

    def list(self, parent: Parent = ()) -> Mapping[str, Observed]:
        """Every resource of the kind below parent, by id. Versions and used_by may be missing; all but the
        natural key where `kind.list_shows` less.
        """
        ...

    def list_all(self, parents: Sequence[Parent]) -> Mapping[Parent, Mapping[str, Observed]] | None:
        """What is below each of these, by id, with fewer calls than one for each; None where there is no such
        way. An index may tell it, which may be behind, and not show some of them: see Observed.as_of."""
        ...

    def read(self, id: str) -> Observed | None:  # noqa: A002 - the API's word
        """One resource with its version and users; None when it is gone."""
        ...

    def operations(
        self, diffs: Sequence[AttributeDiff], content: Content | None, create: bool
    ) -> Sequence[str]:
        """The writes that a create or an update takes, in order."""
        ...

    def deletion(self) -> Sequence[str]:
        """The writes that a delete takes, in order; after "delete" comes at most the wait for it."""
        ...

    def obstacle(self, observed: Observed) -> str:
        """Why the resource cannot be deleted now, or ""."""
        ...

    def named(self, names: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Of a kind whose resources live in what people may call by a name: each name with the ids of what
        is called so."""
        ...

    def objections(
        self, held: Mapping[str, Value], wanted: Mapping[str, Value], observed: Observed | None
    ) -> Iterable[Diagnostic]:
        """What speaks against a resource with the wanted attributes, some of which may not be known yet.
        held: those that the state has. observed: what is there, as far as it was looked at. Nothing is asked
        for it."""
        ...

    def besides(
        self, held: Mapping[str, Value], wanted: Mapping[str, Value], observed: Observed | None
    ) -> Iterable[str]:
        """What people should know of a change, beside what changes. held, wanted: the attributes before and
        after. Nothing is asked for it."""
        ...

    def undeclarable(self, observed: Observed) -> Iterable[str]:
        """What of a resource no template can declare, in words, for an export. Nothing is asked for it."""
        ...

    def restart(self, change: Change) -> str:
        """What a change is for the nodes of deployments: see Change.restart. Nothing is asked for it."""
        ...

    def left(
        self, held: Mapping[str, Value], wanted: Mapping[str, Value], observed: Observed
    ) -> Mapping[str, Value]:
        """Of a SHARED resource: attributes with what is ours by what the state holds, is not wanted, and is
        there or may still come, though no reply shows it as ours. held: the attributes of the state, as they
        were just brought up to what is observed."""
        ...

    def in_force(self, prior: Mapping[str, Value]) -> Mapping[str, Value]:
        """Of a SHARED resource: what a declaration would say of what is ours and there. prior: the attributes
        of the state, as they were just brought up to what is observed. Nothing is asked for it."""
        ...

    def in_doubt(self, held: Mapping[str, Value], sent: Mapping[str, Value]) -> Mapping[str, Value]:
        """What the state has to hold of a write of which nobody knows whether it was carried out. held: its
        attributes before. sent: those of the write."""
        ...

    def perform(self, request: Request) -> Result:
        """Does one write. It reads and compares first, unless the request is fresh or the API compares.
        NotYet when something else has to end first: nothing was written."""
        ...

    def validate(self, request: Request) -> Validation:
        """Asks whether the installation would take a write, as far as that is known before the apply: what is
        not is Deferred in `desired`, and secrets are concealed. The ApiError of the write where it would not;
        Refused where it took the question for the write. Nothing is asked where it cannot be."""
        ...

    def settled(self, request: Request) -> Result:
        """One look at how far the installation is with what it accepted, of a kind that settles; and the
        resource, once it is done. Nothing waits here."""
        ...

    def looked(self, request: Request) -> Result:
        """The reading of what a roll-out is about to change, of a kind that has `user`: the user with the id
        of the request. NotYet while it is not as well as `request.health` wants, or changes."""
        ...

    def checked(self, request: Request) -> Result:
        """One look at it after its change: settling is PENDING while it is not well, FAILED where it will not
        become so. request.reading: as it was before."""
        ...


class CredentialSink(Protocol):
    """Where the user wants what only the reply to a create shows."""

    def keep(self, credential: Credential) -> None:
        """Durable there when it returns; nothing that was there before is lost. PlannerError when it could
        not be kept. One call at a time.
        """
        ...


class JournalWriter(Protocol):
    """Where intents and outcomes go while an apply runs."""

    def write(self, records: Sequence[Record]) -> None:
        """Durable when it returns. StateError when they could not be written; then no call may follow."""
        ...


class StateStore(Protocol):
    """The state of one environment. Whatever writes is called with the lock held."""

    def checkpoint(self) -> State:
        """Snapshot and journal as one; what a run that was cut off left in the journal becomes a snapshot.
        DamagedState when they cannot be used.
        """
        ...

    def open_journal(self, state: State, operation: str) -> JournalWriter: ...

    def commit(self, state: State) -> State:
        """Writes state as the next snapshot, then clears the journal."""
        ...


Drivers = Mapping[str, Driver]

Counted = Callable[[int, int], object]
"""Hears how many are done, and of how many: 0 first, and again when others are begun. From any thread, one
call at a time.
"""


def uncounted(_done: int, _total: int) -> None:
    """Nobody listens."""
