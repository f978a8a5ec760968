"""The kinds that are served by their descriptions: `<kind>.json` here, and `<kind>.py` where one is odd.

A new kind is a new file; nothing lists them. What is odd is a class `Turn` on `planner.sandbox.described`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from planner.sandbox.described import Installation, Turn, routes
from planner.sandbox.description import Description
from planner.sandbox.http import Route


def described_routes(installation: Installation) -> Iterator[Route]:
    """Those of all kinds."""
    odd = {module.name for module in pkgutil.iter_modules(__path__)}
    for file in sorted(Path(__file__).parent.glob("*.json")):
        turn = import_module(f"{__name__}.{file.stem}").Turn if file.stem in odd else Turn
        yield from routes(Description.read(file), installation, turn)
