from __future__ import annotations

import pytest

from planner.model.address import Address


@pytest.mark.parametrize("text", ["extension.synonyms", "a._b", "traffic_filter.office-1"])
def test_parse_and_print(text: str) -> None:
    assert str(Address.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "extension", "extension.", ".a", "a.b.c", "a.1b", "a.-b", "a b.c", "a.b\n"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an address; write <kind>\.<name>"):
        Address.parse(text)


def test_order_is_by_kind_and_name() -> None:
    texts = ["b.a", "a.b", "a.a-b", "a.a"]
    assert [str(a) for a in sorted(map(Address.parse, texts))] == ["a.a", "a.a-b", "a.b", "b.a"]
    assert len({Address("a", "b"), Address.parse("a.b")}) == 1
