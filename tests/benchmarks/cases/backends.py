"""What each backend costs: an apply of so many creates, and the plan after it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

from tests.contract.places import PLACES, Place
from tests.contract.wire import wire_to

from ..figures import Row
from ..measure import cost_of
from ..order import Case, Order

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


def _rows(order: Order) -> Iterator[Row]:
    """A row for each backend, of one run. round trips: messages that waited for an answer of the place."""
    for count in order.counts(1000):
        for name, at in PLACES.items():
            if name not in SKIPPED:
                here = order.folder / f"{name}-{count}"
                here.mkdir()
                yield {"backend": name, "creates": count, **_row(at(here), here, count)}


def _row(place: Place, folder: Path, count: int) -> Row:
    with wire_to(place.server) if place.server else nullcontext() as wire:
        url = place.behind(wire.port).url if wire else place.url
        (folder / "planner.yaml").write_text(PROJECT.format(url=url))
        (folder / "templates").mkdir()
        (folder / "templates" / "words.yaml").write_text(TEMPLATE.format(count=count))
        environ = {key: text for key, text in os.environ.items() if key.startswith("AWS_")}
        applied = cost_of("apply", "--auto-approve", folder=folder, environ=environ)
        turns = wire.turns if wire else 0
        planned = cost_of("plan", "--detailed-exitcode", folder=folder, environ=environ)
        return {
            "apply s": applied.wall,
            "CPU s": applied.cpu,
            "MiB": applied.peak,
            "round trips": turns,
            "plan s": planned.wall,
            "its round trips": wire.turns - turns if wire else 0,
        }


CASE = Case("State backends: apply of creates to the embedded sandbox", _rows)
