from __future__ import annotations

from planner.forge import LISTED
from planner.forge.registry import KINDS


def test_help_lists_the_forges_there_are() -> None:
    *names, last = KINDS
    assert f"{', '.join(names)} or {last}" == LISTED
