"""What templates say beside resources: moves, imports, removals and checks."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence

from attrs import field, frozen

from planner.model.address import Address
from planner.model.diagnostic import Position
from planner.model.value import Lookup


@frozen
class Move:
    """The resource at `source` in the state is meant to be at `target`."""

    source: Address
    target: Address
    position: Position | None = field(default=None, eq=False)


def round_by_hand(
    members: Sequence[Address], taken: Container[Address], environment: str = ""
) -> Iterator[str]:
    """The commands that bring each of members to the place of the next one, and the last to the first's.

    `moved` blocks cannot do it: they look the same before and after, so each apply would go round once more.
    """
    *others, last = members
    aside = Address(last.kind, f"{last.name}_aside")
    while aside in taken:
        aside = Address(last.kind, f"{aside.name}_aside")
    pairs = [(last, aside), *reversed([*zip(others, members[1:], strict=True)]), (aside, members[0])]
    yield "Remove these moved blocks, and move once, by hand:"
    for source, target in pairs:
        yield f"  planner state mv {source} {target}" + (f" -e {environment}" if environment else "")


@frozen
class Import:
    """The declared resource `target` exists already. id: its id; None: look for its natural key."""

    target: Address
    id: str | None = None
    position: Position | None = field(default=None, eq=False)


@frozen
class Removal:
    """`source` is no longer declared. destroy: delete it; else only the state forgets it."""

    source: Address
    destroy: bool = False
    position: Position | None = field(default=None, eq=False)


@frozen
class Check:
    """A condition on resources. evaluate: True or False, or None while a value in it is not known.

    condition: its text, by which a change of it is noticed.

    evaluate raises PlannerError when the condition cannot be evaluated at all.
    """

    name: str
    message: str
    severity: str
    evaluate: Callable[[Lookup], bool | None] = field(eq=False)
    condition: str = ""
    position: Position | None = field(default=None, eq=False)


@frozen
class Declarations:
    moves: tuple[Move, ...] = ()
    imports: tuple[Import, ...] = ()
    removals: tuple[Removal, ...] = ()
    checks: tuple[Check, ...] = ()
