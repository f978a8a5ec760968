"""`python -m tests.benchmarks [CASE ...] [--count N ...] [--runs N] [--json] [--small]`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .cases import CASES
from .figures import LEGEND, Row
from .measure import Failed
from .order import Case, Order
from .server.process import serving
from .table import plain, table


def main() -> int:
    options = _options()
    try:
        with serving() as server:
            runs = options.runs or (1 if options.small else 3)
            return _report(Order(Path(), server, runs, options.count, options.small), options)
    except Failed as error:
        print(error, file=sys.stderr)
        return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("cases", nargs="*", type=_case, metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--count", type=_positive, nargs="+", default=[], help="how many resources")
    parser.add_argument("--runs", type=_positive, help="of each measure, of which the median is shown [3]")
    parser.add_argument("--json", action="store_true", help="print numbers: median, least and most")
    parser.add_argument("--small", action="store_true", help="only show that all of it works")
    return parser.parse_args()


def _case(name: str) -> str:
    if name not in CASES:
        raise argparse.ArgumentTypeError(f"there is no case {name}; there are {', '.join(CASES)}")
    return name


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 on")
    return int(text)


def _report(order: Order, options: argparse.Namespace) -> int:
    facts = {"processors": os.cpu_count(), "runs": order.runs}
    if not options.json:
        print("; ".join(f"{name}: {value}" for name, value in facts.items()), LEGEND, sep="\n\n")
    found = {}
    for name in options.cases or CASES:
        start_up, rows = _measured(CASES[name], order)
        found[name] = {"start-up s": start_up, "rows": [plain(row) for row in rows]}
        if not options.json:
            title = f"{CASES[name].title} (start-up: {start_up:.3f} s)"
            print(f"\n{title}\n", *table(rows), sep="\n", flush=True)
    if options.json:
        print(json.dumps({**facts, "cases": found}, indent=2))
    return 0


def _measured(case: Case, order: Order) -> tuple[float, list[Row]]:
    """Seconds of a start-up, and the rows."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        here = order.started(Path(folder))
        return here.start_up, list(_told(case.rows(here)))


def _told(rows: Iterator[Row]) -> Iterator[Row]:
    """Each is told as soon as it is measured."""
    for row in rows:
        print("  " + ", ".join(map(str, list(row.values())[:2])), file=sys.stderr, flush=True)
        yield row


if __name__ == "__main__":
    sys.exit(main())
