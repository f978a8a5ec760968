from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.archives.inspection import properties_in


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=b", {"a": "b"}),
        ("a:b", {"a": "b"}),
        ("a b", {"a": "b"}),
        ("  a \t = \t b c ", {"a": "b c "}),
        ("a==b", {"a": "=b"}),
        ("a = : b", {"a": ": b"}),
        ("a", {"a": ""}),
        ("# c\n! c\n\n  # c\na=b", {"a": "b"}),
        ("a=b\r\nc=d\re=f", {"a": "b", "c": "d", "e": "f"}),
        ("a=b\\\n   c", {"a": "bc"}),
        ("a=b\\\\\nc=d", {"a": "b\\", "c": "d"}),
        ("a=b\\\n#c", {"a": "b#c"}),
        ("a=b\\", {"a": "b"}),
        (r"a\ b\:c\=d=e", {"a b:c=d": "e"}),
        (r"a=\u0041\t\n\q", {"a": "A\t\nq"}),
        ("a=1\na=2", {"a": "2"}),
        ("a=\u00e9", {"a": "é"}),
    ],
)
def test_as_java_reads_it(text: str, expected: dict[str, str]) -> None:
    assert properties_in(text.encode("latin-1")) == expected


@given(st.binary(max_size=300))
def test_reads_anything(data: bytes) -> None:
    properties_in(data)
