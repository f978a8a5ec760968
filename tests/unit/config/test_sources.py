from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from planner.config.sources import MAX_SOURCE, Outside, Sources, UnreadableSource
from planner.model.diagnostic import Position

from .projects import Folder


def problem(sources: Sources, name: str) -> UnreadableSource:
    with pytest.raises(UnreadableSource) as caught:
        sources.text(name)
    assert caught.value.position.file == name
    return caught.value


def test_text(folder: Folder) -> None:
    folder.write({"templates/a.yaml": "\ufeffé: 1\r\n"})
    sources = Sources(folder.root)
    assert sources.text("templates/a.yaml") == "é: 1\r\n"
    assert sources.read_files == {"templates/a.yaml": "é: 1\r\n"}


def test_a_file_is_read_once(folder: Folder) -> None:
    folder.write({"a.yaml": "1"})
    sources = Sources(folder.root)
    assert sources.text("a.yaml") == "1"
    folder.write({"a.yaml": "2"})
    assert sources.text("a.yaml") == "1"


@pytest.mark.parametrize(
    "name", ["../secret.yaml", "/etc/passwd", "a/../../secret.yaml", "link.yaml", "linked/secret.yaml"]
)
def test_nothing_outside_is_read(tmp_path: Path, name: str) -> None:
    folder = Folder(tmp_path / "project")
    folder.write({"a/x.yaml": "1"})
    (tmp_path / "secret.yaml").write_text("secret")
    (folder.root / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    (folder.root / "linked").symlink_to(tmp_path)
    found = problem(Sources(folder.root), name)
    assert isinstance(found, Outside)
    assert found.summary == "the file is outside the project"


def test_links_within_the_project_are_followed(folder: Folder) -> None:
    folder.write({"shared/a.yaml": "1"})
    (folder.root / "b.yaml").symlink_to("shared/a.yaml")
    assert Sources(folder.root).text("b.yaml") == "1"


def test_a_project_reached_by_a_link(tmp_path: Path) -> None:
    Folder(tmp_path / "real").write({"a.yaml": "1"})
    (tmp_path / "link").symlink_to("real")
    assert Sources(tmp_path / "link").text("a.yaml") == "1"


def test_files_that_the_command_line_names_may_be_anywhere(folder: Folder) -> None:
    folder.write({"elsewhere/vars.yaml": "a: 1"})
    name = str(folder.root / "elsewhere" / "vars.yaml")
    assert Sources(Path(), confined=False).text(name) == "a: 1"


def test_a_file_that_is_not_there(folder: Folder) -> None:
    found = problem(Sources(folder.root), "nope.yaml")
    assert (found.summary, found.missing) == ("no such file", True)


def test_a_link_to_nothing(folder: Folder) -> None:
    (folder.root / "a.yaml").symlink_to("nope.yaml")
    found = problem(Sources(folder.root), "a.yaml")
    assert found.summary == "the file cannot be read: it is a link to nope.yaml, which is not there"
    assert not found.missing


def test_a_link_to_itself(folder: Folder) -> None:
    (folder.root / "a.yaml").symlink_to("a.yaml")
    assert problem(Sources(folder.root), "a.yaml").summary.startswith("the file cannot be read")


def test_a_folder(folder: Folder) -> None:
    folder.write({"a.yaml/b": ""})
    assert problem(Sources(folder.root), "a.yaml").summary == "this is a folder, not a file"


def test_a_pipe_is_not_waited_for(folder: Folder) -> None:
    os.mkfifo(folder.root / "a.yaml")
    assert problem(Sources(folder.root), "a.yaml").summary == "this is not a regular file"


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "x/" * 5000])
def test_names_that_no_file_can_have(folder: Folder, name: str) -> None:
    assert problem(Sources(folder.root), name).summary.startswith("the file cannot be read: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_file_without_permission(folder: Folder) -> None:
    folder.write({"a.yaml": "1"})
    (folder.root / "a.yaml").chmod(0)
    assert problem(Sources(folder.root), "a.yaml").summary == "the file cannot be read: Permission denied"


def test_the_size_is_bounded(folder: Folder) -> None:
    folder.write({"a.yaml": ""})
    with (folder.root / "a.yaml").open("r+b") as file:
        file.truncate(MAX_SOURCE)
    assert len(Sources(folder.root).text("a.yaml")) == MAX_SOURCE
    with (folder.root / "a.yaml").open("r+b") as file:
        file.truncate(50 * 1024 * 1024)
    found = problem(Sources(folder.root), "a.yaml")
    assert found.summary == "the file is too large: 50 MiB, at most 10 MiB are read"


@pytest.mark.parametrize(
    ("data", "line", "shown", "summary"),
    [
        (b"a: 1\nb: caf\xe9 x\n", 2, "b: caf� x", "not UTF-8: byte 0xe9 at position 11"),
        (b"\xff\xfea\x00", 1, "��a\x00", "not UTF-8: byte 0xff at position 0"),
        (b"\xef\xbb\xbfa\xe9", 1, "\ufeffa�", "not UTF-8: byte 0xe9 at position 1"),
        (b"a\n\xed\xa0\x80", 2, "���", "not UTF-8: byte 0xed at position 2"),
        ("a\r\nb \uf890\r\n".encode(), 2, "b \uf890", "the private-use character U+F890 is reserved"),
    ],
)
def test_text_that_is_none(folder: Folder, data: bytes, line: int, shown: str, summary: str) -> None:
    folder.write({"a.yaml": data})
    found = problem(Sources(folder.root), "a.yaml")
    assert (found.position.line, found.position.text, found.summary) == (line, shown, summary)


def test_templates(folder: Folder) -> None:
    names = ["a.yaml", "b.yml", "c.yaml.j2", "d.yml.j2", "sub/e.yaml", "sub/macros/f.yaml"]
    others = [
        "macros/g.j2",
        "macros/h.yaml",
        "i.j2",
        "j.txt",
        "README.md",
        ".#k.yaml",
        ".hidden/l.yaml",
        "m.YAML",
    ]
    folder.write({f"templates/{name}": "" for name in names + others})
    (folder.root / "templates" / "folder.yaml").mkdir()
    (folder.root / "templates" / "broken.yaml").symlink_to("nope.yaml")
    expected = sorted([*names, "broken.yaml"])
    assert Sources(folder.root).templates() == [f"templates/{name}" for name in expected]


def test_no_templates(folder: Folder) -> None:
    folder.write({"planner.yaml": ""})
    assert Sources(folder.root).templates() == []


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda path: path.write_text(""), "Not a directory"),
        (lambda path: path.symlink_to("away"), "it is a link to away, which is not there"),
        (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
    ],
    ids=["a file", "a link to nothing", "a link to itself"],
)
def test_a_folder_that_cannot_be_listed_does_not_pass_for_an_empty_one(
    folder: Folder, spoil: Callable[[Path], object], why: str
) -> None:
    folder.write({"planner.yaml": ""})
    spoil(folder.root / "templates")
    with pytest.raises(UnreadableSource) as caught:
        Sources(folder.root).templates()
    assert caught.value.summary == f"the file cannot be read: {why}"
    assert caught.value.position == Position("templates")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines(folder: Folder, end: str) -> None:
    folder.write({"a.yaml": end.join(["one", "two", "three"])})
    sources = Sources(folder.root)
    sources.text("a.yaml")
    assert sources.line("a.yaml", 2).text == "two"
    assert sources.line("a.yaml", 4).text is None
    assert str(sources.line("a.yaml", 3)) == "a.yaml:3"
    assert sources.line("unread.yaml", 3).text is None
