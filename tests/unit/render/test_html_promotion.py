"""The promotion page: the chain of environments as a picture and in words."""

from __future__ import annotations

import pytest
from attrs import evolve

from planner.model.chain import Standing
from planner.model.preview import Preview
from planner.model.release import Gate
from planner.render.html import render_html
from planner.render.html.promotion import converged_words

from .html_document import Node, read

DEV = Standing("dev", release="r-1111111111", since="2026-08-24T09:00:00Z")
STAGING = Standing("staging", ("dev",), release="r-1111111111", since="2026-08-25T09:00:00Z")
SOAK = Gate("soak", False, "r-1111111111 soaked 18h02m of 48h in staging")
CHECKS = Gate("checks", True, "smoke failed", forced="a false alarm (ann, 2026-08-26)")
PROD = Standing(
    "prod",
    ("staging",),
    protected=True,
    release="r-0000000000",
    since="2026-08-01T09:00:00Z",
    coming="r-1111111111",
    source="staging",
    gates=(SOAK, CHECKS),
)


def page(*chain: Standing) -> Node:
    return read(render_html(Preview("search", "a" * 40, "b" * 40, chain=chain)))


def test_the_picture_has_a_box_for_each_environment_and_says_what_each_promotion_waits_for() -> None:
    picture = page(DEV, STAGING, PROD).one("svg", class_="chain")
    boxes = [[line.text for line in box.all("text")] for box in picture.all("g", class_="box")]
    assert boxes == [
        ["dev", "r-1111111111", "since 2026-08-24", "converged"],
        ["staging", "r-1111111111", "since 2026-08-25", "converged"],
        ["prod", "r-0000000000", "since 2026-08-01", "converged"],
    ]
    arrows = [next(arrow.all("text")).text for arrow in picture.all("g", class_="arrow")]
    assert arrows == ["up to date", "1 gate closed"]


def test_the_table_says_the_same_in_words() -> None:
    table = page(DEV, STAGING, PROD).one("table", class_="standings")
    rows = [[cell.text.strip() for cell in row.all("td")] for row in table.all("tr")][1:]
    assert rows == [
        ["r-1111111111", "2026-08-24 09:00 UTC", "converged", "-", "-"],
        ["r-1111111111", "2026-08-25 09:00 UTC", "converged", "-", "-"],
        ["r-0000000000", "2026-08-01 09:00 UTC", "converged", "r-1111111111", "soak"],
    ]


def test_each_gate_of_what_comes_is_there_with_its_reason() -> None:
    gates = [item.text for item in page(DEV, STAGING, PROD).all("li", class_="gate")]
    assert gates == [
        "closed soak r-1111111111 soaked 18h02m of 48h in staging",
        "forced checks smoke failed; set aside: a false alarm (ann, 2026-08-26)",
    ]


@pytest.mark.parametrize("chain", [(), (DEV,), (DEV, evolve(STAGING, promote_from=()))])
def test_there_is_none_where_nothing_is_promoted(chain: tuple[Standing, ...]) -> None:
    assert not list(page(*chain).all("svg"))


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (DEV, "converged"),
        (evolve(DEV, asked=False), ""),
        (evolve(DEV, release=""), ""),
        (evolve(DEV, problem="it did not answer"), "not known"),
        (evolve(DEV, pending=2, drifted=("extension.a",)), "2 pending, 1 drifted"),
        (evolve(DEV, whole=False), "last apply not whole"),
    ],
)
def test_what_is_in_the_way_of_being_converged(standing: Standing, words: str) -> None:
    assert converged_words(standing) == words
