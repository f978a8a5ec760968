"""How two environments of a project differ, as values. The first is the left one, as in `left -> right`."""

from __future__ import annotations

from attrs import field, frozen

from planner.model.address import Address
from planner.model.plan import AttributeDiff
from planner.model.redaction import IDENTITY, WORD


@frozen
class TextDiff:
    """A commit or the sha256 of an archive; "" on the side that has none."""

    name: str = field(metadata=IDENTITY)
    before: str
    after: str


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
    """promotes: whether a promotion moves anything here; then it moves variables, templates and archives.

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
