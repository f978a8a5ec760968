"""What there is to say of a plan, said once; text, Markdown and HTML only lay it out, and escape it.

No sentence says more than was looked at.
"""

from __future__ import annotations

from planner.model.plan import DESTROY, IMPORT_ONLY, REFRESH_ONLY, LeftOut, Plan
from planner.model.state import LEFT_OVER


def behind(plan: Plan) -> int:
    """Entries of the state that are not as observed; an import or a move is told as such."""
    told = {change.address for change in plan.changes if change.imported or change.moved_from is not None}
    return sum(1 for prior in plan.refreshed if prior.address not in told) + len(plan.gone)


def left_out(item: LeftOut) -> str:
    """What follows the address of what --target and --exclude keep out: what of it, and its change."""
    left_over = f", {LEFT_OVER}" if item.deposed else ""
    return f"{left_over} ({item.action.value})"


def no_changes(plan: Plan) -> str:
    """In two words, or in as many as are true where changes are left out."""
    return "no changes to what was selected" if plan.left_out else "no changes"


def nothing_to_do(plan: Plan, environment: str) -> str:
    """A sentence for a plan without changes. environment: its name as it is laid out."""
    if plan.left_out:
        return "Nothing that was selected changes."
    if plan.mode == DESTROY:
        return f"The state of the {environment} environment holds nothing to delete now."
    if plan.mode == REFRESH_ONLY:
        return (
            f"The state is as the {environment} environment is; the configuration was not compared with it."
        )
    if plan.mode == IMPORT_ONLY:
        return f"There is nothing to import into the state of the {environment} environment."
    what = f"{'What was selected of the' if plan.partial else 'The'} {environment} environment"
    if plan.asked:
        return f"{what} matches the configuration."
    return f"{what} matches the configuration by its state; the installation was not asked."
