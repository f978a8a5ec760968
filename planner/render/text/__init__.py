"""Plans and drift as text for a terminal.

plan.py    the sections of a plan; drift.py drift alone
blocks.py  one resource: headline, title, attributes, users
rows.py    attributes as aligned lines; a Line knows its sign, so that other formats can lay it out anew
"""

from planner.render.text.drift import render_drift
from planner.render.text.plan import render_plan

__all__ = ["render_drift", "render_plan"]
