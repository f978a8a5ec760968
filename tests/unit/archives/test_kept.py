from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import orjson
import pytest

from planner.archives import ArchiveError, Archives
from planner.archives.kept import Kept
from planner.model.lint import Fault
from planner.model.resource import Content

BROKEN = b"a => b => c\n"
STATE = "state/.archives/findings.json"


def site(folder: Path, members: dict[str, bytes]) -> Content:
    """A project in folder, with an archive of members."""
    for name in ("files", "state", "work"):
        (folder / name).mkdir(exist_ok=True)
    with ZipFile(folder / "files/made.zip", "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return Archives(folder, folder / "work").prepare("files/made.zip")


def command(folder: Path, content: Content) -> tuple[list[str], tuple[Fault, ...]]:
    """What one command finds: problems, faults."""
    kept = Kept(folder / "state")
    archives = Archives(folder, folder / "work", kept=kept)
    problems = [problem.summary for problem in archives.inspect(content, "bundle", "8.*")]
    faults = archives.lint(content, "bundle")
    kept.close()
    return problems, faults


def spoil(content: Content) -> None:
    """Whoever reads the archive from now on finds nothing in it."""
    Path(content.archive).write_bytes(b"")


@pytest.mark.parametrize(
    ("members", "rules"),
    [
        ({"dictionaries/synonyms.txt": b"a, b\n"}, []),
        ({"dictionaries/synonyms.txt": BROKEN}, ["synonyms-two-arrows"]),
        ({"scripts/a.js": b"", "plugin-descriptor.properties": b""}, ["bundle-file-script"]),
    ],
)
def test_what_was_found_is_not_looked_for_again(
    tmp_path: Path, members: dict[str, bytes], rules: list[str]
) -> None:
    content = site(tmp_path, members)
    first = command(tmp_path, content)
    spoil(content)
    assert command(tmp_path, content) == first
    assert [fault.rule for fault in first[1]] == rules


def test_other_content_is_looked_at(tmp_path: Path) -> None:
    command(tmp_path, site(tmp_path, {"dictionaries/synonyms.txt": b"a, b\n"}))
    _, (fault,) = command(tmp_path, site(tmp_path, {"dictionaries/synonyms.txt": BROKEN}))
    assert fault.line == 1


def test_an_archive_that_cannot_be_read_is_read_again(tmp_path: Path) -> None:
    content = site(tmp_path, {"a": b""})
    data = Path(content.archive).read_bytes()
    spoil(content)
    assert command(tmp_path, content) == (["files/made.zip is not a readable zip file"], ())
    Path(content.archive).write_bytes(data)
    assert command(tmp_path, content) == ([], ())


def test_an_archive_that_changes_meanwhile_is_told(tmp_path: Path) -> None:
    content = site(tmp_path, {"a": b""})
    archives = Archives(tmp_path, tmp_path / "work")
    assert archives.inspect(content, "bundle", "8.*") == ()
    spoil(content)
    with pytest.raises(ArchiveError, match="cannot be read"):
        archives.lint(content, "bundle")


def test_what_is_kept_does_not_make_an_archive_safe_to_unpack(tmp_path: Path) -> None:
    content = site(tmp_path, {"../dictionaries/synonyms.txt": BROKEN})
    kept = Kept(tmp_path / "state")
    kept.put("archive", content.sha256, {"problems": []})
    kept.close()
    assert command(tmp_path, content) == ([], ())


def _edited(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    def edit(path: Path) -> None:
        document = orjson.loads(path.read_bytes())
        change(document)
        path.write_bytes(orjson.dumps(document))

    return edit


def _edited_text(before: bytes, after: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(path.read_bytes().replace(before, after))


def _replaced(make: Callable[[Path], object]) -> Callable[[Path], object]:
    def change(path: Path) -> None:
        path.unlink()
        make(path)

    return change


_NESTED = b"[" * 500 + b"]" * 500
SPOILED: dict[str, Callable[[Path], object]] = {
    "gone": Path.unlink,
    "no JSON": lambda path: path.write_bytes(b"{"),
    "another form": lambda path: path.write_bytes(b"[1]"),
    "of other rules": _edited(lambda document: document.update(rules="0")),
    "without rules": _edited(dict.clear),
    "items of another form": _edited(lambda d: d.update(found={key: [{"rule": 1}] for key in d["found"]})),
    "no mapping": _edited(lambda document: document.update(found=[[1, 2]])),
    "nested deeper than it can be written": _edited_text(b'"found":{', b'"found":{"x":' + _NESTED + b","),
    "a link to what never ends": _replaced(lambda path: path.symlink_to("/dev/zero")),
    "a pipe that nobody writes": _replaced(os.mkfifo),
    "too large": lambda path: path.write_bytes(path.read_bytes() + b" " * 17 * 1024**2),
}


@pytest.mark.parametrize("name", SPOILED)
def test_what_cannot_be_used_is_found_anew(tmp_path: Path, name: str) -> None:
    content = site(tmp_path, {"dictionaries/synonyms.txt": BROKEN})
    first = command(tmp_path, content)
    kept = (tmp_path / STATE).read_bytes()
    SPOILED[name](tmp_path / STATE)
    assert command(tmp_path, content) == first
    assert (tmp_path / STATE).read_bytes() == kept


def test_git_does_not_see_it(tmp_path: Path) -> None:
    command(tmp_path, site(tmp_path, {"a": b""}))
    assert (tmp_path / "state/.archives/.gitignore").read_text() == "*\n"


@pytest.mark.parametrize("spoil_state", [Path.rmdir, lambda path: (path / ".archives").write_text("")])
def test_where_nothing_can_be_kept_nothing_is_wrong(
    tmp_path: Path, spoil_state: Callable[[Path], object]
) -> None:
    content = site(tmp_path, {"a": b""})
    spoil_state(tmp_path / "state")
    before = sorted(tmp_path.rglob("*"))
    assert command(tmp_path, content) == ([], ())
    assert sorted(tmp_path.rglob("*")) == before


def _linked(state: Path) -> None:
    """The folder is a link to the project's own."""
    (state / ".archives").symlink_to("..")


def _folders(state: Path) -> None:
    """A folder stands in the place of each file."""
    (state / ".archives/findings.json/x").mkdir(parents=True)
    (state / ".archives/.gitignore/x").mkdir(parents=True)


@pytest.mark.parametrize("spoil_state", [_linked, _folders])
def test_what_stands_in_its_place_is_left_alone(
    tmp_path: Path, spoil_state: Callable[[Path], object]
) -> None:
    content = site(tmp_path, {"dictionaries/synonyms.txt": BROKEN})
    (tmp_path / ".gitignore").write_text("own\n")
    spoil_state(tmp_path / "state")
    before = sorted(tmp_path.rglob("*"))
    command(tmp_path, content)
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / ".gitignore").read_text() == "own\n"


def test_links_in_the_place_of_its_files_give_way(tmp_path: Path) -> None:
    content = site(tmp_path, {"dictionaries/synonyms.txt": BROKEN})
    (tmp_path / "theirs").write_text("theirs")
    (tmp_path / "state/.archives").mkdir()
    for name in (".gitignore", "findings.json"):
        (tmp_path / "state/.archives" / name).symlink_to(tmp_path / "theirs")
    command(tmp_path, content)
    assert (tmp_path / "theirs").read_text() == "theirs"
    assert not (tmp_path / STATE).is_symlink()


def test_it_is_bounded_and_what_is_used_stays(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    for turn in range(3):
        kept = Kept(tmp_path / "state")
        kept.get("bundle", "used", list)
        kept.put("bundle", f"turn {turn}", [])
        for number in range(12_000):
            kept.put("bundle", f"{turn}-{number}", [])
        if turn == 0:
            kept.put("bundle", "used", [])
        kept.close()
    found = orjson.loads((tmp_path / STATE).read_bytes())["found"]
    assert len(found) == 20_000
    assert "bundle:used" in found
    assert "bundle:turn 2" in found


def test_large_findings_are_bounded_by_their_bytes(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    kept = Kept(tmp_path / "state")
    for number in range(20):
        kept.put("bundle", str(number), "x" * 1024**2)
    kept.close()
    assert 8 * 1024**2 < (tmp_path / STATE).stat().st_size <= 16 * 1024**2
