"""What each backend costs: an apply of so many creates, and the plan after it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from tests.contract.places import PLACES, Place
from tests.contract.wire import wire_to

from .measure import cost_of

PROJECT = """
project: search
environments:
  dev:
    endpoint: sandbox
    sandbox: sandbox.db
    state: "{url}"
"""
TEMPLATE = """
resource:
  extension:
{{% for n in range({count}) %}}
    words_{{{{ n }}}}:
      name: words-{{{{ n }}}}
      extension_type: bundle
      version: "8.*"
{{% endfor %}}
"""
SKIPPED = ("file-url",)


def rows(folder: Path, count: int) -> Iterator[dict[str, Any]]:
    """A row for each backend. round trips: messages that waited for an answer of the place."""
    for name, at in PLACES.items():
        if name not in SKIPPED:
            here = folder / name
            here.mkdir()
            yield {"backend": name, "creates": count, **_row(at(here), here, count)}


def _row(place: Place, folder: Path, count: int) -> dict[str, Any]:
    with wire_to(place.server) if place.server else nullcontext() as wire:
        url = place.behind(wire.port).url if wire else place.url
        (folder / "planner.yaml").write_text(PROJECT.format(url=url))
        (folder / "templates").mkdir()
        (folder / "templates" / "words.yaml").write_text(TEMPLATE.format(count=count))
        environ = {key: text for key, text in os.environ.items() if key.startswith("AWS_")}
        applied = cost_of("apply", "--auto-approve", folder=folder, environ=environ)
        turns = wire.turns if wire else 0
        planned = cost_of("plan", "--detailed-exitcode", folder=folder, environ=environ)
        assert (applied.code, planned.code) == (0, 0), (folder / "output.txt").read_text()[-2000:]
        return {
            "apply s": applied.wall,
            "CPU s": applied.cpu,
            "MB": applied.peak,
            "round trips": turns,
            "plan s": planned.wall,
            "its round trips": wire.turns - turns if wire else 0,
        }
