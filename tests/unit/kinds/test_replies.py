from __future__ import annotations

from typing import Any

import pytest

from planner.ece.operations import Reply
from planner.errors import ApiError
from planner.kinds.registry import load_kinds
from planner.kinds.replies import observed_in
from planner.model.resource import Observed


def observed(**body: Any) -> Observed:
    found = load_kinds()["extension"]
    reply = Reply(200, {}, {"id": "1", "name": "a"} | body)
    return observed_in(reply.body, reply, found.kind, found.binding)


def deep(levels: int) -> Any:
    value: Any = {}
    for level in range(levels - 1):
        value = {"a": value} if level % 2 else [value]
    return value


@pytest.mark.parametrize("name", ["file_metadata", "description", "deployments", "unknown"])
def test_what_nests_without_end_is_no_answer(name: str) -> None:
    """Walking through it would fail, maybe after a write that took effect."""
    assert observed(**{name: deep(90)}).id == "1"
    with pytest.raises(ApiError, match="a hundred deep"):
        observed(**{name: deep(900)})
