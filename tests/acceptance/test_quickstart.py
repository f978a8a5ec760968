"""The first minutes with planner: examples/quickstart as it stands."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from .runner import EXAMPLES, Project


def test_plan_apply_outputs_and_nothing_left_to_do(example: Project) -> None:
    plan = example.run("plan", "--detailed-exitcode")
    assert plan.code == 2
    assert "Plan: 4 to create, 0 to update, 0 to replace, 0 to delete." in plan.out
    assert not (example.folder / "state/dev.json").exists()

    applied = example.apply()
    assert "Applied: 4 created, 0 updated, 0 replaced, 0 deleted." in applied.out
    url = json.loads(example.ok("output", "--json").out)["synonyms_url"]
    assert f'synonyms_url = "{url}"' in applied.out
    assert example.ok("output", "synonyms_url").out == url + "\n"

    example.settled()
    assert "No drift." in example.ok("drift").out


def test_validate_calls_nothing(example: Project) -> None:
    assert "dev: valid, 4 resources, 2 outputs." in example.ok("validate").out
    assert not (example.folder / "state").exists()


def test_destroy_leaves_nothing(example: Project) -> None:
    example.apply()
    done = example.ok("destroy", "--auto-approve")
    assert "Applied: 0 created, 0 updated, 0 replaced, 4 deleted." in done.out
    assert example.state()["resources"] == []
    with example.sandbox() as ece:
        assert ece.extensions() == {}


def test_it_runs_as_it_stands_and_keeps_its_state_apart(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "quickstart", tmp_path / "examples/quickstart")
    here = Project(tmp_path)
    here.ok("-C", "examples/quickstart", "apply", "--auto-approve")
    assert (tmp_path / "state/quickstart/dev.json").exists()
    assert {path.name for path in (tmp_path / "examples/quickstart").iterdir()} == {
        path.name for path in (EXAMPLES / "quickstart").iterdir()
    }
