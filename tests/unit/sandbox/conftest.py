from __future__ import annotations

from collections.abc import Iterator

import pytest

from planner.sandbox import Sandbox, create_app

from .caller import Caller, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(clock: Clock) -> Iterator[Sandbox]:
    with create_app(":memory:", clock=clock) as sandbox:
        yield sandbox


@pytest.fixture
def ece(app: Sandbox) -> Caller:
    return Caller(app)
