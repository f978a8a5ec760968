"""The three views of a resource: desired (templates), prior (state), observed (API), with who uses it. And a
write of one: what the engine asks of a kind, and what it gets back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final

from attrs import field, frozen

from planner.model.address import Address
from planner.model.diagnostic import Position
from planner.model.redaction import FOR_PEOPLE, IDENTITY, ON_THIS_MACHINE, WORD
from planner.model.value import Path, Reference, Value

FORGET: Final = "forget"
RESET: Final = "reset"
CONTENT: Final = "content"
GREEN, YELLOW, RED = "green", "yellow", "red"
"""The status of shards."""


@frozen
class Lifecycle:
    """The `lifecycle` block. ignore_changes: paths of attributes; replace_triggered_by: references.

    on_leave: what becomes of a singleton that is no longer declared, FORGET or RESET. replace_on: CONTENT,
    where another file makes another resource.
    """

    prevent_destroy: bool = False
    create_before_destroy: bool = False
    ignore_changes: tuple[Path, ...] = ()
    replace_triggered_by: tuple[Reference, ...] = ()
    on_leave: str = FORGET
    replace_on: tuple[str, ...] = ()


@frozen
class Allowed:
    """A rule of the linter that a resource's file may break, and why."""

    rule: str
    reason: str


@frozen
class Content:
    """A file to be uploaded. source: as the template names it; archive: the file to send, on this machine."""

    source: str = field(metadata=IDENTITY)
    sha256: str = field(metadata=WORD)
    size: int
    archive: str = field(default="", eq=False, metadata=ON_THIS_MACHINE)


@frozen
class Desired:
    """A resource as the templates want it. Attributes may hold Secret and Deferred values. names_only: of a
    change of its content no lines are shown. settle_within: see Change.
    """

    address: Address
    attributes: Mapping[str, Value]
    references: tuple[Reference, ...] = ()
    depends_on: tuple[Address, ...] = ()
    lifecycle: Lifecycle = Lifecycle()
    content: Content | None = None
    position: Position | None = field(default=None, eq=False)
    allow: tuple[Allowed, ...] = ()
    names_only: bool = field(default=False, eq=False)
    settle_within: int = 0

    @cached_property
    def dependencies(self) -> tuple[Address, ...]:
        """What must be there first, each once, in order."""
        if not (self.depends_on or self.references or self.lifecycle.replace_triggered_by):
            return ()
        triggers = (ref.address for ref in self.lifecycle.replace_triggered_by)
        found = {*self.depends_on, *(ref.address for ref in self.references), *triggers}
        return tuple(sorted(found))

    @property
    def for_state(self) -> dict[str, Any]:
        """What only the templates say and the state knows: fields of Prior, Intent and Change."""
        return {
            "dependencies": self.dependencies,
            "prevent_destroy": self.lifecycle.prevent_destroy,
            "create_before_destroy": self.lifecycle.create_before_destroy,
            "on_leave": self.lifecycle.on_leave,
        }


PENDING: Final = "pending"
FAILED: Final = "failed"


@frozen
class Settling:
    """How far an installation is with what it only accepted. status: PENDING, FAILED, or "" when it is done.
    reason: what it is doing, or why it failed.
    """

    status: str = field(default="", metadata=WORD)
    reason: str = ""


SETTLED: Final = Settling()


@frozen
class Prior:
    """A resource as the state knows it: the last reply of the API and what was declared.

    version, created, last_modified: the `x-cloud-resource-*` headers of the last reply, None when the API
    gives none. content_sha256: of the file the server holds, None when it has none or another's.
    read: paths below partial attributes that nobody declares, and that are kept for references.
    settling: how far the installation was, when it was last looked.
    """

    address: Address
    id: str = field(metadata=IDENTITY)
    attributes: Mapping[str, Value]
    version: str | None = field(default=None, metadata=IDENTITY)
    created: str | None = field(default=None, metadata=WORD)
    last_modified: str | None = field(default=None, metadata=WORD)
    content_sha256: str | None = field(default=None, metadata=WORD)
    dependencies: tuple[Address, ...] = ()
    prevent_destroy: bool = False
    create_before_destroy: bool = False
    read: tuple[Path, ...] = ()
    on_leave: str = field(default=FORGET, metadata=WORD)
    settling: Settling = field(default=SETTLED, metadata=FOR_PEOPLE)


BUNDLE: Final = "bundle"
PLUGIN: Final = "plugin"


@frozen
class Mention:
    """Where a deployment names what it uses. of: what it names, as the url of an extension. role: BUNDLE or
    PLUGIN. version: of Elasticsearch, that the entry is for.

    element: of the topology, "" for the plan as a whole, which is for all elements without a list of their
    own. without: those that have one. pending: the plan is not carried out yet.
    """

    of: str = field(metadata=IDENTITY)
    role: str = field(metadata=WORD)
    version: str = ""
    element: str = ""
    without: tuple[str, ...] = ()
    pending: bool = False


