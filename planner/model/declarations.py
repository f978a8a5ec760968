"""What templates say beside resources: moves, imports, removals, checks and roll-outs."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

from attrs import field, frozen

from planner.errors import PlannerError
from planner.model.address import Address
from planner.model.diagnostic import Position
from planner.model.redaction import IDENTITY
from planner.model.rollout import Chosen, Rules
from planner.model.value import Lookup


@frozen
class Placed:
    """What templates declare, with its place in a file. place: where it is written; asked only when somebody
    is to be told, since looking for it takes time.
    """

    place: Callable[[], Position | None] = field(default=lambda: None, eq=False, kw_only=True)

    @property
    def position(self) -> Position | None:
        return self.place()


@frozen
class Move(Placed):
    """The resource at `source` in the state is meant to be at `target`."""

    source: Address
    target: Address


def moved_on(address: Address, moves: Mapping[Address, Address]) -> Address:
    """Where moves lead from address, one after the other."""
    passed: set[Address] = set()
    while address in moves and address not in passed:
        passed.add(address)
        address = moves[address]
    return address


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
class Import(Placed):
    """The declared resource `target` exists already. id: its id; None: look for its natural key."""

    target: Address
    id: str | None = field(default=None, metadata=IDENTITY)


@frozen
class Removal(Placed):
    """`source` is no longer declared. destroy: delete it; else only the state forgets it."""

    source: Address
    destroy: bool = False


@frozen
class Check(Placed):
    """A condition on resources, an expression."""

    name: str = field(metadata=IDENTITY)
    message: str
    severity: str
    condition: str


@frozen
class RolloutBlock(Placed):
    """How changes of what `of` names, globs over addresses as `extension.*`, are carried to deployments.

    waves: in their order; each takes of the members that no earlier one took. rules: how each goes.
    """

    name: str = field(metadata=IDENTITY)
    of: tuple[str, ...]
    waves: tuple[tuple[Chosen, ...], ...]
    rules: Rules


Verdict = bool | PlannerError | None
"""None while a value in a condition is not known; PlannerError when it cannot be evaluated at all."""


@frozen
class Declarations:
    """All that templates say beside resources. verdicts: of checks, one for each, with values that lookup
    knows.
    """

    moves: tuple[Move, ...] = ()
    imports: tuple[Import, ...] = ()
    removals: tuple[Removal, ...] = ()
    checks: tuple[Check, ...] = ()
    rollouts: tuple[RolloutBlock, ...] = ()
    verdicts: Callable[[Sequence[Check], Lookup], Iterable[Verdict]] = field(default=lambda *_: (), eq=False)
