from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from planner.archives import Archives
from planner.kinds.contents import attach_contents
from planner.kinds.registry import load_kinds
from planner.model.diagnostic import Diagnostics, Position
from planner.model.resource import Desired
from planner.model.value import Deferred, Reference

from .installation import ADDRESS, BODY, archive

LATER = Deferred((Reference(ADDRESS, ("name",)),))


def attached(folder: Path, **attributes: Any) -> tuple[Desired, Diagnostics]:
    diagnostics = Diagnostics()
    workspace = folder / "work"
    workspace.mkdir()
    found = attach_contents(
        {ADDRESS: Desired(ADDRESS, {**BODY, **attributes})},
        load_kinds(),
        Archives(folder, workspace),
        lambda address, path: Position(f"{address}:{path[0]}"),
        diagnostics,
    )
    return found[ADDRESS], diagnostics


def test_a_file_is_hashed(tmp_path: Path) -> None:
    content = archive(tmp_path)
    name = Path(content.archive).name
    found, diagnostics = attached(tmp_path, file=name)
    assert found.content is not None
    assert (found.content.sha256, found.content.source) == (content.sha256, name)
    assert list(diagnostics) == []


@pytest.mark.parametrize("attributes", [{}, {"file": LATER}, {"file": None}])
def test_without_a_file_there_is_no_content(tmp_path: Path, attributes: Any) -> None:
    found, diagnostics = attached(tmp_path, **attributes)
    assert found.content is None
    assert list(diagnostics) == []


@pytest.mark.parametrize(
    ("attributes", "summary"),
    [
        ({"file": "none.zip"}, "none.zip is not there"),
        ({"file": "a.zip"}, "a.zip"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_where_it_is_named(
    tmp_path: Path, attributes: Any, summary: str
) -> None:
    (tmp_path / "a.zip").write_bytes(b"no archive")
    _, diagnostics = attached(tmp_path, **attributes)
    problem = next(iter(diagnostics))
    assert summary in problem.summary
    assert (str(problem.position), problem.address) == ("extension.synonyms:file", "extension.synonyms")


@pytest.mark.parametrize("version", ["8.*", LATER])
def test_a_version_that_is_not_known_yet_is_not_compared(tmp_path: Path, version: Any) -> None:
    name = Path(archive(tmp_path).archive).name
    _, diagnostics = attached(tmp_path, file=name, version=version)
    assert list(diagnostics) == []
