from __future__ import annotations

from typing import Any

import pytest
import yaml

from planner.yaml12.core_schema import load


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[on, No, y, 'true', \"1\"]", ["on", "No", "y", "true", "1"]),
        ("[2024-01-01, 1:30, 1_000, 0b1, 017]", ["2024-01-01", "1:30", "1_000", "0b1", 17]),
        ("[True, null, ~, 0o17, 0x1F, 1e3, 8.10]", [True, None, None, 15, 31, 1000.0, 8.1]),
        ("{a: &a {x: 1}, b: {<<: *a, y: 2}}", {"a": {"x": 1}, "b": {"x": 1, "y": 2}}),
        ("{no: 1, 1: 2}", {"no": 1, 1: 2}),
        ("", None),
    ],
)
def test_it_follows_the_core_schema(text: str, value: Any) -> None:
    found = load(text.encode())
    assert found == value
    assert all(type(item) in (str, int, float, bool, type(None), dict) for item in found or ())


@pytest.mark.parametrize("text", ["[", "a: b: c", "!!python/object:os.system x"])
def test_what_is_no_data(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        load(text.encode())
