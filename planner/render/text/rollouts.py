"""The roll-outs of a plan as text: who is in which wave, how it goes, who keeps the old content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from planner.render.escaping import cells, hanging, wrap, wrap_advice
from planner.render.rollout_view import RolloutView
from planner.render.style import BOLD, WARNING, Style

_INDENT: Final = "  "


def rollout_lines(rollouts: Iterable[RolloutView], *, width: int, style: Style) -> Iterator[str]:
    """A block for each, an empty line between them."""
    for index, rollout in enumerate(rollouts):
        if index:
            yield ""
        yield from _block(rollout, width, style)


def _block(rollout: RolloutView, width: int, style: Style) -> Iterator[str]:
    title = f"{rollout.title}: "
    first, *rest = wrap(f"{title}{rollout.summary}", width - 2 * len(_INDENT))
    begins = min(len(first), len(title))
    yield style.paint(BOLD, first[:begins]) + first[begins:]
    yield from (2 * _INDENT + line for line in rest)
    yield from _held(rollout, width, style)
    margin = max((cells(f"wave {wave.number}") for wave in rollout.waves), default=0) + 2 * len(_INDENT)
    for wave in rollout.waves:
        head = f"{_INDENT}wave {wave.number}".ljust(margin)
        yield from hanging(head, wave.named(), width, margin)
    yield from (line for remark in rollout.remarks for line in _indented(remark, width))


def _held(rollout: RolloutView, width: int, style: Style) -> Iterator[str]:
    if not rollout.held:
        return
    yield from (style.paint(WARNING, line) for line in _indented(rollout.held, width))
    yield from (_INDENT + line for line in wrap_advice(rollout.way_on, width - len(_INDENT)))


def _indented(text: str, width: int) -> Iterator[str]:
    """A paragraph two columns from the left, its further lines two more."""
    first, *rest = wrap(text, width - 2 * len(_INDENT))
    yield _INDENT + first
    yield from (2 * _INDENT + line for line in rest)
