"""`python -m tests.endurance [CAMPAIGN ...]`: the long runs, and their figures as a table."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from . import bindings, cut_rollouts, faults, hostile, kills, kinds, noise, races, rollouts, values
from .campaign import Broken, Campaign, Figures, Order

CAMPAIGNS: dict[str, Campaign] = {
    "kills": kills.CAMPAIGN,
    "faults": faults.CAMPAIGN,
    "races": races.CAMPAIGN,
    "values": values.CAMPAIGN,
    "noise": noise.CAMPAIGN,
    "hostile": hostile.CAMPAIGN,
    "kinds": kinds.CAMPAIGN,
    "rollouts": rollouts.CAMPAIGN,
    "cuts": cut_rollouts.CAMPAIGN,
    "bindings": bindings.CAMPAIGN,
}


def main() -> int:
    """0 when every promise held."""
    options = _options()
    found: dict[str, Figures] = {}
    for name in options.campaigns or CAMPAIGNS:
        begun = time.monotonic()
        try:
            found[name] = _run(CAMPAIGNS[name], options.rounds, options.seed)
        except Broken as error:
            print(f"{name}: BROKEN (seed {options.seed}): {error}", file=sys.stderr)
            return 1
        print(_line(name, found[name], time.monotonic() - begun), flush=True)
    if options.json:
        print(json.dumps(found, indent=2))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.endurance", description=__doc__)
    parser.add_argument("campaigns", nargs="*", choices=[[], *CAMPAIGNS], metavar="CAMPAIGN")
    parser.add_argument("--rounds", type=int, help="instead of the number of the long run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _run(campaign: Campaign, rounds: int | None, seed: int) -> Figures:
    with tempfile.TemporaryDirectory(prefix="endurance-") as folder:
        tell = lambda line: print(f"  {line}", file=sys.stderr, flush=True)  # noqa: E731
        return campaign.run(Order(rounds or campaign.long, seed, Path(folder), tell))


def _line(name: str, figures: Figures, seconds: float) -> str:
    counted = ", ".join(f"{number:,} {what}" for what, number in figures.items())
    return f"{name}: {counted} ({seconds:.0f} s)"


if __name__ == "__main__":
    sys.exit(main())
