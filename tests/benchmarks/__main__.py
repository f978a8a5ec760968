"""`python -m tests.benchmarks [CASE ...] [--count N] [--json]`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from attrs import frozen

from . import backends

Row = dict[str, Any]


@frozen
class Case:
    """title: of its table. count: how large it is unless --count says otherwise."""

    title: str
    count: int
    rows: Callable[[Path, int], Iterator[Row]]


CASES = {
    "backends": Case("State backends: apply of creates to the embedded sandbox", 1000, backends.rows),
}


def main() -> int:
    options = _options()
    found: dict[str, list[Row]] = {}
    for name in options.cases or CASES:
        case = CASES[name]
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            found[name] = list(case.rows(Path(folder), options.count or case.count))
        if not options.json:
            print(f"{case.title}\n")
            print("\n".join(table(found[name])), flush=True)
    if options.json:
        print(json.dumps(found, indent=2))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("cases", nargs="*", choices=[[], *CASES], metavar="CASE")
    parser.add_argument("--count", type=int, help="how many resources")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def table(rows: Iterable[Row]) -> Iterator[str]:
    """A Markdown table."""
    rows = list(rows)
    if not rows:
        return
    cells = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in cells]
    yield lines[0]
    yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    yield from lines[1:]


def _cell(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value


if __name__ == "__main__":
    sys.exit(main())
