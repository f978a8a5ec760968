"""How deployments that use something are named."""

from __future__ import annotations

import pytest
from attrs import evolve

from planner.model.resource import Mention, User
from planner.render.users import places_text, user_views

from .plans import USED

PLAN = Mention("repo://1", "bundle", "8.*")
HOT, WARM = (evolve(PLAN, element=element) for element in ("hot_content", "warm"))


@pytest.mark.parametrize(
    ("places", "text"),
    [
        ((), ""),
        ((PLAN,), "plan"),
        ((PLAN, evolve(PLAN, version="*")), "plan"),
        ((HOT, WARM), "hot_content and warm"),
        ((evolve(PLAN, without=("warm", "cold")),), "plan (not warm, cold)"),
        ((evolve(PLAN, without=("warm", "cold")), WARM), "plan (not cold) and warm"),
        ((PLAN, evolve(WARM, pending=True)), "plan and warm (pending)"),
        ((evolve(PLAN, without=("cold",), pending=True),), "plan (not cold; pending)"),
    ],
)
def test_places_are_named(places: tuple[Mention, ...], text: str) -> None:
    assert places_text(places) == text


def test_users_are_named_as_far_as_they_are_known() -> None:
    users = (
        User("1", "shop", "8.15.3", places=(PLAN,)),
        User("2", "shop"),
        User("3", version="8"),
        User("4", "b"),
    )
    shown = user_views(evolve(USED, used_by=("1", "2", "3", "4", "5"), users=users))
    assert [view.text for view in shown] == ["shop (id 1, 8.15.3, plan)", "shop (id 2)", "3", "b", "5"]
