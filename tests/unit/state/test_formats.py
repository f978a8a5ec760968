"""Files as each format version wrote them, kept in formats/<version>/, are read for ever.

A version's files come from one run: applied, changed, planned, and killed in the middle of an apply.
They are never written again: a change of the format is a new version, a migration, and a new folder.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from planner.model.value import Fingerprint
from planner.state import journal, saved_plan, snapshot
from planner.state.registry import open_backend
from planner.state.store import Store

FORMATS = Path(__file__).parent / "formats"
VERSIONS = sorted(int(folder.name) for folder in FORMATS.iterdir())


@pytest.fixture(params=VERSIONS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of what one version wrote."""
    return Path(shutil.copytree(FORMATS / str(request.param), tmp_path / "state"))


def test_every_version_up_to_the_present_one_is_kept() -> None:
    present = max(snapshot.FORMAT.version, saved_plan.FORMAT.version, journal.FORMAT_VERSION)
    assert list(range(1, present + 1)) == VERSIONS


def test_state_and_journal_say_what_they_said(kept: Path) -> None:
    backend = open_backend("state", environment="dev", folder=kept.parent)
    state = Store(backend, "small", "dev").load()
    assert state.serial == 1
    assert {str(a): (p.id, p.version) for a, p in state.resources.items()} == {
        "extension.made": ("2945706744", "1"),
        "extension.phonetic": ("7802777959", "1"),
        "extension.scripts": ("7728686039", "3"),
        "extension.words": ("2125789917", "1"),
    }
    by_name = {address.name: prior for address, prior in state.resources.items()}
    assert by_name["scripts"].prevent_destroy
    assert by_name["scripts"].attributes["description"] == 'naïve "quotes"'
    assert by_name["scripts"].content_sha256 is not None
    assert isinstance(by_name["phonetic"].attributes["description"], Fingerprint)
    assert [str(a) for a in by_name["words"].dependencies] == ["extension.scripts"]
    assert [left.id for left in state.deposed] == ["6904219037"]
    assert [(str(i.address), i.operation) for i in state.in_doubt] == [
        ("extension.made", "upload"),
        ("extension.words", "delete"),
    ]
    assert state.outputs["scripts"] == "repo://7728686039"
    assert state.applied is not None
    assert set(state.applied.inputs) == {"note", "token", "version"}


def test_a_saved_plan_says_what_it_said(kept: Path) -> None:
    plan = saved_plan.read_plan(kept / "plan.json")
    assert (plan.project, plan.environment, plan.serial) == ("small", "dev", 1)
    assert [(str(c.address), c.action.value) for c in plan.changes] == [
        ("extension.made", "create"),
        ("extension.scripts", "update"),
        ("extension.words", "replace"),
    ]
    assert [step.operation for step in plan.steps] == ["create", "upload", "upload", "create", "delete"]
