"""Several environments: what their plans come to, in a few words each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from planner.model.plan import Action, Plan
from planner.render.resource_view import CALLS, LOSSES
from planner.render.values import plural

if TYPE_CHECKING:
    from planner.model.preview import Preview


def calls(plans: Sequence[Plan]) -> list[str]:
    """`2 to create`, `1 to delete`: what the API would be asked to do, without what is zero."""
    counts = [(sum(getattr(plan.summary, verb) for plan in plans), verb) for verb in CALLS]
    return [f"{count:,} to {verb}" for count, verb in counts if count]


def state_only(plans: Sequence[Plan]) -> list[str]:
    """`2 to import`, `1 to move`: what changes the state and nothing else."""
    changes = [change for plan in plans for change in plan.changes]
    counts = (
        (sum(1 for change in changes if change.imported and not change.taken_over), "import"),
        (sum(1 for change in changes if change.taken_over), "take over"),
        (sum(1 for change in changes if change.moved_from is not None), "move"),
        (sum(1 for change in changes if change.action is Action.FORGET), "forget"),
    )
    return [f"{count:,} to {verb}" for count, verb in counts if count]


def besides(plans: Sequence[Plan]) -> list[str]:
    """What changes beside what the API is asked to do: the state's entries, `2 outputs`, and what is rolled
    out.
    """
    outputs = sum(len(plan.outputs) for plan in plans)
    return [*state_only(plans), *([plural(outputs, "output")] if outputs else []), *rolled_out(plans)]


def rolled_out(plans: Sequence[Plan]) -> list[str]:
    """`1 roll-out to 12 deployments`, `1 roll-out held back`."""
    if not (rollouts := [rollout for plan in plans for rollout in plan.rollouts]):
        return []
    from planner.render.rollout_view import told_in_short  # noqa: PLC0415 - only where there are some

    return told_in_short(rollouts)


def gitlab_report(preview: Preview) -> dict[str, object]:
    """What GitLab's merge request shows of a file in `artifacts:reports:terraform`.

    A replace is a create and a delete, as it is there for Terraform. A preview that failed has no counts,
    so that GitLab says that the report failed, in place of numbers that are about a part.
    """
    if preview.failed:
        return {"failed": [item.environment for item in preview.environments if item.failed]}
    found = [item.plan.summary for item in preview.environments if item.plan is not None]
    replaced = sum(each.replace for each in found)
    return {
        "create": sum(each.create for each in found) + replaced,
        "update": sum(each.update for each in found),
        "delete": sum(each.delete for each in found) + replaced,
    }


def losses_in_words(groups: Iterable[str]) -> str:
    """`2 deletes and 1 replace`. groups: of the changes."""
    counts = Counter(groups)
    return " and ".join(plural(counts[group], group) for group in LOSSES if counts[group])


def troubles(preview: Preview) -> Iterator[str]:
    """`1 environment could not be planned`: what is not as one would have it, without what is zero."""
    items = preview.environments
    for number, noun, what in (
        (sum(1 for item in items if item.failed and not item.refused), "environment", "could not be planned"),
        (sum(1 for item in items if item.refused), "plan", "would be refused"),
        (sum(1 for item in items if item.removed), "environment", "removed"),
    ):
        if number:
            yield f"{plural(number, noun)} {what}"
