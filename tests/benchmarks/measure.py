"""What a command costs: time, processor, memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen


@frozen
class Cost:
    """wall, cpu: seconds, cpu of user and system together. peak: MB of memory at most."""

    wall: float
    cpu: float
    peak: float
    code: int


def cost_of(*words: str, folder: Path, environ: Mapping[str, str] | None = None) -> Cost:
    """Runs `planner WORDS` in a folder, in an environment of nothing but environ; its output is let go."""
    with (folder / "output.txt").open("wb") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "planner", *words],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode)
