"""What can go wrong between planner and a forge."""

from __future__ import annotations

import re
from typing import Final

from planner.errors import PlannerError

_SIZE: Final = re.compile(r"too (?:long|large|big)|exceed|maximum|at most", re.IGNORECASE)


class ForgeError(PlannerError):
    """The forge did not do it. status: of its reply, 0 without one. said: in that reply, one line."""

    def __init__(self, summary: str, *, status: int = 0, said: str = "", advice: str = "") -> None:
        super().__init__(summary, advice=advice)
        self.status = status
        self.said = said

    @property
    def may_be_size(self) -> bool:
        """Whether a shorter text may be taken. GitHub says 422 to that and to other things."""
        return self.status in (413, 422) or (self.status == 400 and _SIZE.search(self.said) is not None)


class ReplyLost(ForgeError):
    """Something was to be made, and no usable reply came: it may be there. Look before it is made again."""
