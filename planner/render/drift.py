"""Drift as text: what changed outside of planner."""

from __future__ import annotations

from collections.abc import Sequence

from planner.model.plan import Drift
from planner.render.changes import drift_block
from planner.render.style import Style


def render_drift(drift: Sequence[Drift], *, environment: str, width: int, style: Style) -> str:
    if not drift:
        return f"No drift. The {environment} environment is as the state says."
    blocks = ["\n".join(drift_block(item, width=width, style=style)) for item in drift]
    gone = sum(1 for item in drift if item.gone)
    end = f"Drift: {len(drift) - gone} changed, {gone} gone."
    return "\n\n".join(["Changed outside of planner:", *blocks, end])
