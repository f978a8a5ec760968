"""Who uses resources, as a report: deployments, by name, version and place."""

from __future__ import annotations

from attrs import field, frozen

from planner.model.address import Address
from planner.model.redaction import IDENTITY, WORD
from planner.model.resource import User


@frozen
class Used:
    """A resource, and who uses it. value: by which users name it. address: None where the state does not hold
    it. gone: the installation has it no more.
    """

    value: str = field(metadata=IDENTITY)
    address: Address | None = None
    id: str = field(default="", metadata=IDENTITY)
    name: str = ""
    users: tuple[User, ...] = ()
    gone: bool = False


@frozen
class Usage:
    """Who uses resources. queries, pages, reads: what was asked for it, of an index and beside it."""

    environment: str = field(metadata=WORD)
    used: tuple[Used, ...]
    queries: int = 0
    pages: int = 0
    reads: int = 0
    notes: tuple[str, ...] = ()
