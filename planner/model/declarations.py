"""What templates say beside resources: moves, imports, removals and checks."""

from __future__ import annotations

from collections.abc import Callable

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
