"""Files as each format version wrote them, kept in formats/<version>/, are read for ever.

Version 1's files come from one run: applied, changed, planned, and killed in the middle of an apply. A later
version has those files whose format it changed. They are never written again: a change of the format is a new
version, a migration, and a new folder.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from planner.model.members import Manifest, Member
from planner.model.value import Fingerprint
from planner.state import journal, saved, snapshot
from planner.state.registry import Location, open_backend
from planner.state.store import Store

FORMATS = Path(__file__).parent / "formats"
MANIFEST = Manifest(members=(Member("dictionaries/words.txt", 12, f"{'ab' * 32}"),))
PRESENT = {
    "dev.json": snapshot.FORMAT.version,
    "dev.journal": journal.FORMAT_VERSION,
    "plan.json": saved.FORMAT.version,
    "drift.json": saved.DRIFT_FORMAT.version,
}


def versions(name: str) -> list[int]:
    return sorted(int(path.parent.name) for path in FORMATS.glob(f"*/{name}"))


@pytest.mark.parametrize("name", PRESENT)
def test_every_version_up_to_the_present_one_is_kept(name: str) -> None:
    assert versions(name) == list(range(1, PRESENT[name] + 1))


@pytest.mark.parametrize("version", versions("dev.json"))
def test_state_and_journal_say_what_they_said(version: int, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    for name in ("dev.json", "dev.journal"):
        shutil.copy(FORMATS / str(version) / name, tmp_path / "state")
    backend = open_backend(Location("state", environment="dev", folder=tmp_path))
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
    known = [(item.commit, item.path, item.manifest) for item in state.contents.values()]
    assert known == ([(("3f9c1ab04d12" * 4)[:40], "files/a", MANIFEST)] if version > 1 else [])
    assert [(str(i.address), i.operation) for i in state.in_doubt] == [
        ("extension.made", "upload"),
        ("extension.words", "delete"),
    ]
    assert state.outputs["scripts"] == "repo://7728686039"
    assert state.applied is not None
    assert set(state.applied.inputs) == {"note", "token", "version"}


@pytest.mark.parametrize("version", versions("plan.json"))
def test_a_saved_plan_says_what_it_said(version: int) -> None:
    plan = saved.read_plan(FORMATS / str(version) / "plan.json")
    assert (plan.project, plan.environment, plan.serial) == ("small", "dev", 1)
    assert [(str(c.address), c.action.value) for c in plan.changes] == [
        ("extension.made", "create"),
        ("extension.scripts", "update"),
        ("extension.words", "replace"),
    ]
    assert [step.operation for step in plan.steps] == ["create", "upload", "upload", "create", "delete"]
    lines = [
        (line.sign, line.text) for c in plan.contents for m in c.members if m.text for line in m.text.lines
    ]
    assert lines == ([("-", "laptop"), ("+", "laptops")] if version > 2 else [])
    told = [
        (r.name, r.rules.on_failure, [[m.shown for m in wave] for wave in r.waves]) for r in plan.rollouts
    ]
    waves = [["shop-staging"], ["shop-prod", "c" * 32]]
    assert told == ([("search", "roll_back", waves)] if version > 3 else [])


@pytest.mark.parametrize("version", versions("drift.json"))
def test_what_had_drifted_says_what_it_said(version: int) -> None:
    report = saved.read_drift(FORMATS / str(version) / "drift.json")
    assert report is not None
    assert (report.project, report.environment, report.at) == ("small", "dev", "2026-11-29T21:37:01Z")
    changed, gone = report.drift
    assert (str(changed.address), changed.diffs[0].path, changed.diffs[0].after) == (
        "extension.alpha",
        ("version",),
        "7.*",
    )
    assert isinstance(changed.diffs[1].after, Fingerprint)
    assert (str(gone.address), gone.gone) == ("extension.beta", True)
    content = changed.content
    told = [member.path for member in content.members] if content else []
    assert told == ["words.txt"] * (version > 1)
