"""The faults fit the tree as it is: the runs themselves are for people, `python -m tests.faults`."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from .fault import DoesNotApply, Fault, faults

ROOT = Path(__file__).parents[2]
FAULTS = faults()


def test_there_are_forty_in_forty_places() -> None:
    assert [fault.number for fault in FAULTS] == list(range(1, 41))
    places = [(file, before) for fault in FAULTS for file, before, _ in fault.hunks]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_it_applies_and_is_a_program_still(fault: Fault) -> None:
    changed = fault.changed(ROOT)
    assert all(ast.parse(text) for text in changed.values())
    assert all(text != (ROOT / file).read_text() for file, text in changed.items())


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_what_it_looks_in_is_there(fault: Fault) -> None:
    assert fault.what
    assert fault.looks_in
    for place in fault.looks_in:
        file, _, name = place.partition("::")
        assert f"def {name}" in (ROOT / file).read_text()


@pytest.mark.parametrize("text", ["", "one = 1\n", "\none = 2\ntwo = 2\none = 2\ntwo = 2\n"])
def test_one_that_no_longer_fits_is_no_fault(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.py").write_text(text)
    fault = Fault("01-x", "", (), (("a.py", "\none = 2\ntwo = 2\n", "\none = 3\ntwo = 2\n"),))
    with pytest.raises(DoesNotApply, match="01-x does not apply"):
        fault.make(tmp_path)
    assert (tmp_path / "a.py").read_text() == text
