from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .commands import call
from .values import RESERVED, Values, as_yaml, through

SHORT = settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=RESERVED), max_size=30)
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    TEXTS | NUMBERS | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)


def hold(values: Values) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert through(Path(folder), values)


@SHORT
@given(texts=st.tuples(*[TEXTS] * 6), values=st.tuples(*[VALUES] * 8), content=TEXTS)
def test_any_value_goes_through(texts: tuple[str, ...], values: tuple[object, ...], content: str) -> None:
    hold(Values(texts, values, content))


def test_values_that_look_like_structure_go_through() -> None:
    for seed in range(8):
        hold(Values.random(Random(seed)))  # noqa: S311 - chance, no secret


@pytest.mark.parametrize("value", [*RESERVED, 2**64, -(2**63) - 1])
def test_what_cannot_go_through_is_refused_before_anything_is_done(tmp_path: Path, value: str | int) -> None:
    Values(("a",) * 6, ("b",) * 8, "c").write(tmp_path)
    values = {f"t{n}": "a" for n in range(6)} | {f"v{n}": "b" for n in range(8)} | {"v3": value}
    (tmp_path / "environments" / "dev.yaml").write_text(as_yaml({"variables": values}))
    done = call(tmp_path, "apply", "--auto-approve")
    assert done.code == 1
    assert 'variable "v3"' in done.err
    assert not (tmp_path / "state").exists()