@frozen
class User:
    """A deployment that uses something. name, version: "" where nobody shows them to these credentials.
    modified: when it was written last, ISO 8601, as the place says that it is known from. places: none where
    only the installation says that it uses it. tags: what people say of it, by key.
    """

    id: str = field(metadata=IDENTITY)
    name: str = ""
    version: str = ""
    modified: str = field(default="", metadata=WORD)
    places: tuple[Mention, ...] = ()
    tags: Mapping[str, Value] = field(factory=dict)


@frozen
class Observed:
    """A resource as the API returns it. used_by: who uses it, where the API tells; None when not asked.
    settling: how far the installation is; None where this does not show it. about: what else is known of it,
    for checks and for people; it is kept nowhere. waits: why the resource can be neither seen nor changed at
    present, "" where it can.

    as_of: of what an index shows, when that was written last, "" where the index does not say; None for what
    is so now.
    """

    id: str = field(metadata=IDENTITY)
    attributes: Mapping[str, Value]
    version: str | None = field(default=None, metadata=IDENTITY)
    created: str | None = field(default=None, metadata=WORD)
    last_modified: str | None = field(default=None, metadata=WORD)
    used_by: tuple[str, ...] | None = None
    settling: Settling | None = None
    about: Mapping[str, Value] = field(factory=dict)
    waits: str = ""
    as_of: str | None = field(default=None, metadata=WORD)


Progress = Callable[[int, int], None]
"""Told of an upload: bytes sent, bytes in all."""


@frozen
class Credential:
    """What only the reply to a create shows: a text of it. id: of the resource. attribute: where in that, as
    "key" or "credentials.password". value: a Secret.
    """

    address: Address
    id: str = field(metadata=IDENTITY)
    attribute: str
    value: str


HandOver = Callable[[str, Mapping[str, Value]], object]
"""Takes what only the reply to a create shows, as secrets: the id, and the attributes. Never an error."""


def nobody(id_: str, shown: Mapping[str, Value]) -> None:
    """Takes it from nobody."""


@frozen
class Analysis:
    """What an analyzer of an index is to make of a text. tokens: in their order.

    All of it is kept as it is: with a mark in the place of a secret it would ask for something else.
    """

    index: str = field(metadata=IDENTITY)
    analyzer: str = field(metadata=IDENTITY)
    text: str = field(metadata=IDENTITY)
    tokens: tuple[str, ...] = field(metadata=IDENTITY)


@frozen
class Health:
    """What a deployment has to show after its change. status: GREEN, or YELLOW where that is enough. plugins:
    each node has loaded what its plan names. within: seconds.
    """

    status: str = field(default=GREEN, metadata=WORD)
    plugins: bool = False
    analyze: tuple[Analysis, ...] = ()
    within: int = 1800


USUAL: Final = Health()


@frozen
class Reading:
    """A deployment as it was before its change. status: of its shards. attempts: ids of the attempts there
    were, by resource. alerts: what the platform had told of restarts.
    """

    status: str = field(default="", metadata=WORD)
    attempts: Mapping[str, Value] = field(factory=dict)
    alerts: tuple[str, ...] = field(default=(), metadata=IDENTITY)


UNREAD: Final = Reading()


@frozen
class Request:
    """A write that the engine asks of a kind. desired: attributes to send, all known, secrets in clear.
    baseline: as the plan observed them.

    version: the resource version the write builds on; None when none is known. fresh: it comes from the last
    write of this run, or from a read seconds ago, which stands for a read before this write.
    cleared: paths of partial attributes that are to go. token: of the intent, so that a server which takes
    one knows a call that it saw before. hand_over: takes what no later reply shows, the moment it came.
    pending: the installation was not done with the last write, and may show what was before that. health:
    what is to be shown, of a look at what a roll-out takes; reading: as it was before its change.
    """

    operation: str
    address: Address
    desired: Mapping[str, Value] = field(factory=dict)
    baseline: Mapping[str, Value] = field(factory=dict)
    id: str | None = None
    version: str | None = None
    content: Content | None = None
    progress: Progress | None = None
    fresh: bool = False
    cleared: tuple[Path, ...] = ()
    token: str = ""
    hand_over: HandOver = nobody
    pending: bool = False
    health: Health | None = None
    reading: Reading | None = None


@frozen
class Validation:
    """What came of asking an installation whether it would take a write. asked: it was, and has nothing
    against it. note: what it was not asked, and why, or "".
    """

    asked: bool = False
    note: str = ""


NOTHING_ASKED: Final = Validation()


@frozen
class ServerTime:
    """The clock of an installation, which differs from the one here; ISO 8601 in UTC.

    said: what it showed when it gave its last reply. latest: what it shows by now, at most.
    """

    said: str
    latest: str


@frozen
class Result:
    """What a write came to. observed: the resource after the write, None when it is gone. note: a thing worth
    telling, or "". settling: of a look at what was accepted; observed is then there once it is done. reading:
    of a look before a roll-out's change.
    """

    observed: Observed | None
    note: str = ""
    settling: Settling = SETTLED
    reading: Reading | None = None
