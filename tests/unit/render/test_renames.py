"""The `moved` block says what was renamed, however it is put together; and what is said of several plans."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from planner.config.values import plain
from planner.config.yaml_document import parse
from planner.model.plan import Rename
from planner.render.markdown import render_comment, render_markdown_plan
from planner.render.renames import Renames

from .plans import RENAMES, plan, renamed
from .previews import deleted, form_for, planned, preview

WORDS = ("de", "fr", "pt_BR", "it")


def block_of(renames: tuple[Rename, ...]) -> list[str]:
    return Renames.of([plan(renames=renames)]).block


def block(pairs: Sequence[tuple[str, str]]) -> list[str]:
    return block_of(renamed(*pairs))


def read(lines: Sequence[str]) -> list[tuple[str, str]]:
    """What the block says, once its loops are gone round."""
    text = Environment(trim_blocks=False).from_string("\n".join(lines)).render()  # noqa: S701 - no HTML
    document: Any = plain(parse(text)[0])
    return sorted((move["from"], move["to"]) for move in document["moved"])


def addresses(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted((f"extension.{source}", f"extension.{target}") for source, target in pairs)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("stopwords_{}", "stop_{}"),
        ("{}_stopwords", "{}_stop"),
        ("old_{}_a", "new_{}_a"),
        ("a_old_{}", "a_new_{}"),
        ("x_{}_old", "x_{}_new"),
        ("syn{}", "syns{}"),
        ("{}", "ext_{}"),
        ("ext-{}", "ext_{}"),
        ("words_{}", "stop_{}_words"),
        ("words-{}-a", "a_{}"),
    ],
)
@pytest.mark.parametrize("keys", [WORDS[:2], WORDS[:3], WORDS, [f"k{n}" for n in range(100)], range(1, 13)])
def test_a_loop_is_one_entry(source: str, target: str, keys: Sequence[object]) -> None:
    pairs = [(f"n{source}".format(key), f"n{target}".format(key)) for key in keys]
    lines = block(pairs)
    assert read(lines) == addresses(pairs)
    assert "\n".join(lines).count("- ") == (1 if len(keys) > 2 else 2)
    assert max(map(len, lines)) <= 72


NAMES = st.text("ab_-1", min_size=1, max_size=8).map("n".__add__)


SIDES = (itemgetter(0), itemgetter(1))


@given(st.lists(st.tuples(NAMES, NAMES.map("m".__add__)), min_size=1, unique_by=SIDES))
def test_it_says_what_was_renamed(pairs: list[tuple[str, str]]) -> None:
    assert read(block(pairs)) == addresses(pairs)


@pytest.mark.parametrize("words", [9, 10, 11, 400])
def test_of_long_names_it_says_so_too(words: int) -> None:
    """Each word could begin a key and end it, and stand in many places of the other name."""
    pairs = [(f"x{key}" + words * "_a", f"y{key}" + words * "_a") for key in range(12)]
    assert read(block(pairs)) == addresses(pairs)


@pytest.mark.parametrize(
    ("one", "other", "pairs", "unclear"),
    [
        ([("a", "b")], [("a", "b")], 1, 0),
        ([("a", "b")], [("c", "d")], 2, 0),
        ([("a", "b")], [("a", "c")], 0, 2),
        ([("a", "c")], [("b", "c")], 0, 2),
        ([("a b", "c d")], [("a", "c")], 1, 1),
    ],
)
def test_of_several_plans_what_contradicts_another_is_unclear(
    one: list[tuple[str, str]], other: list[tuple[str, str]], pairs: int, unclear: int
) -> None:
    found = Renames.of([plan(renames=renamed(*one)), plan(renames=renamed(*other))])
    assert (len(found.pairs), len(found.unclear)) == (pairs, unclear)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("a b", "extension.a and extension.b may"),
        ("a b c", "extension.a, extension.b and extension.c may"),
        (" ".join(f"n{n}" for n in range(12)), "extension.n9 and 2 more may"),
    ],
)
def test_many_are_counted(names: str, said: str) -> None:
    assert said in next(Renames.of([plan(renames=renamed((names, "z")))]).unsure)


@pytest.mark.parametrize(("limit", "whole"), [(60_000, True), (2_600, False)])
def test_a_block_is_shown_whole_or_not_at_all(limit: int, whole: bool) -> None:
    item = planned("prod", *map(deleted, range(100)), renames=RENAMES)
    shown = render_comment(preview(item), form_for("github", limit=limit))
    assert "**Likely renamed:** 28 resources are deleted" in shown
    assert ("\n".join(block_of(RENAMES)) in shown) is whole
    assert ("That block does not fit here." in shown) is not whole


def test_a_block_beyond_reading_is_left_to_the_plan() -> None:
    many = renamed(*((f"{chr(97 + n % 26)}{n * n}", f"{'x' * (n % 7)}q{n * 3}") for n in range(150)))
    item = planned("prod", *map(deleted, range(10)), renames=many)
    assert len(block_of(many)) > 100
    assert "That block does not fit here." in render_comment(preview(item), form_for("github", limit=60_000))
    assert "\n".join(block_of(many)) in render_markdown_plan(plan(renames=many), "")
