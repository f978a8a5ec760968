from __future__ import annotations

from pathlib import Path

import pytest

from planner.errors import StateError
from planner.state.registry import Location, open_backend


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("state", "state/dev.json"),
        ("state/", "state/dev.json"),
        ("../shared/x.json", "../shared/x.json"),
        ("file:state", "state/dev.json"),
        ("file:my%20state", "my state/dev.json"),
        ("FILE:state", "state/dev.json"),
    ],
)
def test_where_local_states_are(tmp_path: Path, url: str, file: str) -> None:
    folder = tmp_path / "project"
    backend = open_backend(Location(url, environment="dev", folder=folder))
    assert backend.describe() == file
    backend.write_snapshot(b'{"serial": 1}', serial=1, expected_serial=0)
    assert (folder / file).resolve().read_bytes() == b'{"serial": 1}'


@pytest.mark.parametrize("prefix", ["", "file://", "file:", "file://localhost"])
def test_absolute_paths(tmp_path: Path, prefix: str) -> None:
    backend = open_backend(Location(f"{prefix}{tmp_path}/s", environment="dev", folder=Path("elsewhere")))
    backend.write_snapshot(b'{"serial": 1}', serial=1, expected_serial=0)
    assert (tmp_path / "s" / "dev.json").exists()


@pytest.mark.parametrize("user", ["me:s3cret", "me:s3@cret", "me", "@me@:@"])
def test_an_unknown_scheme_lists_the_known_and_hides_credentials(user: str) -> None:
    with pytest.raises(StateError) as caught:
        open_backend(Location(f"ftp://{user}@host/x", environment="dev", folder=Path()))
    assert caught.value.summary == "no backend keeps a state at ftp://host/x: ftp: is not known"
    assert "file:" in caught.value.advice


def test_a_file_url_of_another_host_is_refused() -> None:
    with pytest.raises(StateError, match="names the host state"):
        open_backend(Location("file://state/dev.json", environment="dev", folder=Path()))


@pytest.mark.parametrize(
    ("url", "summary"),
    [
        ("file:a%00b.json", "is no path of a state"),
        ("file:///a%00b", "is no path of a state"),
        ("root.json", "root.json leads to /, which is no file"),
        ("linked", "linked/dev.json leads to /, which is no file"),
    ],
)
def test_where_no_file_can_be(tmp_path: Path, url: str, summary: str) -> None:
    (tmp_path / "root.json").symlink_to("/")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked/dev.json").symlink_to("../root.json")
    with pytest.raises(StateError, match=summary) as caught:
        open_backend(Location(url, environment="dev", folder=tmp_path))
    assert "Name another path" in caught.value.advice


def test_opening_touches_nothing(tmp_path: Path) -> None:
    backend = open_backend(Location("state", environment="dev", folder=tmp_path))
    assert backend.read_snapshot() is None
    assert backend.history() == []
    assert backend.read_journal() == []
    assert backend.lock_holder() is None
    backend.clear_journal()
    assert list(tmp_path.iterdir()) == []
