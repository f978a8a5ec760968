from __future__ import annotations

import os
import time
from pathlib import Path
from random import Random

import pytest

from .campaign import Broken, Order
from .commands import PATIENCE, call
from .hostile import Bounds, one_round, run
from .surfaces import SURFACES, Site, Surface


def test_a_round_of_every_surface(tmp_path: Path) -> None:
    order = Order(rounds=2 * len(SURFACES), seed=7, folder=tmp_path, tell=lambda _: None)
    figures = run(order, Bounds(seconds=PATIENCE))  # a busy machine is no defect
    assert {name: figures[name] for name in SURFACES} == dict.fromkeys(SURFACES, 2)


def goes_on(site: Site) -> None:
    time.sleep(10**6)


def dies(site: Site) -> None:
    os._exit(1)


def raises(site: Site) -> None:
    raise RuntimeError("of the surface itself")


def wrong_usage(site: Site) -> None:
    assert call(Path(), "no-such-command").code == 64


def held(surface: Surface, folder: Path, bounds: Bounds) -> None:
    one_round(surface, Site(folder, folder / "site", Random(1), ""), bounds)  # noqa: S311 - chance, no secret


@pytest.mark.parametrize(
    ("surface", "bounds", "what"),
    [
        pytest.param(goes_on, Bounds(seconds=5), "it goes on: .*in goes_on", id="goes on"),
        pytest.param(wrong_usage, Bounds(megabytes=1), "it took .* MB", id="takes too much"),
        pytest.param(dies, Bounds(), "its process died", id="dies"),
        pytest.param(raises, Bounds(), "of the surface itself", id="raises"),
    ],
)
def test_what_must_not_be_is_seen(tmp_path: Path, surface: Surface, bounds: Bounds, what: str) -> None:
    with pytest.raises(Broken, match=f"(?s){what}"):
        held(surface, tmp_path, bounds)


def test_what_may_be(tmp_path: Path) -> None:
    held(wrong_usage, tmp_path, Bounds())
