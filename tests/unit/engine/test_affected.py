from __future__ import annotations

import pytest
from attrs import evolve

from planner.engine.affected import ABSENT, Reading, followed, why_affected

READS = frozenset({"planner.yaml", "templates/a.yaml", "files/a/"})
BEFORE = Reading("one", READS, {"version": "8.*"})
BROKEN = Reading(reads=READS, problem="a mistake")


@pytest.mark.parametrize(
    ("before", "after", "changed", "why"),
    [
        pytest.param(BEFORE, BEFORE, ["templates/a.yaml"], (), id="a change that reaches nothing"),
        pytest.param(BEFORE, Reading("two", READS), ["templates/b.yaml"], ("var.version",), id="a variable"),
        pytest.param(
            BEFORE,
            Reading("two", READS, {"version": "8.*"}),
            ["templates/b.yaml", "templates/a.yaml", "files/a/x.txt", "files/ab"],
            ("files/a/x.txt", "templates/a.yaml"),
            id="files that it reads",
        ),
        pytest.param(
            BEFORE,
            Reading("two", frozenset({"templates/new.yaml"}), {"version": "9.*"}),
            ["templates/new.yaml", "templates/a.yaml"],
            ("var.version", "templates/a.yaml", "templates/new.yaml"),
            id="a file that it reads now, and one that it did, behind the variable",
        ),
        pytest.param(
            BEFORE,
            Reading("two", READS, {"version": "8.*"}),
            [],
            ("something outside of the files of the project",),
            id="something else",
        ),
        pytest.param(
            BEFORE,
            Reading("two", READS, {"version": "8.*"}, pin="3f9c1ab"),
            ["templates/a.yaml", "files/a/x.txt", "planner.yaml"],
            ("planner.yaml",),
            id="pinned, so that the folders that are pinned have nothing to do with it",
        ),
        pytest.param(
            BEFORE,
            Reading("one", READS, {"version": "8.*"}, pin="3f9c1ab"),
            ["planner.yaml"],
            ("planner.yaml",),
            id="only the pin is another one",
        ),
        pytest.param(ABSENT, BEFORE, [], ("it is new",), id="a new one"),
        pytest.param(BROKEN, BEFORE, [], ("it could not be rendered before",), id="broken before"),
        pytest.param(BEFORE, BROKEN, [], ("it cannot be rendered",), id="broken by something else"),
        pytest.param(
            BEFORE, BROKEN, ["planner.yaml"], ("planner.yaml",), id="broken by a file that it reads"
        ),
    ],
)
def test_why_an_environment_is_planned(
    before: Reading, after: Reading, changed: list[str], why: tuple[str, ...]
) -> None:
    assert why_affected(before, after, changed) == why


@pytest.mark.parametrize(
    ("links", "more"),
    [
        pytest.param({}, set(), id="no links"),
        pytest.param({"files/b": "shared/"}, set(), id="one that it does not read"),
        pytest.param({"files/a/x": "shared/x"}, {"shared/x"}, id="in a folder"),
        pytest.param({"files/a": "shared/a/"}, {"shared/a/"}, id="the folder"),
        pytest.param({"files": "shared/"}, {"shared/a/"}, id="a folder above, of which only a part is read"),
        pytest.param({"templates/a.yaml": "shared/t.yaml"}, {"shared/t.yaml"}, id="a template"),
        pytest.param(
            {"files/a/x": "shared/", "shared/y": "other/y"}, {"shared/", "other/y"}, id="a link behind a link"
        ),
        pytest.param({"files/a/x": "files/a/", "files/a/y": "files/"}, {"files/"}, id="in a circle"),
    ],
)
def test_what_links_lead_to_is_read(links: dict[str, str], more: set[str]) -> None:
    found = followed(BEFORE, links)
    assert found.reads == READS | more
    changed = [f"{name}z" if name.endswith("/") else name for name in more]
    assert set(why_affected(evolve(BEFORE, digest="other"), found, changed)) == set(changed) or not more
