"""The kinds that are served by their descriptions: `<kind>.json` here, and `<kind>.py` where one is odd.

A new kind is a new file; nothing lists them. What is odd is a class `Turn` on `planner.sandbox.described`.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from pathlib import Path

from planner.sandbox.described import Kind, Turn
from planner.sandbox.description import Description


@cache
def kinds() -> tuple[Kind, ...]:
    """All of them, by the names of their files."""
    odd = {module.name for module in pkgutil.iter_modules(__path__)}
    return tuple(
        Kind(
            Description.read(file),
            import_module(f"{__name__}.{file.stem}").Turn if file.stem in odd else Turn,
        )
        for file in sorted(Path(__file__).parent.glob("*.json"))
    )
