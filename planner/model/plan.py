"""The plan: a value that says everything apply needs, and everything a reader wants to know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import Enum
from functools import cached_property
from typing import Final

from attrs import asdict, define, evolve, field, fields, frozen

from planner.model.address import Address
from planner.model.members import ContentChange
from planner.model.redaction import FOR_PEOPLE, IDENTITY, WORD
from planner.model.resource import FORGET, RESET, SETTLED, Content, Prior, Settling, User
from planner.model.rollout import Rollout
from planner.model.value import Path, Value

SETTLE: Final = "settle"
"""The step that waits."""

ROLLING, NO_RESTART = "rolling", "none"
"""What a change is for the nodes of the deployments that it concerns: they start anew, one after another; or
they go on with what they loaded, until they start for another reason."""

NORMAL, DESTROY, REFRESH_ONLY, IMPORT_ONLY = "normal", "destroy", "refresh-only", "import-only"
ROLLOUT: Final = "rollout"
"""Of a plan that goes on with roll-outs that began."""


class Action(Enum):
    NO_OP = "no-op"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    FORGET = "forget"
    IMPORT = "import"
    MOVE = "move"
    RESTART = "restart"


@frozen
class AttributeDiff:
    """One attribute that differs. after may be Deferred (known after apply).

    origins: what after was made of and changed, as "var.bundle_version, environments/prod.yaml:3". line: of
    the template that declares it, where nothing of that changed, as "templates/extensions.yaml:7".
    unsure: it is a secret of which no fingerprint is known, so that nothing tells whether it changes.
    """

    path: Path
    before: Value
    after: Value
    sensitive: bool = False
    forces_replacement: bool = False
    origins: tuple[str, ...] = field(default=(), metadata=FOR_PEOPLE)
    line: str = field(default="", metadata=FOR_PEOPLE)
    unsure: bool = field(default=False, metadata=FOR_PEOPLE)


@frozen
class Change:
    """What happens to one resource, and why.

    before: its attributes as observed, empty for a create. after: as they will be, Deferred where not known,
    empty for a delete. version: the resource version the plan was made from (pinned). content: the file to be
    uploaded, None when none is. used_by: what uses the resource today, as ids of deployments. users: what is
    known of the first of these besides.
    existing: ids that carry the same natural key today, so that a create in doubt can be told from them.
    deposed: the change concerns what a create_before_destroy replacement left.
    moved_from: its address in the state before this plan. imported: the state does not hold it yet.
    taken_over: nobody asked for the import; it is a singleton that is there. on_leave: see Lifecycle; a
    delete with RESET leaves the singleton as it was installed. restart: ROLLING, NO_RESTART, or "" where no
    nodes of a deployment are concerned. settling: how far the installation is with
    what it accepted before. settle_within: seconds to wait for what it accepts, 0 as the kind says.
    """

    address: Address
    action: Action
    reason: str = field(metadata=FOR_PEOPLE)
    id: str | None = field(default=None, metadata=IDENTITY)
    before: Mapping[str, Value] = field(factory=dict)
    after: Mapping[str, Value] = field(factory=dict)
    diffs: tuple[AttributeDiff, ...] = ()
    version: str | None = field(default=None, metadata=IDENTITY)
    content: Content | None = None
    content_before: str | None = field(default=None, metadata=WORD)
    used_by: tuple[str, ...] = field(default=(), metadata=FOR_PEOPLE)
    users: tuple[User, ...] = field(default=(), metadata=FOR_PEOPLE)
    existing: tuple[str, ...] = field(default=(), metadata=IDENTITY)
    dependencies: tuple[Address, ...] = ()
    prevent_destroy: bool = False
    create_before_destroy: bool = False
    deposed: bool = False
    moved_from: Address | None = None
    imported: bool = False
    taken_over: bool = field(default=False, metadata=FOR_PEOPLE)
    on_leave: str = field(default=FORGET, metadata=WORD)
    restart: str = field(default="", metadata=FOR_PEOPLE)
    settling: Settling = field(default=SETTLED, metadata=FOR_PEOPLE)
    settle_within: int = 0

    @property
    def resets(self) -> bool:
        return self.action is Action.DELETE and self.on_leave == RESET


@frozen
class Moved:
    """The state's entry at source becomes target's. id: of what is deposed there and takes the place of what
    deposed it, source and target being one.
    """

    source: Address
    target: Address
    id: str = field(default="", metadata=IDENTITY)


@frozen
class Rename:
    """What is deleted at sources is like what is created at targets: it is likely one resource whose address
    changed. More than one of either: nobody can say which became which.
    """

    sources: tuple[Address, ...]
    targets: tuple[Address, ...]


@frozen
class LeftOut:
    """A change that is not taken. why: which other resource is the reason, "" when it was not chosen.

    deposed: as in Change.
    """

    address: Address
    action: Action
    why: str = field(default="", metadata=FOR_PEOPLE)
    deposed: bool = False


@frozen
class Waiting:
    """A resource that cannot be looked at now, so that the state is believed of it. why: in words."""

    address: Address
    why: str = field(metadata=FOR_PEOPLE)


@frozen
class CheckResult:
    """What became of a check. status: "passed", "failed", or "unknown" until after the apply."""

    name: str = field(metadata=IDENTITY)
    status: str = field(metadata=WORD)
    message: str = field(metadata=FOR_PEOPLE)
    severity: str = field(metadata=WORD)


@frozen
class Step:
    """One call that writes, SETTLE: the wait for what the installation accepted, or LOOK and CHECK of what a
    roll-out takes. operation: create, update, upload, delete, as the kind names them.

    number: from 1, in an order that respects every dependency. waits_for: numbers of earlier steps.
    deposed: the call concerns a deposed resource; id says which one.
    """

    number: int
    address: Address
    operation: str = field(metadata=WORD)
    waits_for: tuple[int, ...] = ()
    deposed: bool = False
    id: str | None = field(default=None, metadata=IDENTITY)


@frozen
class Drift:
    """A resource that moved behind the plan's back. gone: it is not there any more. content: what changed in
    its archive, where somebody asked the installation for that.
    """

    address: Address
    id: str = field(metadata=IDENTITY)
    gone: bool = False
    diffs: tuple[AttributeDiff, ...] = ()
    content: ContentChange | None = field(default=None, metadata=FOR_PEOPLE)


@frozen
class DriftReport:
    """How an environment drifted. at: when it was looked, ISO 8601 in UTC.

    since: when it was looked before, "" for never; what had drifted then is left out, and counted as known.
    """

    project: str = field(metadata=WORD)
    environment: str = field(metadata=WORD)
    at: str = field(metadata=WORD)
    drift: tuple[Drift, ...] = ()
    since: str = field(default="", metadata=WORD)
    known: int = 0

    @property
    def whose(self) -> str:
        return f"{self.environment} of {self.project}"

    @property
    def gone(self) -> int:
        return sum(1 for item in self.drift if item.gone)

    @property
    def changed(self) -> int:
        return len(self.drift) - self.gone

    def news(self, before: DriftReport) -> DriftReport:
        """What is not as it was before."""
        then = {(item.address, item.id): (item.gone, item.diffs) for item in before.drift}
        new = tuple(
            item for item in self.drift if then.get((item.address, item.id)) != (item.gone, item.diffs)
        )
        return evolve(self, drift=new, since=before.at, known=len(self.drift) - len(new))


@frozen
class OutputChange:
    """An output that changes. once: it is what a resource shows once, when that is made."""

    name: str = field(metadata=IDENTITY)
    before: Value
    after: Value
    sensitive: bool = False
    once: bool = field(default=False, metadata=FOR_PEOPLE)


@frozen
class Summary:
    create: int = 0
    update: int = 0
    replace: int = 0
    delete: int = 0
    restart: int = 0

    def __str__(self) -> str:
        """Without restarts where there are none, as nearly always."""
        counts = ((verb, count) for verb, count in asdict(self).items() if count or verb != "restart")
        return ", ".join(f"{count} to {verb}" for verb, count in counts)


@define(slots=False, frozen=True)
class Plan:
    """lineage "" and serial 0 mean that there is no state yet. refreshed: resources whose state entry is
    behind what was observed; apply takes them over without a call. unchanged: how many need nothing.
    partial: made with --target or --exclude. asked: whether the installation was, or only the state.
    renames: what a moved block would keep; apply deletes and creates. contents: what changes in archives, of
    what is uploaded anew; apply takes it from the archives themselves. rollouts: the steps of their members
    go by waves. waiting: what could not be looked at.
    """

    project: str = field(metadata=WORD)
    environment: str = field(metadata=WORD)
    mode: str = field(metadata=WORD)
    lineage: str = field(metadata=WORD)
    serial: int
    config_digest: str = field(metadata=WORD)
    changes: tuple[Change, ...] = ()
    steps: tuple[Step, ...] = ()
    drift: tuple[Drift, ...] = ()
    refreshed: tuple[Prior, ...] = ()
    outputs: tuple[OutputChange, ...] = ()
    notes: tuple[str, ...] = field(default=(), metadata=FOR_PEOPLE)
    unchanged: int = field(default=0, metadata=FOR_PEOPLE)
    moves: tuple[Moved, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    partial: bool = field(default=False, metadata=FOR_PEOPLE)
    asked: bool = field(default=True, metadata=FOR_PEOPLE)
    renames: tuple[Rename, ...] = field(default=(), metadata=FOR_PEOPLE)
    contents: tuple[ContentChange, ...] = field(default=(), metadata=FOR_PEOPLE)
    rollouts: tuple[Rollout, ...] = ()
    waiting: tuple[Waiting, ...] = field(default=(), metadata=FOR_PEOPLE)

    @cached_property
    def summary(self) -> Summary:
        count = Counter(change.action.value for change in self.changes)
        return Summary(**{field.name: count[field.name] for field in fields(Summary)})

    @property
    def gone(self) -> tuple[Address, ...]:
        return tuple(item.address for item in self.drift if item.gone)

    @property
    def is_held(self) -> bool:
        """Whether a roll-out of it is held back."""
        return any(rollout.held for rollout in self.rollouts)

    @property
    def has_changes(self) -> bool:
        """Whether apply would call the API, change an output, or what the state says of who is who."""
        return bool(self.changes or self.outputs or (self.mode == REFRESH_ONLY and not self.is_empty))

    @property
    def is_empty(self) -> bool:
        """Whether apply would leave even the state as it is."""
        return not (self.changes or self.outputs or self.refreshed or self.gone or self.moves)
