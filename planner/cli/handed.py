"""What commands are handed, and hand on: types for annotations alone, for which nothing is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planner.app.carrying import Applying, Outcome, Reach, Report, Running
    from planner.app.credentials import Destination
    from planner.app.evaluating import Evaluation
    from planner.app.opening import Opened, Request
    from planner.app.preview.comparison import Order as PreviewOrder
    from planner.app.promotion.admission import Forcing
    from planner.app.promotion.choosing import Order, Promotion
    from planner.app.promotion.env_compare import Side
    from planner.app.promotion.promoting import Done, Foreseen
    from planner.app.promotion.records import Rejected
    from planner.cli.console import Console
    from planner.cli.stored import Stored
    from planner.config.load import Configuration
    from planner.engine.export import Export
    from planner.engine.ports import Drivers
    from planner.engine.workflow import Proposal
    from planner.forge.locating import Wanted
    from planner.kinds.registry import KindFile
    from planner.model.identity import Parent
    from planner.model.plan import Plan
    from planner.model.release import KnownRelease
    from planner.render.progress import Progress
    from planner.sandbox import Credentials
    from planner.state.saved import Previewed
    from planner.state.store import Store
else:
    Applying = Configuration = Console = Credentials = Destination = Done = Drivers = Evaluation = Export = (
        Any
    )
    Forcing = Foreseen = KindFile = KnownRelease = Opened = Order = Outcome = Parent = Plan = Previewed = Any
    PreviewOrder = Progress = Promotion = Proposal = Reach = Rejected = Report = Request = Running = Any
    Side = Store = Stored = Wanted = Any
