from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.unit.config.projects import Folder

LIMIT = 20.0
"""Seconds of processor time: what is quadratic takes minutes of it at the sizes of these tests."""


@contextmanager
def little_work(at_most: float = LIMIT) -> Iterator[None]:
    """Whatever else the machine does meanwhile."""
    start = time.process_time()
    yield
    assert time.process_time() - start < at_most


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxies of the host are none of the tests' business."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
