"""A release: what is promoted from one environment to the next. Where it ran, and what was said of it; and
how two of the environments that it passes through differ. All as values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import evolve, field, frozen

from planner.model.address import Address
from planner.model.codec import canonical, digest
from planner.model.members import ContentChange
from planner.model.plan import AttributeDiff
from planner.model.redaction import IDENTITY, WORD
from planner.model.value import Value, dotted
from planner.model.value_json import encode_mapping, encode_value


def exactly(value: Value) -> bytes:
    """value in a form for comparisons: 1, 1.0 and true are equal in Python, and not what templates make of
    them.
    """
    return canonical(encode_value(value))


@frozen
class Release:
    """What is promoted from one environment to the next. variables: the values of the promotable ones.
    templates: the commit of templates/ and files/, "" where they are not promoted, or are not as any commit
    has them. archives: path in the project -> sha256.
    """

    variables: Mapping[str, Value] = field(factory=dict, eq=exactly)
    templates: str = field(default="", metadata=WORD)
    archives: Mapping[str, str] = field(factory=dict, metadata=IDENTITY)

    @property
    def id(self) -> str:
        """ "r-" and the first ten hex digits of the digest of everything in it, in canonical form."""
        made_of = [encode_mapping(self.variables), self.templates, dict(self.archives)]
        return f"r-{digest(made_of).removeprefix('sha256:')[:10]}"

    def is_same(self, other: Release) -> bool:
        """Whether two environments run the same release.

        An environment may have archives of its own, so only those that both have are compared.
        """
        return evolve(self, archives={}) == evolve(other, archives={}) and not self.differing(other)

    def differing(self, other: Release) -> tuple[str, ...]:
        """The archives that both have, and not with the same content."""
        shared = self.archives.keys() & other.archives.keys()
        return tuple(sorted(path for path in shared if self.archives[path] != other.archives[path]))

    def comes_from(self, upstream: Release, present: Release | None = None) -> bool:
        """Whether each part of it is upstream's, or the present one. Archives are asked separately."""
        sources = [upstream, *([present] if present else [])]
        if self.variables.keys() != upstream.variables.keys():
            return False
        return any(self.templates == source.templates for source in sources) and all(
            any(source._has(name, value) for source in sources) for name, value in self.variables.items()
        )

    def _has(self, name: str, value: Value) -> bool:
        return name in self.variables and exactly(self.variables[name]) == exactly(value)

    def proof(self, upstream: Release, present: Release | None) -> Release:
        """What its archives are to be the same as: upstream's, or the present ones where the templates stay
        as they are.
        """
        stays = present and self.templates == present.templates != upstream.templates
        return present if present and stays else upstream


@frozen
class Gate:
    """One condition of a promotion. met: also when it was forced.

    detail: the reason it is closed, or the proof that it is met. advice: what to do about a closed one.
    forced: why it was set aside and by whom, "" when it was not. applies: it holds back the apply only, and
    not the promotion: it may be met in between.
    """

    name: str = field(metadata=WORD)
    met: bool
    detail: str = ""
    advice: str = ""
    forced: str = ""
    applies: bool = False

    @property
    def state(self) -> str:
        """ "met", "closed" or "forced"."""
        return "forced" if self.forced else "met" if self.met else "closed"

    @property
    def about(self) -> str:
        """The reason it is closed, or the proof that it is met."""
        return f"{self.detail}; set aside: {self.forced}" if self.forced else self.detail


VERIFIED: Final = "verified"
APPROVED: Final = "approved"
REJECTED: Final = "rejected"
FORCED: Final = "forced"
WENT_BACK: Final = "went back"


@frozen
class Stay:
    """An environment's time on a release. since, until: ISO 8601 in UTC; until is "" while it goes on.

    whole: the apply left nothing out. archives: path -> sha256, as they were applied there.
    source: the environment that it came from, "" for none; lineage, serial: of its state then.
    overrides: the pins that something else stood in place of. rolling: how far it is, where it is still being
    rolled out, as "wave 2 of 3".
    """

    environment: str = field(metadata=WORD)
    since: str = field(metadata=WORD)
    until: str = field(default="", metadata=WORD)
    whole: bool = True
    by: str = ""
    commit: str = field(default="", metadata=WORD)
    plan_digest: str = field(default="", metadata=WORD)
    pull_request: str = ""
    source: str = field(default="", metadata=WORD)
    lineage: str = field(default="", metadata=WORD)
    serial: int = 0
    gates: tuple[Gate, ...] = ()
    overrides: tuple[str, ...] = ()
    archives: Mapping[str, str] = field(factory=dict, metadata=IDENTITY)
    rolling: str = ""


@frozen
class Remark:
    """What a person or a check said of a release, in the state of an environment.

    what: one of the words above. name: of the check, the gate or the roll-out. ok: False for a check that
    failed. text: the URL of a verification, the reason of a rejection or a force, or why it went back.
    """

    environment: str = field(metadata=WORD)
    what: str = field(metadata=WORD)
    by: str
    at: str = field(metadata=WORD)
    name: str = ""
    ok: bool = True
    text: str = ""


