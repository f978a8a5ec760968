from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .chains import chain, chain_once
from .jobs import actions
from .runner import Project, quickstart, small
from .shop import shop, shop_once
from .team import team, team_once

__all__ = ["actions", "chain", "chain_once", "shop", "shop_once", "team", "team_once"]  # fixtures


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The small project."""
    return small(tmp_path / "small")


@pytest.fixture(scope="session")
def applied_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an applied small project, to be copied."""
    made = small(tmp_path_factory.mktemp("applied") / "small")
    made.apply()
    return made.folder


@pytest.fixture
def applied(tmp_path: Path, applied_once: Path) -> Project:
    """The small project, applied."""
    shutil.copytree(applied_once, tmp_path / "small")
    return Project(tmp_path / "small")


@pytest.fixture
def example(tmp_path: Path) -> Project:
    """examples/quickstart."""
    return quickstart(tmp_path / "quickstart")
