from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.long)])
def test_a_kill_at_any_system_call_loses_nothing(tmp_path: Path, step: int) -> None:
    command = [sys.executable, "-m", "state.kill_points", str(tmp_path), str(step)]
    found = subprocess.run(command, capture_output=True, text=True, cwd=TESTS, check=False)
    assert found.returncode == 0, found.stderr
    assert int(found.stdout) > 50
