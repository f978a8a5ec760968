"""Plans: nothing to do, one change, all new; against a server, and with the embedded sandbox."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial

from attrs import frozen

from ..bare_client import request
from ..figures import Figures
from ..limit import limit
from ..order import Order, measured
from ..projects import TO_NEXT, Project, looped, written_out
from ..server.process import Installation


@frozen
class Setting:
    """The same resources twice: applied, and in a project without state before an empty installation."""

    name: str
    applied: Project
    new: Project


def _figures(order: Order) -> Iterator[Figures]:
    for count in order.counts(100, 1000, 10_000):
        for setting in (*_at_the_server(order, count), _in_the_sandbox(order, count)):
            yield from _plans(order, setting, count)


def _at_the_server(order: Order, count: int) -> Iterator[Setting]:
    folder, full, empty = order.folder / f"server-{count}", order.server.fresh(), order.server.fresh()
    loop = looped(folder / "loop", count).reaching(full)
    loop.apply()
    yield Setting("server, loop", loop, looped(folder / "new-loop", count).reaching(empty))
    files = written_out(folder / "files", count).reaching(full)
    shutil.copytree(loop.folder / "state", files.folder / "state")
    yield Setting("server, files", files, written_out(folder / "new-files", count).reaching(empty))


def _in_the_sandbox(order: Order, count: int) -> Setting:
    folder = order.folder / f"sandbox-{count}"
    loop = looped(folder / "loop", count)
    loop.apply()
    return Setting("sandbox, loop", loop, looped(folder / "new-loop", count))


def _plans(order: Order, setting: Setting, count: int) -> Iterator[Figures]:
    """A plan reads one by one what it is to change."""
    for what, project, words, code, reads in (
        ("no change", setting.applied, (), 0, 0),
        ("one change", setting.applied, TO_NEXT, 2, 1),
        ("all new", setting.new, (), 2, 0),
    ):
        plan = partial(project.cost, "plan", "--detailed-exitcode", *words, codes=(code,))
        floor = order.limit(partial(_limit, project, project.at, reads)) if project.at else None
        yield Figures(f"{what}, {setting.name}", count, order.repeated(plan), floor)


def _limit(project: Project, at: Installation, reads: int) -> float:
    calls = [request("GET", at.item(n)) for n in range(reads)]
    return limit(project.files(), [at], calls, port=at.port)


CASE = measured("Plans", _figures)
