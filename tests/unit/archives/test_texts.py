"""Which lines are shown of the files of a plan, and how many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from planner.archives.compared import LARGEST, NO_TEXT, TOO_MUCH
from planner.archives.texts import Showing
from planner.model.members import Member, MemberChange, MemberText
from planner.model.resource import Content

Files = Mapping[str, bytes]


def packed(path: Path, files: Files) -> Content:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return Content(path.name, "", path.stat().st_size, str(path))


def changes(prior: Files, desired: Files) -> list[MemberChange]:
    def member(files: Files, path: str) -> Member | None:
        return Member(path, len(files[path]), "") if path in files else None

    def action(path: str) -> str:
        return "update" if path in prior and path in desired else "create" if path in desired else "delete"

    paths = sorted({*prior, *desired})
    return [MemberChange(action(p), p, prior=member(prior, p), desired=member(desired, p)) for p in paths]


def shown(
    folder: Path, prior: Files, desired: Files, showing: Showing | None = None
) -> list[MemberText | None]:
    showing = showing or Showing(lambda text: text.replace("hunter2", "(sensitive)"))
    archives = packed(folder / "prior.zip", prior), packed(folder / "desired.zip", desired)
    return [member.text for member in showing.texts(changes(prior, desired), *archives)]


def counts(texts: Sequence[MemberText | None]) -> list[tuple[int, int, int, int]]:
    return [(t.added, t.removed, len(t.lines), t.left_out) for t in texts if t is not None]


def test_what_comes_goes_and_changes(tmp_path: Path) -> None:
    texts = shown(tmp_path, {"a": b"1\n2\n", "b": b"1\n"}, {"a": b"1\n3\n", "c": b"1\n2\n"})
    assert counts(texts) == [(1, 1, 3, 0), (0, 1, 1, 0), (2, 0, 2, 0)]


def test_so_many_of_each_and_of_all(tmp_path: Path) -> None:
    long = "".join(f"word{number}\n" for number in range(30)).encode()
    prior = {f"{number:02}": b"" for number in range(12)}
    desired = dict.fromkeys(prior, long)
    few = counts(shown(tmp_path, prior, desired))
    assert [lines for _, _, lines, _ in few] == [20] * 10 + [0] * 2
    assert [left for *_, left in few] == [10] * 10 + [30] * 2
    every = counts(shown(tmp_path, prior, desired, Showing(str, each=None, left=None)))
    assert every == [(30, 0, 30, 0)] * 12


def test_what_may_be_a_secret_is_counted_and_not_shown(tmp_path: Path) -> None:
    prior = {"saml/idp.xml": b"<a>\n", "users": b"x\n", "words": b"a\n", "keys/ca.pem": b"x\n"}
    desired = {
        "saml/idp.xml": b"<b>\n",
        "users": b"password: abc\n",
        "words": b"hunter2\n",
        "keys/ca.pem": b"y\n",
    }
    texts = {
        change.path: text
        for change, text in zip(changes(prior, desired), shown(tmp_path, prior, desired), strict=True)
    }
    assert "hunter2" not in str(texts)
    for name, reason in (
        ("saml/idp.xml", "it lies in saml/"),
        ("keys/ca.pem", "it may hold keys"),
        ("users", "a line in it looks like a credential"),
    ):
        assert texts[name] == MemberText(1, 1, reason=reason)
    words = texts["words"]
    assert words is not None
    assert [line.text for line in words.lines] == ["a", "(sensitive)"]


@pytest.mark.parametrize(
    ("prior", "desired", "reason"),
    [
        (b"PK\0\1", b"PK\0\2", NO_TEXT),
        (b"text\n", b"\xff\xfe", NO_TEXT),
        (b"x" * (LARGEST + 2), b"x", TOO_MUCH),
    ],
)
def test_of_what_is_no_text_there_are_no_lines(
    tmp_path: Path, prior: bytes, desired: bytes, reason: str
) -> None:
    (text,) = shown(tmp_path, {"a": prior}, {"a": desired})
    assert text == MemberText(reason=reason)


def test_of_a_file_that_moved_and_of_a_folder_there_are_none(tmp_path: Path) -> None:
    archive = packed(tmp_path / "a.zip", {"new": b"1\n"})
    same = Member("new", 2, "")
    moved = MemberChange("move", "new", "old", same, same)
    folder = MemberChange(
        "update", "folder/", prior=Member("folder/", 1, ""), desired=Member("folder/", 2, "")
    )
    assert [change.text for change in Showing(str).texts([moved, folder], archive, archive)] == [None, None]
