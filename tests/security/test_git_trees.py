"""Commits whose trees no checkout could have: nothing of them is written, inside or outside."""

from __future__ import annotations

import subprocess
from binascii import unhexlify
from pathlib import Path

import pytest

from planner.errors import PlannerError
from planner.vcs import Repository, repository_of
from planner.vcs import tree as trees
from tests.unit.vcs.test_git import git

FILE, PROGRAM, LINK, FOLDER = b"100644", b"100755", b"120000", b"40000"
Node = bytes | list[tuple[bytes, bytes, "Node"]]


def made(root: Path, kind: str, data: bytes) -> str:
    command = ["git", "-C", str(root), "hash-object", "-t", kind, "-w", "--literally", "--stdin"]
    return subprocess.run(command, input=data, check=True, capture_output=True).stdout.decode().strip()


def hashed(root: Path, node: Node) -> str:
    """Entries as they are given, in any order and with any name."""
    if isinstance(node, bytes):
        return made(root, "blob", node)
    entries = (mode + b" " + name + b"\0" + unhexlify(hashed(root, inner)) for mode, name, inner in node)
    return made(root, "tree", b"".join(entries))


def committed(root: Path, node: Node) -> str:
    return git(root, "commit-tree", hashed(root, node), "-m", "x")


@pytest.fixture
def there(tmp_path: Path) -> Repository:
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q")
    git(root, "config", "user.name", "x")
    git(root, "config", "user.email", "x@example.invalid")
    found = repository_of(root)
    assert found is not None
    return found


GOOD: list[tuple[bytes, bytes, Node]] = [(FILE, b"planner.yaml", b"project: one\n")]
EVIL = b"#!/bin/sh\necho overwritten\n"


def below(*names: bytes) -> Node:
    """A file in folders of these names."""
    node: Node = EVIL
    for mode, name in reversed([*((FOLDER, name) for name in names[:-1]), (PROGRAM, names[-1])]):
        node = [(mode, name, node)]
    return node


CLIMBING = {
    "above": (below(b"..", b"victim"), "leads out of its folder"),
    "above itself": (below(b"templates", b"..", b"..", b"victim"), "leads out of its folder"),
    "above in one name": (below(b"a/../../victim"), "leads out of its folder"),
    "above as a file": (below(b".."), "leads out of its folder"),
    "absolute": (below(b"/tmp/victim"), "is absolute"),
    "absolute folder": (below(b"/tmp", b"victim"), "is absolute"),
    "itself": (below(b".", b"planner.yaml"), "has a part without a name"),
    "no name in the middle": (below(b"a//b"), "has a part without a name"),
    "git's": (below(b".git", b"config"), "belongs to git itself"),
    "git's in capitals": (below(b"templates", b".GIT", b"config"), "belongs to git itself"),
    "git's with what is not seen": (below(".g\u200cit".encode(), b"config"), "belongs to git itself"),
    "git's by its short name": (below(b"GIT~1", b"config"), "belongs to git itself"),
    "git's with a stream": (below(b".git::$INDEX_ALLOCATION", b"config"), "belongs to git itself"),
    "git's with a dot": (below(b".git. .", b"config"), "belongs to git itself"),
    "too long": (below(*[b"d" * 250] * 20, b"x"), "is too long"),
}
TWICE = {
    "a file": [(FILE, b"a", b"1"), (FILE, b"a", b"2")],
    "a folder": [(FOLDER, b"a", below(b"x")), (FOLDER, b"a", below(b"y"))],
    "a file and a folder": [(FILE, b"a", b"1"), (FOLDER, b"a", below(b"x"))],
    "a folder and a file": [(FOLDER, b"a", below(b"x")), (FILE, b"a", b"1")],
    "a link and a folder": [(LINK, b"a", b"/tmp"), (FOLDER, b"a", below(b"victim"))],
    "a link and a file": [(LINK, b"a", b"../victim"), (FILE, b"a", EVIL)],
    "a file and a link": [(FILE, b"a", EVIL), (LINK, b"a", b"../victim")],
    "with other files between": [(FILE, b"a", b"1"), (FILE, b"b", b"1"), (FILE, b"a", b"2")],
}
AS_GOOD_AS_TWICE = {
    "case": [(FILE, b"A", b"1"), (FILE, b"a", b"2")],
    "case of a folder": [(FOLDER, b"D", below(b"x")), (FOLDER, b"d", below(b"y"))],
    "case of a link": [(LINK, b"D", b"/tmp"), (FOLDER, b"d", below(b"victim"))],
    "accents": [(FILE, "\u00e4".encode(), b"1"), (FILE, "a\u0308".encode(), b"2")],
    "accents and case": [(FILE, "\u00c4".encode(), b"1"), (FILE, "a\u0308".encode(), b"2")],
    "sharp s": [(FILE, "stra\u00dfe".encode(), b"1"), (FILE, b"STRASSE", b"2")],
}


