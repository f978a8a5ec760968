"""A small project on disk, and a way to write zip files of any kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest

from planner.archives import Archives
from planner.archives.inspection import Problem, examine, named
from planner.model.resource import Content

Zip = Callable[..., Content]


def inspect(content: Content, extension_type: str, version: str | None) -> tuple[Problem, ...]:
    """What is wrong with an archive, read anew."""
    return named(examine(content).judged(extension_type, version), content.source)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "files").mkdir(parents=True)
    return root


@pytest.fixture
def archives(project: Path, tmp_path: Path) -> Archives:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    return Archives(project, workspace)


@pytest.fixture
def make_zip(archives: Archives, project: Path) -> Zip:
    """make_zip({name: data}) -> the Content of a zip file; a name may be a ZipInfo."""

    def make(members: dict[str | ZipInfo, bytes] | list[tuple[str | ZipInfo, bytes]]) -> Content:
        pairs = members.items() if isinstance(members, dict) else members
        with ZipFile(project / "files" / "made.zip", "w", ZIP_DEFLATED) as archive:
            for name, data in pairs:
                archive.writestr(name, data)
        return archives.prepare("files/made.zip")

    return make
