"""What can go wrong, and the exit code each class ends with.

    PlannerError                 1    nothing more special is known
    ├── WrongUsage              64    flags or arguments that make no sense together
    ├── InvalidConfiguration     1    carries every diagnostic found
    ├── Refused                  3    declined, protected, in use
    │   ├── StalePlan            3    the world moved since the plan was made
    │   ├── NotReady             3    nothing was sent: what it would be sent to is stopped
    │   └── GatesClosed          3    gates hold a release back
    ├── StateError               1    the state cannot be read or written
    │   ├── DamagedState         1    empty, truncated, altered, or of an unknown format
    │   │   └── OthersState      1    of another project or environment, or of this one by its former name
    │   ├── EncryptedState       1    with another key than is set, or where none is expected
    │   ├── NewerFormat          1    whole, and written by a newer planner: nothing older takes its place
    │   └── LockHeld             4    somebody else is working on the environment
    ├── ApiError                 1    the API said no
    │   ├── NotFound             1    404: the resource is gone
    │   ├── Forbidden            1    403: these credentials may not; on Elastic Cloud also: it is gone
    │   ├── Conflict             3    the resource moved since it was planned, or came into use
    │   ├── NotYet               1    nothing was written: something else has to end first
    │   └── Unauthenticated      1    401 or 449: credentials missing, wrong or expired
    ├── Unreachable              1    nothing was sent, or nothing can have taken effect
    ├── OutcomeUnknown           1    sent, and no usable reply: it may have taken effect
    └── PartlyApplied            5    some steps were applied, others not

A class exists only where somebody catches it, or where it ends with another exit code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

from planner import __version__

if TYPE_CHECKING:
    from planner.model.diagnostic import Diagnostic
    from planner.model.ledger import Ledger
    from planner.model.release import Gate
    from planner.model.resource import Observed


class PlannerError(Exception):
    """An error a user can act on: what went wrong, and what to do next.

    summary: one line, no full stop needed. advice: what to do next, or "".
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, summary: str, *, advice: str = "") -> None:
        super().__init__(summary)
        self.summary = summary
        self.advice = advice


class WrongUsage(PlannerError):
    exit_code = 64


class InvalidConfiguration(PlannerError):
    """Raised once, with everything that is wrong."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        errors = sum(1 for item in diagnostics if item.is_error)
        super().__init__(f"{errors} error{'s' * (errors != 1)} in the configuration")
        self.diagnostics = tuple(diagnostics)


class Refused(PlannerError):
    exit_code = 3


class StalePlan(Refused):
    pass


class NotReady(Refused):
    """Nothing was sent: what was to be changed takes no change now, and nobody knows when it will."""


class GatesClosed(Refused):
    """Gates of an environment keep a release out. gates: all that were asked, where the summary does not tell
    of the only closed one.
    """

    def __init__(self, summary: str, gates: Sequence[Gate], *, advice: str) -> None:
        super().__init__(summary, advice=advice)
        self.gates = tuple(gates)


class StateError(PlannerError):
    pass


E = TypeVar("E", bound=Exception)


def explaining(
    kinds: type[E] | tuple[type[E], ...],
    cause: Callable[[E], str],
    advice: Callable[[E], str],
    raised: type[PlannerError] = StateError,
) -> Callable[[object, str], AbstractContextManager[None]]:
    """Turns such an error within into another: "<shown> cannot be <doing>: <cause>", with advice."""

    @contextmanager
    def explained(shown: object, doing: str) -> Iterator[None]:
        try:
            yield
        except kinds as error:
            raise raised(f"{shown} cannot be {doing}: {cause(error)}", advice=advice(error)) from error

    return explained


class DamagedState(StateError):
    pass


class OthersState(DamagedState):
    """The state that was found belongs to another project or environment. project, environment: whose it says
    that it is. lineage: of the state.
    """

    def __init__(self, summary: str, *, project: str, environment: str, lineage: str, advice: str) -> None:
        super().__init__(summary, advice=advice)
        self.project = project
        self.environment = environment
        self.lineage = lineage


class EncryptedState(StateError):
    pass


USE_THE_NEWER: Final = (
    f"A newer planner wrote it: use that version, or a later one, instead of this {__version__}. "
    "`planner --version`, where it was written, says which one that is."
)


class NewerFormat(StateError):
    def __init__(self, summary: str) -> None:
        super().__init__(summary, advice=USE_THE_NEWER)


class LockHeld(StateError):
    exit_code = 4


class ApiError(PlannerError):
    """The API answered with an error.

    operation: the API operation, as "create-extension". status: the HTTP status. codes: the error codes of
    the reply, as "extensions.not_found", empty when a gateway answered instead of the API.
    """

    def __init__(
        self, summary: str, *, operation: str, status: int, codes: Sequence[str] = (), advice: str = ""
    ) -> None:
        super().__init__(summary, advice=advice)
        self.operation = operation
        self.status = status
        self.codes = tuple(codes)

    def said_as(self, kind: type[ApiError], summary: str, advice: str) -> ApiError:
        """The same answer as an error of another kind, in other words."""
        return kind(summary, operation=self.operation, status=self.status, codes=self.codes, advice=advice)


class NotFound(ApiError):
    pass


class Forbidden(ApiError):
    """The API itself, and no gateway before it, says that these credentials may not do it."""


class Conflict(ApiError):
    """A write that the API, or a look just before it, refuses: what it was planned from is not so any more.

    observed: the resource as it is now, when it could be read.
    """

    exit_code = 3
    observed: Observed | None = None


class NotYet(ApiError):
    """A write for which the API, or a look just before it, says that something else has to end first."""


class Unauthenticated(ApiError):
    pass


class Unreachable(PlannerError):
    pass


class OutcomeUnknown(PlannerError):
    pass


class PartlyApplied(PlannerError):
    """An apply ended before all of its plan was done. ledger: what was applied and what was not, for an apply
    that could not go on.
    """

    exit_code = 5
    ledger: Ledger | None = None
