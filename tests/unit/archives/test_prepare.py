from __future__ import annotations

import hashlib
import io
import os
import stat
import subprocess
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.archives import ArchiveError, Archives, Workspace, folder
from planner.archives.inspection import human
from planner.archives.members import collisions, fault, is_junk
from planner.archives.prepare import UPLOAD_LIMIT
from planner.errors import PlannerError

GOLDEN = "5641e337a436ec1f48d44cb1f80c7afa93eaef5dcfdf3cd7a14d80cc8d54ee4c"


def tree(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def names(archive: str) -> list[str]:
    with ZipFile(archive) as opened:
        return opened.namelist()


def test_a_zip_file_is_taken_as_it_is(archives: Archives, project: Path) -> None:
    (project / "files" / "b.zip").write_bytes(b"x" * 3_000_000)
    content = archives.prepare("files/b.zip")
    assert content.source == "files/b.zip"
    assert content.sha256 == hashlib.sha256(b"x" * 3_000_000).hexdigest()
    assert content.size == 3_000_000
    assert content.archive == str(project / "files" / "b.zip")


def test_a_folder_gives_the_same_bytes_on_every_machine(archives: Archives, project: Path) -> None:
    """The golden digest: an archive that changes its digest is uploaded again by everyone."""
    tree(
        project / "files/synonyms",
        {"dictionaries/en.txt": "car, auto\n", "dictionaries/é.txt": "été\n", "README": "", "z/a/b.txt": "1"},
    )
    content = archives.prepare("files/synonyms")
    assert names(content.archive) == ["README", "dictionaries/en.txt", "dictionaries/é.txt", "z/a/b.txt"]
    assert content.sha256 == GOLDEN
    assert hashlib.sha256(Path(content.archive).read_bytes()).hexdigest() == GOLDEN
    assert content.size == Path(content.archive).stat().st_size


def test_dates_permissions_and_order_of_writing_make_no_difference(archives: Archives, project: Path) -> None:
    tree(project / "one", {"a": "1", "b": "2"})
    tree(project / "two", {"b": "2", "a": "1"})
    (project / "two/a").chmod(0o755)
    os.utime(project / "two/b", (1, 1))
    assert archives.prepare("one").sha256 == archives.prepare("two").sha256


def test_decomposed_names_are_composed(archives: Archives, project: Path) -> None:
    tree(project / "one", {unicodedata.normalize("NFD", "é.txt"): "1"})
    assert names(archives.prepare("one").archive) == [unicodedata.normalize("NFC", "é.txt")]


def test_no_member_has_a_data_descriptor(archives: Archives, project: Path) -> None:
    tree(project / "one", {"a": "1", "é": "2"})
    with ZipFile(archives.prepare("one").archive) as archive:
        assert [info.flag_bits & 0x8 for info in archive.infolist()] == [0, 0]
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_junk_hidden_files_and_empty_folders_are_left_out(archives: Archives, project: Path) -> None:
    junk = (".DS_Store", "__MACOSX/a", "d/Thumbs.db", ".git/HEAD", ".env", "d/.netrc", "d/.ssh/id")
    tree(project / "one", {"a": "1", **dict.fromkeys(junk, "")})
    (project / "one/empty").mkdir()
    assert names(archives.prepare("one").archive) == ["a"]


def test_the_workspace_is_never_archived(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where temporary files lie in the project."""
    monkeypatch.setattr("tempfile.tempdir", str(project / "files"))
    tree(project, {"files/a": "1", "files/d/b": "2"})
    with closing(Workspace()) as workspace:
        archives = workspace.archives(project, None)
        assert names(archives.prepare("files/d").archive) == ["b"]
        assert names(archives.prepare("files").archive) == ["a", "d/b"]


def test_links_inside_the_project_are_followed(archives: Archives, project: Path) -> None:
    tree(project, {"shared/en.txt": "en", "one/a": "1"})
    (project / "one/en.txt").symlink_to("../shared/en.txt")
    (project / "one/all").symlink_to(project / "shared")
    assert names(archives.prepare("one").archive) == ["a", "all/en.txt", "en.txt"]


def test_one_folder_of_many_resources_is_archived_once(archives: Archives, project: Path) -> None:
    tree(project / "one", {"a": "1"})
    first = archives.prepare("one")
    (project / "one/a").write_text("2")
    assert archives.prepare("one") is first
    again = archives.prepare("./one")
    assert (again.source, again.sha256) == ("./one", first.sha256)
    assert len(list(archives.workspace.iterdir())) == 1


def test_an_absolute_path_inside_the_project_is_fine(archives: Archives, project: Path) -> None:
    tree(project / "one", {"a": "1"})
    assert archives.prepare(str(project / "one")).sha256 == archives.prepare("files/../one").sha256


def _outside(project: Path) -> None:
    tree(project.parent / "other", {"a": "1"})


def _link_out(project: Path) -> None:
    _outside(project)
    (project / "one").symlink_to(project.parent / "other")


def _inner_link_out(project: Path) -> None:
    _outside(project)
    (project / "one").mkdir()
    (project / "one/a").symlink_to(project.parent / "other/a")


def _broken_link(project: Path) -> None:
    (project / "one").mkdir()
    (project / "one/a").symlink_to("nowhere")


def _circle(project: Path) -> None:
    (project / "one/b").mkdir(parents=True)
    (project / "one/b/a").symlink_to("..")


def _circle_of_links(project: Path) -> None:
    (project / "one").symlink_to("two")
    (project / "two").symlink_to("one")


def _socket(project: Path) -> None:
    (project / "one").mkdir()
    os.mknod(project / "one/s", stat.S_IFSOCK | 0o600)


def _only_hidden(project: Path) -> None:
    tree(project / "one", {".env": "T=1", ".ssh/id": "key"})


def _link_to(target: str) -> Callable[[Path], None]:
    def arrange(project: Path) -> None:
        tree(project, {".env": "T=1", "one/.ssh/id": "key", "one/a": "1"})
        (project / "one/b").symlink_to(target)

    return arrange


def _pipe(name: str) -> Callable[[Path], None]:
    def arrange(project: Path) -> None:
        (project / "one").mkdir()
        os.mkfifo(project / name)

    return arrange


def _multiplied(project: Path) -> None:
    """16 folders with two links each to the next: 32,768 ways to one file."""
    for number in range(16):
        (project / f"one/{number}").mkdir(parents=True)
    for number in range(15):
        for name in "ab":
            (project / f"one/{number}/{name}").symlink_to(f"../{number + 1}")
    (project / "one/15/words.txt").write_text("w")


def _same_after_nfc(project: Path) -> None:
    tree(project / "one", {unicodedata.normalize("NFD", "é"): "1", unicodedata.normalize("NFC", "é"): "2"})


@pytest.mark.parametrize(
    ("arrange", "source", "says"),
    [
        (lambda p: None, "one", "one is not there"),
        (lambda p: tree(p, {"ones.zip": ""}), "one.zip", "one.zip is not there"),
        (lambda p: tree(p, {"one": ""}), "one", "neither a .zip file nor a folder"),
        (lambda p: (p / "one").mkdir(), "one", "one holds no files"),
        (lambda p: (p / "one/empty").mkdir(parents=True), "one", "one holds no files"),
        (_only_hidden, "one", "one holds no files"),
        (lambda p: tree(p, {"a": ""}), ".", "is the project itself"),
        (lambda p: tree(p, {"a": ""}), "files/..", "is the project itself"),
        (_only_hidden, "one/.ssh", "one/.ssh is hidden"),
        (_only_hidden, "one/.ssh/../.env", "one/.ssh/../.env is hidden"),
        (lambda p: tree(p, {".one/a.zip": ""}), ".one/a.zip", ".one/a.zip is hidden"),
        (_link_to(".ssh"), "one/b", "one/b is hidden"),
        (_link_to(".ssh"), "one", "one/b is a link to a hidden file or folder"),
        (_link_to(".ssh/id"), "one", "one/b is a link to a hidden file or folder"),
        (_link_to("../.env"), "one", "one/b is a link to a hidden file or folder"),
        (_multiplied, "one", "links multiply: one/15 is reached in more than 1,000 ways"),
        (lambda p: tree(p, {"one/a": "", "one/A": ""}), "one", "differ only by case"),
        (lambda p: tree(p, {"one/a/b": "", "one/A/c": ""}), "one", "differ only by case"),
        (lambda p: tree(p, {"one/\u202etxt.exe": ""}), "one", "holds a character that is not seen"),
        (lambda p: tree(p, {"one/a\u200bb": ""}), "one", "holds a character that is not seen"),
        (lambda p: tree(p, {"one/aux.txt": ""}), "one", "is the name of a device on Windows"),
        (_pipe("one/a"), "one", "one/a is neither a file nor a folder"),
        (_pipe("one/a.zip"), "one/a.zip", "neither a .zip file nor a folder"),
        (lambda p: tree(p, {"one/a\\b": ""}), "one", "holds a backslash"),
        (lambda p: tree(p, {"one/a\nb": ""}), "one", "holds a control character"),
        (lambda p: None, "one\0", "not a usable path"),
        (_outside, "../other", "outside the project"),
        (_link_out, "one", "outside the project"),
        (_inner_link_out, "one", "one/a is a link that leads out of the project"),
        (_broken_link, "one", "one/a is a link that leads nowhere"),
        (_circle, "one", "one/b/a is a link to a folder it is in"),
        (_circle_of_links, "one", "one"),
        (_socket, "one", "one/s is neither a file nor a folder"),
        (_same_after_nfc, "one", "differ only by case or Unicode form"),
    ],
)
def test_what_cannot_be_taken(archives: Archives, project: Path, arrange, source: str, says: str) -> None:  # type: ignore[no-untyped-def]
    arrange(project)
    with pytest.raises(ArchiveError) as caught:
        archives.prepare(source)
    assert says in caught.value.summary
    assert caught.value.advice
    assert isinstance(caught.value, PlannerError)


def test_a_near_name_is_proposed(archives: Archives, project: Path) -> None:
    tree(project, {"files/synonyms.zip": ""})
    with pytest.raises(ArchiveError) as caught:
        archives.prepare("files/synonym.zip")
    assert caught.value.advice == 'Did you mean "files/synonyms.zip"?'


@pytest.mark.parametrize("size", [UPLOAD_LIMIT + 1, 1024**4])
def test_an_archive_too_large_to_be_uploaded_is_not_even_read(
    archives: Archives, project: Path, size: int
) -> None:
    tree(project, {"one.zip": ""})
    os.truncate(project / "one.zip", size)  # sparse: takes no space
    with pytest.raises(ArchiveError, match="at most 200 MiB can be uploaded"):
        archives.prepare("one.zip")


def test_a_file_that_grows_while_it_is_archived(project: Path) -> None:
    """As a log does. The limit holds for what is written, headers included."""
    tree(project / "one", {str(number): "" for number in range(40)})
    target = io.BytesIO()
    found = folder.members(project / "one", project)
    with pytest.raises(ArchiveError, match="too large"):
        folder.write(found, target, _none_above(1000))
    assert target.tell() < 10_000


def _none_above(most: int) -> Callable[[int], None]:
    def require_room(size: int) -> None:
        if size > most:
            raise ArchiveError("too large")

    return require_room


@pytest.mark.long
def test_a_folder_of_more_files_than_an_archive_can_list(archives: Archives, project: Path) -> None:
    """By links, as no file system has room for so many files in a test."""
    tree(project, {f"shared/{number:03}-{'w' * 200}": "" for number in range(300)})
    (project / "one").mkdir()
    for number in range(300):
        (project / f"one/{number}").symlink_to("../shared")
    with pytest.raises(ArchiveError, match="one holds more files than an archive can list: "):
        archives.prepare("one")


@pytest.fixture
def deep(project: Path) -> Iterator[Path]:
    """Folders as deep as paths can be; Python would not remove them again."""
    bottom = project / "one" / ("d/" * 1500)
    subprocess.run(["mkdir", "-p", bottom], check=True)
    (bottom / "words.txt").write_text("w")
    yield project / "one"
    subprocess.run(["rm", "-r", project / "one"], check=True)


@pytest.mark.usefixtures("deep")
def test_a_folder_as_deep_as_paths_can_be(archives: Archives) -> None:
    content = archives.prepare("one")
    assert names(content.archive) == ["d/" * 1500 + "words.txt"]
    assert archives.inspect(content, "bundle", "*") == ()


def test_a_folder_too_large_to_be_uploaded_is_not_archived(archives: Archives, project: Path) -> None:
    tree(project, {"one/a": "1"})
    os.truncate(project / "one/a", UPLOAD_LIMIT + 1)  # sparse: takes no space
    with pytest.raises(ArchiveError, match="at most 200 MiB can be uploaded"):
        archives.prepare("one")
    assert not list(archives.workspace.iterdir())


FILE_NAME = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\\0"), min_size=1, max_size=12
)


@pytest.mark.long
@given(st.dictionaries(FILE_NAME, st.text(max_size=5), min_size=1, max_size=5))
def test_any_file_name_survives(found: dict[str, str]) -> None:
    kept = {unicodedata.normalize("NFC", name): text for name, text in found.items()}
    kept = {n: t for n, t in kept.items() if not is_junk(n) and not fault(n)}
    if not kept or any(collisions(kept)):
        return
    with TemporaryDirectory() as root, TemporaryDirectory() as workspace:
        tree(Path(root) / "one", kept)
        content = Archives(Path(root), Path(workspace)).prepare("one")
        with ZipFile(content.archive) as archive:
            assert archive.namelist() == sorted(kept)
            assert {name: archive.read(name).decode() for name in kept} == kept


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (12_390, "12.1 KiB"),
        (200 * 1024**2, "200 MiB"),
        (2**50, "1024 TiB"),
    ],
)
def test_sizes(size: int, text: str) -> None:
    assert human(size) == text
