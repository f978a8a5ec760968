"""An installation that is reached over HTTP, in this process: it goes on when the planner dies."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Unpack

from attrs import frozen
from werkzeug.test import Client

from planner.sandbox import create_app
from planner.sandbox.app import Options
from planner.sandbox.serve import Server

from .ece import Ece
from .runner import TEMPLATE, Project, small


@frozen
class Served:
    ece: Ece
    url: str


@contextmanager
def listening(data: Path, **options: Unpack[Options]) -> Iterator[Served]:
    """The sandbox that keeps its data there, listening on a free port of this machine."""
    with create_app(data, **options) as app:
        server = Server(app)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield Served(Ece(Client(app)), server.url)
        finally:
            server.stop()
            thread.join()


def reaching(folder: Path, url: str, *, template: str = TEMPLATE, more: str = "") -> Project:
    """The small project with an installation over HTTP. more: of its environment, as ", auth: basic"."""
    project = small(folder, template=template)
    project.edit("planner.yaml", "{endpoint: sandbox}", f"{{endpoint: '{url}'{more}}}")
    project.environ["EC_API_KEY"] = "tests"
    return project