@frozen
class KnownRelease:
    """A release that some environment knows, with where it ran and what was said of it. release: None where
    only remarks are left of it. first_seen: ISO 8601 in UTC.

    stays, remarks: by environment in the order of planner.yaml, then the oldest first.
    """

    id: str = field(metadata=WORD)
    release: Release | None
    first_seen: str = field(metadata=WORD)
    stays: tuple[Stay, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def runs_in(self) -> tuple[str, ...]:
        stays = (stay for stay in self.stays if not (stay.until or stay.rolling))
        return tuple(dict.fromkeys(stay.environment for stay in stays))

    @property
    def rolling_in(self) -> Mapping[str, str]:
        """Where it is being rolled out, with how far that is."""
        return {stay.environment: stay.rolling for stay in self.stays if stay.rolling}

    @property
    def ran_in(self) -> tuple[str, ...]:
        """Where it ran, and does not run any more."""
        ran = dict.fromkeys(stay.environment for stay in self.stays if not stay.rolling)
        return tuple(name for name in ran if name not in self.runs_in)

    @property
    def environments(self) -> tuple[str, ...]:
        """All that know it, in order."""
        stayed, said = (item.environment for item in self.stays), (item.environment for item in self.remarks)
        return tuple(dict.fromkeys([*stayed, *said]))

    @property
    def is_rejected(self) -> bool:
        return any(item.what == REJECTED for item in self.remarks)

    def approvals(self, environment: str) -> int:
        """How many people approved it."""
        said = (item for item in self.remarks if item.what == APPROVED and item.environment == environment)
        return len({item.by.casefold() for item in said})


@frozen
class Edit:
    """One value of a file of pins. is_new: it was not pinned. is_gone: it is not pinned any more."""

    path: tuple[str, ...] = field(metadata=WORD)
    before: Value
    after: Value
    is_new: bool = False
    is_gone: bool = False

    @property
    def name(self) -> str:
        return dotted(self.path)

    @property
    def is_word(self) -> bool:
        """The id of a release, or a commit."""
        return len(self.path) == 1


@frozen
class Promoted:
    """What a promotion came to. source: its own name for a rollback. file: name of the one with the pins.
    written: whether they were, to the file or to the branch of a pull request. commit, pull_request: that it
    made, "" for none. next: what is to be done, "" for nothing.
    """

    environment: str = field(metadata=WORD)
    source: str = field(metadata=WORD)
    release: str = field(metadata=WORD)
    file: str = field(metadata=IDENTITY)
    pins: tuple[Edit, ...]
    gates: tuple[Gate, ...]
    written: bool = False
    commit: str = field(default="", metadata=WORD)
    pull_request: str = ""
    next: str = ""


@frozen
class TextDiff:
    """A commit or the sha256 of an archive; "" on the side that has none. content: what differs in an archive
    that both sides have, where that is to be shown.
    """

    name: str = field(metadata=IDENTITY)
    before: str
    after: str
    content: ContentChange | None = None


@frozen
class ResourceDiff:
    """A resource that both have. content: the sha256 of its file, where it differs."""

    address: Address
    attributes: tuple[AttributeDiff, ...] = ()
    content: TextDiff | None = None


@frozen
class RenderedDiff:
    """What the templates make of both. only_left, only_right: resources that one alone has."""

    only_left: tuple[Address, ...] = ()
    only_right: tuple[Address, ...] = ()
    both: tuple[ResourceDiff, ...] = ()
    outputs: tuple[AttributeDiff, ...] = ()

    @property
    def count(self) -> int:
        return len(self.only_left) + len(self.only_right) + len(self.both) + len(self.outputs)


@frozen
class Comparison:
    """How two environments differ. promotes: whether a promotion moves anything here; then it moves
    variables, templates and archives.

    local: what stays each one's own: settings as "gates.soak", variables as "var.size".
    equal_secrets: sensitive variables with the same value. unset_secrets: those that have no value here, on
    one side at least, so that nobody knows. rendered: None where it was not asked for.
    """

    left: str = field(metadata=WORD)
    right: str = field(metadata=WORD)
    promotes: bool = True
    variables: tuple[AttributeDiff, ...] = ()
    templates: TextDiff | None = None
    archives: tuple[TextDiff, ...] = ()
    local: tuple[AttributeDiff, ...] = ()
    equal_secrets: tuple[str, ...] = field(factory=tuple)
    unset_secrets: tuple[str, ...] = field(factory=tuple)
    rendered: RenderedDiff | None = None

    @property
    def promotable(self) -> int:
        """How many differences a promotion would take away."""
        moved = len(self.variables) + len(self.archives) + (self.templates is not None)
        return moved if self.promotes else 0

    @property
    def own(self) -> int:
        """How many it would not."""
        return len(self.local) + (0 if self.promotes else len(self.archives))

    @property
    def differs(self) -> bool:
        return bool(self.promotable or self.own or (self.rendered and self.rendered.count))
