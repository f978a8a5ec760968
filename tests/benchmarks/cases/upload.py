"""Uploads of archives whose content does not compress."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

from ..bare_client import send_file
from ..creates import apply_anew
from ..figures import Figures
from ..limit import creates, limit
from ..order import Order, measured
from ..projects import ARCHIVE, Project, archive_project


def _figures(order: Order) -> Iterator[Figures]:
    for size in order.choose((1, 200), (1,)):
        project = archive_project(order.folder / str(size), size)
        floor = order.limit(partial(_limit, order, project))
        yield Figures(f"upload of {size} MB", 1, order.repeated(partial(apply_anew, order, project)), floor)


def _limit(order: Order, project: Project) -> float:
    """List, create, and the file sent by the operating system itself."""
    at = order.server.fresh()
    called = limit(project.files(), [at], creates(at, 1), port=at.port)
    begun = time.perf_counter()
    send_file(at.port, at.item(), project.folder / ARCHIVE)
    return called + time.perf_counter() - begun


CASE = measured("Apply of one extension with an archive", _figures)
