from __future__ import annotations

import pytest

from planner.model.address import Address, as_read


@pytest.mark.parametrize("text", ["extension.synonyms", "a._b", "traffic_filter.office-1"])
def test_parse_and_print(text: str) -> None:
    assert str(Address.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "extension", "extension.", ".a", "a.b.c", "a.1b", "a.-b", "a b.c", "a.b\n"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an address; write <kind>\.<name>"):
        Address.parse(text)


@pytest.mark.parametrize(
    "names",
    [
        ["e1", "e2", "e10", "e11", "e100"],
        ["a_2_b", "a_2_c", "a_10_a", "b"],
        ["v8.2", "v8.15"],
        ["", "1", "a", "a1", "a1a"],
        ["9", "10", "a٣", "a٤"],
    ],
)
def test_numbers_in_names_count_as_numbers(names: list[str]) -> None:
    assert sorted(set(names), key=as_read) == names


def test_order_is_by_kind_and_name() -> None:
    texts = ["b.a", "a.b", "a.a-b", "a.a"]
    assert [str(a) for a in sorted(map(Address.parse, texts))] == ["a.a", "a.a-b", "a.b", "b.a"]
    assert len({Address("a", "b"), Address.parse("a.b")}) == 1
