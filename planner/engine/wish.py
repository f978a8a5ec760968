"""What is wanted of an environment, as planning takes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import field, frozen

from planner.engine.selection import Selection
from planner.model.address import Address
from planner.model.declarations import Declarations
from planner.model.plan import NORMAL
from planner.model.resource import Desired
from planner.model.value import Path, Value

Origins = Callable[[Address, Path], tuple[str, ...]]
"""Where a declared value comes from, for people."""


def _no_origins(_address: Address, _path: Path) -> tuple[str, ...]:
    return ()


@frozen
class Wish:
    """What is wanted of an environment. salt: hex, for the fingerprints of secrets."""

    project: str
    environment: str
    config_digest: str
    salt: str
    resources: Mapping[Address, Desired] = field(factory=dict)
    outputs: Mapping[str, Value] = field(factory=dict)
    mode: str = NORMAL
    declarations: Declarations = field(factory=Declarations)
    selection: Selection = field(factory=Selection)
    origins: Origins = field(default=_no_origins, eq=False)
