"""What every place has to promise where archives of former times are looked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import frozen

from planner.app.prior_content import Archive, Found, InEither, InGit, InInstallation, Wanted
from planner.archives import Archives
from planner.engine.refresh import Asking
from planner.errors import PlannerError
from planner.model.address import Address
from planner.vcs import repository_of
from tests.unit.app.repositories import WORDS, commit, make_project, write

HERE, GONE, OTHER = (Address("extension", name) for name in ("here", "gone", "other"))


@frozen
class Place:
    """A place that has one archive, under HERE, and something else under OTHER."""

    archive: Archive
    data: bytes
    commit: str

    def wanted(self, address: Address, data: bytes) -> Wanted:
        path = "files/words" if address is HERE else f"files/{address.name}"
        return Wanted(address, address.name, hashlib.sha256(data).hexdigest(), self.commit, path)

    def find(self, *wanted: tuple[Address, bytes]) -> dict[Address, Found]:
        return dict(self.archive.find([self.wanted(*item) for item in wanted]))


def scratch(folder: Path) -> Path:
    folder.mkdir()
    return folder


def in_git(folder: Path) -> Place:
    project = make_project(folder / "project")
    write(project, "files/other/w.txt", "other\n")
    told = commit(project)
    data = Path(Archives(project, scratch(folder / "work")).prepare("files/words").archive).read_bytes()
    write(project, WORDS, "later\n")
    commit(project)
    return Place(InGit(repository_of(project), scratch(folder / "git")), data, told)


def in_installation(folder: Path) -> Place:
    stored = {HERE: b"PK here", OTHER: b"PK other"}

    def fetch(address: Address, _id: str) -> bytes:
        if address not in stored:
            raise PlannerError("there is no such extension")
        return stored[address]

    return Place(InInstallation(fetch, scratch(folder / "stored"), Asking(2)), stored[HERE], "")


def in_either(folder: Path, first: Callable[[Path], Place], second: Callable[[Path], Place]) -> Place:
    one, two = first(scratch(folder / "one")), second(scratch(folder / "two"))
    return Place(InEither(one.archive, two.archive), one.data, one.commit)


PLACES: dict[str, Callable[[Path], Place]] = {
    "git": in_git,
    "installation": in_installation,
    "git first": lambda folder: in_either(folder, in_git, in_installation),
    "installation first": lambda folder: in_either(folder, in_installation, in_git),
}


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return PLACES[request.param](tmp_path)


def test_what_is_there_is_found(place: Place) -> None:
    (found,) = place.find((HERE, place.data)).values()
    assert found.reason == ""
    assert found.archive is not None
    assert Path(found.archive.archive).read_bytes() == place.data


def test_each_is_answered_and_what_is_not_there_has_a_reason(place: Place) -> None:
    found = place.find((GONE, place.data), (HERE, place.data), (OTHER, place.data))
    assert {address: item.archive is not None for address, item in found.items()} == {
        GONE: False,
        HERE: True,
        OTHER: False,
    }
    assert all(item.reason for address, item in found.items() if address is not HERE)
    assert place.find() == {}


@pytest.mark.parametrize("data", [b"", b"PK her", b"PK here!"])
def test_another_hash_is_not_believed(place: Place, data: bytes) -> None:
    (found,) = place.find((HERE, data)).values()
    assert found.archive is None
    assert found.reason
