"""Environments and releases as people read them, in golden files for two widths."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest
from attrs import evolve
from jsonschema_rs import Draft202012Validator, meta

from planner.model.chain import Standing
from planner.model.release import Comparison, Gate
from planner.render.comparison import render_comparison
from planner.render.documents import (
    comparison_document,
    places_document,
    release_document,
    releases_document,
    standings_document,
)
from planner.render.releases import render_release, render_releases
from planner.render.standings import render_places, render_standings
from planner.render.style import Style
from planner.resources import schema

from .chains import CHAIN, COMMIT, COMPARISON, EVIL, FINGERPRINTS, PLACES, RELEASE, RELEASES

Golden = Callable[[str, str], None]
PLAIN, COLOURS = Style(), Style(colours=True)
SUBJECTS = {COMMIT: f"More synonyms{EVIL}"}

PAGES: dict[str, Callable[[int, Style], str]] = {
    "places": lambda width, style: render_places(PLACES, width=width, style=style),
    "standings": lambda width, style: render_standings(CHAIN, promotes=True, width=width, style=style),
    "comparison": lambda width, style: render_comparison(COMPARISON, width=width, style=style),
    "releases": lambda width, style: render_releases(RELEASES, width=width, style=style),
    "release": lambda width, style: render_release(RELEASE, SUBJECTS, width=width, style=style),
}


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("page", PAGES)
def test_pages(page: str, width: int, golden: Golden) -> None:
    text = PAGES[page](width, PLAIN)
    golden(f"chain-{page}.{width}", text + "\n")
    assert not [line for line in text.splitlines() if len(line) > width or line != line.rstrip()]
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize("page", PAGES)
def test_in_50_columns_only_what_is_copied_is_longer(page: str) -> None:
    """Hashes, names and commands stay whole."""
    long = [line for line in PAGES[page](50, PLAIN).splitlines() if len(line) > 50]
    assert [line for line in long if " " in line.strip() and not line.strip().startswith("planner ")] == []


@pytest.mark.parametrize("page", PAGES)
def test_colours_add_nothing_but_themselves(page: str) -> None:
    painted = PAGES[page](120, COLOURS)
    plain = PAGES[page](120, PLAIN)
    assert "\x1b[" in painted
    for code in ("1", "2", "31", "32", "33", "1;31", "1;33", "0"):
        painted = painted.replace(f"\x1b[{code}m", "")
    assert painted == plain


def test_without_releases_there_are_no_columns_about_them() -> None:
    text = render_standings(CHAIN[:1], promotes=False, width=80, style=PLAIN)
    assert text.splitlines()[0].split() == ["environment", "converged", "drift"]


@pytest.mark.parametrize(
    ("promoted", "told"),
    [(False, "Run: planner promote staging prod"), (True, "Run: planner apply -e prod")],
)
def test_the_way_in(promoted: bool, told: str) -> None:
    item = Standing("prod", ("staging",), coming="r-1", source="staging", promoted=promoted)
    assert f"prod may take r-1. {told}" in render_standings([item], promotes=True, width=80, style=PLAIN)


@pytest.mark.parametrize(
    ("gates", "promoted", "meanwhile"),
    [
        ((Gate("approvals", False, applies=True),), False, True),
        ((Gate("approvals", False, applies=True),), True, False),
        ((Gate("approvals", False, applies=True), Gate("soak", False)), False, False),
    ],
)
def test_gates_that_hold_back_the_apply_alone(
    gates: tuple[Gate, ...], promoted: bool, meanwhile: bool
) -> None:
    item = Standing("prod", ("staging",), coming="r-1", source="staging", gates=gates, promoted=promoted)
    text = render_standings([item], promotes=True, width=80, style=PLAIN)
    assert ("It may be promoted meanwhile. Run: planner promote staging prod" in text) is meanwhile


def test_no_difference() -> None:
    text = render_comparison(Comparison("a", "b"), width=80, style=PLAIN)
    assert text == "a and b do not differ."


def test_archives_are_local_where_nothing_is_promoted() -> None:
    found = Comparison("a", "b", promotes=False, archives=COMPARISON.archives)
    text = render_comparison(found, width=80, style=PLAIN)
    assert text.startswith("Local, a -> b:\n")
    assert text.endswith("a and b: 2 local differences.")
    assert found.differs


def test_documents_follow_their_schemas() -> None:
    documents = [
        ("standings", places_document("search", PLACES)),
        ("standings", standings_document("search", "2026-08-23T12:00:00Z", CHAIN)),
        ("comparison", comparison_document(COMPARISON)),
        ("comparison", comparison_document(evolve(COMPARISON, rendered=None, templates=None))),
        ("releases", releases_document("search", RELEASES, {"prod": "it is away"})),
        ("releases", release_document("search", RELEASE, {COMMIT: "More"}, {})),
    ]
    for name, found in documents:
        Draft202012Validator(schema(f"{name}.schema.json")).validate(orjson.loads(orjson.dumps(found)))


@pytest.mark.parametrize("name", ["standings", "comparison", "releases"])
def test_they_are_schemas_with_titles(name: str) -> None:
    found = schema(f"{name}.schema.json")
    assert meta.is_valid(found)
    assert found["title"]
    assert found["description"]


def test_of_secrets_a_document_says_nothing() -> None:
    text = orjson.dumps(comparison_document(COMPARISON)).decode()
    assert '"left":"(sensitive)","right":"(sensitive)","sensitive":true' in text
    assert not [item for item in FINGERPRINTS if item.hash in text]
