"""What odd kinds say of their files and their resources, and a plain one has nothing to say of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from planner.errors import PlannerError
from planner.kinds.reading import Reader
from planner.model.address import Address
from planner.model.diagnostic import Diagnostic
from planner.model.identity import Parent
from planner.model.lint import Fault
from planner.model.plan import Change
from planner.model.resource import NOTHING_ASKED, Content, Desired, Observed, Request, Result, Validation
from planner.model.value import Value

if TYPE_CHECKING:
    from planner.archives import Archives
    from planner.kinds.deployment_search import DeploymentSearch


@frozen(eq=False, repr=False)
class Plain(Reader):
    """Nothing of this asks the installation but `stored` and `named`."""

    @classmethod
    def inspect(
        cls,
        archives: Archives,  # noqa: ARG003
        content: Content,  # noqa: ARG003
        attributes: Mapping[str, Value],  # noqa: ARG003
    ) -> Sequence[Diagnostic]:
        """What is wrong with a file, found without the API. A plain kind takes any."""
        return ()

    @classmethod
    def lint(
        cls,
        archives: Archives,  # noqa: ARG003
        content: Content,  # noqa: ARG003
        attributes: Mapping[str, Value],  # noqa: ARG003
    ) -> tuple[Fault, ...]:
        """What is wrong in a file that can be used, found without the API. A plain kind knows nothing."""
        return ()

    @classmethod
    def beside(
        cls,
        archives: Archives,  # noqa: ARG003
        used: Mapping[Address, Desired],  # noqa: ARG003
        observed: Observed | None,  # noqa: ARG003
    ) -> Iterable[Diagnostic]:
        """What is wrong with the files of resources that one of this kind brings together. used: those of
        what it refers to that have a file."""
        return ()

    def list_all(
        self,
        parents: Sequence[Parent],  # noqa: ARG002
    ) -> Mapping[Parent, Mapping[str, Observed]] | None:
        return None

    def stored(self, id_: str) -> bytes:
        """The file that the installation keeps of a resource. PlannerError. A plain kind has none."""
        raise PlannerError(f"{self.kind.name} {id_} has no stored file")

    def obstacle(self, observed: Observed) -> str:  # noqa: ARG002
        return ""

    @property
    def users(self) -> DeploymentSearch | None:
        """Nobody knows, of a plain kind."""
        return None

    def named(self, names: Collection[str]) -> Mapping[str, Sequence[str]]:
        return {name: (name,) for name in names}

    def objections(
        self,
        held: Mapping[str, Value],  # noqa: ARG002
        wanted: Mapping[str, Value],  # noqa: ARG002
        observed: Observed | None,  # noqa: ARG002
    ) -> Iterable[Diagnostic]:
        return ()

    def besides(
        self,
        held: Mapping[str, Value],  # noqa: ARG002
        wanted: Mapping[str, Value],  # noqa: ARG002
        observed: Observed | None,  # noqa: ARG002
    ) -> Iterable[str]:
        return ()

    def undeclarable(self, observed: Observed) -> Iterable[str]:  # noqa: ARG002
        return ()

    def restart(self, change: Change) -> str:  # noqa: ARG002
        return ""

    def left(
        self,
        held: Mapping[str, Value],  # noqa: ARG002
        wanted: Mapping[str, Value],  # noqa: ARG002
        observed: Observed,  # noqa: ARG002
    ) -> Mapping[str, Value]:
        return {}

    def in_force(self, prior: Mapping[str, Value]) -> Mapping[str, Value]:  # noqa: ARG002
        return {}

    def in_doubt(
        self,
        held: Mapping[str, Value],  # noqa: ARG002
        sent: Mapping[str, Value],  # noqa: ARG002
    ) -> Mapping[str, Value]:
        return {}

    def validate(self, request: Request) -> Validation:  # noqa: ARG002
        return NOTHING_ASKED

    def looked(self, request: Request) -> Result:
        """No roll-out takes what has no user."""
        raise NotImplementedError(request.operation)

    def checked(self, request: Request) -> Result:
        raise NotImplementedError(request.operation)
