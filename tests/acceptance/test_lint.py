"""`planner lint`: archives checked without a project."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

import jsonschema_rs
import pytest

from planner.resources import schema

from .runner import Project


@pytest.fixture
def place(tmp_path: Path) -> Project:
    """A folder that is no project, with a good and a bad archive in files/."""
    made = Project(tmp_path)
    made.write("files/good/dictionaries/synonyms.txt", "car, auto\n")
    made.write("files/bad/dictionaries/synonyms.txt", "a => b => c\n")
    made.write("files/.hidden/dictionaries/synonyms.txt", "a => b => c\n")
    made.write("files/notes.txt", "a => b => c\n")
    with ZipFile(tmp_path / "files/odd.ZIP", "w") as archive:
        archive.writestr("dictionaries/synonyms.txt", "car\n")
    return made


def test_warnings_are_no_failure(place: Project) -> None:
    done = place.run("lint", "files/good", "files/odd.ZIP")
    assert (done.code, done.err) == (0, "")
    assert "files/odd.ZIP!dictionaries/synonyms.txt:1\n" in done.out
    assert done.out.endswith("1 warning.\n")


def test_errors_are(place: Project) -> None:
    done = place.run("lint", "files/bad")
    assert done.code == 1
    assert "Error: synonyms.txt has more than one `=>` (synonyms-two-arrows)" in done.out


def test_without_a_path_those_in_files(place: Project) -> None:
    found = json.loads(place.run("lint", "--json").out)
    jsonschema_rs.Draft202012Validator(schema("lint.schema.json")).validate(found)
    assert [item["archive"] for item in found["archives"]] == ["files/bad", "files/good", "files/odd.ZIP"]
    assert (found["errors"], found["warnings"]) == (1, 1)
    elsewhere = Project(place.folder / "files")
    assert elsewhere.run("-C", "..", "lint").code == 1
    assert "there is no files/ here" in elsewhere.run("lint").err


@pytest.mark.parametrize(
    ("path", "code", "says"),
    [
        ("nowhere", 1, "nowhere is not there"),
        ("files/notes.txt", 1, "files/notes.txt is neither a .zip file nor a folder"),
        ("files/\udcff.zip", 1, "is not there"),
    ],
)
def test_no_archive(place: Project, path: str, code: int, says: str) -> None:
    done = place.run("lint", "files/good", path)
    assert (done.code, done.out) == (code, "")
    assert says in done.err


def test_what_cannot_be_archived_is_a_finding_of_its_own(place: Project) -> None:
    (place.folder / "files/good/leak").symlink_to("/etc/passwd")
    (place.folder / "files/odd.ZIP").write_bytes(b"PK")
    (place.folder / "files/empty").mkdir()
    found = json.loads(place.run("lint", "--json").out)["archives"]
    assert {item["archive"]: [f["rule"] for f in item["findings"]] for item in found} == {
        "files/bad": ["synonyms-two-arrows"],
        "files/empty": ["archive-unusable"],
        "files/good": ["archive-unusable"],
        "files/odd.ZIP": ["archive-unusable"],
    }
    shown = " ".join(place.run("lint").out.split())
    assert "Error: empty cannot be taken as an archive: files/empty holds no files" in shown
    assert "Error: good cannot be taken as an archive: files/good/leak is a link" in shown
    assert "Error: odd.ZIP is not a readable zip file" in shown


def test_forms_that_programs_read(place: Project) -> None:
    run = json.loads(place.run("lint", "--format", "sarif").out)["runs"][0]
    uris = [item["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for item in run["results"]]
    assert uris == ["files/bad/dictionaries/synonyms.txt", "files/odd.ZIP"]
    suites = ElementTree.fromstring(place.run("lint", "--format", "junit").out)  # noqa: S314 - our own output
    assert [suite.attrib["failures"] for suite in suites] == ["1", "0", "0"]
    lines = place.run("lint", "--format", "github").out.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::warning"]


def test_explain(place: Project) -> None:
    assert "https://github.com/apache/lucene/" in place.ok("lint", "--explain", "synonyms-two-arrows").out
    unknown = place.run("lint", "--explain", "synonyms-arrows")
    assert unknown.code == 64
    assert 'Did you mean "synonyms-two-arrows"?' in unknown.err
    for form in (["--json"], ["--format", "sarif"], ["--format", "junit"]):
        other = place.run("lint", "--explain", "synonyms-two-arrows", *form)
        assert (other.code, other.out) == (64, "")


def test_a_known_secret_is_not_shown(place: Project) -> None:
    place.write("files/bad/s3cr3t-key-of-ann/synonyms.txt", "a => b => c")
    for form in ("text", "json", "sarif", "github", "junit"):
        out = place.run("lint", "--format", form, env={"EC_API_KEY": "s3cr3t-key-of-ann"}).out
        assert "bad" in out
        assert "s3cr3t-key-of-ann" not in out, form
