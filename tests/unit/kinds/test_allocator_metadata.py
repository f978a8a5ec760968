from __future__ import annotations

from typing import Any

import pytest

from planner.ece.operations import Reply
from planner.errors import ApiError
from planner.kinds.registry import load_kinds
from planner.model.address import Address
from planner.model.resource import Request
from planner.model.value import Value
from planner.sandbox import create_app

from .installation import client_of

DISK: dict[str, Value] = {"key": "disk", "value": "ssd"}
PARTS = {"allocator_id": "a1"}


def test_a_bare_list_is_all_that_there_is() -> None:
    driver = load_kinds()["allocator_metadata"].at(client_of(lambda *_: []))
    assert driver.observe([DISK], Reply(200, {}, [DISK]), PARTS).attributes["items"] == [DISK]
    assert driver.observe([], Reply(200, {}, []), PARTS).attributes["items"] == []


@pytest.mark.parametrize("body", [None, {}, {"ok": False}, {"items": [DISK]}, "down"])
def test_any_other_reply_is_no_allocator_without_tags(body: Any) -> None:
    driver = load_kinds()["allocator_metadata"].at(client_of(lambda *_: []))
    with pytest.raises(ApiError, match="holds no list"):
        driver.observe(body, Reply(200, {}, body), PARTS)


def test_a_write_has_the_version_that_its_reply_leaves_out() -> None:
    with create_app(":memory:", seed={"allocators": [{"allocator_id": "a1"}]}) as app:
        driver = load_kinds()["allocator_metadata"].at(client_of(app))
        desired: dict[str, Value] = {"allocator_id": "a1", "items": [DISK]}
        found = driver.read("a1")
        assert found is not None
        address = Address("allocator_metadata", "it")
        request = Request("update", address, desired, found.attributes, "a1", found.version)
        written = driver.perform(request).observed
        assert (written, written and written.version) == (driver.read("a1"), "2")
