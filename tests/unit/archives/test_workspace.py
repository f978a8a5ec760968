from __future__ import annotations

import resource
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from planner.archives import ArchiveError, Workspace


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    made = Workspace()
    yield made
    made.close()


def project(folder: Path, text: str) -> Path:
    (folder / "files" / "words").mkdir(parents=True)
    (folder / "files" / "words" / "a.txt").write_text(text)
    return folder


def test_a_folder_is_archived_once_for_all_who_ask(tmp_path: Path, workspace: Workspace) -> None:
    root = project(tmp_path, "one")

    def prepared(_: int) -> str:
        return workspace.archives(root, None).prepare("files/words").archive

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(prepared, range(50)))
    assert len(found) == 1
    [archive] = found
    assert [path.name for path in Path(archive).parent.iterdir()] == [Path(archive).name]


def test_each_project_and_each_pinned_tree_has_its_own(tmp_path: Path, workspace: Workspace) -> None:
    root, other = project(tmp_path / "a", "one"), project(tmp_path / "b", "two")
    pinned = project(tmp_path / "pinned", "three")
    asked = [(root, None), (other, None), (root, pinned)]
    found = [workspace.archives(*where).prepare("files/words") for where in asked]
    assert len({content.sha256 for content in found}) == len({content.archive for content in found}) == 3
    assert all(Path(content.archive).read_bytes()[:2] == b"PK" for content in found)


def test_closing_leaves_nothing_and_a_later_use_begins_anew(tmp_path: Path, workspace: Workspace) -> None:
    root = project(tmp_path, "one")
    before = workspace.archives(root, None).prepare("files/words")
    workspace.close()
    assert not Path(before.archive).exists()
    (root / "files" / "words" / "a.txt").write_text("two")
    after = workspace.archives(root, None).prepare("files/words")
    assert after.sha256 != before.sha256


def test_unused_it_makes_no_folder(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    workspace.close()
    assert list(tmp_path.iterdir()) == []


def test_what_could_not_be_written_leaves_nothing_in_the_way_of_the_next(
    tmp_path: Path, workspace: Workspace
) -> None:
    root = project(tmp_path, "x" * 100_000)
    (root / "files" / "small").mkdir()
    (root / "files" / "small" / "a.txt").write_text("one")
    archives = workspace.archives(root, None)
    for _ in range(2):
        with file_sizes_up_to(10_000), pytest.raises(ArchiveError, match="prepared: File too large"):
            archives.prepare("files/words")
    small = Path(archives.prepare("files/small").archive)
    assert [path.name for path in small.parent.iterdir()] == [small.name]
    assert Path(archives.prepare("files/words").archive).stat().st_size > 100_000


@contextmanager
def file_sizes_up_to(most: int) -> Iterator[None]:
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
