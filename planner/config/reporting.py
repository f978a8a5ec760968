"""Where a resource or an output stands, and how its problems are reported."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from planner.config.tokens import INVALID
from planner.config.yaml_document import Written
from planner.model.address import Address
from planner.model.diagnostic import Diagnostics, Position
from planner.model.value import Path

Locate = Callable[[Path], Position]
Names = Callable[[Path], tuple[str, ...]]


def _no_names(_path: Path) -> tuple[str, ...]:
    return ()


@frozen
class Place:
    """locate: path below the resource or output -> position. address: None for an output.

    names: path -> the variables and locals that the value there was made of.
    """

    locate: Locate
    diagnostics: Diagnostics
    address: Address | None = None
    names: Names = _no_names

    def error(self, path: Path, summary: str, *, detail: str = "", advice: str = "") -> None:
        self.diagnostics.error(
            summary, detail=detail, position=self.locate(path), address=self.address, advice=advice
        )

    def below(self, prefix: Path, address: Address | None = None) -> Place:
        return Place(
            lambda path: self.locate((*prefix, *path)),
            self.diagnostics,
            address,
            lambda path: self.names((*prefix, *path)),
        )


def holds_invalid(value: Written) -> bool:
    """Whether something undefined was printed into value; that was reported where it was printed."""
    if isinstance(value, dict):
        return any(INVALID in key or holds_invalid(item) for key, item in value.items())
    return value is INVALID or (isinstance(value, list) and any(map(holds_invalid, value)))
