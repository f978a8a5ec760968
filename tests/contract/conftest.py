"""Which tests of the contract suites are long: those that ask a server of another program, but for a few."""

from __future__ import annotations

from pathlib import Path

import pytest

SERVERS = ("postgresql", "s3")
"""Places whose server is another program: started for the tests, and slow to answer."""


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent and isinstance(item, pytest.Function) and _is_long(item):
            item.add_marker("long")


def _is_long(item: pytest.Function) -> bool:
    """running: the fixture of tests that are about one such server."""
    places = item.callspec.params.values() if hasattr(item, "callspec") else ()
    asks = "running" in item.fixturenames or any(place in SERVERS for place in places)
    return asks and item.get_closest_marker("smoke") is None
