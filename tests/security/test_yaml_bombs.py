"""YAML that would take all the time or all the memory, and values that nobody can check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from planner.config.tokens import Tokens
from planner.config.yaml_document import parse
from planner.config.yaml_problem import MAX_MESSAGE, YamlProblem
from tests.unit.config.projects import Folder, shown

from .conftest import little_work


def nested(opening: str, depth: int = 100_000) -> str:
    return opening * depth


DEEP = "nested deeper than 100 levels"
MANY = "aliases stand for more than 100,000 nodes"
BOMBS: dict[str, tuple[Callable[[], str], str]] = {
    "lists in lists": (lambda: nested("["), DEEP),
    "mappings in mappings": (lambda: nested("{a: "), DEEP),
    "both": (lambda: nested("[{a: "), DEEP),
    "block lists": (lambda: nested("- "), DEEP),
    "keys of keys": (lambda: nested("? "), "a key must be text"),
    "a billion laughs": (
        lambda: "a: &a [x, x]\n" + "".join(f"b{n}: &a [*a, *a]\n" for n in range(99)),
        MANY,
    ),
    "laughs in mappings": (
        lambda: "a: &a {k: x, l: x}\n" + "".join(f"b{n}: &a {{k: *a, l: *a}}\n" for n in range(99)),
        MANY,
    ),
    "an alias of itself": (lambda: "a: &a [*a]\n", "the alias *a has no anchor &a before it"),
    "a merge of itself": (lambda: "a: &a\n  <<: *a\n", "the alias *a has no anchor &a before it"),
    "a long text, often": (lambda: f"a: &a {'x' * 1_000_000}\nb: [{'*a,' * 50_000}]\n", MANY),
    "documents": (lambda: "---\na: 1\n" * 20_000, "more than 10,000 documents"),
    "empty documents": (lambda: "---\n" * 20_000, "more than 10,000 documents"),
    "an endless tag": (lambda: f"a: !{'x' * 1_000_000} 1\n", "is not supported here"),
    "an endless alias": (lambda: f"a: *{'x' * 1_000_000}\n", "the alias *xx"),
    "an endless key, twice": (lambda: f"{'x' * 900}: 1\n{'x' * 900}: 2\n", "the key"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused(bomb: str) -> None:
    make, words = BOMBS[bomb]
    with little_work(), pytest.raises(YamlProblem) as caught:
        parse(make())
    assert words in caught.value.summary or len(caught.value.summary) == MAX_MESSAGE + 1
    assert len(caught.value.summary) <= MAX_MESSAGE + 1
    assert caught.value.line >= 1


MERGES = {
    "one list of many": lambda n: "a: {<<: [" + ",".join(f"{{k{i}: {i}}}" for i in range(n)) + "]}",
    "one after the other": lambda n: "a:\n" + "".join(f"  <<: {{k{i}: {i}}}\n" for i in range(n)),
}


@pytest.mark.parametrize("form", MERGES)
def test_many_merges_take_their_time_once(form: str) -> None:
    found: Any
    with little_work():
        (found,) = parse(MERGES[form](25_000))
    assert len(found["a"]) == 25_000


def test_the_first_merge_wins_and_own_keys_most() -> None:
    (found,) = parse('a: {<<: [{x: "1", y: "1"}, {x: "2", z: "2"}], y: "own"}')
    assert found == {"a": {"z": "2", "x": "1", "y": "own"}}


def test_what_a_token_holds_counts_where_aliases_repeat_it() -> None:
    tokens = Tokens()
    token = tokens.put(["x"] * 10_000)
    with pytest.raises(YamlProblem, match=MANY):
        parse(f"a: &a {token}\nb: [{'*a,' * 100}]\n", restore=tokens.placed)


NUMBERS = [
    "9" * 3999,
    "9" * 500_000,
    "0x" + "f" * 500_000,
    "0o" + "7" * 500_000,
    "-" + "9" * 4500,
    "1e999999999",
]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:6])
def test_huge_numbers_are_errors_with_a_place(folder: Folder, number: str) -> None:
    found = folder.render(f"output:\n  o: {number}\n")
    assert [str(item.position) for item in found.diagnostics] == ["templates/main.yaml:2"]
    assert "number" in found.diagnostics[0].summary


PATTERNS = {
    r"^(a+)+$": "does not match",
    r"^(a|aa)+$": "does not match",
    r"^(?=(a+)+$)b": "does not match",
    r"^(a*)*\1$": "takes too long",
    r"^(.*)*(.*)*(?!b)(.*)*x$": "takes too long",
    r"(((a{100}){100}){100}){100}": "invalid schema",
    r"\p{L}{999999}": "invalid schema",
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_that_tries_every_way_gives_up(folder: Folder, pattern: str) -> None:
    value = "a" * 3000 + "!"
    folder.write(
        {
            "planner.yaml": "project: p\nenvironments: {dev: {endpoint: sandbox}}\n"
            f"variables: {{v: {{type: string, default: {value}, pattern: '{pattern}'}}}}\n"
        }
    )
    with little_work():
        (said,) = folder.problems()
    assert PATTERNS[pattern] in said
    assert said.startswith("planner.yaml:3: ")


def test_messages_about_templates_are_short_too(folder: Folder) -> None:
    for expression in ("1e" * 400_000, "a." * 300 + "b" * 5000, "x|" + "y" * 5000, "x is " + "y" * 5000):
        found = folder.render("output:\n  o: {{ " + expression + " }}\n")
        assert found.diagnostics
        assert all(len(text) < MAX_MESSAGE + 100 for text in shown(found.diagnostics)), expression[:10]


@pytest.mark.long
def test_a_text_that_only_fits_without_its_line_marks(folder: Folder) -> None:
    """Its problem is told all the same, with the template for its place."""
    text = "a\n" * 9_000
    body = "{% macro m() %}\n" + text + "{% endmacro %}{% for i in range(1100) %}{{ m() }}{% endfor %}"
    found = folder.render("x: [1\n" + body)
    assert len(found.diagnostics) == 1
    assert found.diagnostics[0].position
    assert found.diagnostics[0].position.file == "templates/main.yaml"
