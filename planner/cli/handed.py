"""What commands are handed, and hand on: types for annotations alone, for which nothing is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

# ruff: noqa: PLC0414 - `as` tells a type checker that others may import the name

if TYPE_CHECKING:
    from planner.app.opening import Opened as Opened
    from planner.app.opening import Request as Request
    from planner.app.preview import comparison
    from planner.app.promotion.admission import Forcing as Forcing
    from planner.app.promotion.choosing import Order as Order
    from planner.app.promotion.choosing import Promotion as Promotion
    from planner.app.promotion.env_compare import Side as Side
    from planner.app.promotion.promoting import Foreseen as Foreseen
    from planner.app.promotion.records import Rejected as Rejected
    from planner.cli.console import Console as Console
    from planner.cli.stored import Stored as Stored
    from planner.engine.workflow import Proposal as Proposal
    from planner.forge.locating import Wanted as Wanted
    from planner.kinds.registry import KindFile as KindFile
    from planner.sandbox import Credentials as Credentials
    from planner.state.saved import Previewed as Previewed
    from planner.state.store import Store as Store

    PreviewOrder = comparison.Order
else:
    Console = Credentials = Forcing = Foreseen = KindFile = Opened = Order = Promotion = Proposal = Any
    Previewed = PreviewOrder = Rejected = Request = Side = Store = Stored = Wanted = Any
