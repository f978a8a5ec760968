"""What all tests share."""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import settings

# No deadlines: a busy machine is no defect. In CI the same examples each time; people look for new ones.
settings.register_profile("people", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "people")

ORDER = "PLANNER_TEST_ORDER"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With PLANNER_TEST_ORDER=7 the tests run in the random order of that seed: none may need another one."""
    if seed := os.environ.get(ORDER):
        random.Random(seed).shuffle(items)  # noqa: S311 - not for secrets
