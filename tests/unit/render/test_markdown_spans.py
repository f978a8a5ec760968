from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from planner.render.escaping import escape
from planner.render.markdown.spans import code, fence, html_code, marked, words
from planner.render.values import listing

PARSER = MarkdownIt("commonmark").enable("table")
ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.text("`|\\<!-@#/ \n", max_size=12)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "`plain`"),
        ("", "`(empty)`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("``` x", "```` ``` x ````"),
        (" a ", "`  a  `"),
        ("  ", "`  `"),
        ("a|b", "`a\\x7cb`"),
        ("a\\|b\\", "`a\\\\x7cb\\`"),
        ("<!-- x -->", "`\\x3c!-- x -->`"),
        ("a\nb\x1b\u202e", "`a\\nb\\x1b\\u202e`"),
    ],
)
def test_code(text: str, shown: str) -> None:
    assert code(text) == shown


@given(ANY_TEXT)
def test_code_is_one_code_span_in_a_table(text: str) -> None:
    lines = f"| a | b |\n| - | - |\n| {code(text, 10_000)} | x |\n"
    inline = [token for token in PARSER.parse(lines) if token.type == "inline"]
    assert [token.content for token in inline if token.content == "x"] == ["x"]
    children = inline[2].children or []
    assert [child.type for child in children] == ["code_inline"]
    shown = escape(text).replace("|", "\\x7c").replace("<!--", "\\x3c!--")
    assert children[0].content == (shown or "(empty)")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("applied after approval", "applied after approval"),
        ("waits: run 4711, then (at once).", "waits: run 4711, then (at once)."),
        ("read-only naïve Übergabe", "read-only naïve Übergabe"),
        ("asked for with --replace", "asked for with `--replace`"),
        ("see #12 now", "see `#12` now"),
        ("@all hands", "`@all` hands"),
        ("commit deadbeef", "commit `deadbeef`"),
        ("commit 1234567", "commit `1234567`"),
        ("ABC-123", "`ABC-123`"),
        ("www.evil.example is it", "`www.evil.example` is it"),
        ("a  b", "a b"),
        (" ", "`(empty)`"),
        ("waits for promote_from, approvals", "waits for `promote_from`, approvals"),
        (
            "r-1 from dev_eu: waits for soak, some_checks.",
            "`r-1` from `dev_eu`: waits for soak, `some_checks`.",
        ),
        ("set aside (--force soak), or not", "set aside (`--force` soak), or not"),
        ("in (a, b_c) f(x), and (f(x_y));", "in (a, `b_c`) `f(x)`, and (`f(x_y)`);"),
        ("run --a, --b -c d_e now", "run `--a`, `--b -c d_e` now"),
        ("x.y: ... (-) f(x", "`x.y`: `... (-) f(x`"),
        ("a`b, c", "``a`b``, c"),
        ("it says http://x.y/z.", "it says `http://x.y/z`."),
        ("*a* _b_ c", "`*a* _b_` c"),
        (":boom:", "`:boom:`"),
        ("", "`(empty)`"),
    ],
)
def test_words(text: str, shown: str) -> None:
    assert words(text) == shown


@given(ANY_TEXT | st.text("`(:.,) -|a_", max_size=30))
def test_all_words_are_read(text: str) -> None:
    """Whatever is in a span, what a reader sees is the text."""
    shown = words(text, 10_000)
    children = PARSER.parseInline(f"x {shown} x")[0].children or []
    assert {child.type for child in children} <= {"text", "code_inline"}
    visible = escape(text).replace("|", "\\x7c").replace("<!--", "\\x3c!--")
    seen = "".join(child.content for child in children)
    assert seen == f"x {' '.join(visible.split()) or '(empty)'} x"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words", "plain words"),
        ("run `planner destroy -e qa` now", "run `planner destroy -e qa` now"),
        ("removed from `planner.yaml`, as `a|b`.", "removed from `planner.yaml`, as `a\\x7cb`."),
        ("copied (`x -y`), or not", "copied (`x -y`), or not"),
        ("`a` `b`", "`a` `b`"),
        ("see @all in `a", "see `@all` in `a`"),
        ("``", "`(empty)`"),
    ],
)
def test_marked(text: str, shown: str) -> None:
    assert marked(text) == shown


@given(ANY_TEXT)
def test_what_is_marked_has_no_other_markup(text: str) -> None:
    children = PARSER.parseInline(f"x {marked(text)} x")[0].children or []
    assert {child.type for child in children} <= {"text", "code_inline"}


@pytest.mark.parametrize(
    ("lines", "ticks"), [(["a"], 3), (["``"], 3), (["```"], 4), (["x ````` y", "```"], 6), ([], 3)]
)
def test_fences_are_longer_than_what_is_inside(lines: list[str], ticks: int) -> None:
    shown = fence(lines, "diff")
    assert shown == ["`" * ticks + "diff", *lines, "`" * ticks]


@given(st.lists(ANY_TEXT, max_size=5), st.sampled_from(["diff", "text", "mermaid"]))
def test_nothing_gets_out_of_a_fence(lines: list[str], language: str) -> None:
    shown = fence(lines, language)
    assert not any(line.startswith("/") for line in shown)
    tokens = PARSER.parse("\n".join([*shown, "end"]))
    assert [token.type for token in tokens][:2] == ["fence", "paragraph_open"]
    assert tokens[0].info == language
    assert tokens[2].content == "end"


def test_long_lines_are_bounded() -> None:
    assert max(map(len, fence(["x" * 10_000, "\u0301" * 10_000], "diff"))) <= 500
    assert len(code("\u0301" * 10_000)) <= 250


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a", "<code>a</code>"),
        ("</code><script>&", "<code>&lt;/code&gt;&lt;script&gt;&amp;</code>"),
        ("", "<code>(empty)</code>"),
        ("a\nb", "<code>a\\nb</code>"),
    ],
)
def test_html_code(text: str, shown: str) -> None:
    assert html_code(text) == shown


@pytest.mark.parametrize(
    ("count", "most", "shown"), [(2, 2, "0, 1"), (3, 2, "0, 1 and 1 more"), (1500, 1, "0 and 1,499 more")]
)
def test_listing(count: int, most: int, shown: str) -> None:
    assert listing([str(number) for number in range(count)], most) == shown
