from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.archives.descriptor import properties, properties_in


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
        ("a\\", {"a": ""}),
        ("a=b\n\\", {"a": "b", "": ""}),
        ("a=b\n\\\n", {"a": "b"}),
        (r"a\ b\:c\=d=e", {"a b:c=d": "e"}),
        (r"a=\u0041\t\n\q", {"a": "A\t\nq"}),
        ("a=1\na=2", {"a": "2"}),
        ("a=\u00e9", {"a": "é"}),
    ],
)
def test_as_java_reads_it(text: str, expected: dict[str, str]) -> None:
    assert properties_in(text.encode("latin-1")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=b\nc=d", [("a", 1), ("c", 2)]),
        ("#x\r\n\r\na=b\rc\n", [("a", 3), ("c", 4)]),
        ("a=1 \\\n  2\n\nc=d", [("a", 1), ("c", 4)]),
        ("  \n  a=1", [("a", 2)]),
    ],
)
def test_lines_are_those_where_keys_stand(text: str, expected: list[tuple[str, int]]) -> None:
    assert [(found.key, found.line) for found in properties(text.encode())] == expected


@pytest.mark.parametrize(
    ("text", "malformed"),
    [
        (r"a=C:\\users", False),
        (r"a=\u0041b", False),
        (r"a=C:\users", True),
        (r"a=\\\users", True),
        (r"a=\u0041\u00e", True),
        (r"a\uxyzw=1", True),
    ],
)
def test_what_java_refuses_of_escapes(text: str, malformed: bool) -> None:
    (found,) = properties(text.encode())
    assert found.malformed is malformed


@given(st.binary(max_size=300))
def test_reads_anything(data: bytes) -> None:
    properties_in(data)
