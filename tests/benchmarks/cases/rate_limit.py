"""Applies of creates against a server that takes so many requests a second, and answers the rest with 429."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ..creates import apply_anew
from ..figures import Figures
from ..order import Order, measured
from ..projects import looped
from ..server.process import serving

PARALLELISM = (10, 50)


def _figures(order: Order) -> Iterator[Figures]:
    rate = order.choose(100, 20)
    with serving(rate=rate) as server:
        here = order.at(server)
        for count in order.counts(1000):
            project = looped(order.folder / str(count), count)
            for parallelism in PARALLELISM:
                apply = partial(apply_anew, here, project, "--parallelism", str(parallelism))
                what = f"creates, {rate} a second, parallelism {parallelism}"
                yield Figures(what, count, here.repeated(apply), limit=count / rate)


CASE = measured("Apply of creates behind a rate limit; the limit is what it lets through", _figures)
