"""What lies in state/: for its owner only, and never reached by a link that somebody put there."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.runner import Project, small

from .test_paths import in_process

MASKS = [0o000, 0o022, 0o077]
PRECIOUS = "precious\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/file").write_text(PRECIOUS)
    return small(tmp_path / "small")


@pytest.fixture(params=MASKS, ids=oct)
def mask(request: pytest.FixtureRequest) -> Iterator[int]:
    former = os.umask(request.param)
    yield request.param
    os.umask(former)


def modes(folder: Path) -> dict[str, str]:
    """What others than the owner could use: path -> mode."""
    found = [folder, *folder.rglob("*")]
    return {
        str(path.relative_to(folder.parent)): oct(path.lstat().st_mode)
        for path in found
        if stat.S_IMODE(path.lstat().st_mode) & 0o077
    }


def test_all_that_is_made_is_private(
    project: Project, mask: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    temporary = project.folder.parent / "temporary"
    temporary.mkdir(mode=0o700)
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    plan = str(project.folder / "plans/p.json")
    (project.folder / "plans").mkdir(mode=0o700)
    for words in (
        ["plan", "--out", plan],
        ["apply", plan],
        ["apply", "--auto-approve", "--var", "version=7.*"],
    ):
        code, said = in_process(project, capsys, *words)
        assert code == 0, said
    assert modes(project.folder / "state") == {}
    assert modes(project.folder / "plans") == {}
    assert list(temporary.iterdir()) == []  # the workspace for archives is gone


def test_a_state_that_others_could_read_is_closed(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert in_process(project, capsys, "apply", "--auto-approve")[0] == 0
    for name in ("dev.json", "dev.history/00000001.json"):
        (project.folder / "state" / name).chmod(0o644)
    assert in_process(project, capsys, "apply", "--auto-approve", "--var", "version=7.*")[0] == 0
    assert (project.folder / "state/dev.json").stat().st_mode & 0o777 == 0o600


LINKS = [
    "dev.journal",
    "dev.lock",
    "dev.lock.json",
    "dev.history",
    "dev.history/00000001.json",
    "dev.history/.swap",
]
DANGLING = {True: "home/none", False: "home/file"}


@pytest.mark.parametrize("dangling", [True, False])
@pytest.mark.parametrize("name", LINKS)
def test_nothing_is_written_through_a_link(
    project: Project, name: str, dangling: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """A checkout may hold a state folder; whoever applies in it loses no file elsewhere."""
    home = project.folder.parent / "home"
    planted = project.folder / "state" / name
    planted.parent.mkdir(parents=True)
    planted.symlink_to(project.folder.parent / DANGLING[dangling])
    code, said = in_process(project, capsys, "apply", "--auto-approve")
    assert code in (0, 1, 5), said
    assert [item.name for item in home.iterdir()] == ["file"]
    assert (home / "file").read_text() == PRECIOUS
    if code:
        assert "Error: " in said


def test_the_state_itself_may_be_a_link(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    home = project.folder.parent / "home"
    assert in_process(project, capsys, "apply", "--auto-approve")[0] == 0
    (project.folder / "state/dev.json").rename(home / "dev.json")
    (project.folder / "state/dev.json").symlink_to(home / "dev.json")
    code, said = in_process(project, capsys, "destroy", "--auto-approve")
    assert code == 0, said
    assert {"dev.json", "dev.lock", "dev.history"} <= {item.name for item in home.iterdir()}
    assert (project.folder / "state/dev.json").is_symlink()


def test_a_state_that_links_to_something_else_is_left_alone(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    (project.folder / "state").mkdir()
    (project.folder / "state/dev.json").symlink_to(project.folder.parent / "home/file")
    code, said = in_process(project, capsys, "apply", "--auto-approve")
    assert code == 1
    assert "is not JSON" in said
    assert (project.folder.parent / "home/file").read_text() == PRECIOUS


def test_planted_temporary_files_are_not_written_to(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    (project.folder / "state").mkdir()
    for name in (".dev.json.1-aaaaaaaa.tmp", ".dev.lock.json.1-aaaaaaaa.tmp"):
        (project.folder / "state" / name).symlink_to(project.folder.parent / "home/file")
    assert in_process(project, capsys, "apply", "--auto-approve")[0] == 0
    assert (project.folder.parent / "home/file").read_text() == PRECIOUS
