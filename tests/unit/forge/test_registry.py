from __future__ import annotations

from planner.forge import LISTED, SECRET_VARIABLES
from planner.forge.registry import KINDS


def test_help_lists_the_forges_there_are() -> None:
    *names, last = KINDS
    assert f"{', '.join(names)} or {last}" == LISTED


def test_the_token_of_each_way_is_hidden_by_every_command_and_nothing_else_taken_for_one() -> None:
    assert sorted({way.variable for kind in KINDS.values() for way in kind.ways}) == list(SECRET_VARIABLES)
