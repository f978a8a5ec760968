"""What people read: plans, diagnostics and ledgers as text, and the progress of an apply.

Renderers take classes of planner.model and return text. They escape whatever came from values or the API;
known secrets are redacted elsewhere, once, before text leaves the program. Nothing here decides, reads a file
or looks at the environment: width and colours are passed in.
"""

from planner.render.diagnostics import render_diagnostics, render_error
from planner.render.ledger import render_ledger
from planner.render.progress import Progress, live_progress, plain_progress
from planner.render.style import Style
from planner.render.text import render_drift, render_plan

__all__ = [
    "Progress",
    "Style",
    "live_progress",
    "plain_progress",
    "render_diagnostics",
    "render_drift",
    "render_error",
    "render_ledger",
    "render_plan",
]
