"""Drift as text: what changed outside of planner."""

from __future__ import annotations

from collections.abc import Sequence

from planner.model.plan import Drift
from planner.render.style import Style
from planner.render.text.blocks import render_block
from planner.render.view import DriftView


def render_drift(drift: Sequence[Drift], *, environment: str, width: int, style: Style) -> str:
    if not drift:
        return f"No drift. The {environment} environment is as the state says."
    blocks = ["\n".join(render_block(DriftView(item), width=width, style=style)) for item in drift]
    gone = sum(1 for item in drift if item.gone)
    end = f"Drift: {len(drift) - gone} changed, {gone} gone."
    return "\n\n".join(["Changed outside of planner:", *blocks, end])