@pytest.mark.parametrize(
    ("node", "why"),
    [
        *(pytest.param(node, why, id=name) for name, (node, why) in CLIMBING.items()),
        *(pytest.param(node, "is there twice", id=name) for name, node in TWICE.items()),
        *(
            pytest.param(node, "but for case or Unicode form", id=name)
            for name, node in AS_GOOD_AS_TWICE.items()
        ),
    ],
)
def test_nothing_is_written(there: Repository, tmp_path: Path, node: Node, why: str) -> None:
    assert isinstance(node, list)
    (tmp_path / "victim").write_text("original")
    commit = committed(there.root, [*GOOD, *node])
    target = tmp_path / "one/two"
    with pytest.raises(PlannerError, match=why) as error:
        there.export(commit, target)
    assert error.value.summary.startswith(f"commit {commit[:12]} holds the name ")
    assert len(error.value.summary) < 400
    assert (tmp_path / "victim").read_text() == "original"
    assert not target.exists()


def test_a_folder_of_it_is_looked_at_alone(there: Repository, tmp_path: Path) -> None:
    """What is not written cannot be wrong; what is asked for is, wherever it is."""
    inner: Node = [(FOLDER, b"templates", [(FILE, b"a", b"1")]), (FOLDER, b"templates", below(b"b"))]
    commit = committed(
        there.root, [(FILE, b"A", b"1"), (FILE, b"a", b"2"), (FOLDER, b"templates", below(b"x"))]
    )
    there.export(commit, tmp_path / "one", "templates")
    assert (tmp_path / "one/templates/x").read_bytes() == EVIL
    with pytest.raises(PlannerError, match="'templates', which is there twice"):
        there.export(committed(there.root, inner), tmp_path / "two", "templates")


NAMES = [
    b"...",
    b"..x",
    b"x..",
    b".github",
    b".gitignore",
    b"git",
    b"a b",
    b"-n",
    b"\xff",
    b"a\nb",
    b"c:d",
    b"a\\b",
]


def test_names_that_are_only_unusual(there: Repository, tmp_path: Path) -> None:
    there.export(committed(there.root, [(FILE, name, name) for name in NAMES]), tmp_path / "there")
    found = {bytes(path).rpartition(b"/")[2]: path.read_bytes() for path in (tmp_path / "there").iterdir()}
    assert found == {name: name for name in NAMES}


@pytest.mark.parametrize("leads", [b"", b"a\0b", b"x" * 5000])
def test_links_to_what_is_no_name(there: Repository, tmp_path: Path, leads: bytes) -> None:
    with pytest.raises(PlannerError, match="'a' is a link to what is no name of a file"):
        there.export(committed(there.root, [(LINK, b"a", leads)]), tmp_path / "there")


def test_a_name_that_the_file_system_does_not_take(there: Repository, tmp_path: Path) -> None:
    with pytest.raises(PlannerError, match="cannot be written: File name too long"):
        there.export(committed(there.root, [(FILE, b"d" * 300, b"1")]), tmp_path / "there")


def test_trees_that_multiply(there: Repository, tmp_path: Path) -> None:
    """Ten objects, and ten to the tenth files."""
    node = hashed(there.root, b"1")
    mode = FILE
    for _ in range(10):
        data = b"".join(mode + b" f%d\0" % number + unhexlify(node) for number in range(10))
        node, mode = made(there.root, "tree", data), FOLDER
    commit = git(there.root, "commit-tree", node, "-m", "x")
    with pytest.raises(PlannerError, match="git prints more than 64 MiB"):
        there.export(commit, tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_one_large_file_many_times(there: Repository, tmp_path: Path) -> None:
    size = 8 * 1024**2
    blob = unhexlify(hashed(there.root, bytes(size)))
    count = trees.MOST_BYTES // size + 1
    data = b"".join(FILE + b" f%d\0" % number + blob for number in range(count))
    commit = git(there.root, "commit-tree", made(there.root, "tree", data), "-m", "x")
    with pytest.raises(PlannerError, match=r"hold 2,\d{3},\d{3},\d{3} bytes, more than 2,147,483,648"):
        there.export(commit, tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_more_files_than_anybody_has(there: Repository, tmp_path: Path) -> None:
    blob = unhexlify(hashed(there.root, b"1"))
    data = b"".join(FILE + b" %d\0" % number + blob for number in range(trees.MOST_FILES + 1))
    commit = git(there.root, "commit-tree", made(there.root, "tree", data), "-m", "x")
    with pytest.raises(PlannerError, match="has more than 200,000 files") as error:
        there.export(commit, tmp_path / "there")
    assert "a folder of its own" in error.value.advice
