"""What a command costs: time, processor, memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

LAUNCH = Path(__file__).with_name("launch.py")
_SHOWN = 2000


class Failed(Exception):
    """A command did not end as it should; nothing was measured."""


@frozen
class Cost:
    """What one run cost. wall, cpu: seconds, cpu of user and system together. peak: MiB of memory at most.
    requests: as the installation counted them, None where nobody did.
    """

    wall: float
    cpu: float
    peak: float
    code: int
    requests: int | None = None


@frozen
class Spread:
    """Of several runs."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        found = sorted(values)
        return cls(statistics.median(found), found[0], found[-1])


def cost_of(
    *words: str, folder: Path, environ: Mapping[str, str] | None = None, codes: tuple[int, ...] = (0,)
) -> Cost:
    """Runs `planner WORDS` in a folder, with environ and nothing else of this process' environment but where
    programs and modules are; its output goes to a file.

    Raises Failed for another exit code than codes.
    """
    return python_cost("-m", "planner", *words, folder=folder, environ=environ, codes=codes)


def python_cost(
    *words: str, folder: Path, environ: Mapping[str, str] | None = None, codes: tuple[int, ...] = (0,)
) -> Cost:
    """The same of `python WORDS`."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    with (folder / "output.txt").open("wb") as output:
        told = _launched(
            [sys.executable, *words],
            cwd=folder,
            env={**kept, "HOME": str(folder), "LANG": "C.UTF-8", **(environ or {})},
            stdout=output,
            stderr=output,
        )
    code, wall, cpu, peak = told.split()
    if int(code) not in codes:
        shown = (folder / "output.txt").read_text(errors="replace")[-_SHOWN:]
        raise Failed(f"{' '.join(words[1:])} ended with {code}:\n{shown}")
    return Cost(float(wall), float(cpu), int(peak) / 1024, int(code))


def _launched(command: Sequence[str], **options: Any) -> str:
    """What launch.py tells of a command."""
    read, write = os.pipe()
    launch = [sys.executable, "-I", "-S", str(LAUNCH), str(write), *command]
    with os.fdopen(read) as told:
        try:
            subprocess.run(launch, stdin=subprocess.DEVNULL, pass_fds=(write,), check=True, **options)
        finally:
            os.close(write)
        return told.read()


def seconds(times: int, once: Callable[[], float]) -> float:
    """The median of so many measures."""
    return Spread.of(once() for _ in range(times)).median
