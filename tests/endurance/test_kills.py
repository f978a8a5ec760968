from __future__ import annotations

from pathlib import Path

from .campaign import Order
from .kills import KINDS, TURNS, run

ROUNDS = TURNS.index("any") + 1


def test_a_few_kills_of_every_kind(tmp_path: Path) -> None:
    figures = run(Order(rounds=ROUNDS, seed=1, folder=tmp_path, tell=lambda _: None), size=0.2)
    # How many appends an apply takes, and how long it lives, is up to the machine: a kill may come too late.
    assert figures["kills"] >= ROUNDS - 2
    assert all(figures[f"in {kind} rounds"] for kind in KINDS if kind != "any")
    assert figures["served"]
